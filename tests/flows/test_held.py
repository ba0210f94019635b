"""Held mails are decided by a case manager; either way what they opened ends."""

from typing import Any

import pytest

from storage import people
from storage.records import InboundMailId
from storage.rows import change
from storage.states import AddressKind, Outcome
from storage.tables.mail import signed_addresses
from tests.conftest import Firm, HandClock
from tests.flows.attacks import ANNE, note
from tests.flows.mailroom import Asked, Mailroom, address_in, reply, texts, to_case_manager
from tests.flows.outgoing import Post, open_for_firm
from tests.flows.test_portal import view
from worker.core.commands import Verb
from worker.core.refusals import No, Refused
from worker.flows.held import Accepted, Shelved, accept_held, decide_held, refuse_held
from worker.flows.held_deciding import Decided
from worker.flows.held_vouching import Choice
from worker.flows.reading import Which, list_conversations


def held(room: Mailroom, asked: Asked, **more: Any) -> InboundMailId:
    _started, sent = asked
    sender = more.pop("sender", "Sophie <sophie.perso@gmail.example>")
    assert room.file(reply(sent, sender=sender, **more), address_in(sent)) is Outcome.HELD
    return room.last()[0].inbound_mail_id


def test_an_accepted_mail_is_posted_once_as_not_verified(room: Mailroom, firm: Firm, asked: Asked) -> None:
    started, _sent = asked
    inbound = held(room, asked)
    answer = accept_held(room.house, room.reader, by=firm.anne, inbound_id=inbound)

    assert isinstance(answer, Accepted)
    assert texts(room.house, firm, started)[1:] == ["C'est le nouveau four."]
    assert view(room.house, firm.anne, started.conversation_id).messages[1].message.sender_unverified
    assert open_for_firm(room.house, started.conversation_id) == ["wrote"]
    assert accept_held(room.house, room.reader, by=firm.anne, inbound_id=inbound) == Refused(No.NOT_HELD)


@pytest.mark.parametrize("verb", [Verb.ACCEPT, Verb.ADDRESS, Verb.CONTACT, Verb.MINE, Verb.FOR_ME])
@pytest.mark.parametrize("spent", [False, True])
def test_an_accepted_mail_goes_where_the_question_about_it_said_whatever_its_subject(
    room: Mailroom, firm: Firm, asked: Asked, verb: Verb, *, spent: bool
) -> None:
    """Without the address a known sender's new subject opens a conversation; whoever decides was told of this one."""
    started, _sent = asked
    if spent:
        with room.house.database.writing() as session:
            now = room.house.now(session)
            change(session, signed_addresses, signed_addresses.c.kind == AddressKind.REPLY, revoked_at=now)
    inbound = held(room, asked, subject="Autre sujet", references=False)
    answer = decide_held(room.house, room.reader, by=firm.anne, inbound_id=inbound, choice=Choice(verb=verb))

    assert isinstance(answer, Decided)
    assert texts(room.house, firm, started)[1:] == ["C'est le nouveau four."]
    lines = list_conversations(room.house, by=firm.anne, which=Which.ALL)
    assert [each.conversation.id for each in lines] == [started.conversation_id]


def test_a_refused_mail_is_never_posted_and_needs_no_action(room: Mailroom, firm: Firm, asked: Asked) -> None:
    started, _sent = asked
    inbound = held(room, asked)

    assert refuse_held(room.house, by=firm.anne, inbound_id=inbound) == Shelved()
    assert open_for_firm(room.house, started.conversation_id) == []
    assert len(texts(room.house, firm, started)) == 1
    assert accept_held(room.house, room.reader, by=firm.anne, inbound_id=inbound) == Refused(No.NOT_HELD)


@pytest.mark.parametrize("decide", ["accept", "refuse"])
def test_a_contact_decides_nothing(room: Mailroom, firm: Firm, asked: Asked, decide: str) -> None:
    inbound = held(room, asked)
    if decide == "accept":
        answer: object = accept_held(room.house, room.reader, by=firm.sophie, inbound_id=inbound)
    else:
        answer = refuse_held(room.house, by=firm.sophie, inbound_id=inbound)

    assert answer == Refused(No.FIRM_ONLY)


def test_nobody_vouches_for_a_colleague(room: Mailroom, firm: Firm, asked: Asked, out: Post, clock: HandClock) -> None:
    to_anne = to_case_manager(room, asked, out, clock)
    raw = reply(to_anne, "Payez sur ce compte", sender="Anne <anne@elsewhere.example>", number=3)
    assert room.file(raw, address_in(to_anne)) is Outcome.HELD
    inbound = room.last()[0].inbound_mail_id

    assert accept_held(room.house, room.reader, by=firm.bram, inbound_id=inbound) == Refused(No.NOT_ACCEPTABLE)


def test_what_repeats_a_note_is_not_accepted(
    room: Mailroom, firm: Firm, asked: Asked, out: Post, clock: HandClock
) -> None:
    started, _sent = asked
    to_anne = to_case_manager(room, asked, out, clock)
    secret = "ce client ne paie jamais ses factures à temps et il faut le relancer"
    note(room, firm.bram, started, secret)
    assert room.file(reply(to_anne, secret, sender=ANNE, number=6), address_in(to_anne)) is Outcome.HELD
    answer = accept_held(room.house, room.reader, by=firm.anne, inbound_id=room.last()[0].inbound_mail_id)

    assert answer == Refused(No.NOT_ACCEPTABLE)
    assert secret not in texts(room.house, firm, started, firm.sophie)


def test_an_unknown_sender_is_accepted_after_he_was_made_a_contact(
    room: Mailroom, firm: Firm, clock: HandClock
) -> None:
    from storage import addresses
    from storage.states import Language

    raw = b"From: Luc <luc@new.example>\r\nSubject: x\r\nDate: Tue, 24 Nov 2026 10:00:00 +0100\r\nMessage-ID: <1@x>\r\n\r\nbonjour\r\n"
    assert room.file(raw, "new@mail.fiduciaire.example") is Outcome.HELD
    inbound = room.last()[0].inbound_mail_id
    assert accept_held(room.house, room.reader, by=firm.anne, inbound_id=inbound) == Refused(No.NOT_ACCEPTABLE)
    with room.house.database.writing() as session:
        luc = people.add_person(session, name="Luc", language=Language.FR, now=clock.at)
        addresses.add_address(
            session, luc, written="luc@new.example", normal="luc@new.example", is_primary=True, now=clock.at
        )
        people.add_contact(session, firm.bakery, luc, gets_requests=True, now=clock.at)

    assert isinstance(accept_held(room.house, room.reader, by=firm.anne, inbound_id=inbound), Accepted)
