"""Heading, words and files to the bytes of one mail: CRLF, 7 bit, the same bytes for the same input.

::

    without files   multipart/alternative( text/plain, text/html )
    with files      multipart/mixed( multipart/alternative( … ), file, file, … )

Boundaries come from the Message-ID by hash. They begin with ``=_``, which neither quoted-printable nor base64 can hold,
so no text and no file can end a part. Written out here instead of with the ``email`` package: its generators differ
between versions of Python, take several times as long, and let a subject inject a header on some (FIELD.md).
"""

import hashlib
from collections.abc import Iterator, Sequence

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
    """The mail whole in memory. Raises Unprintable for an address or an id that cannot stand in a header."""
    return b"".join(build_pieces(heading, words, files))


def build_pieces(heading: Heading, words: Words, files: Sequence[LetterFile] = ()) -> Iterator[bytes]:
    """As ``build``, a piece at a time: files are read as the mail is written. What reading them raises goes through."""
    headers, said = head(heading, words.subject).encode("ascii"), words_part(heading, words)
    if not files:
        yield headers + said
        return
    edge = boundary(heading.message_id, "files")
    yield headers + opened("mixed", edge) + part_start(edge) + said
    for each in files:
        yield part_start(edge)
        yield from file_part(each)
    yield parts_end(edge)


def words_part(heading: Heading, words: Words) -> bytes:
    """A whole part with its own header, ready to stand in another."""
    edge = boundary(heading.message_id, "words")
    parts = (text_part("plain", words.text), text_part("html", words.html))
    return opened("alternative", edge) + b"".join(part_start(edge) + each for each in parts) + parts_end(edge)


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


def opened(subtype: str, edge: str) -> bytes:
    return line("Content-Type", f'multipart/{subtype};\r\n boundary="{edge}"').encode("ascii")


def part_start(edge: str) -> bytes:
    return f"\r\n--{edge}\r\n".encode("ascii")


def parts_end(edge: str) -> bytes:
    return f"\r\n--{edge}--\r\n".encode("ascii")


def boundary(message_id: str, what: str) -> str:
    return "=_" + hashlib.sha256(f"{what} {message_id}".encode()).hexdigest()[:32]
