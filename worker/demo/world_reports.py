"""Delivery reports as real relays write them (RFC 3464 in RFC 6522's multipart/report), by hand, byte for byte.

Who gets one: the envelope sender of a mail, never the null sender; the report's own sender is null, so that nothing
ever answers it. What comes back of the mail: its headers, or all of it when RET=FULL was asked and
it failed (RFC 3461 4.3).
"""

import secrets
from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime

from worker.core.reports import Action
from worker.demo.world_dsn import Returns
from worker.demo.world_queue import Envelope, Recipient

SUBJECTS = {
    Action.DELIVERED: "Successful Mail Delivery Report",
    Action.RELAYED: "Successful Mail Delivery Report",
    Action.EXPANDED: "Successful Mail Delivery Report",
    Action.DELAYED: "Delayed Mail (still being retried)",
    Action.FAILED: "Undelivered Mail Returned to Sender",
}
SENTENCES = {
    Action.DELIVERED: "Your message was delivered to the mailbox below.",
    Action.RELAYED: "Your message was passed on to a server that may send no further report.",
    Action.EXPANDED: "Your message was delivered to the list below.",
    Action.DELAYED: "Your message could not be delivered yet. It will be retried; you need to do nothing.",
    Action.FAILED: "I'm sorry to have to inform you that your message could not be delivered to the person below.",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Fate:
    """What became of one recipient. ``reply``: what the server that decided said; ``remote``: its name."""

    action: Action
    status: str
    at: datetime
    reply: str | None = None
    remote: str | None = None
    retry_until: datetime | None = None


def build_report(envelope: Envelope, content: bytes, recipient: Recipient, fate: Fate, *, hostname: str) -> bytes:
    boundary = f"{secrets.token_hex(12)}/{hostname}"
    fields = status_fields(envelope, recipient, fate, hostname=hostname)
    parts = (
        (b"Content-Description: Notification", b"text/plain; charset=us-ascii", words_of(recipient, fate, hostname)),
        (b"Content-Description: Delivery report", b"message/delivery-status", fields),
        (b"Content-Description: Undelivered Message", *returned(envelope, content, fate)),
    )
    lines = [
        heading(envelope, fate, boundary=boundary, hostname=hostname),
        b"This is a MIME-encapsulated message.",
        b"",
    ]
    for description, media_type, body in parts:
        lines += [b"--" + boundary.encode(), description, b"Content-Type: " + media_type, b"", body]
    return b"\r\n".join([*lines, b"--" + boundary.encode() + b"--", b""])


def heading(envelope: Envelope, fate: Fate, *, boundary: str, hostname: str) -> bytes:
    lines = (
        f"From: MAILER-DAEMON@{hostname} (Mail Delivery System)",
        f"To: {envelope.sender}",
        f"Subject: {SUBJECTS[fate.action]}",
        f"Date: {format_datetime(fate.at)}",
        f"Message-ID: <{secrets.token_hex(10)}@{hostname}>",
        "Auto-Submitted: auto-replied",
        "MIME-Version: 1.0",
        f'Content-Type: multipart/report; report-type=delivery-status;\r\n\tboundary="{boundary}"',
        "",
    )
    return "\r\n".join(lines).encode()


def words_of(recipient: Recipient, fate: Fate, hostname: str) -> bytes:
    because = f": {fate.reply}" if fate.reply else ""
    lines = (
        f"This is the mail system at host {hostname}.",
        "",
        SENTENCES[fate.action],
        "",
        f"<{recipient.address}>{because}",
        "",
    )
    return "\r\n".join(lines).encode()


def status_fields(envelope: Envelope, recipient: Recipient, fate: Fate, *, hostname: str) -> bytes:
    """The two groups of RFC 3464 section 2: about the mail, about the recipient."""
    mail = [f"Reporting-MTA: dns; {hostname}"]
    if envelope.ask.envelope_id is not None:
        mail.append(f"Original-Envelope-Id: {envelope.ask.envelope_id}")
    mail.append(f"Arrival-Date: {format_datetime(envelope.received_at)}")
    person = []
    if recipient.ask.original_recipient is not None:
        person.append(f"Original-Recipient: {recipient.ask.original_recipient}")
    person += [
        f"Final-Recipient: rfc822;{recipient.address}",
        f"Action: {fate.action}",
        f"Status: {fate.status}",
    ]
    if fate.remote is not None:
        person.append(f"Remote-MTA: dns; {fate.remote}")
    if fate.reply is not None:
        person.append(f"Diagnostic-Code: smtp; {fate.reply}")
    person.append(f"Last-Attempt-Date: {format_datetime(fate.at)}")
    if fate.retry_until is not None:
        person.append(f"Will-Retry-Until: {format_datetime(fate.retry_until)}")
    return "\r\n".join([*mail, "", *person, ""]).encode()


def returned(envelope: Envelope, content: bytes, fate: Fate) -> tuple[bytes, bytes]:
    """Media type and body of the part that says which mail this is about."""
    if envelope.ask.returns is Returns.FULL and fate.action is Action.FAILED:
        return b"message/rfc822", content
    return b"text/rfc822-headers", headers_of(content)


def headers_of(content: bytes) -> bytes:
    head, _, _ = content.partition(b"\r\n\r\n")
    return head.removesuffix(b"\r\n") + b"\r\n"
