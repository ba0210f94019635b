"""A real clamd with one signature of our own, for EICAR's harmless test file; on a unix socket and on a loopback port.

Its database is one line, so it starts in a moment and asks nobody for updates.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.servers.presence import CLAMD, program, want
from tests.servers.processes import ServerProcess, as_plain_user, free_port, give_to_plain_user, server_folder

EICAR = b"X5O!P%@AP[4\\PZX54(P^)7CC)7}$" + b"EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"
MOST_STREAM = 1024 * 1024


@dataclass(frozen=True)
class Clamd:
    """``stop`` ends it, as an operator would."""

    server: ServerProcess
    socket: Path
    port: int

    @property
    def urls(self) -> tuple[str, str]:
        return f"unix://{self.socket}", f"tcp://127.0.0.1:{self.port}"

    def stop(self) -> None:
        self.server.stop()


@pytest.fixture
def clamd(request: pytest.FixtureRequest) -> Iterator[Clamd]:
    want(request)
    with server_folder("clamd") as folder:
        started = start(folder)
        try:
            yield started
        finally:
            started.stop()


def start(folder: Path) -> Clamd:
    signatures, path, port = folder / "db", folder / "clamd.sock", free_port()
    signatures.mkdir()
    (signatures / "navette.ndb").write_text(f"Navette.Eicar:0:*:{EICAR.hex()}\n")
    configuration = folder / "clamd.conf"
    configuration.write_text(
        f"DatabaseDirectory {signatures}\nLocalSocket {path}\nTCPSocket {port}\nTCPAddr 127.0.0.1\nForeground yes\n"
        f"TemporaryDirectory {folder}\nStreamMaxLength {MOST_STREAM}\nLogTime no\nLogVerbose yes\nBytecode no\n"
    )
    for each in (signatures, signatures / "navette.ndb", configuration):
        give_to_plain_user(each)
    command = as_plain_user([program(CLAMD), "--config-file", str(configuration), "--foreground"])
    server = ServerProcess(command, folder=folder)
    server.wait_for_line("Self checking")
    return Clamd(server=server, socket=path, port=port)
