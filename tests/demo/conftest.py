"""What the tests of the mail world share: worlds on folders of the test, a second world that stands for the sink."""

import smtplib
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from worker.demo.world import Setting, World
from worker.demo.world_delivery import Pace

FIRM = "mail.firm.example"
SOPHIE = "sophie@boulangerie.example"
MARC = "marc@boulangerie.example"
NOBODY = "nobody@boulangerie.example"
RETURN_PATH = f"b+token@{FIRM}"
MAIL = b"From: a@mail.firm.example\r\nTo: sophie@boulangerie.example\r\nSubject: Test\r\nMessage-ID: <1@firm>\r\n\r\n.Bonjour\r\n"
ASKED = ["NOTIFY=SUCCESS,FAILURE,DELAY", "ORCPT=rfc822;Sophie@boulangerie.example"]
QUICK = Pace(retry=(0.01, 0.02), give_up=0.1, delay=0.05, after_fault=0.05)

MakeWorld = Callable[..., World]


@pytest.fixture
def stack() -> Iterator[ExitStack]:
    with ExitStack() as entered:
        yield entered


@pytest.fixture
def make_world(tmp_path: Path, stack: ExitStack) -> MakeWorld:
    def make(name: str = "people", **changes: Any) -> World:
        given: dict[str, Any] = {
            "domain": FIRM,
            "people": (SOPHIE, MARC),
            "pace": QUICK,
            "folder": tmp_path / name,
        } | changes
        return stack.enter_context(World(Setting(**given)))

    return make


@pytest.fixture
def firm(make_world: MakeWorld) -> World:
    """Stands for the worker's sink: a second world, in which the return path and the reply address are people."""
    return make_world("firm", domain="other.example", people=(RETURN_PATH, f"r+reply@{FIRM}", f"anne@{FIRM}"))


def connect(world: World) -> smtplib.SMTP:
    connection = smtplib.SMTP(world.host, world.port, local_hostname="firm.example", timeout=10)
    connection.ehlo()
    return connection


def send(world: World, to: str = SOPHIE, *, options: list[str] | None = None, sender: str = RETURN_PATH) -> None:
    with smtplib.SMTP(world.host, world.port, local_hostname="firm.example", timeout=10) as connection:
        connection.ehlo()
        connection.mail(sender, ["RET=HDRS", "ENVID=token+2B1"])
        connection.rcpt(to, ASKED if options is None else options)
        assert connection.data(MAIL)[0] == 250
