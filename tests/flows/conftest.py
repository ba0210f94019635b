"""The fakes of our ports, and the real printer and reader."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from tests.conftest import Firm, HandClock, HeardBell, with_policy
from tests.flows.mailroom import Mailroom
from tests.flows.outgoing import Post, ScriptedRelay
from tests.flows.questions import Question
from tests.flows.test_portal import ask
from worker.core.policy import SinkRole
from worker.core.relaying import SealedMail
from worker.flows.conversations import Started
from worker.flows.house import House
from worker.mail.limited.desk import FileDesk
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
def trusted(house: House, reader: MailReader, bell: object) -> Mailroom:
    """Behind an MX whose results are believed."""
    behind = with_policy(house, authserv_ids=("mx.firm.example",), sink_role=SinkRole.BEHIND_MX)
    return Mailroom(behind, reader, bell)


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


@pytest.fixture(scope="module")
def looking() -> Iterator[MailReader]:
    desk = FileDesk()
    yield MailReader(desk=desk)
    desk.close()


@pytest.fixture
def desk_room(room: Mailroom, looking: MailReader) -> Mailroom:
    """A mailroom that looks into files."""
    return replace(room, reader=looking)


@pytest.fixture
def questions(out: Post, firm: Firm, clock: HandClock) -> list[Question]:
    started = [ask(out.house, firm, to=[firm.sophie]) for _ in range(4)]
    clock.forward(seconds=60)
    out.run()
    by_number = {each.conversation_id: each for each in started}
    assert len(out.relay.sent) == len(by_number)
    return [Question(*pair) for pair in zip(started, out.relay.sent, strict=True)]
