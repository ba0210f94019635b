"""Is an Office file closed by a password? ``{inside, names}``.

Today's files (OOXML) are a ZIP; with a password they are an OLE file that holds the stream EncryptedPackage
([MS-OFFCRYPTO]). The old ones say it inside: Word in the FIB's flags ([MS-DOC] 2.5.2), Excel by a FilePass record
([MS-XLS] 2.4.117), PowerPoint by the token of its CurrentUserAtom ([MS-PPT] 2.3.2).
"""

import struct
import zipfile
from pathlib import Path
from typing import Any

from worker.mail.limited import archives
from worker.mail.limited.ole import Broken, Compound
from worker.mail.limited.questions import ReaderLimits

FIB_ENCRYPTED = 0x0100
FILE_PASS, BOUND_SHEET = 0x002F, 0x0085
ENCRYPTED_SHOW = 0xF3D1C4DF
MOST_RECORDS = 2_000


def answer(path: Path, out: Path | None, limits: ReaderLimits) -> dict[str, Any]:
    if zipfile.is_zipfile(path):
        return archives.answer(path, out, limits)
    try:
        compound = Compound(path.read_bytes())
    except Broken:
        return {"inside": "unreadable"}
    return {"inside": "encrypted" if is_closed(compound) else "readable"}


def is_closed(compound: Compound) -> bool:
    if "encryptedpackage" in compound.streams:
        return True
    word = compound.beginning("worddocument", 512)
    if len(word) > 12 and struct.unpack_from("<H", word, 10)[0] & FIB_ENCRYPTED:
        return True
    show = compound.beginning("current user", 64)
    if len(show) >= 16 and struct.unpack_from("<I", show, 12)[0] == ENCRYPTED_SHOW:
        return True
    return any(has_file_pass(compound.beginning(name)) for name in ("workbook", "book"))


def has_file_pass(records: bytes) -> bool:
    """It stands before the sheets are named."""
    at = 0
    for _ in range(MOST_RECORDS):
        if at + 4 > len(records):
            return False
        kind, length = struct.unpack_from("<HH", records, at)
        if kind in {FILE_PASS, BOUND_SHEET}:
            return bool(kind == FILE_PASS)
        at += 4 + length
    return False
