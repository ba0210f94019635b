"""What else people send: a mail of their own, an out-of-office answer; and handing it to the world by SMTP."""

import secrets
import smtplib
from collections.abc import Sequence
from datetime import datetime
from email import message_from_bytes
from email.utils import format_datetime, getaddresses

from worker.demo.world import read_clock
from worker.demo.world_answered import read_answered
from worker.demo.world_attachments import AttachedFile
from worker.demo.world_parts import encoded, mailbox_of, sealed, shown, text_part, with_files
from worker.demo.world_quoting import BRUSSELS


def write_mail(
    sender: str,
    to: str,
    subject: str,
    text: str,
    *,
    files: Sequence[AttachedFile] = (),
    written_at: datetime | None = None,
) -> bytes:
    """A new mail that answers nothing."""
    writer = mailbox_of(sender)
    head = [
        ("From", shown(writer)),
        ("To", shown(mailbox_of(to))),
        ("Subject", encoded("Subject", subject)),
        ("Date", format_datetime((written_at or read_clock()).astimezone(BRUSSELS))),
        ("Message-ID", f"<{secrets.token_hex(16)}@{writer.address.rpartition('@')[2]}>"),
    ]
    return sealed(with_files(text_part(text + "\n"), files), head)


def out_of_office(mail: bytes, text: str, *, sender: str | None = None, written_at: datetime | None = None) -> bytes:
    """A vacation answer (RFC 3834) to the return path of a mail out of a Maildir. Send it as nobody: ``person=""``.

    ValueError when the return path is null: such a mail is never answered.
    """
    answered = read_answered(mail)
    if not answered.return_path:
        raise ValueError("a mail without return path is not answered (RFC 3834 section 2)")
    head = [
        ("From", shown(answered.to[0] if sender is None else mailbox_of(sender))),
        ("To", answered.return_path),
        ("Subject", encoded("Subject", f"Réponse automatique : {answered.subject}")),
        ("Date", format_datetime((written_at or read_clock()).astimezone(BRUSSELS))),
        ("Message-ID", f"<{secrets.token_hex(16)}@{answered.to[0].address.rpartition('@')[2]}>"),
        ("In-Reply-To", answered.message_id),
        ("References", answered.message_id),
        ("Auto-Submitted", "auto-replied (vacation)"),
        ("X-Auto-Response-Suppress", "All"),
    ]
    return sealed(text_part(text + "\n"), head)


def send_as(
    person: str,
    content: bytes,
    recipients: Sequence[str] = (),
    *,
    host: str,
    port: int,
    login: tuple[str, str] | None = None,
) -> None:
    """Hands a mail to the world. ``person``: envelope sender, empty for the null sender.

    ``recipients``: those of To and Cc when none are given. Raises smtplib's exceptions: a story that is
    refused here is wrong.
    """
    chosen = list(recipients) or recipients_in(content)
    with smtplib.SMTP(host, port, local_hostname="world.example", timeout=30) as connection:
        if login is not None:
            connection.login(*login)
        refused = connection.sendmail(person, chosen, content)
    if refused:
        raise smtplib.SMTPRecipientsRefused(refused)


def recipients_in(content: bytes) -> list[str]:
    message = message_from_bytes(content)
    headers = [str(value) for name in ("To", "Cc") for value in message.get_all(name, [])]
    return [address for _, address in getaddresses(headers) if address]
