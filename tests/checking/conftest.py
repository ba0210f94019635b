"""A firm's set-up to be looked at: settings, the mail world as relay, the real sink on a loop of its own."""

import asyncio
import contextlib
import smtplib
import threading
from collections.abc import Awaitable, Callable, Iterable, Iterator
from dataclasses import fields, replace
from pathlib import Path
from typing import Any, TypeVar

import pytest
from aiosmtpd.smtp import SMTP

from tests.conftest import TEST_POLICY
from worker.checking.round_trip import Waits, check_round_trip
from worker.checking.verdicts import Level, Verdict
from worker.core.key_rings import read_keys
from worker.core.reports import Action
from worker.demo.world import Setting, World
from worker.demo.world_delivery import Delivery
from worker.demo.world_dsn import Notify
from worker.demo.world_queue import Job
from worker.demo.world_reports import Fate
from worker.flows.house import House
from worker.flows.keeping import Keeping
from worker.mail.sink import Sink
from worker.receiving import sink_settings
from worker.settings import Settings
from worker.wiring import policy_of

Answer = TypeVar("Answer")
KEY = "a-secret-of-the-tests-long-enough"
KEYS = f"1:{KEY}"
DOMAIN = TEST_POLICY.domain
Make = Callable[..., Settings]
PATIENT, SHORT = Waits(probe=20, report=0.1), Waits(probe=0.5, report=0.1)
Trip = Callable[..., dict[str, Verdict]]


@pytest.fixture
def set_up(tmp_path: Path) -> Make:
    """Settings of a firm below a folder, with some of them changed; the environment has no say."""

    def make(**changes: Any) -> Settings:
        given = {
            "keys": KEYS,
            "data_dir": tmp_path / "data",
            "domain": DOMAIN,
            "firm_name": "Fiduciaire Exemple",
            "relay_tls": "none",
            "operator_address": "office@fiduciaire.example",
        }
        return Settings.model_validate(given | changes)

    return make


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with World(Setting(folder=tmp_path / "mailboxes", domain=DOMAIN)) as made:
        yield made


class Loop:
    """An event loop in a thread of its own."""

    def __init__(self) -> None:
        self.loop = asyncio.new_event_loop()
        self.thread = threading.Thread(target=self.loop.run_forever)
        self.thread.start()

    def run(self, asked: Awaitable[Answer]) -> Answer:
        async def answer() -> Answer:
            return await asked

        return asyncio.run_coroutine_threadsafe(answer(), self.loop).result(30)

    def close(self) -> None:
        """When the sessions of peers that went have ended, and their transports with them."""

        async def end() -> None:
            others = asyncio.all_tasks() - {asyncio.current_task()}
            if others:
                await asyncio.wait(others, timeout=10)
            for _ in range(3):
                await asyncio.sleep(0)

        self.run(end())
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join()
        self.loop.close()


@pytest.fixture
def loop() -> Iterator[Loop]:
    made = Loop()
    yield made
    made.close()


@pytest.fixture
def start_sink(loop: Loop) -> Iterator[Callable[[House, Settings], int]]:
    """Starts the real sink in front of a house; its port."""
    with contextlib.ExitStack() as stack:

        def start(house: House, settings: Settings) -> int:
            keeping = Keeping(house)
            sink = Sink(replace(sink_settings(settings), port=settings.sink_port, grace_s=2), keeping)
            keeping.start()
            stack.callback(keeping.stop)
            _, port = loop.run(sink.start())
            stack.callback(lambda: loop.run(sink.stop()))
            return port

        yield start


class Reporting(Delivery):
    """Mail for the firm's domain is reported as Postfix does for a next hop without DSN. ``remote``: what it names."""

    action, remote = Action.RELAYED, "127.0.0.1"

    def forward(self, job: Job) -> float | None:
        again = super().forward(job)
        if again is None and job.recipient.ask.wants(Notify.SUCCESS):
            self.report(job, Fate(action=self.action, status="2.0.0", at=self.now(), remote=self.remote))
        return again


def delivering(world: World, kind: type[Delivery]) -> None:
    world.delivery = kind(**{each.name: getattr(world.delivery, each.name) for each in fields(Delivery)})


def fitting(house: House, settings: Settings) -> House:
    """The test's house under the keys and rules of these settings."""
    return replace(house, keys=read_keys(settings.keys.get_secret_value()), policy=policy_of(settings))


def told(verdicts: Iterable[Verdict]) -> dict[str, Verdict]:
    """By what they are about; each once."""
    found = list(verdicts)
    assert len({each.about for each in found}) == len(found)
    assert all("\n" not in each.found + each.todo for each in found)
    assert all(bool(each.todo) is (each.level is not Level.OK) for each in found), found
    return {each.about: each for each in found}


def levels(verdicts: Iterable[Verdict]) -> dict[str, str]:
    return {about: verdict.level.value for about, verdict in told(verdicts).items()}


class Rewriter:
    """A relay that takes everything and passes it on changed. What is refused there is lost, as with a bad relay."""

    def __init__(self, sink_port: int, change: Callable[[str, str, bytes], tuple[str, str, bytes] | None]) -> None:
        self.sink_port = sink_port
        self.change = change

    async def handle_DATA(self, _server: Any, session: Any, envelope: Any) -> str:  # noqa: N802 - aiosmtpd's name
        for recipient in envelope.rcpt_tos:
            changed = self.change(envelope.mail_from, recipient, envelope.content)
            if changed is not None:
                with contextlib.suppress(smtplib.SMTPException), smtplib.SMTP("127.0.0.1", self.sink_port) as sink:
                    sink.sendmail(changed[0], [changed[1]], changed[2])
        return "250 taken"


@pytest.fixture
def trip(
    set_up: Make, house: House, start_sink: Callable[[House, Settings], int], world: World, loop: Loop
) -> Iterator[Trip]:
    """Everything runs; then a round trip under these settings. ``change``: through a relay that changes mail."""
    sink_port = start_sink(fitting(house, set_up()), set_up(sink_port=0))
    world.lead_to("127.0.0.1", sink_port)
    closing = contextlib.ExitStack()

    def rewriter(change: Callable[..., Any]) -> int:
        relay = Loop()
        closing.callback(relay.close)

        async def listen() -> Any:
            return await relay.loop.create_server(
                lambda: SMTP(Rewriter(sink_port, change), loop=relay.loop, hostname="relay.example"), "127.0.0.1", 0
            )

        server = relay.run(listen())
        closing.callback(lambda: relay.loop.call_soon_threadsafe(server.close))
        return int(server.sockets[0].getsockname()[1])

    def begin(waits: Waits = PATIENT, change: Callable[..., Any] | None = None, **changes: Any) -> dict[str, Verdict]:
        given = {"relay_port": rewriter(change) if change else world.port, "sink_port": sink_port} | changes
        settings = set_up(**given)
        return told(check_round_trip(settings, lambda: fitting(house, settings), waits))

    with closing:
        yield begin
