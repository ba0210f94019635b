"""Doing what a command asks, inside the transaction that files it: rights are asked of the same rules as the portal's.

What needs the disk or the parser (a held mail that is accepted) is made ready outside, by ``make_ready``.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from storage import conversations, held, inbox, messages, people
from storage.records import (
    Conversation,
    ConversationId,
    Filing,
    InboundMailId,
    OutgoingMailId,
    Person,
    SignedAddress,
)
from storage.states import MessageKind, Side
from worker.core import portal_rules
from worker.core.attention_rules import after_done
from worker.core.commands import ABOUT_HELD, Order, Verb
from worker.core.desk import AnswerLine
from worker.core.refusals import No, Refused
from worker.flows.conversations import side_in
from worker.flows.held import has_client, held_filing, no_longer_held
from worker.flows.held_deciding import OWN_WORD, Prepared, decide_in, may_decide, prepare
from worker.flows.held_vouching import Choice
from worker.flows.house import House
from worker.flows.messages import delete_in, mails_with
from worker.flows.planning import may_have_gone
from worker.flows.ports import Reader
from worker.flows.posting import apply_moves, close_now, open_again
from worker.flows.reading import Which, list_conversations

MOST_SHOWN = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """An order with what was made ready for it. ``shown``: lines of a list."""

    order: Order
    choice: Choice | None = None
    prepared: tuple[Prepared, ...] | Refused = ()
    shown: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What came of an order. ``due``: mails to ring for; ``is_done``: the one-click address has served."""

    line: AnswerLine
    text: str = ""
    due: tuple[OutgoingMailId, ...] = ()
    is_done: bool = True


def refusal(no: Refused) -> Report:
    if no.reason is No.NOT_HELD and no.who:
        return Report(line=AnswerLine(key="decided_already", values=(("name", no.who),)), is_done=False)
    return Report(line=AnswerLine(key=no.reason), is_done=False)


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """Somebody asks something about a conversation whose lock is held. ``side``: that he speaks for."""

    conversation: Conversation
    person: Person
    side: Side | None
    now: datetime


def obey_in(session: Session, verb: Verb, person: Person, conversation: Conversation, *, now: datetime) -> Report:
    """About the conversation, by the rules of the portal."""
    side = side_in(session, conversation.client_id, person.id)
    no = STEPS[verb](session, Step(conversation=conversation, person=person, side=side, now=now))
    if no is not None:
        return refusal(no)
    text = history_of(session, conversation) if verb is Verb.HISTORY else ""
    return Report(line=AnswerLine(key=verb, values=(("subject", conversation.subject),)), text=text)


def close(session: Session, step: Step) -> Refused | None:
    no = portal_rules.may_close(step.conversation, step.side)
    if no is None:
        close_now(session, step.conversation, by_id=step.person.id, now=step.now)
    return no


def reopen(session: Session, step: Step) -> Refused | None:
    no = portal_rules.may_reopen(step.conversation, step.side)
    if no is None:
        open_again(session, step.conversation, by_id=step.person.id, now=step.now)
    return no


def done(session: Session, step: Step) -> Refused | None:
    no = portal_rules.may_mark_done(step.side)
    if no is None:
        apply_moves(session, step.conversation, after_done(), now=step.now, by_id=step.person.id)
    return no


def stop(session: Session, step: Step) -> Refused | None:
    return stop_last(session, step.conversation, step.person, now=step.now)


def history(_session: Session, step: Step) -> Refused | None:
    return None if step.side is Side.FIRM else Refused(No.FIRM_ONLY)


STEPS: dict[Verb, Callable[[Session, Step], Refused | None]] = {
    Verb.CLOSE: close,
    Verb.REOPEN: reopen,
    Verb.DONE: done,
    Verb.STOP: stop,
    Verb.HISTORY: history,
}


def stop_last(session: Session, conversation: Conversation, person: Person, *, now: datetime) -> Refused | None:
    """His last message, as long as nothing of it has gone: after that a correction says more than a deletion."""
    mine = [
        each
        for each in messages.messages_of(session, conversation.id)
        if each.author_id == person.id and each.kind is MessageKind.WRITTEN and each.deleted_at is None
    ]
    if not mine:
        return Refused(No.NOTHING_TO_STOP)
    last = mine[-1]
    mails = mails_with(session, last.id)
    if not mails or any(may_have_gone(each) for each in mails.values()):
        return Refused(No.TOO_LATE)
    delete_in(session, conversation, last.id, by=person.id, now=now)
    return None


def history_of(session: Session, conversation: Conversation) -> str:
    """The last messages, notes among them: for case managers alone."""
    shown = [each for each in messages.messages_of(session, conversation.id) if each.deleted_at is None][-MOST_SHOWN:]
    latest = messages.latest_revisions(session, [each.id for each in shown])
    names = people.people_by_ids(session, [each.author_id for each in shown if each.author_id])
    told = []
    for each in shown:
        author = names[each.author_id].name if each.author_id in names else "—"
        mark = "" if each.visibility == "shared" else " (note)"
        told.append(f"{each.happened_at:%Y-%m-%d %H:%M} UTC, {author}{mark}\n{latest[each.id].text}")
    return "\n\n".join(told)
