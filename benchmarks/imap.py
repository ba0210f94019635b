"""A mailbox to filed messages as shipped (``navette run``: collector and worker with two processes, SQLite), against
django-helpdesk's ``get_email`` on a copy of the same mailbox.

    python -m benchmarks.imap [--mails 5000] [--rounds 3] [--peers DIR] [--stored 1000000] [--folder DIR]

The mails are of mixed sizes (``benchmarks.imap_mails``), answers to as many of our mails as a fifth of them, and lie in
the same Dovecot. Ours is timed from the first mail kept to the last one filed, as its rows say: new text cut, files
stored with fsync, the case manager's mail planned. The peer is timed around its command, without its start. Rounds are
interleaved and only the ratio counts, as the median over rounds; the processor time a mail stands beside it, ours with
the start of all its processes. Needs Dovecot.

``--peers``: a folder where virtual environments of peers are made (pip); without it there is no second column.
``--stored``: the same with so many messages in the database before, against the rate of the empty one.
"""

import argparse
import logging
import platform
import shutil
import sqlite3
import statistics
import sys
import tempfile
import time
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

import psutil
import structlog

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from benchmarks.firm import NoBell, running, settings_for  # noqa: E402 - the root must be known first
from benchmarks.imap_helpdesk import HELPDESK, get_email  # noqa: E402
from benchmarks.imap_mails import ask_all, write_replies  # noqa: E402
from benchmarks.imap_stored import store  # noqa: E402
from storage import mailboxes  # noqa: E402
from worker.settings import Settings  # noqa: E402
from worker.wiring import build_house  # noqa: E402

if TYPE_CHECKING:
    from tests.servers.dovecot import Dovecot

PATIENCE_S = 1800
GOALS = {"django-helpdesk": 8.0, "empty": 0.9}
REPLIES_TO_EACH = 5
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--mails", type=int, default=5000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--peers", type=Path)
    parser.add_argument("--stored", type=int, default=0)
    parser.add_argument("--folder", type=Path)
    given = parser.parse_args()
    from tests.servers.dovecot import running_dovecot

    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    print(f"{platform.machine()}, Python {platform.python_version()}, SQLite {sqlite3.sqlite_version}, {HELPDESK[0]}")
    with (
        tempfile.TemporaryDirectory(dir=given.folder, prefix="navette-bench-") as folder,
        running_dovecot(()) as dovecot,
    ):
        Comparison(Path(folder), dovecot, given).run()


