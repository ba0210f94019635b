"""Filing a mail that asks for something: what stands above the commands is posted, the commands are obeyed, and a case
manager is answered by mail what was done or why not. Never a client: his click is answered by what he sees.

One transaction: the filing (so a second copy does nothing), the message, what was asked for, the answer. A one-click
address has served when it has done its thing; one that was refused may be used again.
"""

from dataclasses import replace
from datetime import datetime

from sqlalchemy.orm import Session

from storage import signed
from storage.records import Arrival, Conversation, OutgoingMailId, Person, SignedAddress
from storage.states import Outcome
from worker.core.commands import Asked
from worker.core.desk import AnswerLine
from worker.core.filing_facts import Commands, Decision, Holds, Opens, Posts, Why
from worker.flows.answering import MOST_ANSWERS, answer
from worker.flows.braking import brake_together
from worker.flows.examining import examine
from worker.flows.filing import DecisionChanged, Weighed, client_of, file_in, lock
from worker.flows.findings import Ready
from worker.flows.house import House
from worker.flows.obeying import Context, Task, make_ready, obey
from worker.flows.ports import Reader
from worker.flows.steps import Report
from worker.flows.typed_words import client_clicked, post_typed
from worker.flows.weighing import Look, is_the_same, look, reconsider

DONE = frozenset({Outcome.COMMAND, Outcome.POSTED, Outcome.NEW_CONVERSATION})


def file_command(house: House, reader: Reader, arrival: Arrival, weighed: Weighed, asked: Asked) -> Outcome:
    first = weighed.look
    person, conversation, row = said_by(first.decision)
    spent = isinstance(first.decision, Commands) and first.decision.spent
    context = Context(conversation_id=conversation.id if conversation else None, row=row)
    tasks: list[Task] = []
    if asked.is_understood and not spent and first.facts.automatic.may_answer:
        said = weighed.cut.new_text
        tasks = [make_ready(house, reader, each, person, context=context, text=said) for each in asked.orders]
    posted = replace(weighed, cut=replace(weighed.cut, new_text=asked.message))
    with house.database.reading() as session:
        posts = asked.message and tasks
        client = client_of(session, first.decision) if posts else client_clicked(session, first)
    files = examine(house, reader, client, first.facts.mail) if client else ()
    with house.database.writing() as session:
        now = house.now(session)
        lock(session, [first])
        again = look(session, house, arrival, first.facts.mail, now=now)
        if not is_the_same(again.decision, first.decision):
            raise DecisionChanged
        decision = filed_as(session, house, again, posted, asked)
        ready = Ready(decision=decision, facts=again.facts, cut=posted.cut, files=files)
        (ready,) = brake_together(session, house, [(arrival, ready)])
        applied = file_in(session, house, arrival, ready, now=now)
        most = 1 if isinstance(ready.decision, Posts) and ready.decision.joined else MOST_ANSWERS
        told = do_and_tell(session, house, again, tasks, asked, outcome=applied.outcome, most=most, now=now)
        due = [*applied.due, *told]
        if applied.outcome is Outcome.COMMAND:
            due += post_typed(session, house, arrival, again, weighed.cut, files=files, now=now)
    house.bell.ring_outgoing(due)
    return applied.outcome


def do_and_tell(
    session: Session,
    house: House,
    seen: Look,
    tasks: list[Task],
    asked: Asked,
    *,
    outcome: Outcome,
    most: int,
    now: datetime,
) -> list[OutgoingMailId]:
    """What is due of it. Of a mail that is held he hears that nothing was done; a machine hears nothing. ``most``:
    answers of late, one of a braked writer.
    """
    person, conversation, row = said_by(seen.decision)
    if outcome is Outcome.HELD and seen.facts.automatic.may_answer:
        return answer(session, person, conversation, [AnswerLine(key="waits")], [], most=most, now=now)
    if outcome not in DONE:
        return []
    reports = reports_of(session, house, tasks, asked, person, conversation=conversation, now=now)
    if row is not None and any(each.is_done for each in reports):
        signed.use_signed_address(session, row.public_id, now=now)
    lines = lines_of(reports, asked, seen, outcome)
    told = answer(session, person, conversation, lines, reports, most=most, now=now)
    return [*(each for report in reports for each in report.due), *told]


def said_by(decision: Decision) -> tuple[Person, Conversation | None, SignedAddress | None]:
    match decision:
        case Commands(person=person, conversation=conversation, row=row):
            return person, conversation, row
        case Posts(person=person, conversation=conversation):
            return person, conversation, None
        case Opens(person=person):
            return person, None, None
        case _:
            raise AssertionError("only a message or a click can be a command")


def filed_as(session: Session, house: House, again: Look, posted: Weighed, asked: Asked) -> Decision:
    """The message above the commands, weighed like any other; without one the mail is a command and no more."""
    if isinstance(again.decision, Commands):
        return again.decision
    person, conversation, _ = said_by(again.decision)
    if not again.facts.automatic.may_answer:  # a machine asks for nothing, and is not answered
        return Holds(why=Why.AUTOMATIC, conversation_id=conversation.id if conversation else None)
    if asked.message and asked.is_understood:
        return reconsider(session, house, again, posted.cut, posted.attached)
    return Commands(person=person, orders=asked.orders, conversation=conversation)


def reports_of(
    session: Session,
    house: House,
    tasks: list[Task],
    asked: Asked,
    person: Person,
    *,
    conversation: Conversation | None,
    now: datetime,
) -> list[Report]:
    if not asked.is_understood:
        unknown = next(each for each in asked.orders if each.verb is None)
        return [obey(session, house, Task(order=unknown), person, conversation, now=now)]
    if not tasks:
        return [Report(line=AnswerLine(key="used"), is_done=False)]
    return [obey(session, house, each, person, conversation, now=now) for each in tasks]


def lines_of(reports: list[Report], asked: Asked, seen: Look, outcome: Outcome) -> list[AnswerLine]:
    lines = [each.line for each in reports]
    if outcome is not Outcome.COMMAND:
        lines.insert(0, AnswerLine(key="posted"))
    has_files = any(not each.inline for each in seen.facts.mail.files)
    by_link = isinstance(seen.decision, Commands)
    if asked.is_understood and not by_link and (asked.below or (has_files and not asked.message)):
        lines.append(AnswerLine(key="not_posted"))
    return lines
