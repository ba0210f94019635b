"""Commands in a held mail that is accepted: done for the case manager who wrote it, and never posted (DESIGN.md
section 8). What cannot be done for him posts nothing: the mail stays held, and whoever accepts it is told.
"""

from dataclasses import replace
from datetime import datetime

from sqlalchemy.orm import Session

from storage import conversations, inbox
from storage.records import FilingId, OutgoingMailId
from worker.core.commands import Asked, Verb
from worker.core.desk import AnswerLine
from worker.core.filing_facts import Commands, Decision, Opens, Posts
from worker.core.new_text import Cut
from worker.flows.answering import answer
from worker.flows.steps import STEPS, Report, obey_in
from worker.flows.weighing import Look


def may_be_obeyed(asked: Asked, verb: Verb, seen: Look) -> bool:
    """In the name of who is proven: by the mail's own address, or by his word that he wrote it ("somebody writes for
    me" says nothing about what was written), and never of a machine. Only what needs nothing made ready before, and no
    commands alone but by his own word: whoever accepts a mail expects a message.
    """
    by_himself = verb is Verb.MINE
    proven = by_himself or isinstance(seen.decision, (Posts, Opens))
    proven = proven and seen.facts.automatic.may_answer
    return proven and bool(by_himself or asked.message) and all(each.verb in STEPS for each in asked.orders)


def without_commands(cut: Cut, asked: Asked | None) -> Cut:
    return cut if asked is None else replace(cut, new_text=asked.message)


def as_commands(decision: Decision, asked: Asked | None) -> Decision:
    """A mail of nothing but commands posts nothing."""
    if asked is None or asked.message or not isinstance(decision, (Posts, Opens)):
        return decision
    conversation = decision.conversation if isinstance(decision, Posts) else None
    return Commands(person=decision.person, orders=asked.orders, conversation=conversation)


def obey_accepted(
    session: Session, decision: Decision, asked: Asked, filing_id: FilingId, *, now: datetime
) -> tuple[OutgoingMailId, ...]:
    """After the message above them was posted; answered to their writer. What opened a conversation named none."""
    assert isinstance(decision, (Posts, Opens, Commands))
    person = decision.person
    conversation = None if isinstance(decision, Opens) else decision.conversation
    reports = []
    for order in asked.orders:
        fresh = conversations.lock_conversation(session, conversation.id) if conversation else None
        if fresh is None or order.verb is None:
            reports.append(Report(line=AnswerLine(key="no_conversation"), is_done=False))
        else:
            reports.append(obey_in(session, order.verb, person, fresh, now=now))
    filing = inbox.filing(session, filing_id)
    lines = [AnswerLine(key="posted")] if filing is not None and filing.message_id is not None else []
    lines += [each.line for each in reports]
    lines += [AnswerLine(key="not_posted")] if asked.below else []
    return tuple(answer(session, person, conversation, lines, reports, now=now))
