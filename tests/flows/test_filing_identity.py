"""Whose mail it is: the reply address and the From address together, or it is held."""

import pytest

from storage import addresses, attention, conversations, people, signed
from storage.records import PublicId
from storage.states import (
    AddressKind,
    AttentionReason,
    Outcome,
    Visibility,
)
from tests.conftest import Firm, HandClock
from tests.flows.mailroom import (
    SOPHIE,
    Asked,
    Mailroom,
    address_in,
    header,
    note_address,
    reply,
    texts,
    to_case_manager,
)
from tests.flows.outgoing import Post
from tests.flows.test_portal import view
from worker.core.filing_facts import Why
from worker.flows.conversations import post_message
from worker.flows.filing import file_arrival
from worker.flows.reading import list_conversations


@pytest.mark.parametrize(
    ("sender", "why"),
    [
        ("Mallory <mallory@elsewhere.example>", Why.OTHER_SENDER),
        ("Greta Klein <greta@garage.example>", Why.OTHER_SENDER),
        ("Marc Janssens <marc@boulangerie.example>", Why.OTHER_SENDER),
        ("sophie@boulangerie.example <mallory@elsewhere.example>", Why.NO_SENDER),
        ("Sophie <sophie@boulangerie.example>, Mallory <m@elsewhere.example>", Why.NO_SENDER),
    ],
)
def test_the_address_alone_proves_nobody(room: Mailroom, firm: Firm, asked: Asked, sender: str, why: Why) -> None:
    started, sent = asked

    assert room.file(reply(sent, sender=sender), address_in(sent)) is Outcome.HELD
    assert room.last()[1].reason == why
    assert len(texts(room.house, firm, started)) == 1
    with room.house.database.reading() as session:
        reasons = [
            each.reason for each in attention.open_reasons(session, started.conversation_id) if each.side == "firm"
        ]
    assert reasons == [AttentionReason.HELD]


def test_reply_to_is_never_identity(room: Mailroom, firm: Firm, asked: Asked) -> None:
    _started, sent = asked
    raw = reply(sent, sender="Mallory <m@elsewhere.example>", extra=f"Reply-To: {SOPHIE}\r\nSender: {SOPHIE}\r\n")

    assert room.file(raw, address_in(sent)) is Outcome.HELD


def test_two_from_headers_are_nobodys(room: Mailroom, firm: Firm, asked: Asked) -> None:
    _started, sent = asked
    raw = reply(sent, extra="From: Mallory <m@elsewhere.example>\r\n")

    assert room.file(raw, address_in(sent)) is Outcome.HELD
    assert room.last()[1].reason == Why.NO_SENDER


def test_a_forged_address_is_no_address(room: Mailroom, firm: Firm, asked: Asked) -> None:
    started, sent = asked
    good = address_in(sent)
    forged = good[:10] + ("a" if good[10] != "a" else "b") + good[11:]

    assert room.file(reply(sent, to=forged, references=False), forged) is Outcome.NEW_CONVERSATION
    assert len(texts(room.house, firm, started)) == 1


def test_a_good_address_without_a_row_is_held(room: Mailroom, firm: Firm, asked: Asked) -> None:
    _started, sent = asked
    token = room.house.keys.sign(AddressKind.REPLY, PublicId(12345))

    assert room.file(reply(sent, to=f"r+{token}@mail.fiduciaire.example", references=False)) is Outcome.HELD
    assert room.last()[1].reason == Why.NO_ROW


def test_a_revoked_address_counts_as_none_for_its_participant_and_holds_for_others(
    room: Mailroom, firm: Firm, asked: Asked, clock: HandClock
) -> None:
    _started, sent = asked
    token = room.house.keys.verify(address_in(sent).split("@")[0][2:])
    assert token is not None
    with room.house.database.writing() as session:
        signed.revoke_signed_address(session, token.public_id, now=clock.at)

    mallory = reply(sent, sender="M <m@elsewhere.example>", references=False, number=2)
    assert room.file(mallory, address_in(sent)) is Outcome.HELD
    assert room.file(reply(sent, references=False), address_in(sent)) is Outcome.NEW_CONVERSATION


