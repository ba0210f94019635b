"""Heading, words and files to the bytes of one mail: CRLF, 7 bit, the same bytes for the same input.

::

    without files   multipart/alternative( text/plain, text/html )
    with files      multipart/mixed( multipart/alternative( … ), file, file, … )

Boundaries come from the Message-ID by hash. They begin with ``=_``, which neither quoted-printable nor base64 can hold,
so no text and no file can end a part. Written out here instead of with the ``email`` package: its generators differ
between versions of Python, take several times as long, and let a subject inject a header on some (FIELD.md).
"""

import hashlib
from collections.abc import Sequence

from worker.core.letters import Heading, LetterFile, Words
from worker.mail.header_lines import (
    address_line,
    date_line,
    keyword_line,
    line,
    message_id_line,
    reference_lines,
    text_line,
    thread_index_line,
)
from worker.mail.mail_parts import file_part, text_part


def build(heading: Heading, words: Words, files: Sequence[LetterFile] = ()) -> bytes:
    """Raises Unprintable for an address or an id that cannot stand in a header."""
    content = multipart(
        "alternative",
        boundary(heading.message_id, "words"),
        [text_part("plain", words.text), text_part("html", words.html)],
    )
    if files:
        parts = [content, *(file_part(each) for each in files)]
        content = multipart("mixed", boundary(heading.message_id, "files"), parts)
    return head(heading, words.subject).encode("ascii") + content


def head(heading: Heading, subject: str) -> str:
    reply_to = heading.reply_to and address_line("Reply-To", heading.from_name, heading.reply_to)
    topic = heading.thread_topic and text_line("Thread-Topic", heading.thread_topic)
    lines = (
        address_line("From", heading.from_name, heading.from_address),
        address_line("To", heading.to_name, heading.to_address),
        reply_to or "",
        text_line("Subject", subject),
        date_line(heading.dated_at),
        message_id_line(heading.message_id),
        reference_lines(heading.in_reply_to, heading.references),
        topic or "",
        thread_index_line(heading.thread_index),
        keyword_line("Auto-Submitted", heading.auto_submitted),
        keyword_line("X-Auto-Response-Suppress", heading.suppress_responses),
        line("Content-Language", heading.language),
        line("MIME-Version", "1.0"),
    )
    return "".join(lines)


def multipart(subtype: str, edge: str, parts: Sequence[bytes]) -> bytes:
    """A whole part with its own header, ready to stand in another."""
    opened = line("Content-Type", f'multipart/{subtype};\r\n boundary="{edge}"').encode("ascii")
    mark = f"\r\n--{edge}".encode("ascii")
    return opened + b"".join(mark + b"\r\n" + part for part in parts) + mark + b"--\r\n"


def boundary(message_id: str, what: str) -> str:
    return "=_" + hashlib.sha256(f"{what} {message_id}".encode()).hexdigest()[:32]
