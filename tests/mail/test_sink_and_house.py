"""The sink with the house behind it: 250 means kept, whatever peers, disk and memory do."""

import asyncio
import os
import shutil
import smtplib
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest
from sqlalchemy import text

from storage.database import Database
from storage.records import PublicId
from storage.states import AddressKind
from tests.conftest import TEST_KEYS, TEST_POLICY
from tests.flows.test_keeping import Gate, count, open_keeping
from tests.mail.sink_client import Client, Running, running
from worker.core.signed_addresses import local_part
from worker.flows.house import House

HERE = f"{local_part(AddressKind.REPLY, TEST_KEYS.sign(AddressKind.REPLY, PublicId(7)))}@{TEST_POLICY.domain}"
ALSO_HERE = f"new@{TEST_POLICY.domain}"
MEGABYTE = 2**20


def in_the_house(
    house: House, reach: Callable[[str], None], story: "Callable[[Running], object]", **settings: object
) -> None:
    async def run() -> None:
        async with running(keeping, **settings) as sink:
            await story(sink)  # type: ignore[misc] # a coroutine function

    with open_keeping(house, reach) as keeping:
        asyncio.run(run())


def test_a_peer_gone_before_its_250_that_tries_again_has_left_one_mail(house: House) -> None:
    gate = Gate()

    async def story(sink: Running) -> None:
        first = await sink.greeted()
        await first.address(HERE)
        await first.say("DATA")
        await first.send(b"Bonjour\r\n.\r\n")
        await gate.is_reached()
        first.hang_up()
        gate.open()
        again = await sink.greeted()
        assert await again.mail(HERE, content=b"Bonjour") == "250 2.0.0 kept"

    in_the_house(house, lambda _point: gate.wait(), story)

    assert (count(house.database, "inbound_mails"), count(house.database, "arrivals")) == (1, 1)


def test_ten_that_hang_up_in_a_commit_and_one_with_a_nul_leave_the_other_39_their_250(house: House) -> None:
    gate = Gate()

    async def send(sink: Running, number: int) -> Client:
        peer = await sink.greeted()
        await peer.address(HERE)
        await peer.say("DATA")
        await peer.send(b"mail %d\r\n.\r\n" % number)
        return peer

    async def story(sink: Running) -> None:
        peers = [await send(sink, number) for number in range(49)]
        bad = await sink.greeted()
        assert (await bad.say(b"MAIL FROM:<a\0@b.example>")).startswith("501 ")
        await gate.is_reached()
        for each in peers[:10]:
            each.hang_up()
        gate.open()
        assert [await each.answer() for each in peers[10:]] == ["250 2.0.0 kept"] * 39
        assert (await (await sink.greeted()).mail(HERE, content=b"mail 3")).startswith("250 ")

    in_the_house(house, lambda _point: gate.wait(), story, peer_sessions=60)

    assert 40 <= count(house.database, "arrivals") <= 49


def test_lmtp_answers_for_each_recipient_what_became_of_it(house: House) -> None:
    with house.database.writing() as session:
        session.execute(text(refusing(house.database)))

    async def story(sink: Running) -> None:
        peer = await sink.greeted("LHLO")
        assert await peer.mail(HERE, ALSO_HERE, content=b"to both") == "250 2.0.0 kept"
        assert await peer.answer() == "451 4.3.0 a fault on our side, try again later"

    in_the_house(house, lambda _point: None, story, protocol="lmtp")

    assert count(house.database, "arrivals") == 1


def refusing(database: Database) -> str:
    """A rule of the database itself that no arrival at one of the addresses fits."""
    if database.is_sqlite:
        return (
            f"CREATE TRIGGER no_new BEFORE INSERT ON arrivals WHEN NEW.envelope_to = '{ALSO_HERE}' "
            "BEGIN SELECT RAISE(ABORT, 'not this one'); END"
        )
    return f"ALTER TABLE arrivals ADD CONSTRAINT no_new CHECK (envelope_to <> '{ALSO_HERE}')"


@dataclass(frozen=True)
class Process:
    port: int
    pid: int

    def memory(self) -> int:
        return int(psutil.Process(self.pid).memory_info().rss)

    def send(self, content: bytes) -> tuple[int, bytes]:
        with smtplib.SMTP("127.0.0.1", self.port, timeout=60) as relay:
            relay.ehlo()
            relay.mail("sophie@boulangerie.example")
            relay.rcpt(HERE)
            return relay.data(content)


