"""Any bytes to a parsed mail (``worker.core.parsed``): the entry of all that reads inbound mail.

Total (DESIGN.md invariant 7): a mail over a limit is quarantined under the limit's name and keeps what was safely read
(its headers, when they are within the limits). Linear in the bytes: no regular expression that can backtrack runs over
more than a line. The order: size, head, parts, what is wrapped in them, text and files, report. Memory is that of the
head, the text and a few pieces, whatever the size: files stay where they are, as spans of the raw mail
(``worker.mail.spans``).

``return_path`` is an empty string for the null sender ``<>`` alone, None when there is none to read. ``lines`` of a
plain text keep their ``>``; ``lines`` of a mail in HTML only are its ``html_lines``: quotes show in ``depth`` alone.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

from worker.core.authentication_results import RESULT_HEADERS
from worker.core.failures import TemporaryFailure
from worker.core.file_looks import NOT_LOOKED, FileLook
from worker.core.original_signatures import UNCHECKED, OriginalSignature
from worker.core.parsed import BodyLine, Finding, ParsedMail, RawMail
from worker.mail.attachments import read_files
from worker.mail.bounce_texts import read_bounce
from worker.mail.charsets import clean_line
from worker.mail.fingerprints import fingerprint_of
from worker.mail.from_header import addresses_of, read_author
from worker.mail.headers import NO_HEAD, Head, date_of, ids_of, message_id_of, split_head
from worker.mail.limited.desk import FileDesk
from worker.mail.limits import DEFAULT, LimitPassed, Limits
from worker.mail.mime_parts import Splitter
from worker.mail.readable import BodyReader, joined
from worker.mail.report_parsing import read_complaint, read_report
from worker.mail.spans import Span, span_of, with_line_feeds
from worker.mail.wrapped_parts import Opener, Unwrapper

HINTS = ("delivered-to", "x-original-to", "envelope-to", "x-forwarded-to")


def parse(raw: RawMail, limits: Limits = DEFAULT, opener: Opener | None = None) -> ParsedMail:
    """Never raises for what the bytes are. Where they cannot be read, the ``TemporaryFailure`` of ``raw``: a fault of
    the disk says nothing about the mail.
    """
    try:
        return read_mail(raw, limits, opener)
    except TemporaryFailure:
        raise
    except Exception as fault:  # noqa: BLE001 - the outermost net: a bug of ours quarantines one mail, it stops no other
        return empty_mail(raw, f"error:{type(fault).__name__}")


def read_mail(raw: RawMail, limits: Limits, opener: Opener | None = None) -> ParsedMail:
    """As ``parse``, without its net: what the tests call, so that they do not lean on it."""
    whole = span_of(raw)
    if len(whole) > limits.size:
        return too_large(whole, limits)
    lines = with_line_feeds(whole)
    try:
        head, body_at = split_head(lines, limits)
    except LimitPassed as passed:
        return empty_mail(whole, passed.limit)
    known = mail_of_head(head, whole, body_at)
    try:
        return with_body(known, head, lines.part(body_at), limits, opener)
    except LimitPassed as passed:
        return replace(known, quarantine=passed.limit, findings=(Finding(step="parse", found=f"over {passed.limit}"),))


def too_large(whole: Span, limits: Limits) -> ParsedMail:
    """Its head is read all the same, when it is within the limits: it says whose mail it is and who must hear of it."""
    beginning = with_line_feeds(whole.part(0, limits.header_bytes + 1))
    try:
        head, body_at = split_head(beginning, limits)
    except LimitPassed:
        head, body_at = NO_HEAD, 0
    known = mail_of_head(head, whole, body_at)
    return replace(known, quarantine="size", findings=(Finding(step="parse", found="over size"),))


def empty_mail(raw: RawMail, quarantine: str) -> ParsedMail:
    known = mail_of_head(NO_HEAD, raw, 0)
    return replace(known, quarantine=quarantine, findings=(Finding(step="parse", found=f"over {quarantine}"),))


@dataclass(frozen=True, slots=True)
class HeadReader:
    """The values of one head in the forms they are asked for."""

    head: Head

    def text(self, name: str) -> str:
        header = self.head.first(name)
        return header.value if header else ""

    def ids(self, name: str) -> tuple[str, ...]:
        found = (each for header in self.head.all(name) for each in ids_of(clean_line(header.undecoded)))
        return tuple(dict.fromkeys(found))

    def addresses(self, *names: str) -> tuple[str, ...]:
        headers = (header for name in names for header in self.head.all(name))
        return tuple(dict.fromkeys(each for header in headers for each in addresses_of(header.undecoded)))

    def return_path(self) -> str | None:
        header = self.head.first("return-path")
        if header is None:
            return None
        if header.undecoded.strip() == "<>":
            return ""
        return next(iter(addresses_of(header.undecoded)), None)


def mail_of_head(head: Head, raw: RawMail, body_at: int) -> ParsedMail:
    """What the head says; nothing of the body."""
    reader = HeadReader(head)
    author = read_author([header.undecoded for header in head.all("from")])
    return ParsedMail(
        size=len(raw),
        quarantine=None,
        fingerprint=fingerprint_of(head, raw, body_at),
        message_id=message_id_of(reader.text("message-id")),
        in_reply_to=reader.ids("in-reply-to"),
        references=reader.ids("references"),
        subject=reader.text("subject"),
        sender=author.address,
        sender_name=author.name,
        from_defects=author.defects,
        to=reader.addresses("to"),
        cc=reader.addresses("cc"),
        recipients_hint=reader.addresses(*HINTS),
        return_path=reader.return_path(),
        dated_at=date_of(reader.text("date")),
        headers=tuple((header.name, header.value) for header in head.headers),
        lines=(),
        html_lines=None,
        files=(),
        report=None,
        findings=(),
        authentication_results=tuple(
            (header.name, clean_line(header.undecoded)) for header in head.headers if header.name in RESULT_HEADERS
        ),
    )


def with_body(known: ParsedMail, head: Head, body: Span, limits: Limits, opener: Opener | None) -> ParsedMail:
    splitter = Splitter(limits)
    reader = BodyReader(limits)
    tree = splitter.part(head, body, 0)
    if opener is not None:
        unwrapper = Unwrapper(splitter, opener)
        tree = unwrapper.unwrapped(tree)
        reader.findings += unwrapper.findings
    blocks = reader.blocks(tree)
    lines = joined([block.best for block in blocks])
    html: list[BodyLine] | None = None
    if any(block.html is not None for block in blocks):
        html = joined([block.html or block.plain or [] for block in blocks])
    files = read_files(reader.files, reader.shown_ids, limits)
    report = read_report(reader.status, reader.returned, "\n".join(line.text for line in lines[:200]), limits)
    report = report or read_complaint(reader.feedback, reader.returned, limits)
    report = report or read_bounce(head, [line.text for line in lines], [*reader.returned, *reader.files], limits)
    found = f"{splitter.parts} parts, {len(lines)} lines, {len(files)} files" + (", a report" if report else "")
    return replace(
        known,
        lines=tuple(lines),
        html_lines=None if html is None else tuple(html),
        files=files,
        report=report,
        findings=(Finding(step="parse", found=found), *reader.findings),
    )


class MailReader:
    """Fits the port ``Reader`` of worker.flows.ports."""

    def __init__(self, limits: Limits = DEFAULT, desk: FileDesk | None = None) -> None:
        """``desk``: without one nothing is unpacked, and nobody looks into files."""
        self.limits = limits
        self.desk = desk

    def parse(self, raw: RawMail) -> ParsedMail:
        return parse(raw, self.limits, self.desk)

    def look(self, path: Path, *, media_type: str, name: str) -> FileLook:
        return self.desk.look(path, media_type=media_type, name=name) if self.desk else NOT_LOOKED

    def jpeg(self, path: Path) -> bytes | None:
        return self.desk.jpeg(path) if self.desk else None

    def signature(self, content: Iterable[bytes]) -> OriginalSignature:
        return self.desk.signature(content) if self.desk else UNCHECKED
