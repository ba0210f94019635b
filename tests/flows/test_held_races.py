"""Two who decide about one held mail at once: it becomes one message, and the second hears who was first."""

import threading

import pytest

from storage import addresses, held, inbox, people
from storage.records import InboundMailId, PersonId
from storage.states import MailKind, Outcome
from tests.conftest import Firm
from tests.flows.clicking import click, links_in, mails_of_kind, sent_to
from tests.flows.mailroom import SOPHIE, Asked, Mailroom, address_in, reply, texts
from tests.flows.outgoing import Post
from tests.flows.test_races import wait_until_blocked
from worker.core.commands import Verb
from worker.core.refusals import No, Refused
from worker.flows.filing import file_arrival
from worker.flows.held import accept_held, decide_held, refuse_held
from worker.flows.held_deciding import Decided, decide_in, prepare
from worker.flows.held_vouching import Choice
from worker.flows.reading import list_conversations

NEW = "new@mail.fiduciaire.example"
on_postgresql = pytest.mark.parametrize("database", ["postgresql"], indirect=True)
"""SQLite has one writer at a time: there the second decides after the first, as everybody does."""


def unknown(room: Mailroom, sender: str) -> InboundMailId:
    raw = (
        f"From: {sender}\r\nTo: {NEW}\r\nSubject: Bonjour\r\nDate: Tue, 24 Nov 2026 10:00:00 +0100\r\n"
        "Message-ID: <u@x>\r\n\r\nVoici une demande.\r\n"
    ).encode()
    assert room.file(raw, NEW, sender="x@x.example") is Outcome.HELD
    return room.last()[0].inbound_mail_id


def dossiers(room: Mailroom, firm: Firm) -> set[tuple[int, int]]:
    """(client, conversation) of all there are."""
    seen = [each.conversation for by in (firm.anne, firm.bram) for each in list_conversations(room.house, by=by)]
    return {(each.client_id, each.id) for each in seen}


def decide_while_the_other_waits(
    room: Mailroom, first: PersonId, second: PersonId, inbound: InboundMailId, firm: Firm
) -> Decided | Refused:
    """What the second one hears; he asks while the first one's transaction is open."""
    choice = Choice(verb=Verb.CONTACT, client_id=firm.bakery)
    heard: list[Decided | Refused] = []

    def decide() -> None:
        heard.append(decide_held(room.house, room.reader, by=second, inbound_id=inbound, choice=choice))

    with room.house.database.reading() as session:
        (filing,) = held.waiting_filings(session)
    prepared = prepare(room.house, room.reader, filing, choice)
    assert not isinstance(prepared, Refused)
    other = threading.Thread(target=decide)
    with room.house.database.writing() as session:
        answer = decide_in(session, room.house, prepared, choice, by=first, now=room.house.now(session))
        other.start()
        wait_until_blocked(room.house)
    other.join(20)
    assert isinstance(answer, Decided)
    return heard[0]


@on_postgresql
def test_two_case_managers_who_accept_an_unknown_sender_at_once_open_one_conversation(
    room: Mailroom, firm: Firm
) -> None:
    inbound = unknown(room, "Marie <marie@nouveau.example>")
    heard = decide_while_the_other_waits(room, firm.anne, firm.bram, inbound, firm)

    assert heard == Refused(No.NOT_HELD)
    assert isinstance(heard, Refused)
    assert heard.who == "Anne Dupont"
    assert "Anne Dupont" in heard.sentence
    assert len(dossiers(room, firm)) == 1
    with room.house.database.reading() as session:
        assert len(addresses.people_at(session, "marie@nouveau.example")) == 1


def which_client_links(room: Mailroom, firm: Firm, out: Post) -> list[str]:
    with room.house.database.writing() as session:
        people.add_contact(session, firm.garage, firm.sophie, gets_requests=False, now=room.house.now(session))
    unknown(room, SOPHIE)
    out.run()
    return list(links_in(sent_to(out, "sophie@boulangerie.example")[-1]).values())


def test_two_clicks_for_two_clients_put_one_question_into_one_dossier(room: Mailroom, firm: Firm, out: Post) -> None:
    arrivals = [each for link in which_client_links(room, firm, out)[:2] for each in room.keep(*click(link, SOPHIE))]
    clicks = [threading.Thread(target=file_arrival, args=(room.house, room.reader, each)) for each in arrivals]
    for each in clicks:
        each.start()
    for each in clicks:
        each.join(20)

    assert len(dossiers(room, firm)) == 1


@on_postgresql
def test_a_click_for_another_client_waits_for_the_first_and_does_nothing(room: Mailroom, firm: Firm, out: Post) -> None:
    _for_bakery, for_garage, *_ = which_client_links(room, firm, out)
    with room.house.database.reading() as session:
        (filing,) = held.waiting_filings(session)
    choice = Choice(verb=Verb.CLIENT, client_id=firm.bakery)
    prepared = prepare(room.house, room.reader, filing, choice)
    assert not isinstance(prepared, Refused)
    (arrival,) = room.keep(*click(for_garage, SOPHIE))
    other = threading.Thread(target=file_arrival, args=(room.house, room.reader, arrival))
    with room.house.database.writing() as session:
        decide_in(session, room.house, prepared, choice, by=firm.sophie, now=room.house.now(session))
        other.start()
        wait_until_blocked(room.house)
    other.join(20)

    assert {client for client, _ in dossiers(room, firm)} == {firm.bakery}
    with room.house.database.reading() as session:
        done = inbox.arrival(session, arrival)
        assert done is not None
        assert done.filing_id is not None
    assert mails_of_kind(room.house, MailKind.COMMAND_ANSWER) == [], "a client is answered by what he sees"


def test_who_decides_too_late_hears_who_was_first(room: Mailroom, firm: Firm, asked: Asked) -> None:
    started, sent = asked
    assert room.file(reply(sent, sender="S <s@gmail.example>"), address_in(sent)) is Outcome.HELD
    inbound = room.last()[0].inbound_mail_id
    refuse_held(room.house, by=firm.anne, inbound_id=inbound)
    answer = accept_held(room.house, room.reader, by=firm.bram, inbound_id=inbound)

    assert isinstance(answer, Refused)
    assert (answer.reason, answer.who) == (No.NOT_HELD, "Anne Dupont")
    assert len(texts(room.house, firm, started)) == 1
    stranger = accept_held(room.house, room.reader, by=firm.sophie, inbound_id=inbound)
    assert isinstance(stranger, Refused)
    assert stranger.who == ""
