"""All that the rest of the house asks of the limited reader, behind one door. Never raises.

One per worker process; the child starts at the first file that needs it.
"""

from collections.abc import Iterable
from pathlib import Path

from worker.core.file_looks import NOT_LOOKED, FileLook
from worker.mail.limited.looking import as_jpeg, look_at
from worker.mail.limited.questions import DEFAULT, ReaderLimits
from worker.mail.limited.reader import LimitedReader, folder_for
from worker.mail.limited.unpacking import UnpackedMail, UnwrappedPart, unpack_tnef, unwrap_smime


class FileDesk:
    def __init__(self, limits: ReaderLimits = DEFAULT) -> None:
        self.reader = LimitedReader(limits)

    def look(self, path: Path, *, media_type: str, name: str) -> FileLook:
        try:
            with folder_for() as (_, out):
                return look_at(self.reader, path, media_type=media_type, name=name, out=out)
        except OSError:
            return NOT_LOOKED

    def jpeg(self, path: Path) -> bytes | None:
        """Of a HEIC picture; None when it could not be made."""
        try:
            with folder_for() as (_, out):
                made = as_jpeg(self.reader, path, out)
                return made.read_bytes() if made else None
        except OSError:
            return None

    def unpack_tnef(self, content: Iterable[bytes]) -> UnpackedMail | None:
        return unpack_tnef(self.reader, content)

    def unwrap_smime(self, content: Iterable[bytes]) -> UnwrappedPart | None:
        return unwrap_smime(self.reader, content)

    def close(self) -> None:
        self.reader.close()
