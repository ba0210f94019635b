"""File names that are safe to store, show and click: whatever the sender's program called a file.

A clean name has no folder, no control or invisible character, nothing Windows or a shell reads as a sign, is no device
(CON, LPT1), does not start or end with a dot or blank, keeps its extension, has at most 150 characters and 200 bytes.
Right-to-left marks are gone with all bidi controls, so that the extension that is shown is the one that counts. Names
of one mail differ, whatever the case: the second ``scan.pdf`` is ``scan (2).pdf``.
"""

import re
from collections.abc import Iterable

from worker.mail.charsets import clean_line

LONGEST, MOST_BYTES, LONGEST_EXTENSION = 150, 200, 12
SIGNS = re.compile(r'[<>:"|?*\\/\x00-\x1f]+')
INVISIBLE = re.compile(
    "[\u00ad\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2028-\u202f\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff"
    "\uffa0\ufff0-\uffff\U000e0000-\U000e0fff]"
)
DEVICES = frozenset(
    {"con", "prn", "aux", "nul", "conin$", "conout$", "clock$"}
    | {f"{device}{number}" for device in ("com", "lpt") for number in "0123456789¹²³"}
)
EXTENSIONS = {
    "application/pdf": "pdf", "image/jpeg": "jpg", "image/png": "png", "image/gif": "gif", "image/heic": "heic",
    "image/tiff": "tif", "image/webp": "webp", "image/bmp": "bmp", "image/svg+xml": "svg", "text/plain": "txt",
    "text/html": "html", "text/csv": "csv", "text/xml": "xml", "application/xml": "xml", "application/json": "json",
    "text/calendar": "ics", "text/vcard": "vcf", "text/x-vcard": "vcf", "message/rfc822": "eml",
    "application/zip": "zip", "application/msword": "doc", "application/vnd.ms-excel": "xls",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": "docx",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": "xlsx",
    "application/ms-tnef": "dat", "application/pkcs7-mime": "p7m", "application/x-pkcs7-mime": "p7m",
    "audio/mpeg": "mp3", "audio/ogg": "ogg", "audio/mp4": "m4a", "video/mp4": "mp4", "video/quicktime": "mov",
}  # fmt: skip
NOUNS = {"image": "image", "audio": "audio", "video": "video", "message": "message", "text": "text"}


def file_name(written: str | None, media_type: str) -> str:
    """The clean name, made from the type when nothing is left of what was written."""
    name = clean_line(written or "")
    name = INVISIBLE.sub("", re.split(r"[\\/]", name.rstrip("\\/ "))[-1])
    name = " ".join(SIGNS.sub("_", name).split()).strip(". ")
    if not name.strip("_"):
        return name_by_type(media_type)
    if name.split(".")[0].strip().lower() in DEVICES:
        name = f"_{name}"
    return shortened(name)


def name_by_type(media_type: str) -> str:
    noun = NOUNS.get(media_type.partition("/")[0], "attachment")
    extension = EXTENSIONS.get(media_type)
    if media_type == "text/calendar":
        noun = "invitation"
    return f"{noun}.{extension}" if extension else noun


def split_name(name: str) -> tuple[str, str]:
    """Stem and extension with its dot; no extension when there is none that looks like one."""
    stem, dot, extension = name.rpartition(".")
    if not stem or not 0 < len(extension) <= LONGEST_EXTENSION or " " in extension:
        return name, ""
    return stem, dot + extension


def shortened(name: str, addition: str = "") -> str:
    """With the addition before the extension, within both limits, the stem giving way."""
    stem, extension = split_name(name)
    stem = stem[: LONGEST - len(addition) - len(extension)]
    room = MOST_BYTES - len((addition + extension).encode())
    stem = stem.encode()[:room].decode("utf-8", "ignore").rstrip(". ") or "_"
    return clean_line(stem + addition + extension)


def different_names(names: Iterable[str]) -> list[str]:
    taken: set[str] = set()
    counts: dict[str, int] = {}
    result = []
    for name in names:
        chosen = name
        while chosen.casefold() in taken:
            counts[name] = counts.get(name, 1) + 1
            chosen = shortened(name, f" ({counts[name]})")
        taken.add(chosen.casefold())
        result.append(chosen)
    return result
