"""Doing what a command asks, inside the transaction that files it: rights are asked of the same rules as the portal's.

What needs the disk or the parser (a held mail that is accepted) is made ready outside, by ``make_ready``.
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from storage import conversations, held, inbox, people
from storage.records import (
    Conversation,
    ConversationId,
    Filing,
    InboundMailId,
    Person,
    SignedAddress,
)
from worker.core.commands import ABOUT_HELD, Order, Verb
from worker.core.desk import AnswerLine
from worker.core.refusals import No, Refused
from worker.flows.held import has_client, held_filing, no_longer_held
from worker.flows.held_deciding import OWN_WORD, Prepared, decide_in, may_decide, prepare
from worker.flows.held_vouching import Choice
from worker.flows.house import House
from worker.flows.ports import Reader
from worker.flows.reading import Which, list_conversations
from worker.flows.steps import MOST_SHOWN, Report, obey_in, refusal


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """An order with what was made ready for it. ``shown``: lines of a list."""

    order: Order
    choice: Choice | None = None
    prepared: tuple[Prepared, ...] | Refused = ()
    shown: tuple[str, ...] = ()


def make_ready(house: House, reader: Reader, order: Order, person: Person, *, context: "Context", text: str) -> Task:
    """Outside any transaction."""
    if order.verb is Verb.LIST:
        lines = [each for each in list_conversations(house, by=person.id, which=Which.OPEN) if each.needs_action]
        return Task(
            order=order, shown=tuple(f"{each.client.name}: {each.conversation.subject}" for each in lines[:MOST_SHOWN])
        )
    if order.verb not in ABOUT_HELD | OWN_WORD:
        return Task(order=order)
    with house.database.reading() as session:
        filing = filing_meant(session, order, context)
        choice = choice_of(session, order, text)
        no = may_be_decided(session, filing, choice, person) if filing else not_meant(session, order, person)
    if filing is None or no is not None:
        return Task(order=order, prepared=no or Refused(No.NOT_HELD))
    ready = prepare(house, reader, filing, choice)
    return Task(order=order, choice=choice, prepared=ready if isinstance(ready, Refused) else tuple(ready))


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """Where the command was said. ``row``: of the one-click address."""

    conversation_id: ConversationId | None
    row: SignedAddress | None


def may_be_decided(session: Session, filing: Filing, choice: Choice, person: Person) -> Refused | None:
    """Asked again in the transaction; here so that nobody makes us read and store what he may not decide about."""
    if choice.verb not in OWN_WORD and not may_decide(session, filing, person.id):
        return Refused(No.FIRM_ONLY)
    if choice.verb is Verb.CONTACT and not has_client(session, filing, choice.client_id):
        return Refused(No.WHICH_CLIENT)
    return None


def filing_meant(session: Session, order: Order, context: Context) -> Filing | None:
    """Of the link; by its number; or the only one that is held in the conversation."""
    if context.row is not None and context.row.filing_id is not None:
        return inbox.filing(session, context.row.filing_id)
    number = order.id_of("i")
    if number is not None:
        return held_filing(session, InboundMailId(number))
    waiting = held.waiting_in(session, context.conversation_id) if context.conversation_id else []
    return waiting[0] if len(waiting) == 1 else None


def not_meant(session: Session, order: Order, person: Person) -> Refused:
    """None is held that he could mean; of one that he names, he hears who decided."""
    number = order.id_of("i")
    return Refused(No.NOT_HELD) if number is None else no_longer_held(session, InboundMailId(number), person.id)


def choice_of(session: Session, order: Order, text: str) -> Choice:
    """A client is named by his code: in the command, in the link, or in the mail that the link made."""
    codes = [*order.words, *(text.split() if order.verb is Verb.CONTACT else [])]
    found = (people.client_by_code(session, each) for each in codes[:50])
    client = next((each for each in found if each is not None), None)
    assert order.verb is not None
    to = order.id_of("c") if order.verb is Verb.MOVE else None
    return Choice(
        verb=order.verb,
        client_id=client.id if client else None,
        conversation_id=ConversationId(to) if to is not None else None,
    )


def obey(
    session: Session, house: House, task: Task, person: Person, conversation: Conversation | None, *, now: datetime
) -> Report:
    verb = task.order.verb
    if verb is None:
        return Report(line=AnswerLine(key="unknown_command", values=(("word", task.order.written),)), is_done=False)
    if verb in ABOUT_HELD | OWN_WORD:
        return decide_held(session, house, task, person, now=now)
    if verb is Verb.LIST:
        count = (("count", str(len(task.shown))),)
        return Report(line=AnswerLine(key="list", values=count), text="\n".join(task.shown))
    if conversation is None:
        return Report(line=AnswerLine(key="no_conversation"), is_done=False)
    fresh = conversations.lock_conversation(session, conversation.id) or conversation
    return obey_in(session, verb, person, fresh, now=now)


def decide_held(session: Session, house: House, task: Task, person: Person, *, now: datetime) -> Report:
    if isinstance(task.prepared, Refused):
        return refusal(task.prepared)
    assert task.choice is not None
    answer = decide_in(session, house, task.prepared, task.choice, by=person.id, now=now)
    if isinstance(answer, Refused):
        return refusal(answer)
    count = answer.refused or len(answer.message_ids)
    key = "refused" if answer.refused else "accepted"
    return Report(line=AnswerLine(key=key, values=(("count", str(count)),)), due=answer.due)
