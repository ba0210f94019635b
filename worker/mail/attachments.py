"""The files of a mail: name, type by content, hash.

What declares itself and what is inside often differ. The declared type stands when the content does not speak against
it; a content with a long signature speaks for itself; a short signature that several types share (ZIP: every Office
file) is settled by the declared type, then by the name.
"""

import hashlib
import mimetypes
import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass

import puremagic

from worker.core.parsed import ParsedFile
from worker.mail.file_names import EXTENSIONS, different_names, file_name
from worker.mail.limits import LimitPassed, Limits
from worker.mail.mime_parts import Part, inner_head
from worker.mail.transfer import Decoded

UNKNOWN = "application/octet-stream"
LOOKED_AT = 16_384
# puremagic's other spellings, and those of senders.
SAME = {
    "application/x-pdf": "application/pdf",
    "image/jpg": "image/jpeg",
    "image/pjpeg": "image/jpeg",
    "image/x-png": "image/png",
    "application/x-zip-compressed": "application/zip",
    "application/x-zip": "application/zip",
    "text/x-vcard": "text/vcard",
    "text/xml": "application/xml",
    "application/x-pkcs7-mime": "application/pkcs7-mime",
}
# Signatures of what an accounting firm gets, sure from the first bytes; puremagic knows the rest.
SIGNATURES = (
    (b"%PDF-", 0, "application/pdf"),
    (b"\xff\xd8\xff", 0, "image/jpeg"),
    (b"\x89PNG\r\n\x1a\n", 0, "image/png"),
    (b"GIF8", 0, "image/gif"),
    (b"ftypheic", 4, "image/heic"),
    (b"ftypheix", 4, "image/heic"),
    (b"ftypmif1", 4, "image/heic"),
    (b"II*\x00", 0, "image/tiff"),
    (b"MM\x00*", 0, "image/tiff"),
    (b"\x78\x9f\x3e\x22", 0, "application/ms-tnef"),
    (b"BEGIN:VCALENDAR", 0, "text/calendar"),
    (b"MZ", 0, "application/x-msdownload"),
)
# What many types are made of: the type on top, and how the names of those types begin.
CONTAINERS = (
    (b"PK\x03\x04", "application/zip", ("application/vnd.", "application/epub", "application/java", "application/x-")),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "application/x-ole-storage", ("application/vnd.ms-", "application/ms")),
)
SURE = 0.5
TNEF_TYPES = frozenset({"application/ms-tnef", "application/vnd.ms-tnef"})
"""Told by their signature alone: neither the name (many programs call a file .dat) nor its sender can know."""
TYPES = {extension: media_type for media_type, extension in reversed(EXTENSIONS.items()) if extension != "dat"}
BUILT_IN = mimetypes.MimeTypes()  # without the machine's own tables: the same everywhere


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """What one pass over a content tells. ``start``: as much as is looked at for its type."""

    start: bytes
    size: int
    sha256: str


def measured(content: Decoded) -> Measured:
    start, size, digest = b"", 0, hashlib.sha256()
    for piece in content.pieces():
        start += piece[: LOOKED_AT - len(start)]
        size += len(piece)
        digest.update(piece)
    return Measured(start=start, size=size, sha256=digest.hexdigest())


def read_files(parts: Sequence[Part], shown_ids: Collection[str], limits: Limits) -> tuple[ParsedFile, ...]:
    """``shown_ids``: content ids that the HTML shows."""
    read = [(part, measured(part.content)) for part in parts]
    kept = [(part, found) for part, found in read if found.size or part.name]
    types = [media_type_of(found.start, part.media_type, part.name) for part, found in kept]
    names = different_names(
        file_name(part.name or own_name(part, limits), media_type)
        for (part, _), media_type in zip(kept, types, strict=True)
    )
    return tuple(
        ParsedFile(
            name=name,
            media_type=media_type,
            declared_type=part.media_type,
            content=part.content,
            size=found.size,
            sha256=found.sha256,
            inline=is_inline(part, media_type, shown_ids),
            content_id=part.content_id,
        )
        for (part, found), media_type, name in zip(kept, types, names, strict=True)
    )


def is_inline(part: Part, media_type: str, shown_ids: Collection[str]) -> bool:
    """An image that stands in the text: it has a content id, and nobody meant it as an attachment."""
    if part.content_id is None or not media_type.startswith("image/"):
        return False
    return part.disposition != "attachment" or part.content_id in shown_ids


def own_name(part: Part, limits: Limits) -> str | None:
    """An attached mail is called by its subject."""
    if part.media_type != "message/rfc822":
        return None
    try:
        head = inner_head(part, limits)
    except LimitPassed:  # it is a file to us: what its head is over is its reader's business
        return None
    subject = head.first("subject")
    return f"{subject.value[:100]}.eml" if subject is not None and subject.value else None


def media_type_of(start: bytes, declared: str, name: str | None) -> str:
    """``start``: the first ``LOOKED_AT`` bytes of the content."""
    declared = UNKNOWN if declared in TNEF_TYPES else SAME.get(declared, declared)
    for signature, offset, media_type in SIGNATURES:
        if start.startswith(signature, offset):
            return media_type
    by_name = type_by_name(name or "")
    for signature, media_type, beginnings in CONTAINERS:
        if start.startswith(signature):
            return next((each for each in (declared, by_name) if each.startswith(beginnings)), media_type)
    candidates = types_inside(start)
    for wished in (declared, by_name):
        if wished in candidates:
            return wished
    sure = [each for each, confidence in candidates.items() if confidence > SURE and each not in TNEF_TYPES]
    if sure:
        return sure[0]
    return declared if declared != UNKNOWN else by_name or UNKNOWN


def type_by_name(name: str) -> str:
    extension = re.search(r"\.([a-z0-9]{1,12})$", name.lower())
    if extension is None:
        return ""
    found = TYPES.get(extension.group(1)) or BUILT_IN.guess_type(f"file.{extension.group(1)}")[0] or ""
    return SAME.get(found, found)


def types_inside(start: bytes) -> dict[str, float]:
    """What the content may be, the surest first; empty when nothing is recognised or there is no content."""
    try:
        found = puremagic.magic_string(start)
    except (puremagic.PureError, ValueError):
        return {}
    types: dict[str, float] = {}
    for each in found:
        if each.mime_type:
            types.setdefault(SAME.get(each.mime_type, each.mime_type), each.confidence)
    return types
