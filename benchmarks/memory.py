"""Peak memory of each process with one and with four attachments of 25 MB at once (34 MB each on the wire).

    python -m benchmarks.memory [--folder DIR]

``navette run`` as shipped (two worker processes, SQLite, the bundled broker) with a Postfix that discards and a
mailbox on Dovecot. Each number of files has a fresh run with three tasks: mails come in at the sink and are filed;
mails come in at the mailbox and are filed; messages with a file go out. Before them, each way has carried a small mail.

RSS counts the pages that processes share (the libraries of Python, what a fork has not written) in each of them; PSS
gives each its share of them, so that the sum is what the machine must have. The peak of RSS is the kernel's (VmHWM,
set back before each task); PSS and sums are looked at every 20 ms, so that a shorter peak may be missed. Linux.
"""

import argparse
import base64
import platform
import secrets
import socket
import sqlite3
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from email.utils import format_datetime
from pathlib import Path
from urllib.parse import quote

import psutil

from benchmarks.discarding import discarding
from benchmarks.firm import Firm, make_firm, running, settings_for
from benchmarks.sink import answer, say
from storage.records import PublicId
from storage.states import AddressKind
from tests.servers.dovecot import Dovecot, password_of, running_dovecot
from tests.servers.processes import free_port
from worker.core.signed_addresses import local_part
from worker.flows.conversations import NewFile, start_conversation

LARGE = 25_000_000
OFFICE = "office@mail.bench.example"
PATIENCE_S = 300
WORKER_GOAL_MB = 120
LOOK_EVERY_S = 0.02
PARTS = {" sink ": "sink", " beat ": "beat", " collect ": "collector", " worker --tethered": "worker"}


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--folder", type=Path)
    given = parser.parse_args()
    print(f"{platform.machine()}, Python {platform.python_version()}, SQLite {sqlite3.sqlite_version}")
    print(f"goal: the worker's processes together at most {WORKER_GOAL_MB} MB\n")
    for count in (1, 4):
        with tempfile.TemporaryDirectory(dir=given.folder, prefix="navette-bench-") as folder:
            measure(Path(folder), count)


def measure(folder: Path, count: int) -> None:
    with discarding("bench.example") as relay, running_dovecot((OFFICE,)) as dovecot:
        allow_large_mails(relay.configuration / "main.cf")
        relay.stop()
        relay.start()
        environment = settings_for(folder, relay.port) | mailbox_settings(dovecot)
        environment["NAVETTE_SINK_PORT"] = str(port := free_port())
        firm = make_firm(environment, 2 + count)
        with running(folder, environment):
            desk = Desk(folder / "data" / "navette.db", firm, dovecot, port)
            desk.warm_up()
            watched = Watched(folder)
            for name, task in (
                ("idle", lambda: time.sleep(5)),
                ("in at the sink", lambda: desk.take_at_the_sink(count)),
                ("in at the mailbox", lambda: desk.take_at_the_mailbox(count)),
                ("out", lambda: desk.send(count)),
            ):
                with watched.looking():
                    task()
                watched.tell(f"{count} x 25 MB, {name}" if name != "idle" else name)


def allow_large_mails(configuration: Path) -> None:
    limits = "message_size_limit = 60000000\nmailbox_size_limit = 0\n"
    configuration.write_text(configuration.read_text() + limits)


def mailbox_settings(dovecot: Dovecot) -> dict[str, str]:
    return {
        "NAVETTE_MAILBOXES": f"imap+plain://{quote(OFFICE)}@127.0.0.1:{dovecot.imap_port}",
        "NAVETTE_MAILBOX_PASSWORDS": quote(password_of(OFFICE), safe=""),
    }


