"""Held mails are not forgotten: once a day the list of those whose client nobody knows, and a reminder of what waits
for more than two working days (Monday to Friday, no Belgian statutory holiday).

Part of the hourly round. Whoever decides meanwhile finds a list that leaves out what was decided.
"""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from storage import conversations, held, people
from storage.records import Client, Filing, FilingId, OutgoingMailId, PersonId
from worker.core.working_days import is_working_day, working_days_before
from worker.flows.house import House
from worker.flows.telling_held import case_managers_for, plan_list

MOST_DAYS = 2
DAILY_FROM_HOUR = 5
"""UTC: the list of the day is there in the morning."""
MOST_LISTED = 50


def remind_of_held(house: House) -> int:
    """How many mails were planned."""
    with house.database.writing() as session:
        now = house.now(session)
        planned = [*list_unknown(session, now=now), *remind(session, now=now)]
    house.bell.ring_outgoing(planned)
    return len(planned)


def list_unknown(session: Session, *, now: datetime) -> list[OutgoingMailId]:
    """Once a working day, to every case manager: nobody knows whose they are."""
    if not is_working_day(now.date()) or now.hour < DAILY_FROM_HOUR:
        return []
    untold = held.untold_filings(session, most=MOST_LISTED)
    if not untold:
        return []
    ids = [each.id for each in untold]
    told = case_managers_for(session, None, now=now, also_deputy=False)
    planned = [plan_list(session, each, ids, "held_daily", key="held:daily", now=now) for each in told]
    if any(planned):
        held.note_told(session, ids, now=now)
    return [each for each in planned if each is not None]


def remind(session: Session, *, now: datetime) -> list[OutgoingMailId]:
    """Manager and deputy of the client, or everybody; again after as long, until somebody decides."""
    overdue = held.overdue_filings(session, before=working_days_before(now, MOST_DAYS), most=MOST_LISTED)
    by_person: defaultdict[PersonId, list[FilingId]] = defaultdict(list)
    for filing in overdue:
        for person in case_managers_for(session, client_of(session, filing), now=now, also_deputy=True):
            by_person[person.id].append(filing.id)
    planned = [remind_person(session, each, ids, now=now) for each, ids in by_person.items()]
    held.note_reminded(session, [each.id for each in overdue], now=now)
    return [each for each in planned if each is not None]


def remind_person(
    session: Session, person_id: PersonId, ids: Sequence[FilingId], *, now: datetime
) -> OutgoingMailId | None:
    person = people.person(session, person_id)
    if person is None:
        return None
    return plan_list(session, person, ids, "held_reminder", key=f"held:reminder:{now:%H}", now=now)


def client_of(session: Session, filing: Filing) -> Client | None:
    conversation = conversations.conversation(session, filing.conversation_id) if filing.conversation_id else None
    client_id = conversation.client_id if conversation else filing.client_id
    return people.client(session, client_id) if client_id else None
