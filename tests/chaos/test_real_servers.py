"""Chaos on PostgreSQL, Redis, Postfix and Dovecot under load: 0 lost, 0 misfiled, 0 unmarked doubles, nothing stuck.

``make test`` has the short form: all faults in a row under one small load, one count at the end. ``make chaos`` has the
long one: a load and a count of its own for each fault, and the report. CHAOS_SEED repeats a run's choices, CHAOS_SIZE
and CHAOS_KILLS make it smaller or larger; CHAOS_ONLY=PostgreSQL takes the faults with that word, and writes no report.
"""

import os
import platform
import random  # noqa: TID251 - the seed is printed
import secrets
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import psutil
import pytest

from storage.database import Database
from tests.chaos.faults import FAULTS, Dose, mount, unmount, why_not
from tests.chaos.ledger import Counts, Ledger
from tests.chaos.load import Load
from tests.chaos.mailboxes import Mailboxes
from tests.chaos.plant import Plant
from tests.chaos.powers import Postgres
from tests.chaos.report import write_section
from tests.e2e.conftest import DOMAIN, PEOPLE
from tests.e2e.real_station import office_mailbox
from tests.servers.dovecot import Dovecot
from tests.servers.postfix import Postfix
from tests.servers.presence import is_required, note_not_run, want
from tests.servers.processes import free_port, server_folder
from tests.servers.redis import Redis

EVERYBODY = (*PEOPLE, "marc@boulangerie.example")
SEED = int(os.environ.get("CHAOS_SEED") or secrets.randbelow(1_000_000))
SIZE = int(os.environ.get("CHAOS_SIZE") or 500)
KILLS = int(os.environ.get("CHAOS_KILLS") or 50)
ONLY = os.environ.get("CHAOS_ONLY", "")
SHORT = Dose(kills=2, kill_gap=(0.3, 1.5), frozen=3, database_frozen=3, away=1)
LONG = Dose(kills=KILLS, kill_gap=(0.5, 3), frozen=30, database_frozen=20, away=8)
SETTLED_S = 300.0
ROOM = 20_000_000_000
"""Nobody's mailbox is full at the end of the long run: all faults deliver into the same ones."""


@pytest.fixture
def chaos_wants(request: pytest.FixtureRequest) -> None:
    want(request)


@pytest.fixture
def plant(
    tmp_path: Path, chaos_wants: None, start_postfix: Callable[..., Postfix], start_dovecot: Callable[..., Dovecot]
) -> Iterator[Plant]:
    with ExitStack() as undo:
        postgres = Postgres(undo.enter_context(server_folder("pg")))
        undo.callback(postgres.stop)
        redis = Redis(undo.enter_context(server_folder("redis")))
        undo.callback(redis.kill)
        database = Database(postgres.url)
        database.migrate()
        database.close()
        data = tmp_path / "data"
        data.mkdir()
        if mount(data):
            undo.callback(unmount, data)
        port = str(free_port())
        dovecot = start_dovecot(*EVERYBODY)
        office = office_mailbox(dovecot)
        for each in list(dovecot.quotas):
            dovecot.add_mailbox(each, quota_bytes=ROOM)
        routes = {DOMAIN: f"lmtp:inet:127.0.0.1:{port}"}
        routes |= {each.partition("@")[2]: dovecot.route for each in EVERYBODY}
        settings = office | {
            "NAVETTE_DATABASE_URL": postgres.url,
            "NAVETTE_BROKER_URL": redis.url,
            "NAVETTE_SINK_PROTOCOL": "lmtp",
            "NAVETTE_SINK_PORT": port,
            "NAVETTE_TASK_SECONDS": "10",
            "NAVETTE_AT_ONCE_SECONDS": "0",  # whoever answers here is a program, and as fast as one
        }
        made = Plant(
            tmp_path, postgres=postgres, redis=redis, postfix=start_postfix(routes), dovecot=dovecot, **settings
        )
        undo.callback(made.close)
        yield made


def settle(plant: Plant, ledger: Ledger, load: Load, what: str) -> Counts:
    """Wait until everything is said and has come to rest, then count."""
    plant.wait_for(load.is_done, f"everything is said ({what})", SETTLED_S)

    def rests() -> bool:
        return ledger.what_is_under_way() is None and not ledger.problems(load)

    try:
        plant.wait_for(rests, what, SETTLED_S)
    except AssertionError as fault:
        told = [ledger.what_is_under_way(), *ledger.problems(load)[:20]]
        relay = "".join(line for line in plant.postfix.lines[-4000:] if "status=sent" not in line)[-6000:]
        raise AssertionError(f"after {what}, seed {SEED}: {told}\n{fault}\nPostfix:\n{relay}") from None
    return ledger.close_round(load)


