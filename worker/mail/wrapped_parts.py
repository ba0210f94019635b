"""Parts that wrap a mail of their own: winmail.dat and opaque S/MIME become the parts that stood in them.

The tree is rebuilt around what the limited reader unpacked, and the rest of the parser never knows. What cannot be
unpacked stays the file it came as. At most ``MOST_OPENED`` are tried in one mail, for each may take seconds.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Protocol

from worker.core.parsed import Finding
from worker.mail.charsets import clean_line
from worker.mail.limited.unpacking import UnpackedFile, UnpackedMail, UnwrappedPart
from worker.mail.limits import LimitPassed
from worker.mail.mime_parts import Part, Splitter
from worker.mail.spans import span_of, with_line_feeds
from worker.mail.transfer import Decoded

TNEF_TYPES = frozenset({"application/ms-tnef", "application/vnd.ms-tnef"})
TNEF_START = b"\x78\x9f\x3e\x22"
SMIME_TYPES = frozenset({"application/pkcs7-mime", "application/x-pkcs7-mime"})
UNNAMED = "application/octet-stream"
MOST_OPENED = 5


class Opener(Protocol):
    """None: it cannot be unpacked."""

    def unpack_tnef(self, content: Iterable[bytes]) -> UnpackedMail | None: ...

    def unwrap_smime(self, content: Iterable[bytes]) -> UnwrappedPart | None: ...


@dataclass(slots=True)
class Unwrapper:
    """Goes through the tree of one mail."""

    splitter: Splitter
    opener: Opener
    left: int = MOST_OPENED
    findings: list[Finding] = field(default_factory=list)

    def unwrapped(self, part: Part, depth: int = 0) -> Part:
        if part.children:
            return replace(part, children=tuple(self.unwrapped(each, depth + 1) for each in part.children))
        if is_smime(part) and self.may_try():
            return self.without_signature(part, depth)
        if is_tnef(part) and self.may_try():
            return self.without_tnef(part, depth)
        return part

    def may_try(self) -> bool:
        self.left -= 1
        return self.left >= 0

    def note(self, found: str, step: str = "parse") -> None:
        self.findings.append(Finding(step=step, found=found))

    def without_signature(self, part: Part, depth: int) -> Part:
        found = self.opener.unwrap_smime(part.content.pieces())
        if found is None or not found.content:
            self.note("S/MIME encrypted" if found and found.is_encrypted else "S/MIME not unwrapped")
            return part
        self.note("opaque S/MIME unwrapped, signature not checked")
        for signer in found.signers:
            self.note(f"signed by {clean_line(signer)} (not checked)", step="signature")
        inner = self.splitter.child(with_line_feeds(span_of(found.content)), depth, "text/plain")
        return self.unwrapped(inner, depth + 1)

    def without_tnef(self, part: Part, depth: int) -> Part:
        found = self.opener.unpack_tnef(part.content.pieces())
        if found is None:
            self.note("winmail.dat not unpacked")
            return part
        self.note(f"winmail.dat unpacked: {len(found.files)} files")
        text = self.made("text/plain", found.text.encode())
        html = self.made("text/html", found.html.encode())
        bodies = [each for each, said in ((text, found.text), (html, found.html)) if said.strip("\0 \r\n\t")]
        files = [self.unwrapped(self.file(each), depth + 1) for each in found.files]
        body = [self.made("multipart/alternative", b"", children=tuple(bodies))] if bodies else []
        return self.made("multipart/mixed", b"", children=(*body, *files)) if body or files else part

    def file(self, file: UnpackedFile) -> Part:
        made = self.made(file.declared_type or UNNAMED, file.content)
        return replace(made, name=file.name or None, content_id=file.content_id or None, disposition="attachment")

    def made(self, media_type: str, content: bytes, *, children: tuple[Part, ...] = ()) -> Part:
        self.splitter.parts += 1
        if self.splitter.parts > self.splitter.limits.parts:
            raise LimitPassed("parts")
        return Part(
            media_type=media_type,
            charset="utf-8",
            is_flowed=False,
            deletes_spaces=False,
            disposition="",
            name=None,
            content_id=None,
            content=Decoded(span_of(content), ""),
            children=children,
        )


def is_smime(part: Part) -> bool:
    """Declared as one, or named like one by a program that declares nothing."""
    return part.media_type in SMIME_TYPES or (part.media_type == UNNAMED and (part.name or "").lower().endswith(".p7m"))


def is_tnef(part: Part) -> bool:
    named = part.media_type == UNNAMED and (part.name or "").lower() == "winmail.dat"
    return (part.media_type in TNEF_TYPES or named) and part.content.start(4) == TNEF_START
