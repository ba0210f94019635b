"""What the sink took is in the database, or the peer is asked to come again; nobody waits for ever."""

import asyncio
import errno
import hashlib
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from sqlalchemy import text
from structlog.testing import capture_logs

from storage.database import Database
from storage.files import FileStore
from storage.inbox import RAW_COLUMN_BYTES, arrival, due_arrivals, inbound_mail
from storage.records import ArrivalId
from tests.conftest import HandClock, HeardBell
from worker.core.failures import TemporaryFailure
from worker.flows.house import House
from worker.flows.keeping import Keeping, Outcomes, is_about_space, never, told_as_temporary

HERE, ALSO_HERE = "r+one@mail.example", "r+two@mail.example"


@dataclass(frozen=True, kw_only=True)
class TakenByHand:
    sha256: str
    size: int
    raw: bytes | None
    path: Path | None = None
    envelope_from: str = ""
    recipients: tuple[str, ...] = (HERE,)
    peer: str | None = "127.0.0.1"
    way: str = "smtp"


def taken(content: bytes, *recipients: str, envelope_from: str = "", path: Path | None = None) -> TakenByHand:
    return TakenByHand(
        sha256=hashlib.sha256(content).hexdigest(),
        size=len(content),
        raw=content if path is None else None,
        path=path,
        envelope_from=envelope_from,
        recipients=recipients or (HERE,),
    )


@contextmanager
def open_keeping(house: House, reach: Callable[[str], None] = never) -> Iterator[Keeping]:
    keeping = Keeping(house, reach=reach)
    keeping.start()
    try:
        yield keeping
    finally:
        keeping.stop()


def keep(house: House, *mails: TakenByHand, reach: Callable[[str], None] = never) -> list[Outcomes]:
    """All at once, by one keeper that is opened and closed for it."""

    async def together(keeping: Keeping) -> list[Outcomes]:
        return list(await asyncio.gather(*(keeping.keep(each) for each in mails)))

    with open_keeping(house, reach) as keeping:
        return asyncio.run(together(keeping))


def count(database: Database, table: str) -> int:
    with database.reading() as session:
        return int(session.execute(text(f"SELECT count(*) FROM {table}")).scalar_one())


def test_a_mail_is_in_the_database_before_anybody_is_told(house: House, clock: HandClock, bell: HeardBell) -> None:
    outcomes = keep(house, taken(b"Subject: facture\r\n\r\nBonjour", HERE, ALSO_HERE, envelope_from="s@b.example"))

    assert outcomes == [(None, None)]
    with house.database.reading() as session:
        ids = due_arrivals(session, clock.at, most=10)
        arrivals = [arrival(session, each) for each in ids]
        assert [each and each.envelope_to for each in arrivals] == [HERE, ALSO_HERE]
        first = arrivals[0]
        assert first is not None
        kept = inbound_mail(session, first.inbound_mail_id)
    assert kept is not None
    assert (kept.raw, kept.raw_path) == (b"Subject: facture\r\n\r\nBonjour", None)
    assert (first.envelope_from, first.way) == ("s@b.example", "smtp")
    assert bell.inbound == ids


def test_a_large_mail_is_a_file_that_its_row_names(house: House, clock: HandClock) -> None:
    content = b"x" * (RAW_COLUMN_BYTES + 1)
    spooled = house.files.spool_path()
    spooled.write_bytes(content)

    assert keep(house, taken(content, path=spooled)) == [(None,)]

    with house.database.reading() as session:
        first = arrival(session, due_arrivals(session, clock.at, most=1)[0])
        assert first is not None
        kept = inbound_mail(session, first.inbound_mail_id)
    assert kept is not None
    assert kept.raw is None
    assert kept.raw_path is not None
    assert house.files.read(kept.raw_path) == content
    assert not spooled.exists()


def test_the_same_mail_again_is_a_copy_and_gets_its_yes(house: House, bell: HeardBell) -> None:
    mail = taken(b"the same")

    assert keep(house, mail, mail, taken(b"another")) == [(None,)] * 3
    assert keep(house, mail) == [(None,)]

    assert (count(house.database, "inbound_mails"), count(house.database, "arrivals")) == (2, 2)
    assert len(bell.inbound) == 2


def test_mails_that_wait_together_are_one_commit(house: House) -> None:
    gate = Gate()
    reached: list[str] = []

    def reach(point: str) -> None:
        reached.append(point)
        if len(reached) == 1:
            gate.wait()

    async def story(keeping: Keeping) -> None:
        first = asyncio.ensure_future(keeping.keep(taken(b"first")))
        await gate.is_reached()
        others = [asyncio.ensure_future(keeping.keep(taken(b"%d" % number))) for number in range(20)]
        await asyncio.sleep(0)
        gate.open()
        assert await asyncio.gather(first, *others) == [(None,)] * 21

    with open_keeping(house, reach) as keeping:
        asyncio.run(story(keeping))

    assert reached == ["sink.before_commit", "sink.after_commit"] * 2
    assert count(house.database, "arrivals") == 21


