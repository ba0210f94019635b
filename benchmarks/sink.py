"""The sink with durable accept (SQLite on disk) against a stock aiosmtpd that does nothing, and against Postfix.

    python benchmarks/sink.py [--rounds 5] [--seconds 2] [--folder DIR] [--postfix]

Both run as processes of their own, and so does the sender. Rounds are interleaved (ours, theirs, ours, theirs, …),
since absolute rates of shared machines move by a factor of three: only the ratio counts, as the median over rounds.
Sessions are kept open and send mail after mail. DIR decides which disk is measured; a tmpfs would measure nothing.
"""

import argparse
import asyncio
import platform
import secrets
import socket
import sqlite3
import statistics
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from time import perf_counter

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

DOMAIN = "mail.bench.example"
CASES = [(4_000, 10), (4_000, 50), (100_000, 10)]
GOALS = {4_000: 0.8, 100_000: 2.0}
POSTFIX_GOAL = 1.5
"""At 4 kB."""


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("role", nargs="?", default="compare", choices=["compare", "ours", "stock"])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=2)
    parser.add_argument("--folder", type=Path)
    parser.add_argument("--postfix", action="store_true", help="a third column: the system's Postfix (root)")
    given = parser.parse_args()
    if given.role == "compare":
        from benchmarks.discarding import discarding

        with tempfile.TemporaryDirectory(dir=given.folder, prefix="navette-bench-") as folder, ExitStack() as stack:
            postfix = stack.enter_context(discarding(DOMAIN)).port if given.postfix else None
            compare(Path(folder), given.rounds, given.seconds, postfix)
    else:
        asyncio.run(serve_ours(given.folder) if given.role == "ours" else serve_stock())


async def serve_ours(folder: Path) -> None:
    import structlog

    from storage.database import Database
    from storage.files import FileStore
    from worker.core.policy import Policy
    from worker.core.signed_addresses import KeyRing
    from worker.flows.house import House
    from worker.flows.keeping import Keeping
    from worker.mail.sink import Sink, SinkSettings
    from worker.wiring import DatabaseClock

    class NoBell:
        def ring_outgoing(self, ids: object) -> None:
            pass

        def ring_inbound(self, ids: object) -> None:
            pass

    with (folder / "log.jsonl").open("w") as log:
        structlog.configure(
            processors=[structlog.processors.add_log_level, structlog.processors.JSONRenderer()],
            logger_factory=structlog.WriteLoggerFactory(log),
            cache_logger_on_first_use=True,
        )
        database = Database(f"sqlite:///{folder / 'navette.db'}")
        database.migrate()
        house = House(
            database=database,
            files=FileStore(folder / "files"),
            clock=DatabaseClock(database),
            bell=NoBell(),
            keys=KeyRing(((1, SECRET),)),
            policy=Policy(domain=DOMAIN, firm_name="Bench"),
        )
        keeping = Keeping(house)
        keeping.start()
        sink = Sink(SinkSettings(port=0, at_border=True, peer_mails_a_minute=10**9), keeping)
        _, port = await sink.start()
        await wait_for_the_end(port)
        await sink.stop()
        keeping.stop()


SECRET = b"a secret of the benchmark, long enough"


async def serve_stock() -> None:
    from aiosmtpd.smtp import SMTP

    class Nothing:
        async def handle_DATA(self, _server: object, _session: object, _envelope: object) -> str:  # noqa: N802 - aiosmtpd's name
            return "250 OK"

    server = await asyncio.get_running_loop().create_server(lambda: SMTP(Nothing()), "127.0.0.1", 0, backlog=512)
    await wait_for_the_end(server.sockets[0].getsockname()[1])
    server.close()


async def wait_for_the_end(port: int) -> None:
    sys.stdout.write(f"{port}\n")
    sys.stdout.flush()
    await asyncio.to_thread(sys.stdin.read)