class Desk:
    """What comes in and goes out, each until our rows say it is done."""

    def __init__(self, path: Path, firm: Firm, dovecot: Dovecot, port: int) -> None:
        self.path, self.firm, self.dovecot, self.port = path, firm, dovecot, port
        self.number = 0
        self.filed = self.accepted = 0

    def warm_up(self) -> None:
        self.firm.ask(self.firm.clients[0], "Bonjour, à quoi correspond cette facture ?")
        self.firm.ask(self.firm.clients[1], "Bonjour, à quoi correspond cette facture ?")
        self.wait_for_accepted(2)
        time.sleep(5)  # the collector's first sight of the mailbox: what is there before it is not taken
        self.send_to_the_sink(self.mail(b"small"))
        self.dovecot.put(OFFICE, self.mail(b"small"))
        self.wait_for_filed(2)

    def take_at_the_sink(self, count: int) -> None:
        mails = [self.mail(secrets.token_bytes(LARGE)) for _ in range(count)]
        with ThreadPoolExecutor(count) as senders:
            list(senders.map(self.send_to_the_sink, mails))
        self.wait_for_filed(count)

    def take_at_the_mailbox(self, count: int) -> None:
        self.dovecot.put(OFFICE, *(self.mail(secrets.token_bytes(LARGE)) for _ in range(count)))
        self.wait_for_filed(count)

    def send(self, count: int) -> None:
        for client in self.firm.clients[2:]:
            files = [NewFile(name="facture.pdf", content=b"%PDF-1.4\n" + secrets.token_bytes(LARGE))]
            start_conversation(
                self.firm.house, by=self.firm.anne, client_id=client, subject="Facture", text="Voici.", files=files
            )
        self.firm.house.database.close()
        self.wait_for_accepted(count)

    def mail(self, content: bytes) -> bytes:
        """An answer to the first conversation, with lines of 76 characters as every mail program writes them."""
        self.number += 1
        coded = base64.encodebytes(content).replace(b"\n", b"\r\n")
        with self.firm.house.database.reading() as session:
            date = format_datetime(self.firm.house.now(session))
        head = (
            f"From: contact0@bench.example\r\nTo: {self.reply_address()}\r\nDate: {date}\r\nSubject: RE: Facture\r\n"
            f"Message-ID: <{self.number}@bench.example>\r\nMIME-Version: 1.0\r\n"
            'Content-Type: multipart/mixed; boundary="b"\r\n\r\n'
            "--b\r\nContent-Type: text/plain\r\n\r\nVoici la facture.\r\n"
            '--b\r\nContent-Type: application/pdf; name="facture.pdf"\r\nContent-Transfer-Encoding: base64\r\n\r\n'
        )
        return head.encode() + coded + b"--b--\r\n"

    def reply_address(self) -> str:
        (found,) = self.rows("SELECT public_id FROM signed_addresses WHERE kind = 'reply' ORDER BY id LIMIT 1")
        token = self.firm.house.keys.sign(AddressKind.REPLY, PublicId(found[0] % 2**64))
        return f"{local_part(AddressKind.REPLY, token)}@mail.bench.example"

    def send_to_the_sink(self, mail: bytes) -> None:
        with self.sink() as peer:
            answer(peer, b"220")
            say(peer, b"EHLO bench.example\r\n", b"250")
            say(peer, b"MAIL FROM:<contact0@bench.example>\r\n", b"250")
            say(peer, b"RCPT TO:<" + self.reply_address().encode() + b">\r\n", b"250")
            say(peer, b"DATA\r\n", b"354")
            say(peer, mail + b".\r\n", b"250")

    def sink(self) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.port), timeout=PATIENCE_S)

    def wait_for_filed(self, more: int) -> None:
        self.filed += more
        self.wait_until(lambda: self.count("arrivals", "state = 'filed'") == self.filed)

    def wait_for_accepted(self, more: int) -> None:
        self.accepted += more
        taken = "kind = 'message' AND state = 'accepted'"
        self.wait_until(lambda: self.count("outgoing_mails", taken) == self.accepted)

    def count(self, table: str, which: str) -> int:
        ((found,),) = self.rows(f"SELECT count(*) FROM {table} WHERE {which}")
        return int(found)

    def rows(self, words: str) -> list[tuple[int, ...]]:
        with sqlite3.connect(self.path, timeout=30) as database:
            return database.execute(words).fetchall()

    def wait_until(self, is_so: Callable[[], bool]) -> None:
        until = time.monotonic() + PATIENCE_S
        while not is_so():
            if time.monotonic() > until:
                raise RuntimeError(str(self.rows("SELECT id, state, error FROM arrivals")))
            time.sleep(0.1)


