"""Which files of a mail stand in the message, which are set aside, and why.

All files are kept. What is set aside stands outside the message, is not mailed on, and can be looked at by the firm
(an infected one by nobody). ``REFUSED`` are told to the sender, one answer for all files of a mail; the rest of the
mail is posted.

Images without a meaning: those that our own mails carried, recognised by hash; those of a person that came with
``FAMILIAR`` mails before (signature logos; never a photo from a camera, never over 100 kB, and never when nothing else
would be left of the mail: somebody sends that receipt for the third time); tiny ones, which count readers or draw a
line.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from storage.states import AsideReason, ScanState
from worker.core.file_looks import NOT_LOOKED, FileLook, Inside
from worker.core.parsed import ParsedFile

REFUSED = frozenset(
    {
        AsideReason.INFECTED,
        AsideReason.EMPTY,
        AsideReason.TOO_LARGE,
        AsideReason.REFUSED_TYPE,
        AsideReason.ENCRYPTED,
        AsideReason.UNREADABLE,
    }
)
PROGRAMS = frozenset(
    "ade adp apk appx application bat chm cmd com cpl dll dmg exe gadget hta img ins iso isp jar js jse lib lnk mde "
    "msc msi msp mst nsh pif ps1 reg scr sct shb sys vb vbe vbs vhd vhdx vxd wsc wsf wsh xll".split()
)
PROGRAM_TYPES = frozenset(
    {"application/x-msdownload", "application/x-dosexec", "application/x-executable", "application/java-archive"}
)
LARGEST_LOGO, LARGEST_DECORATION, FAMILIAR, TINY = 100_000, 10_000, 2, 2


@dataclass(frozen=True, slots=True, kw_only=True)
class FileRules:
    """``largest``: bytes; ``refused_types``: endings of names, in lower case."""

    largest: int = 25 * 1024 * 1024
    refused_types: frozenset[str] = PROGRAMS


@dataclass(frozen=True, slots=True, kw_only=True)
class ArrivedFile:
    """``times_seen``: in how many earlier mails of this person the same image came; ``is_ours``: we sent it."""

    name: str
    media_type: str
    size: int
    look: FileLook = NOT_LOOKED
    scan: ScanState = ScanState.UNSCANNED
    times_seen: int = 0
    is_ours: bool = False


def judged(files: Sequence[ArrivedFile], rules: FileRules, *, has_text: bool) -> list[AsideReason | None]:
    """For each file why it is set aside, or None."""
    reasons = [why_refused(each, rules) or why_meaningless(each) for each in files]
    if has_text or any(reason is None for reason in reasons):
        return reasons
    return [None if reason is AsideReason.SIGNATURE_IMAGE else reason for reason in reasons]


def why_refused(file: ArrivedFile, rules: FileRules) -> AsideReason | None:
    if file.scan is ScanState.INFECTED:
        return AsideReason.INFECTED
    if file.size == 0:
        return AsideReason.EMPTY
    if is_program(file, rules):
        return AsideReason.REFUSED_TYPE
    if file.size > rules.largest:
        return AsideReason.TOO_LARGE
    if file.look.inside is Inside.ENCRYPTED:
        return AsideReason.ENCRYPTED
    return AsideReason.UNREADABLE if file.look.inside is Inside.UNREADABLE else None


def is_program(file: ArrivedFile, rules: FileRules) -> bool:
    """By its own name, its content, or the name of something inside the archive that it is."""
    if file.media_type in PROGRAM_TYPES and "exe" in rules.refused_types:
        return True
    return any(ending(name) in rules.refused_types for name in (file.name, *file.look.names))


def ending(name: str) -> str:
    """``Facture.pdf.exe `` ends in ``exe``: what Windows would start."""
    _, dot, last = name.rstrip(". ").rpartition(".")
    return last.lower() if dot else ""


def why_meaningless(file: ArrivedFile) -> AsideReason | None:
    if not file.media_type.startswith("image/"):
        return None
    if file.is_ours:
        return AsideReason.OWN_IMAGE
    picture = file.look.picture
    if picture is not None and min(picture.width, picture.height) <= TINY:
        return AsideReason.TRACKING_IMAGE
    is_photo = picture is not None and picture.is_from_camera
    if file.times_seen >= FAMILIAR and file.size <= LARGEST_LOGO and not is_photo:
        return AsideReason.SIGNATURE_IMAGE
    return None


def may_be_logo(media_type: str, size: int) -> bool:
    """Whether it is worth remembering that this person sent it."""
    return media_type.startswith("image/") and 0 < size <= LARGEST_LOGO


def is_content(file: ParsedFile) -> bool:
    """What somebody attached, or a picture too large for a logo; not an image that stands in the text of every mail."""
    return not file.inline or not may_be_logo(file.media_type, file.size)


def is_decoration(file: ParsedFile) -> bool:
    """So small an image in the text that alone it says nothing: a screenshot is larger, and stays a mail's content."""
    return not is_content(file) and file.size <= LARGEST_DECORATION


def may_be_shown(scan: ScanState, reason: AsideReason | None, *, hook_is_on: bool) -> bool:
    """An infected file is shown to nobody; with the hook on, nothing is before it is clean."""
    if scan is ScanState.INFECTED or reason is AsideReason.INFECTED:
        return False
    return scan is ScanState.CLEAN or not hook_is_on
