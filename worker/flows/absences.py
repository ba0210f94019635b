"""An out-of-office answer is noted on its person, and shown to the firm: until when away, who replaces."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from storage import addresses, people
from storage.out_of_office import OutOfOffice, keep_answer, present_answers
from storage.records import Arrival, Person
from worker.core.absence_rules import own_text, who_is_away
from worker.core.filing_facts import Decision, Facts
from worker.core.out_of_office import Absence, read_absence, says_absence
from worker.flows.house import there


def note_absence(session: Session, arrival: Arrival, facts: Facts, decision: Decision) -> bool:
    """Note what the mail says of its person's absence; False when it is no such answer or says nothing of one."""
    person_id = who_is_away(facts, decision)
    if person_id is None:
        return False
    person = there(people.person(session, person_id))
    own = tuple(each.normal for each in addresses.addresses_of(session, person_id))
    today = arrival.happened_at.astimezone(ZoneInfo(person.time_zone)).date()
    text = own_text(facts)
    absence = read_absence(facts.mail.subject, text, today=today, own=own)
    if absence.until_on is None and not says_absence(facts.mail.subject, text):
        return False
    return keep_answer(session, answer_of(person, arrival, absence))


def answer_of(person: Person, arrival: Arrival, absence: Absence) -> OutOfOffice:
    return OutOfOffice(
        person_id=person.id,
        inbound_mail_id=arrival.inbound_mail_id,
        from_on=absence.from_on,
        until_on=absence.until_on,
        back_on=absence.back_on,
        replacements=[asdict(each) for each in absence.replacements],
        came_at=arrival.happened_at,
    )


def absences_of(
    session: Session, persons: Sequence[Person], *, now: datetime
) -> tuple[tuple[Person, OutOfOffice], ...]:
    """Who of them is away now, in their order."""
    known = present_answers(session, [each.id for each in persons], now=now)
    return tuple((each, known[each.id]) for each in persons if each.id in known)
