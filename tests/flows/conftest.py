"""The fakes of our ports, and the real printer and reader."""

import email
import email.policy
from collections.abc import Callable
from dataclasses import dataclass, field

import pytest

from storage.states import MailState
from tests.conftest import HeardBell
from worker.core.relaying import Later, RelayAnswer, SealedMail, Taken
from worker.flows.house import House
from worker.flows.sending import send_mail
from worker.flows.sweeping import sweep
from worker.mail.parsing import MailReader
from worker.mail.printing import MailPrinter

OK = Taken(reply="250 2.0.0 queued", reports_asked=True)
LATER = Later(reply="450 4.2.0 greylisted", busy=False)


@dataclass
class ScriptedRelay:
    """A relay that says what the test wrote down, then OK. ``before``: what happens while it talks."""

    answers: list[RelayAnswer] = field(default_factory=list)
    sent: list[SealedMail] = field(default_factory=list)
    size: int | None = None
    before: Callable[[], None] = lambda: None
    name: str = "relay.test:25"

    def largest(self) -> int | None:
        return self.size

    def send(self, mail: SealedMail) -> RelayAnswer:
        self.sent.append(mail)
        self.before()
        return self.answers.pop(0) if self.answers else OK


@pytest.fixture
def relay() -> ScriptedRelay:
    return ScriptedRelay()


@pytest.fixture(scope="session")
def printer() -> MailPrinter:
    return MailPrinter()


@pytest.fixture(scope="session")
def reader() -> MailReader:
    return MailReader()


@dataclass
class Post:
    """Everything it takes to send, with a sweep that is the only one to ring."""

    house: House
    relay: ScriptedRelay
    printer: MailPrinter
    bell: HeardBell

    def run(self) -> list[MailState | None]:
        self.bell.outgoing.clear()
        sweep(self.house)
        return [send_mail(self.house, self.relay, self.printer, each) for each in list(self.bell.outgoing)]

    def parsed(self, at: int = -1) -> email.message.EmailMessage:
        found = email.message_from_bytes(self.relay.sent[at].content, policy=email.policy.default)
        assert isinstance(found, email.message.EmailMessage)
        return found

    def text(self, at: int = -1) -> str:
        part = self.parsed(at).get_body(("plain",))
        assert part is not None
        return str(part.get_content())


@pytest.fixture
def out(house: House, relay: ScriptedRelay, printer: MailPrinter, bell: HeardBell) -> Post:
    return Post(house, relay, printer, bell)