def test_our_ids_in_references_lead_back_for_the_participant_only(room: Mailroom, firm: Firm, asked: Asked) -> None:
    started, sent = asked
    house_address = header(sent, "From").split("<")[1].strip(">")

    assert room.file(reply(sent, to=house_address), house_address) is Outcome.POSTED
    assert room.last()[1].reason == Why.REFERENCES
    other = reply(sent, to=house_address, sender="Greta Klein <greta@garage.example>", number=2)
    assert room.file(other, house_address) is Outcome.NEW_CONVERSATION
    assert len(texts(room.house, firm, started)) == 2


def test_a_known_sender_without_address_opens_a_conversation_for_the_firm(
    room: Mailroom, firm: Firm, asked: Asked
) -> None:
    _started, sent = asked
    raw = reply(
        sent,
        "Bonjour, une question sur la TVA",
        to="new@mail.fiduciaire.example",
        references=False,
        subject="TVA du trimestre",
    )

    assert room.file(raw, "new@mail.fiduciaire.example") is Outcome.NEW_CONVERSATION
    newest = list_conversations(room.house, by=firm.anne)[0].conversation
    assert newest.subject == "TVA du trimestre"
    assert newest.starter_side == "client"
    shown = view(room.house, firm.anne, newest.id).messages[0]
    assert shown.message.sender_unverified
    assert {each.person.id for each in shown.ticks} == {firm.anne}


def test_a_contact_of_two_clients_is_held_unless_the_address_says_which(
    room: Mailroom, firm: Firm, clock: HandClock
) -> None:
    with room.house.database.writing() as session:
        people.add_contact(session, firm.garage, firm.sophie, gets_requests=True, now=clock.at)
    raw = f"From: {SOPHIE}\r\nSubject: x\r\nDate: Tue, 24 Nov 2026 10:00:00 +0100\r\nMessage-ID: <{{n}}@x.example>\r\n\r\nbonjour\r\n"

    assert room.file(raw.format(n=1).encode(), "new@mail.fiduciaire.example") is Outcome.HELD
    assert room.last()[1].reason == Why.WHICH_CLIENT
    assert room.file(raw.format(n=2).encode(), "garage.klein@mail.fiduciaire.example") is Outcome.NEW_CONVERSATION
    assert list_conversations(room.house, by=firm.bram)[0].conversation.client_id == firm.garage


def test_an_unknown_sender_is_held_and_never_answered(room: Mailroom, firm: Firm, out: Post, clock: HandClock) -> None:
    raw = b"From: Who <who@elsewhere.example>\r\nSubject: x\r\nDate: Tue, 24 Nov 2026 10:00:00 +0100\r\nMessage-ID: <1@x>\r\n\r\nhello\r\n"

    assert room.file(raw, "new@mail.fiduciaire.example") is Outcome.HELD
    assert room.last()[1].reason == Why.UNKNOWN_SENDER
    clock.forward(days=1)
    assert out.run() == []


def test_a_mail_to_the_note_address_is_internal(
    room: Mailroom,
    firm: Firm,
    asked: Asked,
    out: Post,
    clock: HandClock,
) -> None:
    started, _sent = asked
    to_anne = to_case_manager(room, asked, out, clock)
    address = note_address(to_anne)
    raw = reply(to_anne, "Client à surveiller", sender="Anne Dupont <anne@fiduciaire.example>", to=address, number=4)

    assert room.file(raw, address) is Outcome.POSTED
    assert texts(room.house, firm, started, firm.sophie) == texts(room.house, firm, started)[:2]
    assert view(room.house, firm.anne, started.conversation_id).messages[-1].message.visibility is Visibility.INTERNAL


