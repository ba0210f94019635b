"""From the end of a message's undo window to the relay's 250, as our rows say: p50 and p95, idle and under load.

    python -m benchmarks.latency [--idle 60] [--load 600] [--rate 15] [--folder DIR]

``navette run`` as shipped (two processes, SQLite) to a Postfix that discards. Nobody rings when a window ends: the
sweep finds it. Idle: two messages a second. Under load: ``--rate`` a second, in one breath. Seconds depend on the
machine, so a hand-over of one mail by smtplib to the same Postfix, measured in the same run, stands beside them.
"""

import argparse
import platform
import smtplib
import sqlite3
import statistics
import tempfile
import time
from datetime import datetime
from pathlib import Path

from benchmarks.discarding import discarding
from benchmarks.firm import make_firm, running, settings_for
from benchmarks.outbox import TEXT, wait_until_accepted


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--idle", type=int, default=60)
    parser.add_argument("--load", type=int, default=600)
    parser.add_argument("--rate", type=int, default=15)
    parser.add_argument("--folder", type=Path)
    given = parser.parse_args()
    print(f"{platform.machine()}, Python {platform.python_version()}, SQLite {sqlite3.sqlite_version}")
    with discarding("bench.example") as relay:
        print(f"smtplib, one mail, a connection of its own: {hand_over(relay.port) * 1000:.0f} ms")
        for name, count, rate in (("idle", given.idle, 2), ("under load", given.load, given.rate)):
            with tempfile.TemporaryDirectory(dir=given.folder, prefix="navette-bench-") as folder:
                told = sorted(latencies(Path(folder), relay.port, count, rate))
            p50, p95 = (told[int(len(told) * part)] for part in (0.5, 0.95))
            print(f"{name}, {count} messages, {rate}/s: p50 {p50:.2f} s, p95 {p95:.2f} s, longest {told[-1]:.2f} s")


def hand_over(port: int) -> float:
    took = []
    for _ in range(50):
        since = time.perf_counter()
        with smtplib.SMTP("127.0.0.1", port) as relay:
            relay.sendmail("a@bench.example", ["b@bench.example"], b"Subject: x\r\n\r\n" + b"x" * 4000 + b"\r\n")
        took.append(time.perf_counter() - since)
    return statistics.median(took)


def latencies(folder: Path, port: int, count: int, rate: int) -> list[float]:
    environment = settings_for(folder, port) | {"NAVETTE_UNDO_SECONDS": "1"}
    firm = make_firm(environment, count + 1)
    path = folder / "data" / "navette.db"
    with running(folder, environment):
        first, *clients = firm.clients
        firm.ask(first, TEXT)
        wait_until_accepted(path, 1)  # the processes have started: that is not what is measured
        begun = time.monotonic()
        for number, client in enumerate(clients):
            time.sleep(max(0.0, begun + number // rate - time.monotonic()))
            firm.ask(client, TEXT)
        firm.house.database.close()
        wait_until_accepted(path, count + 1)
    with sqlite3.connect(path) as database:
        rows = database.execute("SELECT due_at, accepted_at FROM outgoing_mails ORDER BY id").fetchall()[1:]
    return [(datetime.fromisoformat(at) - datetime.fromisoformat(due)).total_seconds() for due, at in rows]


if __name__ == "__main__":
    main()
