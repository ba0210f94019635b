"""The mail world as a process of its own, and the side that starts it.

``python -m worker.demo.world --maildirs DIR --domain mail.firm.example [--port N] [--next-hop HOST:PORT]`` prints one
JSON line with its port when it is ready, runs until SIGTERM or SIGINT and then ends with 0. With ``--events`` each
event of the journal follows as a JSON line, so that whoever started it can wait for one without polling
(``WorldProcess``); with ``--with-parent`` it also ends when its standard input does, so that a
starter that is killed leaves no orphan.
"""

import argparse
import contextlib
import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self, TypeVar

from worker.demo.world import Setting, World
from worker.demo.world_behaviours import Behaviour, parse_assignment
from worker.demo.world_delivery import NextHop
from worker.demo.world_journal import Event, Happened, Journal
from worker.demo.world_mailboxes import Mailboxes

T = TypeVar("T")
STOPS = {signal.SIGTERM, signal.SIGINT}


def main(arguments: Sequence[str] | None = None) -> int:
    given = make_parser().parse_args(arguments)
    setting = Setting(
        folder=given.maildirs,
        domain=given.domain,
        people=tuple(given.person),
        next_hop=given.next_hop,
        port=given.port,
        dsn=not given.no_dsn,
        success_reports=not given.no_success_reports,
    )
    # Blocked before any thread starts, so that the signal waits for sigwait below whichever thread is running.
    signal.pthread_sigmask(signal.SIG_BLOCK, STOPS)
    world = World(setting, Journal(told=print_event if given.events else None))
    for address, behaviour, times in given.behave:
        world.behave(address, behaviour, times=times)
    try:
        world.start()
    except OSError as fault:
        sys.stderr.write(f"the mail world cannot listen on {setting.host} port {setting.port}: {fault.strerror}\n")
        return 1
    print_line({"ready": True, "host": world.host, "port": world.port})
    if given.with_parent:
        threading.Thread(target=end_with_parent, daemon=True).start()
    signal.sigwait(STOPS)
    world.stop()
    return 0


def make_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m worker.demo.world", description="a relay and everybody's mailbox")
    parser.add_argument("--maildirs", type=Path, required=True, help="folder of the Maildirs, one per person")
    parser.add_argument("--domain", required=True, help="the worker's mail domain; its mail goes to the next hop")
    parser.add_argument("--port", type=int, default=0, help="0: any free one, printed when ready")
    parser.add_argument("--next-hop", type=read_hop, metavar="HOST:PORT", help="the worker's sink; lmtp:HOST:PORT too")
    parser.add_argument("--person", action="append", default=[], metavar="ADDRESS", help="has a mailbox; repeatable")
    parser.add_argument("--behave", action="append", default=[], type=read_assignment, metavar="ADDRESS=NAME[:TIMES]")
    parser.add_argument("--no-dsn", action="store_true", help="a relay that does not offer reports")
    parser.add_argument("--no-success-reports", action="store_true", help="offers reports, sends none of success")
    parser.add_argument("--events", action="store_true", help="print each event as a JSON line")
    parser.add_argument("--with-parent", action="store_true", help="end when standard input ends")
    return parser


def read_hop(written: str) -> NextHop:
    lmtp = written.startswith("lmtp:")
    host, colon, port = written.removeprefix("lmtp:").rpartition(":")
    if not colon or not port.isdecimal() or not host:
        raise argparse.ArgumentTypeError(f"{written!r} is not HOST:PORT")
    return NextHop(host=host.strip("[]"), port=int(port), lmtp=lmtp)


def read_assignment(written: str) -> tuple[str, Behaviour, int | None]:
    try:
        return parse_assignment(written)
    except ValueError as fault:
        raise argparse.ArgumentTypeError(str(fault)) from fault


def print_event(event: Event) -> None:
    print_line({"event": event.what, "number": event.number, "address": event.address, "detail": event.detail})


def print_line(row: dict[str, object]) -> None:
    # Nobody may listen any more; the mail goes on.
    with contextlib.suppress(BrokenPipeError):
        sys.stdout.write(json.dumps(row) + "\n")
        sys.stdout.flush()


def end_with_parent() -> None:
    sys.stdin.read()
    os.kill(os.getpid(), signal.SIGTERM)


class WorldProcess:
    """Starts the process, hears its events, stops it. ``journal`` and ``mails_of`` are as in World."""

    def __init__(self, folder: Path, domain: str, *, options: Sequence[str] = ()) -> None:
        self.journal = Journal()
        self.mailboxes = Mailboxes(folder)
        command = [sys.executable, "-m", "worker.demo.world", "--maildirs", str(folder), "--domain", domain]
        self.process = subprocess.Popen(  # noqa: S603 - our own module, arguments of the demo
            [*command, "--events", "--with-parent", *options],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.host, self.port = self._hear_ready()
        self._ear = threading.Thread(target=self._hear_events, name="world-ear", daemon=True)
        self._ear.start()

    def _hear_ready(self) -> tuple[str, int]:
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        if not line:
            self._close_pipes()
            raise RuntimeError(f"the mail world did not start (exit code {self.process.wait()})")
        row = json.loads(line)
        return str(row["host"]), int(row["port"])

    def _hear_events(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            row = json.loads(line)
            self.journal.record(
                Happened(row["event"]), number=row["number"], address=row["address"], detail=row["detail"]
            )

    def wait_for(self, question: Callable[[Journal], T], timeout: float = 10.0) -> T:
        return self.journal.wait_for(question, timeout)

    def mails_of(self, address: str) -> list[bytes]:
        return self.mailboxes.mails_of(address)

    def stop(self) -> int:
        """SIGTERM; the exit code."""
        self.process.terminate()
        code = self.process.wait(20)
        self._ear.join()
        self._close_pipes()
        return code

    def _close_pipes(self) -> None:
        for pipe in (self.process.stdin, self.process.stdout):
            if pipe is not None:
                pipe.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
