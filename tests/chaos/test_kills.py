"""kill -9 at every named place, Valkey and the supervisor killed, Redis emptied: nothing lost, no unmarked double.

Each fault once in ``make test``; ten times with more load in ``make chaos``, which writes docs/chaos.md. Runs mostly
wait (for leases to end, for processes to start), so several go side by side.
"""

import platform
import signal
import socket
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor

import psutil
import pytest
import redis

from tests.chaos.conftest import Counts, Load, check
from tests.chaos.report import write_section
from tests.e2e.conftest import Station
from worker.embedded_broker import socket_path
from worker.faults import POINTS

Make = Callable[..., Station]
Run = Callable[[Make, int], Counts]
SIDE_BY_SIDE = 3
TEST = "test_a_fault_loses_and_doubles_nothing"


def at_point(point: str) -> Run:
    """The process that reaches the place dies there, and the supervisor starts it anew."""

    def run(make: Make, size: int) -> Counts:
        station = make()
        marker = station.folder / "died"
        load = Load(station, size)
        station.start("run", NAVETTE_FAULT=f"{point}@{marker}")
        load.ask()
        station.wait_for(load.is_over, f"everything arrives after a death at {point}")
        assert marker.exists(), f"nobody died at {point}"
        return load.count()

    return run


class HeldRelay:
    """Stands before the world's door and holds the first connection until the test lets go."""

    def __init__(self) -> None:
        self.server = socket.create_server(("127.0.0.1", 0))
        self.port: int = self.server.getsockname()[1]
        self.reached, self.let_go = threading.Event(), threading.Event()
        self.thread = threading.Thread(target=self.serve, daemon=True)

    def lead_to(self, port: int) -> None:
        self.target = port
        self.thread.start()

    def serve(self) -> None:
        while True:
            try:
                peer, _ = self.server.accept()
            except OSError:
                return
            self.reached.set()
            self.let_go.wait(60)
            onward = socket.create_connection(("127.0.0.1", self.target))
            for one, other in ((peer, onward), (onward, peer)):
                threading.Thread(target=pump, args=(one, other), daemon=True).start()

    def close(self) -> None:
        self.server.close()


def pump(one: socket.socket, other: socket.socket) -> None:
    try:
        while data := one.recv(65536):
            other.sendall(data)
    except OSError:
        pass
    finally:
        for each in (one, other):
            each.close()


def broker_killed_in_mid_task(make: Make, size: int) -> Counts:
    """The worker talks to the relay when its broker dies: the dialogue goes on, and so does the worker."""
    relay = HeldRelay()
    station = make(NAVETTE_RELAY_PORT=str(relay.port), NAVETTE_TASK_SECONDS="30")
    relay.lead_to(station.world.port)
    load = Load(station, size)
    station.start()
    load.ask()
    assert relay.reached.wait(30), "a task talks to the relay"
    worker = station.child("worker").pid
    station.kill("valkey")
    station.wait_for(lambda: len(station.told("child_started", child="valkey")) == 2, "Valkey is started anew")
    relay.let_go.set()
    station.wait_for(load.is_over, "everything arrives after the broker died")
    relay.close()
    assert psutil.pid_exists(worker), "the worker lived through it"
    assert not station.told("child_died", child="worker")
    counts = load.count()
    assert counts.doubled == 0
    return counts


def supervisor_killed(make: Make, size: int) -> Counts:
    station = make()
    load = Load(station, size)
    process = station.start()
    load.ask()
    station.wait_for(lambda: station.told("tried", state="accepted"), "the first mail is sent")
    family = station.family()
    process.send_signal(signal.SIGKILL)
    _gone, alive = psutil.wait_procs(family, timeout=30)
    assert alive == []
    process.wait()
    station.log.clear()
    station.start()
    station.wait_for(load.is_over, "everything arrives after the supervisor died")
    return load.count()


def redis_emptied(make: Make, size: int) -> Counts:
    station = make()
    load = Load(station, size)
    station.start()
    client = redis.Redis(unix_socket_path=str(socket_path(station.folder / "data")))
    load.ask()
    for _ in range(5):
        client.flushall()
        before = len(station.told("tried", state="accepted"))
        station.wait_for(lambda: len(station.told("tried", state="accepted")) > before or load.is_over(), "mails go on")  # noqa: B023
    client.close()
    station.wait_for(load.is_over, "everything arrives although Redis was emptied")
    return load.count()


FAULTS: dict[str, Run] = {point: at_point(point) for point in POINTS} | {
    "broker killed in mid-task": broker_killed_in_mid_task,
    "supervisor killed": supervisor_killed,
    "Redis emptied in mid-run": redis_emptied,
}


@pytest.fixture(scope="module")
def all_runs(request: pytest.FixtureRequest, make_station: Make) -> Iterator[dict[str, "Future[Counts]"]]:
    """Every fault that was asked for, started side by side."""
    wanted = {each.name for each in request.session.items}
    with ThreadPoolExecutor(SIDE_BY_SIDE) as pool:
        yield {fault: pool.submit(FAULTS[fault], make_station, 5) for fault in FAULTS if f"{TEST}[{fault}]" in wanted}


@pytest.mark.timeout(300)
@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_loses_and_doubles_nothing(all_runs: dict[str, "Future[Counts]"], fault: str) -> None:
    counts = all_runs[fault].result()

    check(counts, 5)
    if fault not in {"send.after_relay", "supervisor killed"}:
        assert counts.doubled == 0, "only a mail whose 250 was lost may be doubled"


@pytest.mark.chaos
@pytest.mark.timeout(5400)
def test_every_fault_ten_times(make_station: Make) -> None:
    """Writes docs/chaos.md."""
    with ThreadPoolExecutor(SIDE_BY_SIDE) as pool:
        runs = {name: [pool.submit(run, make_station, 10) for _ in range(10)] for name, run in FAULTS.items()}
        rows = []
        for name, futures in runs.items():
            every = [each.result() for each in futures]
            for counts in every:
                check(counts, 10)
            rows.append((name, len(every), sum(each.posted for each in every), sum(each.doubled for each in every)))
    write_section("Embedded default", report_of(rows))


def report_of(rows: list[tuple[str, int, int, int]]) -> str:
    head = (
        "Each fault ten times, each time ten questions asked in the portal, mailed,\n"
        "answered by mail and mirrored, on the embedded default with the mail world. Afterwards posted messages, mails\n"
        "in both mailboxes, kept and filed mails are counted. A name with a dot is the place\n"
        "in the code where a process was killed with SIGKILL. Doubled counts copies with the same Message-ID; each was\n"
        f'marked "may be doubled".\n\n{platform.system()} {platform.machine()}, Python {platform.python_version()}, '
        f"{psutil.cpu_count()} cores, {SIDE_BY_SIDE} runs side by side.\n\n"
        "| fault | runs | messages each way | lost | doubled, marked | doubled, unmarked |\n"
        "|---|---|---|---|---|---|\n"
    )
    return head + "".join(
        f"| {name} | {runs} | {posted} | 0 | {doubled} | 0 |\n" for name, runs, posted, doubled in rows
    )
