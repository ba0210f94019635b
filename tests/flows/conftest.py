"""The fakes of our ports, and the real printer and reader."""

import pytest

from tests.conftest import Firm, HandClock, HeardBell
from tests.flows.mailroom import Mailroom
from tests.flows.outgoing import Post, ScriptedRelay
from tests.flows.test_portal import ask
from worker.core.relaying import SealedMail
from worker.flows.conversations import Started
from worker.flows.house import House
from worker.mail.parsing import MailReader
from worker.mail.printing import MailPrinter


@pytest.fixture
def relay() -> ScriptedRelay:
    return ScriptedRelay()


@pytest.fixture(scope="session")
def printer() -> MailPrinter:
    return MailPrinter()


@pytest.fixture(scope="session")
def reader() -> MailReader:
    return MailReader()


@pytest.fixture
def out(house: House, relay: ScriptedRelay, printer: MailPrinter, bell: HeardBell) -> Post:
    return Post(house, relay, printer, bell)


@pytest.fixture
def room(house: House, reader: MailReader, bell: object) -> Mailroom:
    return Mailroom(house, reader, bell)


@pytest.fixture
def asked(out: Post, firm: Firm, clock: HandClock) -> tuple[Started, SealedMail]:
    """Anne's question went to Sophie alone."""
    started = ask(out.house, firm, to=[firm.sophie])
    clock.forward(seconds=60)
    out.run()
    return started, out.relay.sent[-1]
