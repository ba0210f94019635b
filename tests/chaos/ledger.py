"""The counting: what was said must stand in the right place once, and nothing may be left over.

Two sides are compared that know nothing of each other: what the load was told "yes" to, and what lies in the mailboxes
and the database afterwards.
"""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from storage import attached, inbox, messages, outbox
from storage.records import ConversationId, MessageId, PersonId
from storage.states import ArrivalState, MailState, Outcome
from storage.tables.conversations import conversations
from storage.tables.inbox import filings
from tests.chaos.load import Load, Said
from tests.chaos.mailboxes import MARK, Mailboxes
from tests.chaos.plant import Plant
from tests.e2e.real_station import OFFICE

OPEN = {MailState.WAITING, MailState.QUEUED, MailState.SENDING}
GOOD = OPEN | {MailState.ACCEPTED, MailState.DELIVERED, MailState.DELAYED}


@dataclass(frozen=True, kw_only=True)
class Counts:
    """Of one round. ``mails``: places where a message had to arrive by mail; ``marked``: copies that were marked."""

    posted: int
    answered: int
    mails: int
    kept: int
    filed: int
    marked: int


@dataclass(frozen=True, kw_only=True)
class InHouse:
    """What the database says of one message of ours."""

    conversation: ConversationId
    author: PersonId | None
    files: frozenset[str]


class Ledger:
    def __init__(self, plant: Plant, boxes: Mailboxes) -> None:
        self.plant, self.boxes = plant, boxes
        self.answers = 0

    def what_is_under_way(self) -> str | None:
        """A word for it, or None when everything has come to rest."""
        if not self.boxes.look():
            return "dovecot is away"
        queue = self.plant.postfix.folder / "queue"
        if any(
            path.is_file()
            for name in ("incoming", "active", "deferred", "maildrop")
            for path in (queue / name).rglob("*")
        ):
            return "Postfix holds mail"
        if self.plant.dovecot.mails_of(OFFICE):
            return "the collector has not put everything away"
        with self.plant.house.database.reading() as session:
            if outbox.mails_in(session, OPEN, most=1):
                return "outgoing mail is open"
            if inbox.count_arrivals(session).get(ArrivalState.KEPT):
                return "arrivals are not filed"
        return None

    def problems(self, load: Load) -> list[str]:
        with self.plant.house.database.reading() as session:
            house = in_house(session)
            told = self.problems_in_house(session, load, house)
            every = outbox.mails_in(session, set(MailState), most=1_000_000)
        bad = Counter(each.state for each in every if each.state not in GOOD)
        told += [f"{number} outgoing mails are {state}" for state, number in bad.items()]
        marked = {each.message_id for each in every if each.may_be_doubled}
        for said in [*load.posted, *load.answered]:
            told += self.problems_by_mail(said, marked)
        unknown = {got.message_id for box in self.boxes.got.values() for got in box} - {
            each.message_id for each in every
        }
        return told + [f"a mail that nobody sent: {each}" for each in unknown]

    def problems_in_house(self, session: Session, load: Load, house: dict[str, list[InHouse]]) -> list[str]:
        told = []
        for said in [*load.posted, *load.answered]:
            found = house.get(said.mark, [])
            if len(found) != 1:
                told.append(f"{said.mark} stands {len(found)} times in the house")
            elif (found[0].conversation, found[0].author) != (said.talk.id, said.writer):
                told.append(f"{said.mark} is misfiled")
            elif found[0].files != (frozenset({said.file}) if said.file else frozenset()):
                told.append(f"{said.mark} has other files")
        states = inbox.count_arrivals(session)
        told += [
            f"{number} arrivals are {state}" for state, number in states.items() if state is not ArrivalState.FILED
        ]
        counted = select(filings.c.outcome, func.count()).group_by(filings.c.outcome)
        outcomes = {Outcome(row[0]): int(row[1]) for row in session.execute(counted)}
        posts = outcomes.pop(Outcome.POSTED, 0)
        if posts != self.answers + len(load.answered):
            told.append(f"{posts} filings are messages, not {self.answers + len(load.answered)}")
        fine = {Outcome.REPORT, Outcome.IGNORED}
        return told + [f"{number} filings are {each}" for each, number in outcomes.items() if each not in fine]

    def problems_by_mail(self, said: Said, marked: set[str | None]) -> list[str]:
        told = []
        for address, box in self.boxes.got.items():
            got = [each for each in box if said.mark in each.marks]
            names = {each.message_id for each in got}
            if address not in said.readers:
                told += [f"{said.mark} went to {address}"] if got else []
            elif not got:
                told.append(f"{said.mark} is not in the mailbox of {address}")
            elif len(names) > 1 or (len(got) > 1 and not names <= marked):
                told.append(f"{said.mark} came {len(got)} times to {address} and is not marked")
            elif said.file and any(said.file not in each.files for each in got):
                told.append(f"{said.mark} came to {address} without its file")
        return told

    def close_round(self, load: Load) -> Counts:
        self.answers += len(load.answered)
        with self.plant.house.database.reading() as session:
            states = inbox.count_arrivals(session)
        marks = {each.mark for each in [*load.posted, *load.answered]}
        copies = Counter(got.message_id for box in self.boxes.got.values() for got in box if got.marks & marks)
        return Counts(
            posted=len(load.posted),
            answered=len(load.answered),
            mails=sum(len(each.readers) for each in [*load.posted, *load.answered]),
            kept=sum(states.values()),
            filed=states.get(ArrivalState.FILED, 0),
            marked=sum(copies.values()) - len(copies),
        )


def in_house(session: Session) -> dict[str, list[InHouse]]:
    """All messages, by mark: also those in a conversation that nobody should have opened."""
    found: dict[str, list[InHouse]] = defaultdict(list)
    for conversation_id in every_conversation(session):
        written = messages.messages_of(session, conversation_id)
        texts = {each.message_id: each.text for each in messages.revisions_of(session, [each.id for each in written])}
        files = files_of(session, [each.id for each in written])
        for each in written:
            for mark in MARK.findall(texts[each.id]):
                here = InHouse(conversation=conversation_id, author=each.author_id, files=files[each.id])
                found[mark].append(here)
    return found


def every_conversation(session: Session) -> list[ConversationId]:
    return [ConversationId(row.id) for row in session.execute(select(conversations.c.id))]


def files_of(session: Session, ids: Sequence[MessageId]) -> dict[MessageId, frozenset[str]]:
    files: dict[MessageId, set[str]] = defaultdict(set)
    for each in attached.attachments_of(session, ids):
        files[each.message_id].add(each.sha256)
    return {each: frozenset(files[each]) for each in ids}
