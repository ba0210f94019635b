"""Keeping and filing raw mails in tests, and writing them as clients and servers do."""

import email
import email.policy
import hashlib
from dataclasses import dataclass

from storage import inbox
from storage.records import Arrival, ArrivalId, Filing, PersonId
from storage.states import (
    ArrivalState,
    Outcome,
    Way,
)
from tests.conftest import Firm, HandClock
from tests.flows.outgoing import Post
from tests.flows.test_portal import view
from worker.core.relaying import SealedMail
from worker.flows.conversations import Started
from worker.flows.filing import file_arrival
from worker.flows.house import House
from worker.mail.parsing import MailReader

SOPHIE = "Sophie Martin <sophie@boulangerie.example>"


@dataclass
class Mailroom:
    """Keeps raw mails as the sink does and files what is due, as the worker does."""

    house: House
    reader: MailReader
    bell: object

    def keep(
        self, raw: bytes, to: str = "", *, sender: str = "sophie@boulangerie.example", way: Way = Way.SMTP
    ) -> list[ArrivalId]:
        mail = inbox.KeptMail(
            sha256=hashlib.sha256(raw).hexdigest(),
            size=len(raw),
            raw=raw,
            raw_path=None,
            way=way,
            envelope_from=sender,
            recipients=(to,) if to else (),
        )
        with self.house.database.writing() as session:
            return inbox.keep_mail(session, mail, now=self.house.now(session))

    def file(
        self, raw: bytes, to: str = "", *, sender: str = "sophie@boulangerie.example"
    ) -> Outcome | ArrivalState | None:
        (arrival,) = self.keep(raw, to, sender=sender)
        return file_arrival(self.house, self.reader, arrival)

    def last(self) -> tuple[Arrival, Filing]:
        with self.house.database.reading() as session:
            arrival, filing = inbox.list_arrivals(session, most=1)[0]
        assert filing is not None
        return arrival, filing


def header(sent: SealedMail, name: str) -> str:
    return str(email.message_from_bytes(sent.content[:], policy=email.policy.default)[name] or "")


def address_in(sent: SealedMail) -> str:
    return header(sent, "Reply-To").rpartition("<")[2].strip(">")


def reply(
    sent: SealedMail,
    text: str = "C'est le nouveau four.",
    *,
    sender: str = SOPHIE,
    to: str | None = None,
    references: bool = True,
    subject: str = "RE: Facture 2026-114",
    extra: str = "",
    number: int = 1,
) -> bytes:
    thread = (
        f"In-Reply-To: {header(sent, 'Message-ID')}\r\nReferences: {header(sent, 'Message-ID')}\r\n"
        if references
        else ""
    )
    return (
        f"From: {sender}\r\nTo: {to or address_in(sent)}\r\nSubject: {subject}\r\n{thread}{extra}"
        f"Date: Tue, 24 Nov 2026 10:0{number}:00 +0100\r\nMessage-ID: <reply-{number}@boulangerie.example>\r\n"
        f"MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n{text}\r\n"
    ).encode()


Asked = tuple[Started, SealedMail]


def texts(house: House, firm: Firm, started: Started, by: PersonId | None = None) -> list[str]:
    return [each.text for each in view(house, by or firm.anne, started.conversation_id).messages]


def to_case_manager(room: Mailroom, asked: Asked, out: Post, clock: HandClock) -> SealedMail:
    _started, sent = asked
    room.file(reply(sent), address_in(sent))
    clock.forward(minutes=4)
    out.run()
    return out.relay.sent[-1]


def note_address(sent: SealedMail) -> str:
    body = email.message_from_bytes(sent.content[:], policy=email.policy.default)
    part = body.get_body(("plain",))
    assert part is not None
    words = str(part.get_content()).replace("<", " ").replace(">", " ").split()
    return next(word.strip(".,;:()") for word in words if word.startswith("n+") and "@" in word)


def dsn(sent: SealedMail, action: str, status: str, *, envelope: bool = True, to: str | None = None) -> bytes:
    return (
        f"From: MAILER-DAEMON@mx.example\r\nTo: {to or sent.envelope_from}\r\nSubject: Report\r\n"
        f"Date: Tue, 24 Nov 2026 10:00:30 +0100\r\nMessage-ID: <dsn-{action}@mx.example>\r\nAuto-Submitted: auto-replied\r\nMIME-Version: 1.0\r\n"
        'Content-Type: multipart/report; report-type=delivery-status; boundary="b"\r\n\r\n'
        "--b\r\nContent-Type: text/plain\r\n\r\nReport.\r\n"
        "--b\r\nContent-Type: message/delivery-status\r\n\r\n"
        + (f"Original-Envelope-Id: {sent.envelope_id}\r\n" if envelope else "")
        + "Reporting-MTA: dns; mx.example\r\n\r\n"
        f"Final-Recipient: rfc822; {sent.recipient}\r\nAction: {action}\r\nStatus: {status}\r\n\r\n"
        f"--b\r\nContent-Type: text/rfc822-headers\r\n\r\nMessage-ID: {header(sent, 'Message-ID')}\r\nSubject: x\r\n\r\n--b--\r\n"
    ).encode()
