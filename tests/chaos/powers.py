"""A PostgreSQL that belongs to one run, so that it can be frozen, killed and started again; and the freezing."""

import signal
import subprocess
from pathlib import Path

import psutil

from tests.servers.postgres import postgres_binaries
from tests.servers.processes import ServerProcess, as_plain_user


def freeze(pid: int) -> list[psutil.Process]:
    """SIGSTOP to a process and all below it; who was stopped."""
    top = psutil.Process(pid)
    top.suspend()
    frozen = [top, *top.children(recursive=True)]
    for each in frozen[1:]:
        each.suspend()
    return frozen


def thaw(frozen: list[psutil.Process]) -> None:
    for each in reversed(frozen):
        if each.is_running():
            each.resume()


class Postgres:
    """With fsync on; on a unix socket in ``folder``."""

    def __init__(self, folder: Path) -> None:
        binaries = postgres_binaries()
        assert binaries is not None
        self.folder, self.binaries = folder, binaries
        make = [str(binaries / "initdb"), "-D", str(folder / "data"), "-U", "navette", "-A", "trust", "-E", "UTF8"]
        subprocess.run(as_plain_user([*make, "--locale=C"]), check=True, capture_output=True, cwd=folder)
        self.server: ServerProcess | None = None
        self.start()

    @property
    def url(self) -> str:
        return f"postgresql://navette@/postgres?host={self.folder}"

    @property
    def pid(self) -> int:
        assert self.server is not None
        return self.server.process.pid

    def start(self) -> None:
        command = [str(self.binaries / "postgres"), "-D", str(self.folder / "data"), "-c", "listen_addresses="]
        command += ["-c", f"unix_socket_directories={self.folder}"]
        self.server = ServerProcess(as_plain_user(command), folder=self.folder)
        self.server.wait_for_line("ready to accept connections")

    def stop(self, how: signal.Signals = signal.SIGINT) -> None:
        """SIGINT: fast; SIGQUIT: immediate, as if it had crashed."""
        if self.server is not None:
            self.server.process.send_signal(how)
            self.server.process.wait(60)
            self.server = None
