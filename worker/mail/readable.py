"""What of a mail is text to read, what is a file, what belongs to a report.

All text parts that are shown inline are joined in order (Apple splits a text around its photos). Of alternatives the
plain text is read, unless it is degenerate: empty, HTML source, or far shorter than the HTML. The HTML is turned to
lines beside it, for the cutter. A text part with a name or declared an attachment is a file, and so is all that is not
text. Left out: signatures (smime.p7s, PGP), what a report carries for machines, and further spellings of the text
inside multipart/alternative (AMP, watch, RTF); calendars are kept from there too.

Above ``Limits.text`` bytes or ``Limits.lines`` lines the text is shortened, with ``[…]`` where something is left out,
and a part that was too large becomes a file as a whole.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from worker.core.parsed import BodyLine, Finding
from worker.mail.charsets import clean, decode
from worker.mail.html_lines import html_lines
from worker.mail.limits import Limits
from worker.mail.mime_parts import Part
from worker.mail.plain_lines import body_lines, text_lines
from worker.mail.report_parsing import FEEDBACK_TYPE, OTHER_REPORT_TYPES, RETURNED_TYPES, STATUS_TYPES

SHOWN_TYPES = frozenset({"text/plain", "text/html", "text/markdown", "text/x-markdown"})
SIGNATURE_TYPES = frozenset(
    {"application/pkcs7-signature", "application/x-pkcs7-signature", "application/pgp-signature"}
)
HTML_SOURCE = re.compile(r"\s{0,200}<(?:!doctype\s+html|html|head|body)\b", re.IGNORECASE)
META_CHARSET = re.compile(rb"<meta[^>]{1,200}charset\s*=\s*[\"']?\s*([A-Za-z0-9_-]{2,40})", re.IGNORECASE)
CONTENT_ID = re.compile(r"cid:([^\"'\s<>)]{1,500})", re.IGNORECASE)
GAP = "[…]"


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """One stretch of text in its spellings; ``plain`` is None where there is HTML only."""

    plain: list[BodyLine] | None = None
    html: list[BodyLine] | None = None

    @property
    def best(self) -> list[BodyLine]:
        if self.plain is None or (self.html is not None and is_degenerate(self.plain, self.html)):
            return self.html or []
        return self.plain


def is_degenerate(plain: list[BodyLine], html: list[BodyLine]) -> bool:
    """Empty, HTML source, or far shorter than the HTML: a quarter of it and 200 letters less. Links do not count."""
    plain_size, html_size = size_of(plain), size_of(html)
    if plain_size == 0 or HTML_SOURCE.match("\n".join(line.text for line in plain[:20])):
        return html_size > 0
    return plain_size * 4 < html_size and html_size - plain_size > 200


def size_of(lines: list[BodyLine]) -> int:
    return sum(len("".join(re.sub(r"<[^<>]{1,2000}>", "", line.text).split())) for line in lines)


@dataclass(slots=True)
class BodyReader:
    """Walks one mail's parts. ``room``: bytes of text that may still be read; ``lines``: lines that may still be made,
    in both spellings together.
    """

    limits: Limits
    room: int = field(init=False)
    lines: int = field(init=False)
    files: list[Part] = field(default_factory=list)
    status: list[Part] = field(default_factory=list)
    returned: list[Part] = field(default_factory=list)
    feedback: list[Part] = field(default_factory=list)
    shown_ids: set[str] = field(default_factory=set)
    findings: list[Finding] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.room, self.lines = self.limits.text, 2 * self.limits.lines

    def blocks(self, part: Part, *, is_report: bool = False, is_alternative: bool = False) -> list[Block]:
        if part.media_type == "multipart/alternative":
            return [self.alternatives(part)]
        if part.children:
            types = {child.media_type for child in part.children}
            reports = part.media_type == "multipart/report" or bool(types & STATUS_TYPES)
            return [block for child in part.children for block in self.blocks(child, is_report=reports)]
        if self.is_for_machines(part, is_report=is_report):
            return []
        if part.media_type in SHOWN_TYPES and part.disposition != "attachment" and part.name is None:
            return [self.text(part)]
        if not is_alternative or not part.media_type.startswith("text/") or part.name or "calendar" in part.media_type:
            self.files.append(part)
        return []

    def is_for_machines(self, part: Part, *, is_report: bool) -> bool:
        """Kept aside or left out; what a person attached is declared an attachment and has a name."""
        if part.media_type in STATUS_TYPES:
            self.status.append(part)
            return True
        if part.media_type in SIGNATURE_TYPES:
            self.findings.append(Finding(step="parse", found=f"signature left out: {part.media_type}"))
            return True
        if not is_report:
            return False
        if part.media_type in RETURNED_TYPES and not (part.disposition == "attachment" and part.name):
            self.returned.append(part)
            return True
        if part.media_type == FEEDBACK_TYPE:
            self.feedback.append(part)
        return part.media_type in OTHER_REPORT_TYPES

    def alternatives(self, part: Part) -> Block:
        plain: list[BodyLine] | None = None
        html: list[BodyLine] | None = None
        for child in part.children:
            blocks = self.blocks(child, is_alternative=True)
            if any(block.html is not None for block in blocks):
                html = joined([block.html or block.plain or [] for block in blocks])
            elif blocks and plain is None:
                plain = joined([block.plain or [] for block in blocks])
        return Block(plain=plain, html=html)

    def text(self, part: Part) -> Block:
        content = part.content.start(self.room + 1)
        if len(content) > self.room or self.lines <= 0:
            self.files.append(part)
            self.findings.append(Finding(step="parse", found=f"text shortened: over {self.room} bytes"))
            content = content[: self.room if self.lines > 0 else 0]
        self.room -= len(content)
        text = clean(decode(content, part.charset)) if part.media_type != "text/html" else ""
        if part.media_type == "text/html" or HTML_SOURCE.match(text):
            block = Block(html=self.html(content, part.charset))
        else:
            block = Block(plain=self.plain(text, part))
        self.lines -= len(block.html or ()) + len(block.plain or ())
        return block

    @property
    def most_lines(self) -> int:
        return max(min(self.limits.lines, self.lines), 0)

    def plain(self, text: str, part: Part) -> list[BodyLine]:
        written = text_lines(text, is_flowed=part.is_flowed, deletes_spaces=part.deletes_spaces)
        most = self.most_lines
        if len(written) > most:
            self.findings.append(Finding(step="parse", found=f"text shortened: {len(written)} lines"))
            tail = most // 4
            written = [*written[: most - tail], GAP, *written[len(written) - tail :]]
        return body_lines(written)

    def html(self, content: bytes, charset: str | None) -> list[BodyLine]:
        meta = META_CHARSET.search(content[:4_096]) if charset is None else None
        text = decode(content, meta.group(1).decode("ascii") if meta else charset)
        self.shown_ids.update(CONTENT_ID.findall(text))
        lines, is_cut = html_lines(text, self.most_lines)
        if is_cut:
            self.findings.append(Finding(step="parse", found=f"html shortened: {len(lines)} lines"))
            lines.append(BodyLine(text=GAP))
        return lines


def joined(parts: Sequence[list[BodyLine]]) -> list[BodyLine]:
    """One after the other, without empty lines at the end of each."""
    return [line for part in parts for line in without_empty_end(part)]


def without_empty_end(lines: list[BodyLine]) -> list[BodyLine]:
    end = len(lines)
    while end and not lines[end - 1].text.strip():
        end -= 1
    return lines[:end]
