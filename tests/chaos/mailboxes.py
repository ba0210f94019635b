"""Everybody's Dovecot mailbox, read as it grows; what matters of each mail is taken once."""

import email
import email.policy
import hashlib
import imaplib
import re
import threading
from dataclasses import dataclass

from tests.servers.dovecot import Dovecot

MARK = re.compile(r"\b[QA]\d{6}Z\b")


@dataclass(frozen=True, kw_only=True)
class Got:
    """A mail in a mailbox. ``marks``: of what it brings, not of what it quotes; ``files``: SHA-256 of each."""

    message_id: str
    subject: str
    marks: frozenset[str]
    files: frozenset[str]
    raw: bytes


class Mailboxes:
    def __init__(self, dovecot: Dovecot, addresses: tuple[str, ...]) -> None:
        self.dovecot = dovecot
        self.got: dict[str, list[Got]] = {each: [] for each in addresses}
        self.looking = threading.Lock()

    def look(self) -> bool:
        """Fetch what is new; False when Dovecot is away."""
        with self.looking:
            try:
                for address, known in self.got.items():
                    known.extend(read_got(raw) for raw in self.new_of(address, len(known)))
            except (OSError, imaplib.IMAP4.error):
                return False
        return True

    def new_of(self, address: str, known: int) -> list[bytes]:
        """Nobody takes a mail out of these, so that sequence numbers go on."""
        with self.dovecot.read(address) as client:
            count = int(client.select("INBOX", readonly=True)[1][0] or b"0")
            if count <= known:
                return []
            parts = client.fetch(f"{known + 1}:{count}", "(BODY.PEEK[])")[1]
        return [part[1] for part in parts if isinstance(part, tuple)]

    def last_in(self, address: str, subject: str) -> bytes | None:
        return next((each.raw for each in reversed(self.got[address]) if each.subject.endswith(subject)), None)


def read_got(raw: bytes) -> Got:
    mail = email.message_from_bytes(raw, policy=email.policy.default)
    part = mail.get_body(("plain",))
    lines = str(part.get_content()).splitlines() if part else []
    contents = [each.get_payload(decode=True) for each in mail.iter_attachments()]
    return Got(
        message_id=str(mail["Message-ID"]).strip().strip("<>"),
        subject=str(mail["Subject"]),
        marks=frozenset(
            mark for line in lines if not line.startswith(">") and ".pdf" not in line for mark in MARK.findall(line)
        ),
        files=frozenset(hashlib.sha256(each).hexdigest() for each in contents if isinstance(each, bytes)),
        raw=raw,
    )
