"""The outbox as shipped (worker with two processes and the sweep, SQLite) against smtplib on one reused connection.

    python -m benchmarks.outbox [--rounds 3] [--mails 2000] [--folder DIR] [--reports] [--roundup DIR]

Both hand mails of the same size to the same Postfix, which discards them. Before each column its queue is empty. Rounds
are interleaved and only the ratio counts, as the median over rounds. Postfix offers no DSN, for it would write a report
for each of our mails and for none of smtplib's; with ``--reports`` it does, and both ask for them. Ours is timed from
the first attempt's start to the last 250, as its rows say: every state is recorded, every mail is rendered, stored and
fsynced before its first connection. Needs root and Postfix.

``--roundup``: a folder where a virtual environment with Roundup is made (pip); then it is a third column. Its tracker
mails the nosy list of each new issue; the count of mails comes from Postfix's log.
"""

import argparse
import platform
import smtplib
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from datetime import datetime
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.servers.postfix import Postfix

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

PATIENCE_S = 600
GOALS = {"smtplib": 0.6, "roundup": 3.0}
ROUNDUP = "roundup==2.6.0"
TEXT = ("Bonjour, voici la question sur la facture, une ligne assez longue pour faire du volume.\n" * 4)[:300]
"""Makes a mail of about 4 kB, in two parts with the words around it."""


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--mails", type=int, default=2000)
    parser.add_argument("--folder", type=Path)
    parser.add_argument("--reports", action="store_true")
    parser.add_argument("--roundup", type=Path)
    given = parser.parse_args()
    print(
        f"{platform.machine()}, Python {platform.python_version()}, "
        f"SQLite {sqlite3.sqlite_version}, {given.mails} mails"
    )
    from benchmarks.discarding import discarding

    with (
        tempfile.TemporaryDirectory(dir=given.folder, prefix="navette-bench-") as folder,
        discarding("bench.example", reports=given.reports) as relay,
    ):
        compare(Path(folder), relay, given)


def compare(folder: Path, relay: "Postfix", given: argparse.Namespace) -> None:
    from benchmarks.discarding import settle

    columns: dict[str, list[float]] = {"ours": [], "smtplib": []}
    for number in range(given.rounds):
        settle(relay)
        rate, size = ours(folder / f"ours-{number}", relay.port, given.mails)
        columns["ours"].append(rate)
        settle(relay)
        columns["smtplib"].append(plain(relay.port, given.mails, size, reports=given.reports))
        if given.roundup:
            settle(relay)
            columns.setdefault("roundup", []).append(
                roundup(given.roundup, folder / f"tracker-{number}", relay, given.mails)
            )
        print(
            f"round {number + 1}: {size} bytes, "
            + ", ".join(f"{name} {each[-1]:.0f}/s" for name, each in columns.items())
        )
    for name, goal in GOALS.items():
        if name in columns:
            ratio = statistics.median(mine / other for mine, other in zip(columns["ours"], columns[name], strict=True))
            print(f"ours against {name}: {ratio:.2f} (goal {goal}) {'ok' if ratio >= goal else 'MISSED'}")


def ours(folder: Path, port: int, mails: int) -> tuple[float, int]:
    """Mails per second, and the size of one in bytes."""
    from benchmarks.firm import make_firm, running, settings_for

    folder.mkdir()
    environment = settings_for(folder, port)
    firm = make_firm(environment, mails)
    for client in firm.clients:
        firm.ask(client, TEXT)
    firm.house.database.close()
    with running(folder, environment):
        wait_until_accepted(folder / "data" / "navette.db", mails)
    with sqlite3.connect(folder / "data" / "navette.db") as database:
        first, last = database.execute("SELECT min(started_at), max(ended_at) FROM attempts").fetchone()
    sizes = [each.stat().st_size for each in (folder / "data" / "files" / "outgoing").rglob("*.eml")]
    took = datetime.fromisoformat(last) - datetime.fromisoformat(first)
    return mails / took.total_seconds(), int(statistics.median(sizes))


def wait_until_accepted(path: Path, mails: int) -> None:
    until = time.monotonic() + PATIENCE_S
    with sqlite3.connect(path, timeout=30) as database:
        while True:
            states = dict(database.execute("SELECT state, count(*) FROM outgoing_mails GROUP BY state").fetchall())
            if states.get("accepted") == mails:
                return
            if time.monotonic() > until:
                raise RuntimeError(f"not all mails went: {states}")
            time.sleep(0.5)


def plain(port: int, mails: int, size: int, *, reports: bool) -> float:
    head = "From: a@bench.example\r\nTo: b@bench.example\r\nSubject: x\r\n\r\n"
    content = (head + ("x" * 70 + "\r\n") * ((size - len(head)) // 72)).encode()
    options = (["RET=HDRS"], ["NOTIFY=SUCCESS,FAILURE,DELAY"]) if reports else ()
    with smtplib.SMTP("127.0.0.1", port) as relay:
        since = perf_counter()
        for _ in range(mails):
            relay.sendmail("a@bench.example", ["b@bench.example"], content, *options)
        return mails / (perf_counter() - since)


TRACKER = """
import os, sys, time
from roundup import configuration, init, instance, password
from roundup.date import Date
home, port, mails = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
init.install(home, os.path.join(sys.prefix, "share/roundup/templates/classic"))
config = configuration.CoreConfig(home)
for name, value in (("RDBMS_BACKEND", "sqlite"), ("MAIL_HOST", "127.0.0.1"), ("MAIL_PORT", port),
                    ("MAIL_DOMAIN", "bench.example"), ("TRACKER_WEB", "http://bench.example/")):
    config[name] = value
config.save(os.path.join(home, "config.ini"))
tracker = instance.open(home)
tracker.init(password.Password("admin", config=config))
db = tracker.open("admin")
reader = db.user.create(username="reader", address="reader@bench.example", roles="User")
writer = db.user.create(username="writer", address="writer@bench.example", roles="User")
db.commit(); db.close()
db = tracker.open("writer")
text = ("x" * 70 + "\\n") * 50
since = time.perf_counter()
for number in range(mails):
    message = db.msg.create(author=writer, date=Date(), summary="q", content=text)
    db.issue.create(title=f"Question {number}", messages=[message], nosy=[reader])
    db.commit()
print(time.perf_counter() - since)
"""


def roundup(environment: Path, home: Path, relay: "Postfix", mails: int) -> float:
    """Mails per second that reached Postfix."""
    if not (environment / "bin" / "python").exists():
        subprocess.run([sys.executable, "-m", "venv", str(environment)], check=True)
        subprocess.run([str(environment / "bin" / "pip"), "install", "-q", ROUNDUP], check=True)
    before = went(relay)
    told = subprocess.run(
        [str(environment / "bin" / "python"), "-c", TRACKER, str(home), str(relay.port), str(mails)],
        check=True,
        capture_output=True,
        text=True,
    )
    seconds = float(told.stdout.split()[-1])
    until = time.monotonic() + 30
    while went(relay) - before < mails and time.monotonic() < until:
        time.sleep(0.2)
    return (went(relay) - before) / seconds


def went(relay: "Postfix") -> int:
    return len(relay.said("postfix/discard", "reader@bench.example", "status=sent"))


if __name__ == "__main__":
    main()