def possible(request: pytest.FixtureRequest, plant: Plant) -> list[str]:
    """Those that this machine can have; the others are named at the end of the run, or fail it where required."""
    own_disk = os.path.ismount(plant.folder / "data")
    missing = {name: why for name in FAULTS if (why := why_not(name, own_disk=own_disk))}
    if missing and is_required():
        pytest.fail(f"{missing} (NAVETTE_TEST_SERVERS=required)")
    for name, why in missing.items():
        note_not_run(request.config, f"{request.node.nodeid} ({name})", why)
    return [name for name in FAULTS if name not in missing]


@pytest.mark.timeout(600)
def test_every_fault_in_a_row_under_load_loses_and_doubles_nothing(
    request: pytest.FixtureRequest, plant: Plant
) -> None:
    print(f"seed {SEED}")
    chance = random.Random(SEED)
    boxes = Mailboxes(plant.dovecot, EVERYBODY)
    ledger = Ledger(plant, boxes)
    faults = possible(request, plant)
    load = Load(plant=plant, boxes=boxes, seed=SEED, round=1, size=40, seconds=60)
    for name in faults:
        FAULTS[name](plant, chance, SHORT)
    counts = settle(plant, ledger, load, "every fault in a row")
    assert (counts.posted, counts.answered) == (40, 40)
    assert counts.kept == counts.filed


@pytest.mark.chaos
@pytest.mark.timeout(3 * 3600)
def test_every_fault_under_its_own_load(request: pytest.FixtureRequest, plant: Plant) -> None:
    """Writes its section of docs/chaos.md."""
    print(f"seed {SEED}")
    chance = random.Random(SEED)
    boxes = Mailboxes(plant.dovecot, EVERYBODY)
    ledger = Ledger(plant, boxes)
    rows = []
    names = [each for each in possible(request, plant) if ONLY in each]
    for number, name in enumerate(names, start=1):
        load = Load(plant=plant, boxes=boxes, seed=SEED, round=number, size=SIZE, seconds=20)
        before = writes_that_failed(plant)
        FAULTS[name](plant, chance, LONG)
        if "disk" in name:
            assert writes_that_failed(plant) > before, "nobody wrote while the disk was full"
        counts = settle(plant, ledger, load, name)
        assert (counts.posted, counts.answered) == (SIZE, SIZE)
        assert counts.kept == counts.filed
        rows.append(
            f"| {name} | {counts.posted} | {counts.answered} | {counts.mails} | 0 | 0 | {counts.marked} | 0 | 0 |"
        )
        print(rows[-1], flush=True)
    if not ONLY:
        write_section("Real servers", report_of(rows))


def writes_that_failed(plant: Plant) -> int:
    """As the processes log it when the disk says no."""
    sending, filing = plant.told("files_down"), plant.told("put_off", fault="FilesDown")
    sink, collector = plant.told("fault", full=True), plant.told("session_ended", fault="FilesDown")
    return sum(len(each) for each in (sending, filing, sink, collector))


def report_of(rows: list[str]) -> str:
    return (
        "PostgreSQL, Redis, Postfix and Dovecot of the system, two workers of two processes, beat, sink and collector,\n"
        f"each started anew when it dies. Each fault has a load of its own: {SIZE} messages posted in the portal and {SIZE}\n"
        "answers by mail, half to the sink and half into the collected mailbox, a quarter with files. Kills: "
        f"{LONG.kills} per line,\n{LONG.kill_gap[0]} to {LONG.kill_gap[1]} s apart; SIGSTOP {LONG.frozen:g} s, of PostgreSQL "
        f"{LONG.database_frozen:g} s; outages {LONG.away:g} s. Tasks end after 10 s, so that leases\nrun out within a run. "
        "After each fault every message is looked for in the house and in every mailbox, with its file, and all\n"
        f"arrivals and outgoing mails are asked for their state.\n\nSeed {SEED}. {platform.system()} {platform.machine()}, "
        f"Python {platform.python_version()}, {psutil.cpu_count()} cores.\n\n"
        "| fault | posted | answered | to arrive by mail | lost | misfiled | doubled, marked | doubled, unmarked | stuck |\n"
        "|---|---|---|---|---|---|---|---|---|\n" + "\n".join(rows)
    )
