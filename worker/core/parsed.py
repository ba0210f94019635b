"""An inbound mail as the parser hands it to core: plain values, everything cleaned, nothing that can raise.

All text here is valid Unicode in NFC without NUL, lone surrogates, bidi controls or other control characters (line
feeds and tabs stay). Addresses are addr-specs in the form of ``mail_addresses.normal_address``.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from worker.core.reports import Report


class RawMail(Protocol):
    """The bytes of a mail, in memory (``bytes`` fits) or read from where they lie, a slice at a time. Raises
    ``TemporaryFailure`` where they cannot be read at this moment.
    """

    def __len__(self) -> int: ...

    def __getitem__(self, key: slice, /) -> bytes: ...


class Content(Protocol):
    """The decoded bytes of a file: many, so they are decoded anew each time they are asked for, out of the raw mail."""

    def pieces(self) -> Iterator[bytes]:
        """In order. Raises ``TemporaryFailure`` as the raw mail does."""

    def as_mail(self) -> RawMail:
        """To read an attached mail by itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What one step found, for ``explain`` and ``inspect``. Ids, counts and names of rules; never text of the mail."""

    step: str
    found: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ParsedFile:
    """A file of the mail. ``media_type`` by content, ``declared_type`` as the sender's program said. ``size`` in bytes
    and ``sha256`` are those of ``content``.
    """

    name: str
    media_type: str
    declared_type: str
    content: Content = field(compare=False, repr=False)
    size: int
    sha256: str
    inline: bool
    content_id: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class BodyLine:
    """One line of readable text. ``depth``: how deep it is quoted (``>`` or blockquote); ``origin``: names of the HTML
    elements it stands in that tell who made it (``gmail_quote``, ``divRplyFwdMsg``), empty for plain text.
    """

    text: str
    depth: int = 0
    origin: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ParsedMail:
    """``quarantine``: the limit that was passed; then only what was safely read is filled.

    ``sender``: the address of the one From header with exactly one address and no defect of the address, else None;
    ``from_defects`` say why. ``recipients_hint``: Delivered-To, X-Original-To, Envelope-To, X-Forwarded-To in order.
    ``headers``: (lower-case name, decoded and unfolded value) in order, within the limits. ``authentication_results``:
    those headers, ARC's too, unfolded and not decoded: nothing hidden in an encoded word may become a result.
    """

    size: int
    quarantine: str | None
    fingerprint: str
    message_id: str | None
    in_reply_to: tuple[str, ...]
    references: tuple[str, ...]
    subject: str
    sender: str | None
    sender_name: str
    from_defects: tuple[str, ...]
    to: tuple[str, ...]
    cc: tuple[str, ...]
    recipients_hint: tuple[str, ...]
    return_path: str | None
    dated_at: datetime | None
    headers: tuple[tuple[str, str], ...]
    lines: tuple[BodyLine, ...]
    html_lines: tuple[BodyLine, ...] | None
    files: tuple[ParsedFile, ...]
    report: Report | None
    findings: tuple[Finding, ...]
    authentication_results: tuple[tuple[str, str], ...] = ()

    @property
    def text(self) -> str:
        """All readable text."""
        return "\n".join(line.text for line in self.lines)

    def header(self, name: str) -> str | None:
        """The first header of this (lower-case) name."""
        return next((value for key, value in self.headers if key == name), None)
