"""Is a ZIP closed by a password, and what is in it? ``{inside, names}``; nothing is ever unpacked.

Only the directory at the end is read, so an archive that unpacks to a terabyte is as harmless as any other.
"""

import zipfile
from pathlib import Path
from typing import Any

from worker.mail.limited.questions import ReaderLimits

MOST_NAMES, LONGEST_NAME = 200, 200
ENCRYPTED = 0x1


def answer(path: Path, out: Path | None, limits: ReaderLimits) -> dict[str, Any]:
    del out, limits
    try:
        with zipfile.ZipFile(path) as archive:
            entries = [each for each in archive.infolist() if not each.is_dir()]
    except (zipfile.BadZipFile, NotImplementedError):
        return {"inside": "unreadable"}
    if any(each.flag_bits & ENCRYPTED for each in entries):
        return {"inside": "encrypted"}
    return {"inside": "readable", "names": [each.filename[:LONGEST_NAME] for each in entries[:MOST_NAMES]]}
