"""A load of questions and answers, and the counting afterwards."""

import email
import email.policy
import smtplib
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest

from storage import inbox, outbox
from storage.records import ConversationId, OutgoingMail
from storage.states import ArrivalState, MailState
from tests.e2e.conftest import Station
from tests.flows.test_portal import view
from worker.demo.world_clients import reply_from
from worker.flows.conversations import Started, start_conversation

ANNE, SOPHIE = "anne@fiduciaire.example", "sophie@boulangerie.example"


@pytest.fixture(scope="module")
def make_station(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., Station]]:
    """Makes stations, from any thread, each below a folder of its own."""
    made: list[Station] = []
    making = threading.Lock()

    def make(**settings: str) -> Station:
        with making:  # Alembic keeps its context in a global
            made.append(Station(tmp_path_factory.mktemp("station"), **settings))
            return made[-1]

    yield make
    for each in made:
        each.close()


@dataclass(frozen=True, kw_only=True)
class Counts:
    """Afterwards. ``doubled``: copies in a mailbox beyond the first, by Message-ID; ``unmarked``: of mails not marked."""

    posted: int
    at_sophie: int
    answered: int
    at_anne: int
    kept: int
    filed: int
    stuck: int
    doubled: int
    unmarked: int


class Load:
    """Anne asks ``size`` questions in as many conversations; Sophie answers each mail that she gets, once."""

    def __init__(self, station: Station, size: int) -> None:
        self.station, self.size = station, size
        self.conversations: list[ConversationId] = []
        self.answered: set[str] = set()
        self.answering = threading.Lock()

    def ask(self) -> None:
        firm = self.station.firm
        for number in range(self.size):
            answer = start_conversation(
                self.station.house,
                by=firm.anne,
                client_id=firm.bakery,
                subject=f"Question {number}",
                text=f"Bonjour Sophie, que faire de la facture numéro {number} du mois ?",
                to=[firm.sophie],
            )
            assert isinstance(answer, Started)
            self.conversations.append(answer.conversation_id)

    def answer(self) -> None:
        """Sophie answers what is new in her mailbox; a mail client that keeps trying until the relay takes it."""
        for raw in self.station.world.mails_of(SOPHIE):
            name = message_id(raw)
            with self.answering:
                if name in self.answered:
                    continue
                self.answered.add(name)
            reply = reply_from("iphone", raw, f"Voici la réponse {len(self.answered)}.")
            to = [each.addr_spec for each in parsed(reply)["To"].addresses]
            with smtplib.SMTP("127.0.0.1", self.station.world.port, timeout=10) as server:
                server.sendmail(SOPHIE, to, reply)

    def is_over(self) -> bool:
        self.answer()
        firm = self.station.firm
        views = [view(self.station.house, firm.anne, each) for each in self.conversations]
        return (
            len(self.answered) == self.size
            and all(len(each.messages) >= 2 for each in views)
            and len({message_id(raw) for raw in self.station.world.mails_of(ANNE)}) >= self.size
            and not self.station.world.store.open_jobs()
            and not open_mails(self.station)
            and not kept_arrivals(self.station)
        )

    def count(self) -> Counts:
        """Stop everything, then count."""
        self.station.stop()
        firm = self.station.firm
        messages = [each for one in self.conversations for each in view(self.station.house, firm.anne, one).messages]
        at = {
            address: Counter(message_id(raw) for raw in self.station.world.mails_of(address))
            for address in (ANNE, SOPHIE)
        }
        marked = marked_mails(self.station)
        copies = {name: number - 1 for counter in at.values() for name, number in counter.items() if number > 1}
        with self.station.house.database.reading() as session:
            states = inbox.count_arrivals(session)
        return Counts(
            posted=len(self.conversations),
            at_sophie=len(at[SOPHIE]),
            answered=len(messages) - len(self.conversations),
            at_anne=len(at[ANNE]),
            kept=sum(states.values()),
            filed=states.get(ArrivalState.FILED, 0),
            stuck=len(open_mails(self.station)) + len(kept_arrivals(self.station)),
            doubled=sum(copies.values()),
            unmarked=sum(number for name, number in copies.items() if name not in marked),
        )


def check(counts: Counts, size: int) -> None:
    """0 lost, 0 unmarked doubles, nothing stuck."""
    assert counts.posted == counts.at_sophie == counts.answered == counts.at_anne == size, counts
    assert counts.kept == counts.filed, counts
    assert (counts.stuck, counts.unmarked) == (0, 0), counts


def parsed(raw: bytes) -> email.message.EmailMessage:
    message = email.message_from_bytes(raw, policy=email.policy.default)
    assert isinstance(message, email.message.EmailMessage)
    return message


def message_id(raw: bytes) -> str:
    return str(parsed(raw)["Message-ID"]).strip("<>")


def open_mails(station: Station) -> list[OutgoingMail]:
    with station.house.database.reading() as session:
        return outbox.mails_in(session, {MailState.WAITING, MailState.QUEUED, MailState.SENDING}, most=1000)


def kept_arrivals(station: Station) -> list[object]:
    with station.house.database.reading() as session:
        return list(inbox.list_arrivals(session, states=[ArrivalState.KEPT], most=1000))


def marked_mails(station: Station) -> set[str]:
    with station.house.database.reading() as session:
        every = outbox.mails_in(session, set(MailState), most=10_000)
        return {each.message_id for each in every if each.may_be_doubled and each.message_id}
