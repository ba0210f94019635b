"""An out-of-office answer counts until its last day; one without a day for two weeks or until the person writes."""

from datetime import date, datetime, timedelta

import pytest

from storage import people
from storage.database import Database
from storage.inbox import KeptMail, keep_mail
from storage.out_of_office import OutOfOffice, keep_answer, present_answers
from storage.records import InboundMailId, PersonId
from storage.states import Language, Way
from tests.conftest import START

LAST = date(2026, 12, 4)


@pytest.fixture
def sophie(database: Database) -> PersonId:
    with database.writing() as session:
        return people.add_person(session, name="Sophie Martin", language=Language.FR, now=START)


def came(database: Database, person_id: PersonId, until: date | None, *, number: int = 1, at: datetime = START) -> bool:
    mail = KeptMail(
        sha256=f"{number:064x}",
        size=1,
        raw=b"x",
        raw_path=None,
        way=Way.SMTP,
        envelope_from="",
        recipients=("a@b.example",),
    )
    with database.writing() as session:
        keep_mail(session, mail, now=at)
        answer = OutOfOffice(
            person_id=person_id,
            inbound_mail_id=InboundMailId(number),
            from_on=None,
            until_on=until,
            back_on=None,
            replacements=[{"name": "Paul", "address": "", "phone": ""}],
            came_at=at,
        )
        return keep_answer(session, answer)


def seen(database: Database, person_id: PersonId, after: timedelta = timedelta(0)) -> OutOfOffice | None:
    with database.reading() as session:
        return present_answers(session, [person_id], now=START + after).get(person_id)


def test_an_answer_counts_until_its_last_day(database: Database, sophie: PersonId) -> None:
    came(database, sophie, LAST)

    known = seen(database, sophie, timedelta(days=10))
    assert known is not None
    assert known.replacements == [{"name": "Paul", "address": "", "phone": ""}]
    assert seen(database, sophie, timedelta(days=11)) is None


def test_an_answer_without_a_day_counts_two_weeks(database: Database, sophie: PersonId) -> None:
    came(database, sophie, None)

    assert seen(database, sophie, timedelta(days=13)) is not None
    assert seen(database, sophie, timedelta(days=14)) is None


def test_an_answer_without_a_day_ends_when_the_person_writes(database: Database, sophie: PersonId) -> None:
    came(database, sophie, None)
    with database.writing() as session:
        people.update_person(session, sophie, last_wrote_at=START + timedelta(days=1))

    assert seen(database, sophie, timedelta(days=2)) is None


def test_the_newest_answer_counts(database: Database, sophie: PersonId) -> None:
    came(database, sophie, LAST)
    came(database, sophie, date(2026, 12, 24), number=2, at=START + timedelta(hours=1))

    known = seen(database, sophie, timedelta(days=1))
    assert known is not None
    assert known.until_on == date(2026, 12, 24)


def test_one_mail_is_noted_once(database: Database, sophie: PersonId) -> None:
    assert came(database, sophie, LAST)
    assert not came(database, sophie, LAST)


def test_of_nobody_nothing_is_known(database: Database) -> None:
    with database.reading() as session:
        assert present_answers(session, [], now=START) == {}
