"""The same mail by several ways is one message; one mail to two reply addresses is one message in each conversation."""

import hashlib
from collections.abc import Callable

import pytest

from storage import inbox, people
from storage.records import ArrivalId, ClientId
from storage.states import Outcome, Way
from tests.conftest import Firm, HandClock
from tests.flows.authentication import result
from tests.flows.mailroom import Asked, Mailroom, address_in, note_address, reply, texts, to_case_manager
from tests.flows.outgoing import Post
from tests.flows.test_portal import ask
from tests.flows.writing import new_mail
from worker.flows.filing import file_arrival
from worker.flows.reading import list_conversations

BAKERY, GARAGE = "boulangerie.martin@mail.fiduciaire.example", "garage.klein@mail.fiduciaire.example"
ANNE_HERE = "anne.dupont@mail.fiduciaire.example"
TRACE = (
    b"Return-Path: <sophie@boulangerie.example>\r\nDelivered-To: office@fiduciaire.example\r\n"
    b"Received: from mx2.example by mx1.example; Tue, 24 Nov 2026 10:02:00 +0100\r\n"
)

Filing = Callable[[], Outcome | None]


def collect(
    room: Mailroom, raw: bytes, *, mailbox: str = "office@x.example/INBOX", uidvalidity: int = 1, uid: int = 7
) -> Outcome | None:
    """As the collector keeps it, then as the worker files it."""
    mail = inbox.KeptMail(
        sha256=hashlib.sha256(raw).hexdigest(),
        size=len(raw),
        raw=raw,
        raw_path=None,
        way=Way.IMAP,
        envelope_from=None,
        recipients=(),
        mailbox=mailbox,
        uidvalidity=uidvalidity,
        uid=uid,
    )
    with room.house.database.writing() as session:
        kept = inbox.keep_mail(session, mail, now=room.house.now(session))
    return last_of(room, kept)


def last_of(room: Mailroom, kept: list[ArrivalId]) -> Outcome | None:
    (arrival,) = kept
    return file_arrival(room.house, room.reader, arrival)  # type: ignore[return-value]


def by_sink(room: Mailroom, raw: bytes, to: str) -> Outcome | None:
    return last_of(room, room.keep(raw, to))


@pytest.mark.parametrize("way", ["retry", "sink and mailbox", "two mailboxes", "new uidvalidity", "to and cc"])
def test_the_same_mail_by_two_ways_is_one_message(room: Mailroom, firm: Firm, asked: Asked, way: str) -> None:
    to = address_in(asked[1])
    raw = reply(asked[1], extra=f"Cc: {ANNE_HERE}\r\n")
    ways: dict[str, tuple[Filing, Filing]] = {
        "retry": (lambda: by_sink(room, raw, to), lambda: by_sink(room, TRACE + raw, to)),
        "sink and mailbox": (lambda: by_sink(room, raw, to), lambda: collect(room, TRACE + raw)),
        "two mailboxes": (lambda: collect(room, raw), lambda: collect(room, TRACE + raw, mailbox="b@x.example/INBOX")),
        "new uidvalidity": (lambda: collect(room, raw), lambda: collect(room, raw, uidvalidity=2, uid=1)),
        "to and cc": (lambda: by_sink(room, raw, to), lambda: by_sink(room, TRACE + raw, ANNE_HERE)),
    }
    first, second = ways[way]

    assert first() is Outcome.POSTED
    assert second() is Outcome.IGNORED
    assert len(texts(room.house, firm, asked[0])) == 2


def test_one_mail_to_two_reply_addresses_is_one_message_in_each(
    room: Mailroom, firm: Firm, asked: Asked, out: Post, clock: HandClock
) -> None:
    other = ask(room.house, firm, to=[firm.sophie])
    clock.forward(seconds=60)
    out.run()
    here, there = address_in(asked[1]), address_in(out.relay.sent[-1])
    raw = reply(asked[1], to=f"{here}, {there}", references=False)
    for each in (here, there):
        assert by_sink(room, raw, each) is Outcome.POSTED

    assert len(texts(room.house, firm, asked[0])) == len(texts(room.house, firm, other)) == 2