@dataclass(frozen=True)
class Server:
    process: "subprocess.Popen[bytes]"
    port: int

    def stop(self) -> None:
        assert self.process.stdin is not None
        self.process.stdin.close()
        self.process.wait(30)


def start(role: str, folder: Path) -> Server:
    process = subprocess.Popen(
        [sys.executable, __file__, role, "--folder", str(folder)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert process.stdout is not None
    return Server(process, int(process.stdout.readline()))


def recipient() -> str:
    from storage.records import PublicId
    from storage.states import AddressKind
    from worker.core.signed_addresses import KeyRing, local_part

    token = KeyRing(((1, SECRET),)).sign(AddressKind.REPLY, PublicId(4711))
    return f"{local_part(AddressKind.REPLY, token)}@{DOMAIN}"


def body(size: int) -> bytes:
    return (b"x" * 70 + b"\r\n") * (size // 72)


def send_for(port: int, size: int, sessions: int, seconds: float) -> float:
    """Mails per second. Threads on blocking sockets: the sender shares the cores, so it must cost little."""
    to, text, started = recipient(), body(size), perf_counter()
    with ThreadPoolExecutor(sessions) as senders:
        counts = [senders.submit(one_session, port, to, text, started + seconds) for _ in range(sessions)]
        sent = sum(each.result() for each in counts)
    return sent / (perf_counter() - started)


def one_session(port: int, to: str, text: bytes, ends: float) -> int:
    with socket.create_connection(("127.0.0.1", port), timeout=60) as peer:
        peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        answer(peer, b"220")
        say(peer, b"EHLO bench.example\r\n", b"250")
        sent = 0
        while perf_counter() < ends:
            say(peer, b"MAIL FROM:<sender@bench.example>\r\n", b"250")
            say(peer, b"RCPT TO:<" + to.encode() + b">\r\n", b"250")
            say(peer, b"DATA\r\n", b"354")
            say(peer, b"X-Number: %x\r\n" % secrets.randbits(64) + text + b".\r\n", b"250")
            sent += 1
    return sent


def say(peer: socket.socket, line: bytes, code: bytes) -> None:
    peer.sendall(line)
    answer(peer, code)


def answer(peer: socket.socket, code: bytes) -> None:
    told = b""
    while not told.endswith(b"\n") or told.splitlines()[-1][3:4] == b"-":
        told += peer.recv(4096)
    if not told.startswith(code):
        raise RuntimeError(told)


def compare(folder: Path, rounds: int, seconds: float, postfix: int | None) -> None:
    names = ", ".join(f"{each} {version(each)}" for each in ("aiosmtpd", "sqlalchemy"))
    print(f"{platform.machine()}, Python {platform.python_version()}, {names}, SQLite {sqlite3.sqlite_version}")
    ours, stock = start("ours", folder), start("stock", folder)
    ports = [ours.port, stock.port] + ([postfix] if postfix else [])
    try:
        for size, sessions in CASES:
            rates = [[send_for(port, size, sessions, seconds) for port in ports] for _ in range(rounds)]
            print(
                f"{size:>7} bytes, {sessions:>2} sessions: ours {statistics.median(each[0] for each in rates):6.0f}/s"
            )
            told("stock doing nothing", rates, 1, GOALS[size])
            if postfix:
                told("Postfix", rates, 2, POSTFIX_GOAL if size == CASES[0][0] else None)
    finally:
        ours.stop()
        stock.stop()


def told(name: str, rates: list[list[float]], column: int, goal: float | None) -> None:
    ratios = sorted(each[0] / each[column] for each in rates)
    ratio, theirs = statistics.median(ratios), statistics.median(each[column] for each in rates)
    verdict = "" if goal is None else f" (goal {goal}) {'ok' if ratio >= goal else 'MISSED'}"
    print(f"        {name} {theirs:6.0f}/s, ratio {ratio:.2f}, from {ratios[0]:.2f} to {ratios[-1]:.2f}{verdict}")


if __name__ == "__main__":
    main()
