"""The sink with durable accept (SQLite on disk) against a stock aiosmtpd that does nothing.

    python benchmarks/sink.py [--rounds 5] [--seconds 2] [--folder DIR]

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
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from time import perf_counter

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

DOMAIN = "mail.bench.example"
CASES = [(4_000, 10), (4_000, 50), (100_000, 10)]
GOALS = {4_000: 0.8, 100_000: 2.0}


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("role", nargs="?", default="compare", choices=["compare", "ours", "stock"])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=2)
    parser.add_argument("--folder", type=Path)
    given = parser.parse_args()
    if given.role == "compare":
        with tempfile.TemporaryDirectory(dir=given.folder, prefix="navette-bench-") as folder:
            compare(Path(folder), given.rounds, given.seconds)
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


def compare(folder: Path, rounds: int, seconds: float) -> None:
    names = ", ".join(f"{each} {version(each)}" for each in ("aiosmtpd", "sqlalchemy"))
    print(f"{platform.machine()}, Python {platform.python_version()}, {names}, SQLite {sqlite3.sqlite_version}")
    ours, stock = start("ours", folder), start("stock", folder)
    try:
        for size, sessions in CASES:
            pairs = [[send_for(each.port, size, sessions, seconds) for each in (ours, stock)] for _ in range(rounds)]
            ratio = statistics.median(mine / theirs for mine, theirs in pairs)
            mine, theirs = (statistics.median(column) for column in zip(*pairs, strict=True))
            verdict = "ok" if ratio >= GOALS[size] else "MISSED"
            print(
                f"{size:>7} bytes, {sessions:>2} sessions: ours {mine:6.0f}/s, stock doing nothing {theirs:6.0f}/s, "
                f"ratio {ratio:.2f} (goal {GOALS[size]}) {verdict}"
            )
    finally:
        ours.stop()
        stock.stop()


if __name__ == "__main__":
    main()
