"""One supervisor per data folder: two would fight for the broker, the port and each other's children."""

import fcntl
import os
from pathlib import Path
from typing import IO

from worker.settings_sources import BadSettings


def lock_folder(folder: Path) -> IO[str]:
    """Hold the returned file open as long as the folder is ours; the system lets go when the process ends."""
    file = (folder / "navette.lock").open("a+", encoding="ascii")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        file.seek(0)
        holder = file.read().strip() or "unknown"
        file.close()
        raise BadSettings(f"`navette run` is at work in {folder} already (process {holder}): stop it first") from None
    file.truncate(0)
    file.write(f"{os.getpid()}\n")
    file.flush()
    return file