def clients_written_to(room: Mailroom, firm: Firm) -> list[ClientId]:
    seen = [each for by in (firm.anne, firm.bram) for each in list_conversations(room.house, by=by)]
    return sorted(dict.fromkeys(each.conversation.client_id for each in seen))


def test_a_case_managers_mail_to_two_clients_own_addresses_reaches_both(trusted: Mailroom, firm: Firm) -> None:
    anne = "Anne Dupont <anne@fiduciaire.example>"
    raw = new_mail(f"{BAKERY}, {GARAGE}", sender=anne, subject="Fermeture", text="Fermé le 2.", extra=result("pass"))
    for each in (BAKERY, GARAGE):
        assert by_sink(trusted, raw, each) is Outcome.NEW_CONVERSATION

    assert clients_written_to(trusted, firm) == sorted([firm.bakery, firm.garage])


def test_a_contact_of_two_clients_who_writes_to_both_is_heard_at_both(room: Mailroom, firm: Firm) -> None:
    with room.house.database.writing() as session:
        people.add_contact(session, firm.garage, firm.sophie, gets_requests=False, now=room.house.now(session))
    raw = new_mail(f"{BAKERY}, {GARAGE}", subject="Déménagement", text="Nous déménageons.")
    for each in (BAKERY, GARAGE):
        assert by_sink(room, raw, each) is Outcome.NEW_CONVERSATION

    assert clients_written_to(room, firm) == sorted([firm.bakery, firm.garage])


def test_a_reply_copied_to_another_clients_address_reaches_that_client_too(
    trusted: Mailroom, firm: Firm, asked: Asked, out: Post, clock: HandClock
) -> None:
    to_anne = to_case_manager(trusted, asked, out, clock)
    here = address_in(to_anne)
    anne = "Anne Dupont <anne@fiduciaire.example>"
    raw = reply(to_anne, "Fermé le 2.", sender=anne, to=f"{here}, {GARAGE}", extra=result("pass"), number=5)

    assert by_sink(trusted, raw, here) is Outcome.POSTED
    assert by_sink(trusted, raw, GARAGE) is Outcome.NEW_CONVERSATION


def test_a_reply_copied_to_the_same_clients_address_is_one_message(room: Mailroom, firm: Firm, asked: Asked) -> None:
    here = address_in(asked[1])
    raw = reply(asked[1], to=f"{here}, {BAKERY}")

    assert by_sink(room, raw, here) is Outcome.POSTED
    assert by_sink(room, raw, BAKERY) is Outcome.IGNORED
    assert len(texts(room.house, firm, asked[0])) == 2


def test_a_note_copied_to_another_clients_address_stays_a_note(
    trusted: Mailroom, firm: Firm, asked: Asked, out: Post, clock: HandClock
) -> None:
    to_anne = to_case_manager(trusted, asked, out, clock)
    here = note_address(to_anne)
    anne = "Anne Dupont <anne@fiduciaire.example>"
    raw = reply(to_anne, "Ne paie jamais.", sender=anne, to=f"{here}, {GARAGE}", extra=result("pass"), number=5)

    assert by_sink(trusted, raw, GARAGE) is not Outcome.NEW_CONVERSATION
    assert firm.garage not in clients_written_to(trusted, firm)


def test_the_same_mail_to_a_clients_address_by_two_ways_is_one_conversation(room: Mailroom, firm: Firm) -> None:
    raw = new_mail(BAKERY, subject="Question", text="Le four est-il arrivé ?")

    assert by_sink(room, raw, BAKERY) is Outcome.NEW_CONVERSATION
    assert collect(room, TRACE + raw) is Outcome.IGNORED
