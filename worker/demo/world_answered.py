"""The mail that somebody answers, read the way his mail client reads it: who, when, what to quote, where to answer.

Only for mails that the worker wrote: this trusts the standard library's parser, which hostile mail can break.
"""

import re
from dataclasses import dataclass
from datetime import datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from email.utils import getaddresses, parsedate_to_datetime
from html import escape

BODY = re.compile(r"<body[^>]*>(.*)</body>", re.IGNORECASE | re.DOTALL)
MESSAGE_ID = re.compile(r"<[^<>\s]+>")


@dataclass(frozen=True, slots=True, kw_only=True)
class Mailbox:
    """A name (may be empty) and an address."""

    name: str
    address: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """``answer_to``: Reply-To, else From. ``subject`` without Re: and the like. ``text`` with LF, without its end;
    ``html``: what stands inside the body element. ``references``: what an answer's References header carries.
    """

    writer: Mailbox
    to: tuple[Mailbox, ...]
    answer_to: tuple[Mailbox, ...]
    return_path: str
    written_at: datetime
    subject: str
    message_id: str
    references: tuple[str, ...]
    thread_index: str
    thread_topic: str
    text: str
    html: str


def read_answered(mail: bytes) -> Answered:
    message = message_from_bytes(mail, policy=policy.default)
    text, html = body_of(message, "plain"), body_of(message, "html")
    plain = text if text is not None else re.sub(r"<[^>]*>", "", html or "")
    found = BODY.search(html or "")
    return Answered(
        writer=mailboxes_in(message, "From")[0],
        to=mailboxes_in(message, "To"),
        answer_to=mailboxes_in(message, "Reply-To") or mailboxes_in(message, "From"),
        return_path=str(message["Return-Path"] or "").strip().strip("<>"),
        written_at=parsedate_to_datetime(str(message["Date"])),
        subject=bare_subject(one_line(message, "Subject")),
        message_id=one_line(message, "Message-ID"),
        references=references_after(message),
        thread_index=one_line(message, "Thread-Index"),
        thread_topic=one_line(message, "Thread-Topic"),
        text=plain.replace("\r\n", "\n").rstrip("\n"),
        html=(found[1] if found else html or escape(plain).replace("\n", "<br>\n")).replace("\r\n", "\n").strip(),
    )


def references_after(message: EmailMessage) -> tuple[str, ...]:
    """RFC 5322 3.6.4: the parent's References (else its In-Reply-To), then the parent itself."""
    known = one_line(message, "References") or one_line(message, "In-Reply-To")
    return (*MESSAGE_ID.findall(known), *MESSAGE_ID.findall(one_line(message, "Message-ID")))


def body_of(message: EmailMessage, kind: str) -> str | None:
    part = message.get_body((kind,))
    return None if part is None else str(part.get_content())


def one_line(message: EmailMessage, name: str) -> str:
    return " ".join(str(message[name] or "").split())


def mailboxes_in(message: EmailMessage, name: str) -> tuple[Mailbox, ...]:
    pairs = getaddresses([str(value) for value in message.get_all(name, [])])
    return tuple(Mailbox(name=shown, address=address) for shown, address in pairs if address)


def bare_subject(subject: str) -> str:
    return re.sub(r"^(?:(?:re|tr|fwd?|antw|aw)\s?:\s*)+", "", subject, flags=re.IGNORECASE)