class Comparison:
    """``empty`` and ``stored``: data folders that each round copies."""

    def __init__(self, folder: Path, dovecot: "Dovecot", given: argparse.Namespace) -> None:
        self.folder, self.dovecot, self.given = folder, dovecot, given
        self.empty, self.stored = folder / "empty", folder / "stored"
        self.rates: dict[str, list[float]] = {}
        self.cpu: dict[str, list[float]] = {}

    def run(self) -> None:
        self.prepare()
        for number in range(self.given.rounds):
            self.note("ours", self.ours(self.empty, f"ours-{number}"))
            if self.given.peers:
                self.note("django-helpdesk", self.helpdesk(f"helpdesk-{number}"))
            if self.given.stored:
                self.note("stored", self.ours(self.stored, f"stored-{number}"))
            told = ", ".join(f"{name} {each[-1]:.1f}/s" for name, each in self.rates.items())
            print(f"round {number + 1}: {told}", flush=True)
        spent = ", ".join(f"{name} {statistics.median(each) * 1000:.1f} ms" for name, each in self.cpu.items())
        print(f"processor a mail, Dovecot not counted: {spent}")
        self.judge("ours", "django-helpdesk", "django-helpdesk")
        self.judge("stored", "ours", "empty")

    def prepare(self) -> None:
        conversations = max(1, self.given.mails // REPLIES_TO_EACH)
        asked = ask_all(settings_for(self.empty, 1), conversations)
        size = write_replies(self.folder / "mails", asked, self.given.mails)
        print(f"{self.given.mails} mails of {size / self.given.mails / 1000:.1f} kB on average", flush=True)
        if self.given.stored:
            shutil.copytree(self.empty, self.stored)
            since = time.perf_counter()
            store(self.stored / "data" / "navette.db", self.given.stored)
            print(f"{self.given.stored} messages stored in {time.perf_counter() - since:.0f} s", flush=True)

    def note(self, name: str, rate: float) -> None:
        self.rates.setdefault(name, []).append(rate)

    def judge(self, name: str, other: str, goal: str) -> None:
        if name in self.rates and other in self.rates:
            pairs = zip(self.rates[name], self.rates[other], strict=True)
            ratio = statistics.median(mine / theirs for mine, theirs in pairs)
            word = "ok" if ratio >= GOALS[goal] else "MISSED"
            print(f"{name} against {other}: {ratio:.2f} (goal {GOALS[goal]}) {word}")

    def fill(self, name: str) -> str:
        """A mailbox of its own with a copy of every mail; its user."""
        user = f"{name}@firm.example"
        self.dovecot.add_mailbox(user, quota_bytes=10**11)
        self.dovecot.take_over(user, self.folder / "mails")
        return user

    def ours(self, prepared: Path, name: str) -> float:
        """Mails per second."""
        from tests.servers.dovecot import password_of

        user, folder = self.fill(name), self.folder / name
        shutil.copytree(prepared, folder)
        port = self.dovecot.imap_port
        environment = settings_for(folder, 1) | {
            "NAVETTE_SENDING": "off",
            "NAVETTE_MAILBOXES": f"imap://{quote(user, safe='')}@127.0.0.1:{port}",
            "NAVETTE_MAILBOX_PASSWORDS": quote(password_of(user), safe=""),
            "NAVETTE_MAILBOX_CA_FILE": str(self.dovecot.ca_file),
        }
        ask_for_all(environment, f"{user}@127.0.0.1")
        with running(folder, environment):
            rate = wait_until_filed(folder / "data" / "navette.db", self.given.mails)
            self.cpu.setdefault(name.rpartition("-")[0], []).append(cpu_of_ours() / self.given.mails)
        shutil.rmtree(folder)
        return rate

    def helpdesk(self, name: str) -> float:
        from tests.servers.dovecot import password_of

        user = self.fill(name)
        taken = get_email(
            self.given.peers,
            self.folder / name,
            port=self.dovecot.imap_port,
            user=user,
            password=password_of(user),
        )
        if taken.followups < self.given.mails:
            raise RuntimeError(f"the peer did not file all mails: {taken}")
        shutil.rmtree(self.folder / name)
        self.cpu.setdefault("django-helpdesk", []).append(taken.cpu / self.given.mails)
        return self.given.mails / taken.seconds


def cpu_of_ours() -> float:
    """Seconds of processor of all our processes so far, their start too."""
    ours = [each for each in psutil.Process().children(recursive=True) if is_ours(each)]
    return sum(each.cpu_times().user + each.cpu_times().system for each in ours)


def is_ours(process: psutil.Process) -> bool:
    words = process.cmdline()
    return "worker" in words or any("valkey" in word for word in words[:1])


def ask_for_all(environment: dict[str, str], mailbox: str) -> None:
    """As ``navette collect --since`` does: what lies in a mailbox at first sight is old."""
    given = {name.removeprefix("NAVETTE_").lower(): value for name, value in environment.items() if "NAVETTE" in name}
    house = build_house(Settings.model_validate(given), NoBell())
    with house.database.writing() as session:
        mailboxes.ask_for_older(session, mailbox, LONG_AGO, now=house.now(session))
    house.database.close()


def wait_until_filed(path: Path, mails: int) -> float:
    """The rate, as the rows of this mailbox say."""
    until = time.monotonic() + PATIENCE_S
    with closing(sqlite3.connect(path, timeout=30)) as database:
        first_id = database.execute("SELECT coalesce(max(id), 0) FROM arrivals").fetchone()[0]
        while True:
            states = dict(
                database.execute(
                    "SELECT state, count(*) FROM arrivals WHERE id > ? GROUP BY state", (first_id,)
                ).fetchall()
            )
            if states.get("filed") == mails:
                break
            if time.monotonic() > until or "quarantined" in states:
                raise RuntimeError(f"not all mails were filed: {states}")
            time.sleep(1)
        kept, filed = database.execute(
            "SELECT min(i.kept_at), max(a.filed_at) FROM arrivals a JOIN inbound_mails i ON i.id = a.inbound_mail_id"
            " WHERE a.id > ?",
            (first_id,),
        ).fetchone()
        outcomes = database.execute(
            "SELECT f.outcome, count(*) FROM arrivals a JOIN filings f ON f.id = a.filing_id WHERE a.id > ?"
            " GROUP BY f.outcome",
            (first_id,),
        ).fetchall()
    if dict(outcomes) != {"posted": mails}:
        raise RuntimeError(f"not all mails were posted: {outcomes}")
    return mails / (datetime.fromisoformat(filed) - datetime.fromisoformat(kept)).total_seconds()


if __name__ == "__main__":
    main()
