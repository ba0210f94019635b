"""The mail that answers a case manager's commands: what was done, or why not."""

from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from storage import held, people
from storage.records import Conversation, OutgoingMailId, Person
from storage.states import MailKind
from worker.core.desk import AnswerLine
from worker.flows.steps import Report
from worker.flows.telling_held import mailable, plan

MOST_ANSWERS, ANSWERS_WITHIN = 20, timedelta(minutes=120)


def answer(
    session: Session,
    person: Person,
    conversation: Conversation | None,
    lines: list[AnswerLine],
    reports: list[Report],
    *,
    most: int = MOST_ANSWERS,
    now: datetime,
) -> list[OutgoingMailId]:
    """To a case manager, at his registered address, and not without end: counted in each conversation by itself, and
    together where he named none. ``most``: one of a braked writer.
    """
    if not people.is_case_manager(session, person.id):
        return []
    address = mailable(session, person)
    about = conversation.id if conversation else None
    answered = held.answers_since(session, person.id, about, since=now - ANSWERS_WITHIN)
    if address is None or answered >= most:
        return []
    details = {
        "intro": "answer",
        "lines": [[each.key, dict(each.values)] for each in lines],
        "text": "\n\n".join(each.text for each in reports if each.text),
        "about": about,
    }
    return [plan(session, MailKind.COMMAND_ANSWER, address, person.language, person.id, details=details, now=now)]
