"""What tests of outgoing mail share: a relay that says what is written down, and questions about what went."""

import email
import email.policy
from collections.abc import Callable
from dataclasses import dataclass, field

from storage import attention
from storage.records import ConversationId, OutgoingMail, PersonId
from storage.states import (
    AttentionReason,
    MailState,
    Tick,
)
from tests.conftest import Firm, HeardBell
from tests.flows.test_portal import view
from tests.flows.test_undo_window import mails
from worker.core.relaying import Later, RelayAnswer, SealedMail, Taken
from worker.core.reports import Action, RecipientReport
from worker.flows.conversations import Started
from worker.flows.evidence import apply_report
from worker.flows.house import House
from worker.flows.sending import send_mails
from worker.flows.sweeping import sweep
from worker.flows.talking import Watch
from worker.mail.printing import MailPrinter

OK = Taken(reply="250 2.0.0 queued", reports_asked=True)
STILL = Watch(seconds=lambda: 0.0)
"""A stopwatch that no busy machine moves."""
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
        ids = list(self.bell.outgoing)
        states = send_mails(self.house, self.relay, self.printer, ids, STILL)
        return [states.get(each) for each in ids]

    def parsed(self, at: int = -1) -> email.message.EmailMessage:
        found = email.message_from_bytes(self.relay.sent[at].content[:], policy=email.policy.default)
        assert isinstance(found, email.message.EmailMessage)
        return found

    def text(self, at: int = -1) -> str:
        part = self.parsed(at).get_body(("plain",))
        assert part is not None
        return str(part.get_content())


def only(house: House, started: Started, person: PersonId) -> OutgoingMail:
    (mail,) = mails(house, started.conversation_id, person)
    return mail


def report(action: Action, status: str = "2.0.0", *, hard: bool = False) -> RecipientReport:
    return RecipientReport(
        address="sophie@boulangerie.example", action=action, status=status, reason="userunknown", hard=hard
    )


def tell(house: House, mail: OutgoingMail, found: RecipientReport) -> None:
    with house.database.writing() as session:
        apply_report(session, house, mail, found, now=house.now(session))


def tick(house: House, firm: Firm, started: Started, person: PersonId) -> Tick:
    ticks = {each.person.id: each.tick for each in view(house, firm.anne, started.conversation_id).messages[0].ticks}
    return ticks[person]


def open_for_firm(house: House, conversation_id: ConversationId) -> list[AttentionReason]:
    with house.database.reading() as session:
        return [each.reason for each in attention.open_reasons(session, conversation_id) if each.side == "firm"]
