"""What is asked of people about held mail: was it you, which client; and who is told that his mail waits."""

import pytest

from storage import held as held_mails
from storage import people
from storage.states import MailKind, Outcome
from tests.conftest import Firm, HandClock, with_policy
from tests.flows.attacks import ANNE
from tests.flows.clicking import click, links_in, mails_of_kind, sent_to
from tests.flows.mailroom import SOPHIE, Asked, Mailroom, address_in, reply, texts
from tests.flows.outgoing import Post, open_for_firm
from tests.flows.test_held_links import FOR_ME, MARIE, MINE, NOT_ME, PRIVATE, held, question
from tests.flows.test_portal import view
from worker.core.filing_facts import Why
from worker.core.policy import SinkRole
from worker.flows.held import accept_held
from worker.flows.reading import list_conversations


def test_the_registered_address_is_asked_and_told_nothing_of_the_text(
    room: Mailroom, firm: Firm, asked: Asked, out: Post
) -> None:
    held(room, asked, out, text="Cliquez ici: http://evil.example")
    asking = sent_to(out, "sophie@boulangerie.example")[-1]

    assert set(question(out)) == {MINE, FOR_ME, NOT_ME}
    assert b"evil" not in asking.content[:]
    assert mails_of_kind(room.house, MailKind.CONFIRMATION)[0].person_id == firm.sophie


def test_mine_files_the_mail_and_remembers_the_address(room: Mailroom, firm: Firm, asked: Asked, out: Post) -> None:
    started, sent = asked
    held(room, asked, out)

    assert room.file(*click(question(out)[MINE], SOPHIE)) is Outcome.COMMAND
    last = view(room.house, firm.anne, started.conversation_id).messages[-1]
    assert (last.text, last.message.author_id) == ("C'est le nouveau four.", firm.sophie)
    assert room.file(reply(sent, "Encore.", sender=PRIVATE, number=3), address_in(sent)) is Outcome.POSTED
    assert mails_of_kind(room.house, MailKind.COMMAND_ANSWER) == [], "never mailed to a client"


def test_somebody_writes_for_me_files_it_once(room: Mailroom, firm: Firm, asked: Asked, out: Post) -> None:
    started, sent = asked
    held(room, asked, out, sender=MARIE)

    assert room.file(*click(question(out)[FOR_ME], SOPHIE)) is Outcome.COMMAND
    assert texts(room.house, firm, started)[1:] == ["C'est le nouveau four."]
    assert room.file(reply(sent, "Encore.", sender=MARIE, number=3), address_in(sent)) is Outcome.HELD


def test_not_me_refuses_it(room: Mailroom, firm: Firm, asked: Asked, out: Post) -> None:
    started, _sent = asked
    held(room, asked, out)

    assert room.file(*click(question(out)[NOT_ME], SOPHIE)) is Outcome.COMMAND
    assert len(texts(room.house, firm, started)) == 1
    assert open_for_firm(room.house, started.conversation_id) == []


def test_the_writer_himself_cannot_confirm(room: Mailroom, firm: Firm, asked: Asked, out: Post) -> None:
    started, _sent = asked
    held(room, asked, out)

    assert room.file(*click(question(out)[MINE], PRIVATE)) is Outcome.HELD
    assert len(texts(room.house, firm, started)) == 1


def test_a_case_manager_confirms_a_mail_without_proof(room: Mailroom, firm: Firm, out: Post) -> None:
    to = "boulangerie.martin@mail.fiduciaire.example"
    raw = f"From: {ANNE}\r\nTo: {to}\r\nSubject: Extrait\r\nDate: Tue, 24 Nov 2026 10:00:00 +0100\r\nMessage-ID: <1@x>\r\n\r\nBonjour, il manque l'extrait.\r\n".encode()
    assert room.file(raw, to) is Outcome.HELD
    assert room.last()[1].reason == Why.CASE_MANAGER_UNPROVEN
    out.run()
    asking = next(
        each
        for each in sent_to(out, "anne@fiduciaire.example")
        if b"C'est moi" in each.content[:] or MINE.replace("'", "&#39;") in links_in(each)
    )
    links = {key.replace("&#39;", "'"): link for key, link in links_in(asking).items()}

    assert room.file(*click(links[MINE], ANNE)) is Outcome.COMMAND
    newest = list_conversations(room.house, by=firm.anne)[0].conversation
    assert (newest.starter_id, newest.starter_side) == (firm.anne, "firm")
    assert view(room.house, firm.sophie, newest.id).messages[0].text == "Bonjour, il manque l'extrait."


