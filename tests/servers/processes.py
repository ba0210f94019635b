"""A server in the foreground of a test: its log is a pipe, and each line of it is an event somebody can wait for.

Servers that refuse to be root, or need not be, run as ``nobody`` when the tests run as root. pytest's own folders are
closed to nobody, and socket paths must be short: hence ``server_folder``.
"""

import grp
import os
import pwd
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

PATIENCE_S = 30.0
STOP_S = 20.0
# Below the ports that outgoing connections are given: nobody else on this machine takes one between look and listen.
FIRST_PORT, LAST_PORT = 20_000, 32_000


def as_plain_user(command: list[str]) -> list[str]:
    if os.geteuid() != 0:
        return command
    return ["setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups", *command]


def plain_user() -> tuple[str, str]:
    """User and group that ``as_plain_user`` runs a command as."""
    if os.geteuid() == 0:
        return "nobody", "nogroup"
    return pwd.getpwuid(os.geteuid()).pw_name, grp.getgrgid(os.getegid()).gr_name


def give_to_plain_user(path: Path) -> None:
    if os.geteuid() == 0:
        shutil.chown(path, *plain_user())


@contextmanager
def server_folder(name: str) -> Iterator[Path]:
    """A folder with a short path, owned by the plain user, gone afterwards."""
    folder = Path(tempfile.mkdtemp(prefix=f"navette-{name}-"))
    give_to_plain_user(folder)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def free_port() -> int:
    """A loopback port nobody listens on."""
    while True:
        port = FIRST_PORT + secrets.randbelow(LAST_PORT - FIRST_PORT)
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port


class ServerProcess:
    """``hear`` is told of each line of the log, from a thread."""

    def __init__(
        self,
        command: list[str],
        *,
        folder: Path,
        environment: Mapping[str, str] | None = None,
        hear: Callable[[str], None] = lambda _line: None,
    ) -> None:
        self.lines: list[str] = []
        self.hear = hear
        self.said = threading.Condition()
        self.process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            env=dict(environment) if environment is not None else None,
            cwd=folder,
            start_new_session=True,
        )
        self.reader = threading.Thread(target=self.read, daemon=True)
        self.reader.start()

    def read(self) -> None:
        assert self.process.stdout is not None
        with self.process.stdout as log:
            for line in log:
                with self.said:
                    self.lines.append(line)
                    self.said.notify_all()
                self.hear(line)
        with self.said:
            self.said.notify_all()

    def wait_for_line(self, words: str, patience: float = PATIENCE_S) -> str:
        """The first line with these words, now or later."""
        end = time.monotonic() + patience
        with self.said:
            while True:
                found = next((line for line in self.lines if words in line), None)
                if found is not None:
                    return found
                if not self.reader.is_alive() or time.monotonic() > end:
                    raise AssertionError(f"the server never said {words!r}\n" + "".join(self.lines[-40:]))
                self.said.wait(0.5)

    def stop(self) -> None:
        self.process.terminate()
        try:
            self.process.wait(STOP_S)
        except subprocess.TimeoutExpired:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
        self.reader.join(STOP_S)
