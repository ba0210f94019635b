"""A sink of its own in a process of its own, for tests of what a process may use: memory, disk, file size.

``python -m tests.mail.sink_process FOLDER MAX_BYTES [FSIZE]``: database and files in the folder; prints the port; ends
when its standard input does. FSIZE is a limit on the size of any file it writes.
"""

import asyncio
import resource
import signal
import sys
from pathlib import Path

from storage.database import Database
from storage.files import FileStore
from tests.conftest import TEST_KEYS, TEST_POLICY, HandClock, HeardBell
from worker.flows.house import House
from worker.flows.keeping import Keeping
from worker.mail.sink import Sink, SinkSettings


def main(folder: Path, max_bytes: int, fsize: int) -> None:
    house = House(
        database=Database(f"sqlite:///{folder / 'navette.db'}"),
        files=FileStore(folder / "files"),
        clock=HandClock(),
        bell=HeardBell(),
        keys=TEST_KEYS,
        policy=TEST_POLICY,
    )
    house.database.migrate()
    if fsize:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (fsize, fsize))
    asyncio.run(serve(Keeping(house), SinkSettings(port=0, max_bytes=max_bytes)))


async def serve(keeping: Keeping, settings: SinkSettings) -> None:
    keeping.start()
    sink = Sink(settings, keeping)
    _, port = await sink.start()
    sys.stdout.write(f"{port}\n")
    sys.stdout.flush()
    await asyncio.to_thread(sys.stdin.read)
    await sink.stop()
    keeping.stop()


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]) if len(sys.argv) > 3 else 0)
