"""kill -9 at every named place, Valkey and the supervisor killed, Redis emptied: nothing lost, no unmarked double.

Each place once in ``make test``; ten times with more load in ``make chaos``, which writes docs/chaos.md.
"""

import platform
import signal
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest
import redis

from tests.chaos.conftest import Counts, Load, check
from tests.e2e.conftest import Station
from worker.embedded_broker import socket_path
from worker.faults import POINTS

Make = Callable[..., Station]
REPORT = Path(__file__).parent.parent.parent / "docs" / "chaos.md"


def run_with_fault(make: Make, point: str, size: int) -> Counts:
    """The process that reaches the place dies there, and the supervisor starts it anew."""
    station = make()
    marker = station.folder / "died"
    load = Load(station, size)
    station.start("run", NAVETTE_FAULT=f"{point}@{marker}")
    load.ask()
    station.wait_for(load.is_over, f"everything arrives after a death at {point}")
    assert marker.exists(), f"nobody died at {point}"
    return load.count()


def run_with_valkey_killed(make: Make, size: int) -> Counts:
    station = make()
    load = Load(station, size)
    station.start()
    load.ask()
    station.wait_for(lambda: station.told("sent"), "the first mail is sent")
    station.kill("valkey")
    worker = station.child("worker").pid
    station.wait_for(load.is_over, "everything arrives after Valkey died")
    assert psutil.pid_exists(worker), "the worker lived through it"
    assert not station.told("child_died", child="worker")
    return load.count()


def run_with_supervisor_killed(make: Make, size: int) -> Counts:
    station = make()
    load = Load(station, size)
    process = station.start()
    load.ask()
    station.wait_for(lambda: station.told("sent"), "the first mail is sent")
    family = station.family()
    process.send_signal(signal.SIGKILL)
    psutil.wait_procs(family, timeout=30)
    process.wait()
    station.log.clear()
    station.start()
    station.wait_for(load.is_over, "everything arrives after the supervisor died")
    return load.count()


def run_with_redis_emptied(make: Make, size: int) -> Counts:
    station = make()
    load = Load(station, size)
    station.start()
    client = redis.Redis(unix_socket_path=str(socket_path(station.folder / "data")))
    load.ask()
    for _ in range(5):
        client.flushall()
        before = len(station.told("sent"))
        station.wait_for(lambda: len(station.told("sent")) > before or load.is_over(), "mails go on")  # noqa: B023
    client.close()
    station.wait_for(load.is_over, "everything arrives although Redis was emptied")
    return load.count()


@pytest.mark.parametrize("point", POINTS)
def test_a_death_at_any_place_loses_nothing_and_doubles_nothing_unmarked(stations: Make, point: str) -> None:
    counts = run_with_fault(stations, point, size=4)

    check(counts, 4)
    if point != "send.after_relay":
        assert counts.doubled == 0, "only a mail whose 250 was lost may be doubled"


def test_valkey_killed_in_mid_task_delays_and_the_worker_lives(stations: Make) -> None:
    check(run_with_valkey_killed(stations, size=6), 6)


def test_a_killed_supervisor_loses_nothing(stations: Make) -> None:
    check(run_with_supervisor_killed(stations, size=6), 6)


def test_redis_emptied_in_mid_run_only_delays(stations: Make) -> None:
    check(run_with_redis_emptied(stations, size=8), 8)


@pytest.mark.chaos
@pytest.mark.timeout(5400)
def test_everything_ten_times(stations: Make) -> None:
    """Writes docs/chaos.md."""
    kinds: dict[str, Callable[[Make, int], Counts]] = {point: at_point(point) for point in POINTS} | {
        "Valkey killed": run_with_valkey_killed,
        "supervisor killed": run_with_supervisor_killed,
        "Redis emptied": run_with_redis_emptied,
    }
    rows = []
    for name, run in kinds.items():
        every = [run(stations, 10) for _ in range(10)]
        for counts in every:
            check(counts, 10)
        rows.append((name, len(every), sum(each.posted for each in every), sum(each.doubled for each in every)))
    REPORT.write_text(report_of(rows), encoding="utf-8")


def at_point(point: str) -> Callable[[Make, int], Counts]:
    def run(make: Make, size: int) -> Counts:
        return run_with_fault(make, point, size)

    return run


def report_of(rows: list[tuple[str, int, int, int]]) -> str:
    head = (
        "# Chaos\n\nWritten by `make chaos`: each fault ten times, each time ten questions asked in the portal, mailed,\n"
        "answered by mail and mirrored, on the embedded default with the mail world. Afterwards posted messages, mails\n"
        "in both mailboxes, kept and filed mails are counted; a difference fails the run. `doubled` counts copies with\n"
        f'the same Message-ID; all of them were marked "may be doubled".\n\n{platform.system()} {platform.machine()}, '
        f"Python {platform.python_version()}, {psutil.cpu_count()} cores.\n\n"
        "| killed or emptied | runs | messages each way | lost | doubled, marked | doubled, unmarked |\n"
        "|---|---|---|---|---|---|\n"
    )
    return head + "".join(
        f"| {name} | {runs} | {posted} | 0 | {doubled} | 0 |\n" for name, runs, posted, doubled in rows
    )