class Watched:
    """The processes of one ``navette run``: ``worker`` is the parent, ``worker child N`` its pool."""

    def __init__(self, folder: Path) -> None:
        self.processes: dict[str, int] = {}
        self.peaks: dict[str, float] = {}
        run = next(each for each in psutil.process_iter() if is_run(each, folder))
        for part in run.children():
            command = " ".join(part.cmdline())
            name = next((name for mark, name in PARTS.items() if mark in command), "")
            if name:
                self.processes[name] = part.pid
        for number, child in enumerate(psutil.Process(self.processes["worker"]).children(), 1):
            self.processes[f"worker child {number}"] = child.pid

    @contextmanager
    def looking(self) -> Iterator[None]:
        for pid in self.processes.values():
            Path(f"/proc/{pid}/clear_refs").write_text("5")  # sets VmHWM back
        self.peaks = {}
        over = threading.Event()
        looker = threading.Thread(target=self.look_until, args=(over,))
        looker.start()
        try:
            yield
        finally:
            over.set()
            looker.join()

    def look_until(self, over: threading.Event) -> None:
        workers = [pid for name, pid in self.processes.items() if name.startswith("worker")]
        while not over.wait(LOOK_EVERY_S):
            told = {pid: rollup(pid) for pid in self.processes.values()}
            for name, pid in self.processes.items():
                self.note(f"{name} pss", told[pid]["Pss"])
            self.note("all pss", sum(each["Pss"] for each in told.values()))
            self.note("workers pss", sum(told[pid]["Pss"] for pid in workers))
            self.note("workers rss", sum(told[pid]["Rss"] for pid in workers))
            self.note("workers own", sum(told[pid]["Private"] for pid in workers))

    def note(self, name: str, value: float) -> None:
        self.peaks[name] = max(self.peaks.get(name, 0.0), value)

    def tell(self, task: str) -> None:
        peaks = self.peaks
        each = ", ".join(
            f"{name} {peak_mb(pid):.0f} ({peaks[f'{name} pss']:.0f})" for name, pid in sorted(self.processes.items())
        )
        verdict = "ok" if peaks["workers pss"] <= WORKER_GOAL_MB else "MISSED"
        print(f"{task}: RSS (PSS) in MB: {each}")
        print(
            f"    worker in all: PSS {peaks['workers pss']:.0f} {verdict}, RSS added {peaks['workers rss']:.0f}, "
            f"pages of its own {peaks['workers own']:.0f}; all of Navette: PSS {peaks['all pss']:.0f}",
            flush=True,
        )


def is_run(process: psutil.Process, folder: Path) -> bool:
    with suppress(psutil.Error):
        return process.cwd() == str(folder) and process.cmdline()[-1] == "run"
    return False


def rollup(pid: int) -> dict[str, float]:
    """In MB; zeros for a process that has ended."""
    found = {"Pss": 0.0, "Rss": 0.0, "Private": 0.0}
    with suppress(OSError):
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()[1:]:
            name, _, rest = line.partition(":")
            name = "Private" if name.startswith("Private") and "Hugetlb" not in name else name
            if name in found:
                found[name] += int(rest.split()[0]) / 1024
    return found


def peak_mb(pid: int) -> float:
    told = Path(f"/proc/{pid}/status").read_text()
    return int(told.partition("VmHWM:")[2].split()[0]) / 1024


if __name__ == "__main__":
    main()
