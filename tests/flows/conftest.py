"""The fakes of our ports, and the real printer and reader."""

from collections.abc import Callable
from dataclasses import dataclass, field

import pytest
from worker.mail.parsing import MailReader
from worker.mail.rendering import MailPrinter

from worker.core.relaying import Later, RelayAnswer, SealedMail, Taken

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
