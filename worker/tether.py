"""Children that never outlive their parent.

Linux: the kernel sends SIGTERM to a child when the thread that started it ends (PR_SET_PDEATHSIG), so children are
started from the main thread. Everywhere: a child holds the reading end of a pipe; when the parent is gone, however it
ended, the pipe ends and a watcher in the child stops it. ``python -m worker.tether COMMAND …`` gives any program such a
watcher.
"""

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import IO

PR_SET_PDEATHSIG = 1
GRACE_S = 10


def die_with_parent() -> None:
    """Run in the child between fork and exec: SIGTERM when the parent's thread ends. Linux only."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


def start_tethered(
    command: Sequence[str],
    *,
    environment: Mapping[str, str] | None = None,
    errors_to: IO[bytes] | None = None,
    folder: Path | None = None,
) -> "subprocess.Popen[bytes]":
    """Start a child that ends when this process ends. Its standard input is the tether: never close it by hand.

    ``environment`` and ``folder`` (where it works): this process's own when None.
    """
    return subprocess.Popen(  # noqa: S603 - our own commands
        command,
        stdin=subprocess.PIPE,
        stdout=errors_to,
        stderr=errors_to,
        env=dict(environment) if environment is not None else None,
        cwd=folder,
        preexec_fn=die_with_parent if sys.platform == "linux" else None,  # noqa: PLW1509 - started before any thread
        start_new_session=True,
    )


def watch_tether(on_loss: Callable[[], None]) -> None:
    """In a tethered child: call ``on_loss`` when the parent is gone."""

    def wait() -> None:
        with contextlib.suppress(OSError):
            while os.read(sys.stdin.fileno(), 4096):
                pass
        on_loss()

    threading.Thread(target=wait, name="tether", daemon=True).start()


def stop_myself() -> None:
    os.kill(os.getpid(), signal.SIGTERM)


def main() -> int:
    """Run a program that knows nothing of tethers; stop it on SIGTERM or when the parent is gone."""
    child = subprocess.Popen(  # noqa: S603 - the command our supervisor gave
        sys.argv[1:],
        stdin=subprocess.DEVNULL,
        preexec_fn=die_with_parent if sys.platform == "linux" else None,  # noqa: PLW1509 - no thread is running yet
    )
    signal.signal(signal.SIGTERM, lambda _number, _frame: child.terminate())
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    watch_tether(child.terminate)
    return child.wait()


if __name__ == "__main__":
    sys.exit(main())
