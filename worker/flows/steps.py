"""What a command about a conversation does, under its lock and inside the transaction that files it: rights are asked
of the same rules as the portal's.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from storage import messages, people
from storage.records import Conversation, OutgoingMailId, Person
from storage.states import MessageKind, Side
from worker.core import portal_rules
from worker.core.attention_rules import after_done
from worker.core.commands import Verb
from worker.core.desk import AnswerLine
from worker.core.refusals import No, Refused
from worker.flows.conversations import side_in
from worker.flows.messages import delete_in, mails_with
from worker.flows.planning import may_have_gone
from worker.flows.posting import apply_moves, close_now, open_again

MOST_SHOWN = 30


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
