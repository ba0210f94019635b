"""Held mails are listed once a day, and reminded of after two working days."""

from datetime import UTC, datetime

import pytest

from storage import people
from storage.states import MailKind, Outcome
from tests.conftest import Firm, HandClock
from tests.flows.attacks import ANNE
from tests.flows.clicking import click, links_in, mails_of_kind, sent_to
from tests.flows.mailroom import Asked, Mailroom, address_in, reply
from tests.flows.outgoing import Post
from tests.flows.test_portal import view
from worker.core.filing_facts import Why
from worker.flows.reading import list_conversations
from worker.flows.reminding_held import remind_of_held

AS_CONTACT_OF, BLOCK = "Accepter comme contact d'un dossier (écrivez son code dans l'e-mail)", "Bloquer cet expéditeur"
NEW = "new@mail.fiduciaire.example"


def unknown(room: Mailroom, number: int = 1, sender: str = "Luc <luc@new.example>") -> Outcome | object:
    raw = f"From: {sender}\r\nTo: {NEW}\r\nSubject: Bonjour\r\nDate: Tue, 24 Nov 2026 10:00:00 +0100\r\nMessage-ID: <{number}@x>\r\n\r\nJe cherche un comptable.\r\n"
    return room.file(raw.encode(), NEW)


def notices(room: Mailroom) -> list[tuple[int | None, str]]:
    return [(each.person_id, (each.details or {})["intro"]) for each in mails_of_kind(room.house, MailKind.HELD_NOTICE)]


def daily(out: Post) -> dict[str, str]:
    return {
        key.replace("&#39;", "'"): link for key, link in links_in(sent_to(out, "anne@fiduciaire.example")[-1]).items()
    }


def test_unknown_people_are_listed_once_a_day(room: Mailroom, firm: Firm, clock: HandClock) -> None:
    unknown(room)
    unknown(room, 2, "Eva <eva@new.example>")

    assert remind_of_held(room.house) == 2
    clock.forward(hours=1)
    unknown(room, 3, "Jan <jan@new.example>")
    assert remind_of_held(room.house) == 0
    assert notices(room) == [(firm.anne, "held_daily"), (firm.bram, "held_daily")]
    clock.forward(days=1)
    assert remind_of_held(room.house) == 2


@pytest.mark.parametrize("at", [datetime(2026, 11, 28, 9, tzinfo=UTC), datetime(2026, 12, 25, 9, tzinfo=UTC)])
def test_no_list_on_a_day_nobody_works(room: Mailroom, firm: Firm, clock: HandClock, at: datetime) -> None:
    clock.at = at
    unknown(room)

    assert remind_of_held(room.house) == 0


def test_an_unknown_sender_becomes_a_contact_by_one_click_and_the_clients_code(
    room: Mailroom, firm: Firm, out: Post
) -> None:
    unknown(room)
    remind_of_held(room.house)
    out.run()
    link = daily(out)[AS_CONTACT_OF]

    assert room.file(*click(link, ANNE)) is Outcome.COMMAND
    assert room.last()[1].outcome is Outcome.COMMAND
    assert [each.conversation.subject for each in list_conversations(room.house, by=firm.anne)] == []
    assert room.file(*click(link, ANNE, typed="B001")) is Outcome.COMMAND
    newest = list_conversations(room.house, by=firm.anne)[0].conversation
    assert (newest.client_id, newest.subject) == (firm.bakery, "Bonjour")
    assert view(room.house, firm.anne, newest.id).messages[0].text == "Je cherche un comptable."


def test_a_blocked_sender_is_held_no_more(room: Mailroom, firm: Firm, out: Post) -> None:
    unknown(room)
    remind_of_held(room.house)
    out.run()

    assert room.file(*click(daily(out)[BLOCK], ANNE)) is Outcome.COMMAND
    assert unknown(room, 2) is Outcome.IGNORED
    assert room.last()[1].reason == Why.BLOCKED


def test_what_waits_for_two_working_days_is_reminded_of_to_manager_and_deputy(
    room: Mailroom, firm: Firm, asked: Asked, clock: HandClock
) -> None:
    _started, sent = asked
    with room.house.database.writing() as session:
        people.update_client(session, firm.bakery, deputy_id=firm.bram)
    room.file(reply(sent, sender="S <s@gmail.example>"), address_in(sent))
    clock.forward(days=2, minutes=-1)
    assert remind_of_held(room.house) == 0

    clock.forward(minutes=1)
    assert remind_of_held(room.house) == 2
    assert set(notices(room)[1:]) == {(firm.anne, "held_reminder"), (firm.bram, "held_reminder")}
    clock.forward(hours=1)
    assert remind_of_held(room.house) == 0
    clock.at = datetime(2026, 11, 30, 10, tzinfo=UTC)
    assert remind_of_held(room.house) == 2, "two working days later, over a weekend, again"


def test_a_weekend_is_no_working_day(room: Mailroom, firm: Firm, asked: Asked, clock: HandClock) -> None:
    _started, sent = asked
    clock.at = datetime(2026, 11, 27, 9, tzinfo=UTC)
    room.file(reply(sent, sender="S <s@gmail.example>"), address_in(sent))
    clock.at = datetime(2026, 11, 30, 9, tzinfo=UTC)
    assert remind_of_held(room.house) == 0

    clock.at = datetime(2026, 12, 1, 9, tzinfo=UTC)
    assert remind_of_held(room.house) == 1


def test_what_was_decided_is_not_reminded_of(
    room: Mailroom, firm: Firm, asked: Asked, clock: HandClock, out: Post
) -> None:
    _started, sent = asked
    room.file(reply(sent, sender="S <s@gmail.example>"), address_in(sent))
    out.run()
    room.file(*click(links_in(sent_to(out, "anne@fiduciaire.example")[-1])["Refuser"], ANNE))
    clock.forward(days=7)

    assert remind_of_held(room.house) == 0