@contextmanager
def process(folder: Path, *, max_bytes: int = 50 * MEGABYTE, fsize: int = 0) -> Iterator[Process]:
    started = subprocess.Popen(
        [sys.executable, "-m", "tests.mail.sink_process", str(folder), str(max_bytes), str(fsize)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        cwd=Path(__file__).parents[2],
    )
    assert started.stdin is not None
    assert started.stdout is not None
    try:
        yield Process(int(started.stdout.readline()), started.pid)
    finally:
        started.stdin.close()
        started.stdout.read()
        started.stdout.close()
        assert started.wait(30) == 0


def test_200_mb_without_a_line_end_take_no_memory(tmp_path: Path) -> None:
    with process(tmp_path) as sink:
        assert sink.send(b"small")[0] == 250
        before = sink.memory()
        peak = 0
        with smtplib.SMTP("127.0.0.1", sink.port, timeout=60) as peer:
            peer.ehlo()
            peer.mail("sophie@boulangerie.example")
            peer.rcpt(HERE)
            assert peer.docmd("DATA")[0] == 354
            assert peer.sock is not None
            for _ in range(200):
                peer.sock.sendall(b"x" * MEGABYTE)
                peak = max(peak, sink.memory())
            peer.sock.sendall(b"\r\n.\r\n")
            assert peer.getreply() == (552, b"5.3.4 the mail is too large")
            assert peer.noop()[0] == 250
        assert peak - before < 16 * MEGABYTE
    assert list(tmp_path.rglob("*.part")) == []


def test_a_mail_of_34_mb_goes_through_a_file_and_not_through_memory(tmp_path: Path) -> None:
    content = (b"x" * 76 + b"\r\n") * (34 * MEGABYTE // 78)
    with process(tmp_path) as sink:
        assert sink.send(b"small")[0] == 250
        before = sink.memory()
        assert sink.send(content)[0] == 250
        assert sink.memory() - before < 16 * MEGABYTE
    (kept,) = (tmp_path / "files" / "inbound").rglob("*.eml")
    assert kept.read_bytes() == content


@contextmanager
def small_disk(size: int) -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="navette-full-"))
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(folder)], check=True)
    try:
        yield folder
    finally:
        subprocess.run(["umount", str(folder)], check=True)
        shutil.rmtree(folder)


def can_mount() -> bool:
    if os.geteuid() != 0 or shutil.which("mount") is None:
        return False
    try:
        with small_disk(MEGABYTE):
            return True
    except subprocess.CalledProcessError:
        return False


def test_a_full_disk_is_452_for_small_and_large_mail_and_both_come_through_when_there_is_space() -> None:
    """On a file system of its own where that may be made; else with a limit on the size of a file."""
    if can_mount():
        with small_disk(12 * MEGABYTE) as folder:
            fill_and_free(folder)
    else:
        with tempfile.TemporaryDirectory(prefix="navette-full-") as name:
            meet_the_limit(Path(name))


def fill_and_free(folder: Path) -> None:
    large = (b"x" * 76 + b"\r\n") * (MEGABYTE // 78)
    with process(folder) as sink:
        assert sink.send(b"before")[0] == 250
        ballast = folder / "ballast"
        fill(ballast)
        assert sink.send(large) == (452, b"4.3.1 no space left here, try again later")
        small = [sink.send(b"%d " % number + b"y" * 60_000)[0] for number in range(6)]
        assert small[-1] == 452
        kept_before = 1 + small.count(250)
        ballast.unlink()
        assert sink.send(large)[0] == 250
        assert sink.send(b"5 " + b"y" * 60_000)[0] == 250
    database = Database(f"sqlite:///{folder / 'navette.db'}")
    assert count(database, "arrivals") == kept_before + 2
    database.close()


def fill(ballast: Path) -> None:
    with ballast.open("wb", buffering=0) as file:
        try:
            while file.write(b"\0" * 4096):
                pass
        except OSError:
            return


def test_a_limit_on_the_size_of_files_is_452_too(tmp_path: Path) -> None:
    meet_the_limit(tmp_path)


def meet_the_limit(folder: Path) -> None:
    with process(folder, fsize=4 * MEGABYTE) as sink:
        assert sink.send(b"x" * 5 * MEGABYTE) == (452, b"4.3.1 no space left here, try again later")
        assert sink.send(b"small")[0] == 250
    assert list(folder.rglob("*.part")) == []


@pytest.mark.parametrize("rounds", [5])
def test_nothing_is_left_open_by_many_sessions(house: House, rounds: int) -> None:
    async def story(sink: Running) -> None:
        for _ in range(rounds):
            peers = [await sink.greeted() for _ in range(20)]
            answers = await asyncio.gather(*(each.mail(HERE, content=b"%d" % id(each)) for each in peers))
            assert set(answers) == {"250 2.0.0 kept"}
            for each in peers:
                await each.say("QUIT")
                assert await each.is_gone()
        assert sink.sink._inside.limits.sessions == 0

    in_the_house(house, lambda _point: None, story)