def test_a_contact_of_two_clients_is_asked_and_the_answer_files_the_mail(
    room: Mailroom, firm: Firm, out: Post, clock: HandClock
) -> None:
    with room.house.database.writing() as session:
        people.add_contact(session, firm.garage, firm.sophie, gets_requests=True, now=clock.at)
    to = "new@mail.fiduciaire.example"
    raw = f"From: {SOPHIE}\r\nTo: {to}\r\nSubject: TVA\r\nDate: Tue, 24 Nov 2026 10:00:00 +0100\r\nMessage-ID: <1@x>\r\n\r\nUne question.\r\n".encode()
    assert room.file(raw, to) is Outcome.HELD
    out.run()

    assert set(question(out)) == {"Pour Boulangerie Martin", "Pour Garage Klein"}
    assert room.file(*click(question(out)["Pour Garage Klein"], SOPHIE)) is Outcome.COMMAND
    newest = list_conversations(room.house, by=firm.bram)[0].conversation
    assert (newest.client_id, newest.subject, newest.starter_id) == (firm.garage, "TVA", firm.sophie)


@pytest.mark.parametrize(("result", "told"), [("pass", 1), ("none", 0)])
def test_the_sender_is_told_once_where_his_domain_is_authenticated(
    room: Mailroom, firm: Firm, asked: Asked, out: Post, result: str, told: int
) -> None:
    behind = with_policy(room.house, authserv_ids=("mx.firm.example",), sink_role=SinkRole.BEHIND_MX)
    trusted = Mailroom(behind, room.reader, room.bell)
    extra = f"Authentication-Results: mx.firm.example; dmarc={result} header.from=gmail.example\r\n"
    for number in (1, 2):
        held(trusted, asked, out, number=number, extra=extra, text=f"Texte {number}")

    waiting = sent_to(out, "sophie.perso@gmail.example")
    assert len(waiting) == told
    for each in waiting:
        assert b"Boulangerie" not in each.content[:]
        assert b"2026-114" not in each.content[:], "a stranger is told nothing of the conversation"


def test_unknown_senders_are_never_answered_and_not_told_at_once(room: Mailroom, firm: Firm, out: Post) -> None:
    raw = b"From: Luc <luc@new.example>\r\nSubject: x\r\nDate: Tue, 24 Nov 2026 10:00:00 +0100\r\nMessage-ID: <1@x>\r\n\r\nbonjour\r\n"
    assert room.file(raw, "new@mail.fiduciaire.example") is Outcome.HELD

    assert out.run() == []


def notices(room: Mailroom) -> list[list[int]]:
    return [(each.details or {})["filings"] for each in mails_of_kind(room.house, MailKind.HELD_NOTICE)]


def test_the_firm_hears_again_of_what_is_held_after_the_first_was_decided(
    room: Mailroom, firm: Firm, asked: Asked, clock: HandClock
) -> None:
    _started, sent = asked
    for number in (1, 2, 3):
        clock.forward(hours=2)
        assert room.file(reply(sent, f"Le {number}.", sender=PRIVATE, number=number), address_in(sent)) is Outcome.HELD
        if number == 1:
            accept_held(room.house, room.reader, by=firm.anne, inbound_id=room.last()[0].inbound_mail_id)

    assert notices(room) == [[1], [2]], "the third is decided together with the second"
    with room.house.database.reading() as session:
        assert held_mails.untold_filings(session) == []


def test_what_nobody_was_told_of_waits_for_the_daily_list(
    room: Mailroom, firm: Firm, asked: Asked, clock: HandClock
) -> None:
    """A sender that cannot be read is nobody whose mails are decided together: a flood of them does not flood Anne."""
    _started, sent = asked
    for number in range(1, 9):
        raw = reply(sent, f"Le {number}.", sender="broken", number=number)
        assert room.file(raw, address_in(sent)) is Outcome.HELD
    told = [each for some in notices(room) for each in some]

    assert len(told) == 5
    with room.house.database.reading() as session:
        assert len(held_mails.untold_filings(session)) == 3
