"""The brake asks once for all mails of a commit, and counts those that stand in it."""

from dataclasses import replace

import pytest
from sqlalchemy import event

from storage.records import ArrivalId
from storage.states import Outcome
from tests.conftest import Firm, with_policy
from tests.flows.mailroom import Asked, Mailroom, address_in, reply
from tests.flows.questions import Question
from tests.flows.test_filing_together import keep_replies, outcome_of
from worker.core.filing_facts import Why
from worker.flows.filing_together import file_arrivals

NEW = "new@mail.fiduciaire.example"


@pytest.fixture
def small(room: Mailroom) -> Mailroom:
    """Joined above two mails, held above four."""
    return replace(room, house=with_policy(room.house, brake_from=2, hold_from=4))


def new_mails(room: Mailroom, most: int) -> list[ArrivalId]:
    return [
        arrival
        for number in range(most)
        for arrival in room.keep(
            f"From: Sophie <sophie@boulangerie.example>\r\nTo: {NEW}\r\nSubject: Sujet {number}\r\n"
            f"Message-ID: <new-{number}@boulangerie.example>\r\n\r\nBonjour, voici la question {number}.\r\n".encode(),
            NEW,
        )
    ]


def test_the_brake_reads_once_for_all_mails_of_a_commit(room: Mailroom, questions: list[Question]) -> None:
    ids = keep_replies(room, questions)
    asked: list[str] = []

    def hear(*told: object) -> None:
        asked.append(str(told[2]))

    event.listen(room.house.database.engine, "before_cursor_execute", hear)
    file_arrivals(room.house, room.reader, ids)

    of_the_brake = [each for each in asked if "filings.outcome = 'held'" in each]
    assert len(of_the_brake) == (1 if room.house.database.is_sqlite else len(ids))
    assert not [each for each in asked if each.startswith("SELECT outgoing_mails.dated_at,")], "nobody wrote twice"


def test_the_new_conversations_of_one_commit_count_each_other(small: Mailroom, firm: Firm) -> None:
    ids = new_mails(small, 6)
    file_arrivals(small.house, small.reader, ids)

    fates = [outcome_of(small, each) for each in ids]
    assert fates == [Outcome.NEW_CONVERSATION] * 4 + [Outcome.HELD] * 2
    assert small.last()[1].reason == Why.TOO_MANY_MAILS


def test_mails_that_came_together_into_one_conversation_are_braked_as_one_after_the_other(
    small: Mailroom, asked: Asked
) -> None:
    _started, sent = asked
    ids = [
        arrival
        for number in range(1, 7)
        for arrival in small.keep(reply(sent, f"Remarque {number} sur la facture.", number=number), address_in(sent))
    ]
    file_arrivals(small.house, small.reader, ids)

    assert [outcome_of(small, each) for each in ids] == [Outcome.POSTED] * 4 + [Outcome.HELD] * 2