def test_a_mail_to_both_a_note_and_a_reply_address_is_a_note(
    room: Mailroom,
    firm: Firm,
    asked: Asked,
    out: Post,
    clock: HandClock,
) -> None:
    started, _sent = asked
    to_anne = to_case_manager(room, asked, out, clock)
    both = f"{address_in(to_anne)}, {note_address(to_anne)}"
    raw = reply(to_anne, "Pour nous", sender="Anne Dupont <anne@fiduciaire.example>", to=both, number=5)

    for address in both.split(", "):
        (arrival,) = room.keep(raw, address)
        file_arrival(room.house, room.reader, arrival)

    assert "Pour nous" not in texts(room.house, firm, started, firm.sophie)
    assert texts(room.house, firm, started).count("Pour nous") == 1


def test_a_contact_cannot_use_a_note_address(room: Mailroom, firm: Firm, asked: Asked) -> None:
    started, sent = asked
    with room.house.database.writing() as session:
        sophie = conversations.participant_of(session, started.conversation_id, firm.sophie)
        assert sophie is not None
        row = signed.add_signed_address(
            session,
            AddressKind.NOTE,
            now=room.house.now(session),
            conversation_id=started.conversation_id,
            participant_id=sophie.id,
        )
    address = f"n+{room.house.keys.sign(AddressKind.NOTE, row.public_id)}@mail.fiduciaire.example"

    assert room.file(reply(sent, to=address), address) is Outcome.HELD


def test_a_case_managers_mail_that_repeats_a_note_is_held(
    room: Mailroom,
    firm: Firm,
    asked: Asked,
    out: Post,
    clock: HandClock,
) -> None:
    started, _sent = asked
    to_anne = to_case_manager(room, asked, out, clock)
    secret = "ce client ne paie jamais ses factures à temps et il faut le relancer"
    post_message(
        room.house, by=firm.bram, conversation_id=started.conversation_id, text=secret, visibility=Visibility.INTERNAL
    )
    raw = reply(to_anne, f"Bonjour. {secret}", sender="Anne Dupont <anne@fiduciaire.example>", number=6)

    assert room.file(raw, address_in(to_anne)) is Outcome.HELD
    assert room.last()[1].reason == Why.REPEATS_A_NOTE


def test_a_case_manager_without_a_signed_address_is_held(room: Mailroom, firm: Firm) -> None:
    raw = b"From: Anne <anne@fiduciaire.example>\r\nSubject: x\r\nDate: Tue, 24 Nov 2026 10:00:00 +0100\r\nMessage-ID: <1@x>\r\n\r\nhello\r\n"

    assert room.file(raw, "boulangerie.martin@mail.fiduciaire.example") is Outcome.HELD
    assert room.last()[1].reason == Why.CASE_MANAGER_UNPROVEN


def test_two_people_with_one_mailbox_are_told_apart_by_name(room: Mailroom, firm: Firm, clock: HandClock) -> None:
    with room.house.database.writing() as session:
        paul = people.add_person(session, name="Paul Martin", language="fr", now=clock.at)  # type: ignore[arg-type]
        addresses.add_address(
            session,
            paul,
            written="sophie@boulangerie.example",
            normal="sophie@boulangerie.example",
            is_primary=True,
            now=clock.at,
        )
        people.add_contact(session, firm.bakery, paul, gets_requests=False, now=clock.at)
    raw = b"From: Paul Martin <sophie@boulangerie.example>\r\nSubject: x\r\nDate: Tue, 24 Nov 2026 10:00:00 +0100\r\nMessage-ID: <1@x>\r\n\r\nbonjour\r\n"

    assert room.file(raw, "new@mail.fiduciaire.example") is Outcome.NEW_CONVERSATION
    newest = list_conversations(room.house, by=firm.anne)[0].conversation
    assert newest.starter_id == paul
