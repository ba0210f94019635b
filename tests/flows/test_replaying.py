"""Replaying a stored mail: what today's code would make of it, without changing anything."""

from datetime import datetime

from sqlalchemy import text

from storage import signed
from storage.records import InboundMailId
from storage.states import AddressKind
from storage.tables import metadata
from tests.conftest import Firm, HandClock
from tests.flows.mailroom import SOPHIE, Asked, Mailroom, address_in, reply, texts
from tests.flows.test_portal import view
from tests.flows.test_quarantine_alarms import PoisonReader, shelve
from worker.core.signed_addresses import token_in
from worker.flows.conversations import post_message
from worker.flows.messages import edit_message
from worker.flows.replaying import Replayed, replay


def again(room: Mailroom, which: int = 1, *, as_of: datetime | None = None) -> Replayed:
    found = replay(room.house, room.reader, InboundMailId(which), as_of=as_of)
    assert found is not None
    return found[-1]


def rows(room: Mailroom) -> list[int]:
    with room.house.database.reading() as session:
        return [session.execute(text(f"select count(*) from {each}")).scalar_one() for each in metadata.tables]


def test_a_posted_mail_is_the_same_today(room: Mailroom, firm: Firm, asked: Asked) -> None:
    room.file(reply(asked[1]), address_in(asked[1]))
    before = rows(room)

    assert again(room).differences == []
    assert rows(room) == before


def test_what_was_written_since_is_not_taken_for_quoted_text(
    room: Mailroom, firm: Firm, asked: Asked, clock: HandClock
) -> None:
    words = "C'est le nouveau four que nous avons acheté chez Leroy le mois passé."
    room.file(reply(asked[1], words), address_in(asked[1]))
    clock.forward(minutes=5)
    post_message(room.house, by=firm.anne, conversation_id=asked[0].conversation_id, text=f"Vous écrivez : {words}")

    assert again(room).differences == []


def test_an_edit_in_the_portal_is_no_difference(room: Mailroom, firm: Firm, asked: Asked) -> None:
    room.file(reply(asked[1]), address_in(asked[1]))
    posted = view(room.house, firm.anne, asked[0].conversation_id).messages[-1].message.id
    edit_message(room.house, by=firm.sophie, message_id=posted, text="C'est le nouveau frigo.")

    assert again(room).differences == []


def test_a_held_mail_would_be_posted_once_the_sender_is_known(room: Mailroom, firm: Firm, asked: Asked) -> None:
    from storage import addresses

    room.file(
        reply(asked[1], sender="Sophie <sophie@home.example>"), address_in(asked[1]), sender="sophie@home.example"
    )
    assert again(room).differences == []
    with room.house.database.writing() as session:
        now = room.house.now(session)
        addresses.add_address(
            session, firm.sophie, written="sophie@home.example", normal="sophie@home.example", is_primary=False, now=now
        )

    told = {name: (was, now_) for name, was, now_ in again(room).differences}
    assert told["outcome"] == ("held", "posted")
    assert told["text"] == ("", "C'est le nouveau four.")
    assert len(texts(room.house, firm, asked[0])) == 1


def test_a_quarantined_mail_shows_that_it_is_still_broken_or_what_it_would_become(
    room: Mailroom, asked: Asked, clock: HandClock
) -> None:
    reader = PoisonReader()
    broken = Mailroom(room.house, reader, room.bell)
    shelve(broken, clock, reply(asked[1], "poison"), address_in(asked[1]))
    assert again(broken).differences == []
    reader.broken = False

    told = {name: (was, now) for name, was, now in again(broken).differences}
    assert told["outcome"] == ("quarantined", "posted")
    assert told["reason"] == ("error:ValueError", "reply_address")


def test_a_copy_stays_a_copy(room: Mailroom, asked: Asked) -> None:
    room.file(reply(asked[1]), address_in(asked[1]))
    room.file(b"Received: again\r\n" + reply(asked[1]), address_in(asked[1]))

    assert again(room, 2).differences == []


def test_a_new_conversation_is_no_difference(room: Mailroom, firm: Firm) -> None:
    raw = b"From: Sophie <sophie@boulangerie.example>\r\nTo: new@mail.fiduciaire.example\r\nSubject: TVA\r\n\r\nBonjour\r\n"
    room.file(raw, "new@mail.fiduciaire.example")

    assert again(room).differences == []


def test_it_is_judged_as_of_its_filing_or_of_the_moment_that_is_asked_for(
    room: Mailroom, asked: Asked, clock: HandClock
) -> None:
    filed_at = clock.at
    room.file(reply(asked[1], references=False, sender=SOPHIE), address_in(asked[1]))
    clock.forward(days=1)
    token = room.house.keys.verify(token_in(address_in(asked[1]), room.house.policy.domain, "+") or "")
    assert token is not None
    assert token.kind is AddressKind.REPLY
    with room.house.database.writing() as session:
        row = signed.signed_address(session, token.public_id)
        assert row is not None
        session.execute(
            text("update signed_addresses set expires_at = :at where id = :id"), {"at": clock.at, "id": row.id}
        )

    assert again(room).as_of == filed_at
    assert again(room).differences == []
    assert ("outcome", "posted", "new_conversation") in again(room, as_of=clock.forward(days=1)).differences


def test_there_is_nothing_to_say_of_a_mail_that_is_not_there(room: Mailroom) -> None:
    assert replay(room.house, room.reader, InboundMailId(99)) is None