def test_only_the_bad_one_of_a_group_is_told_to_come_again(house: House) -> None:
    """A lone surrogate is what no database takes; the sink refuses it earlier, this is the net below."""
    good = [taken(b"%d" % number) for number in range(5)]

    outcomes = keep(house, *good[:2], taken(b"bad", envelope_from="a\udcff@b.example"), *good[2:])

    assert [outcome == (None,) for outcome in outcomes] == [True, True, False, True, True, True]
    assert isinstance(outcomes[2][0], TemporaryFailure)
    assert count(house.database, "arrivals") == 5


def test_a_bad_recipient_does_not_take_the_others_of_its_mail_with_it(house: House) -> None:
    (outcomes,) = keep(house, taken(b"mail", HERE, "bad\udcff@mail.example", ALSO_HERE))

    assert [each is None for each in outcomes] == [True, False, True]
    assert count(house.database, "arrivals") == 2


def test_a_peer_that_goes_away_does_not_stop_what_was_begun(house: House) -> None:
    gate = Gate()

    async def story(keeping: Keeping) -> None:
        gone = [asyncio.ensure_future(keeping.keep(taken(b"gone %d" % number))) for number in range(10)]
        stays = asyncio.ensure_future(keeping.keep(taken(b"stays")))
        await gate.is_reached()
        for each in gone:
            each.cancel()
        await asyncio.gather(*gone, return_exceptions=True)
        gate.open()
        assert await stays == (None,)
        assert await keeping.keep(taken(b"gone 3")) == (None,)

    with open_keeping(house, lambda _point: gate.wait()) as keeping:
        asyncio.run(story(keeping))

    assert count(house.database, "arrivals") == 11


def test_a_database_that_is_away_is_a_temporary_fault_for_all(house: House, tmp_path: Path) -> None:
    away = replace(house, database=Database(f"sqlite:///{tmp_path / 'missing' / 'navette.db'}"))

    outcomes = keep(away, taken(b"one"), taken(b"two", HERE, ALSO_HERE))

    assert [[type(each) for each in outcome] for outcome in outcomes] == [
        [TemporaryFailure],
        [TemporaryFailure, TemporaryFailure],
    ]


def test_a_file_store_that_is_away_is_a_temporary_fault_and_others_are_kept(house: House, tmp_path: Path) -> None:
    (tmp_path / "no folder").write_text("a file where a folder should be")
    broken = replace(house, files=FileStore(tmp_path / "no folder"))

    outcomes = keep(broken, taken(b"x", path=tmp_path / "spooled"), taken(b"small"))

    assert isinstance(outcomes[0][0], TemporaryFailure)
    assert outcomes[1] == (None,)


def test_a_keeper_that_was_stopped_takes_nothing(house: House) -> None:
    with open_keeping(house) as keeping:
        pass

    with pytest.raises(TemporaryFailure):
        asyncio.run(keeping.keep(taken(b"late")))


def test_a_frozen_bell_keeps_nobody_from_his_answer(house: House) -> None:
    rung: list[ArrivalId] = []
    thaw = threading.Event()

    class FrozenBell(HeardBell):
        def ring_inbound(self, ids: Sequence[ArrivalId]) -> None:
            thaw.wait(20)
            rung.extend(ids)

    async def story(keeping: Keeping) -> None:
        for number in range(3):
            assert await keeping.keep(taken(b"%d" % number)) == (None,)
        thaw.set()

    with open_keeping(replace(house, bell=FrozenBell())) as keeping:
        asyncio.run(story(keeping))
    assert len(rung) == 3


def test_one_event_per_mail_is_logged_with_ids_and_sizes_only(house: House) -> None:
    with capture_logs() as logs:
        keep(house, taken(b"a secret", envelope_from="sophie@boulangerie.example"))

    (kept,) = [each for each in logs if each["event"] == "kept"]
    assert set(kept) == {"event", "log_level", "arrivals", "size", "way"}
    assert (kept["size"], len(kept["arrivals"])) == (8, 1)


def test_a_full_disk_is_told_from_other_faults_by_its_first_cause() -> None:
    def told(fault: Exception) -> bool:
        with pytest.raises(TemporaryFailure) as caught, told_as_temporary():
            raise fault
        return caught.value.full

    assert told(OSError(errno.ENOSPC, "no space"))
    assert told(OSError(errno.EDQUOT, "quota"))
    assert not told(OSError(errno.EIO, "broken"))


def test_postgresql_says_disk_full_in_its_own_words() -> None:
    class DiskFull(Exception):  # noqa: N818 - psycopg's own name
        sqlstate = "53100"

    assert is_about_space(DiskFull())
    assert not is_about_space(ValueError())


class Gate:
    """Holds the committer's thread until the test opens it; says when somebody stands before it."""

    def __init__(self) -> None:
        self._open = threading.Event()
        self._reached = threading.Event()

    def wait(self) -> None:
        self._reached.set()
        assert self._open.wait(30), "the test forgot the gate"

    def open(self) -> None:
        self._open.set()

    async def is_reached(self) -> None:
        await asyncio.to_thread(self._reached.wait, 30)
