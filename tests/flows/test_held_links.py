"""One-click answers: the case manager decides about a held mail, its writer says whether it was he; once."""

import pytest

from storage import addresses, people, signed
from storage.states import MailKind, Outcome
from tests.conftest import Firm, HandClock
from tests.flows.attacks import ANNE
from tests.flows.clicking import click, links_in, mails_of_kind, sent_to
from tests.flows.mailroom import SOPHIE, Asked, Mailroom, address_in, reply, texts
from tests.flows.outgoing import Post, open_for_firm
from tests.flows.test_portal import view
from worker.core.relaying import SealedMail
from worker.core.signed_addresses import token_in
from worker.flows.reading import list_conversations

PRIVATE = "Sophie <sophie.perso@gmail.example>"
MARIE = "Marie Leroy <marie@boulangerie.example>"
ACCEPT, REMEMBER, AS_CONTACT, REFUSE = (
    "Accepter cette fois",
    "Accepter, et retenir cette adresse",
    "Accepter l'expéditeur comme nouveau contact".replace("'", "&#39;"),
    "Refuser",
)
MINE, FOR_ME, NOT_ME = "C'est moi", "Quelqu'un écrit pour moi", "Ce n'est pas moi"


def held(room: Mailroom, asked: Asked, out: Post, *, sender: str = PRIVATE, number: int = 1, **more: str) -> None:
    _started, sent = asked
    assert room.file(reply(sent, sender=sender, number=number, **more), address_in(sent)) is Outcome.HELD  # type: ignore[arg-type]
    out.run()


def notice(out: Post) -> SealedMail:
    return sent_to(out, "anne@fiduciaire.example")[-1]


def question(out: Post) -> dict[str, str]:
    return {
        key.replace("&#39;", "'"): link
        for key, link in links_in(sent_to(out, "sophie@boulangerie.example")[-1]).items()
    }


def test_a_case_manager_is_told_why_and_what_it_says(room: Mailroom, firm: Firm, asked: Asked, out: Post) -> None:
    held(room, asked, out)
    text = " ".join(out.text(out.relay.sent.index(notice(out))).split())

    assert "sophie.perso@gmail.example" in text
    assert "n'est pas la personne à qui cette adresse de réponse appartient" in text
    assert "C'est le nouveau four." in text
    (mail,) = mails_of_kind(room.house, MailKind.HELD_NOTICE)
    assert (mail.person_id, mail.conversation_id) == (firm.anne, None)


def test_one_click_accepts_once(room: Mailroom, firm: Firm, asked: Asked, out: Post) -> None:
    started, _sent = asked
    held(room, asked, out)
    raw, to = click(links_in(notice(out))[ACCEPT], ANNE)

    assert room.file(raw, to) is Outcome.COMMAND
    last = view(room.house, firm.anne, started.conversation_id).messages[-1]
    assert (last.text, last.message.author_id, last.message.sender_unverified) == (
        "C'est le nouveau four.",
        firm.sophie,
        True,
    )
    assert open_for_firm(room.house, started.conversation_id) == ["wrote"]
    again, to = click(links_in(notice(out))[ACCEPT], ANNE)
    assert room.file(again, to) is Outcome.COMMAND
    assert len(texts(room.house, firm, started)) == 2


def test_the_case_manager_is_answered_and_no_client_is(room: Mailroom, firm: Firm, asked: Asked, out: Post) -> None:
    held(room, asked, out)
    link = links_in(notice(out))[REFUSE]
    room.file(*click(link, ANNE))
    room.file(*click(link, ANNE))
    out.run()

    answers = mails_of_kind(room.house, MailKind.COMMAND_ANSWER)
    assert [each.person_id for each in answers] == [firm.anne, firm.anne]
    assert "refusé" in out.text(-2)
    assert "déjà servi" in out.text(-1)
    assert out.parsed()["Auto-Submitted"] == "auto-replied"
    assert "OOF" in out.parsed()["X-Auto-Response-Suppress"]


@pytest.mark.parametrize(
    "extra",
    ["Auto-Submitted: auto-generated\r\n", "Precedence: bulk\r\n", "X-Autoreply: yes\r\n", "List-Id: <x.example>\r\n"],
)
def test_an_automatic_mail_never_acts(room: Mailroom, firm: Firm, asked: Asked, out: Post, extra: str) -> None:
    started, _sent = asked
    held(room, asked, out)

    assert room.file(*click(links_in(notice(out))[ACCEPT], ANNE, extra=extra)) is Outcome.IGNORED
    assert len(texts(room.house, firm, started)) == 1


@pytest.mark.parametrize("sender", ["Bram <bram@fiduciaire.example>", SOPHIE, "Who <who@elsewhere.example>"])
def test_nobody_else_acts_by_somebodys_link(room: Mailroom, firm: Firm, asked: Asked, out: Post, sender: str) -> None:
    started, _sent = asked
    held(room, asked, out)

    assert room.file(*click(links_in(notice(out))[ACCEPT], sender)) is Outcome.HELD
    assert len(texts(room.house, firm, started)) == 1


def test_a_case_manager_who_left_acts_no_more(
    room: Mailroom, firm: Firm, asked: Asked, out: Post, clock: HandClock
) -> None:
    started, _sent = asked
    held(room, asked, out)
    link = links_in(notice(out))[ACCEPT]
    with room.house.database.writing() as session:
        from storage.rows import change
        from storage.tables.people import case_managers

        change(session, case_managers, case_managers.c.person_id == firm.anne, left_at=clock.at)

    room.file(*click(link, ANNE))
    assert len(texts(room.house, firm, started, firm.bram)) == 1
    assert mails_of_kind(room.house, MailKind.COMMAND_ANSWER) == []


def test_an_expired_link_does_nothing(room: Mailroom, firm: Firm, asked: Asked, out: Post, clock: HandClock) -> None:
    started, _sent = asked
    held(room, asked, out)
    link = links_in(notice(out))[ACCEPT]
    clock.forward(days=61)

    assert room.file(*click(link, ANNE)) is Outcome.COMMAND
    assert len(texts(room.house, firm, started)) == 1


def test_the_address_is_remembered_when_she_says_so(room: Mailroom, firm: Firm, asked: Asked, out: Post) -> None:
    started, sent = asked
    held(room, asked, out)

    assert room.file(*click(links_in(notice(out))[REMEMBER], ANNE)) is Outcome.COMMAND
    assert room.file(reply(sent, "Encore moi.", sender=PRIVATE, number=3), address_in(sent)) is Outcome.POSTED
    assert texts(room.house, firm, started)[1:] == ["C'est le nouveau four.", "Encore moi."]
    with room.house.database.reading() as session:
        primary = addresses.mail_address_of(session, firm.sophie)
    assert primary is not None
    assert primary.normal == "sophie@boulangerie.example"


def test_the_sender_becomes_a_contact_when_she_says_so(room: Mailroom, firm: Firm, asked: Asked, out: Post) -> None:
    started, _sent = asked
    held(room, asked, out, sender=MARIE)

    assert room.file(*click(links_in(notice(out))[AS_CONTACT], ANNE)) is Outcome.COMMAND
    with room.house.database.reading() as session:
        (marie,) = addresses.people_at(session, "marie@boulangerie.example")
        assert people.is_contact(session, firm.bakery, marie.id)
        assert not people.gets_requests(session, firm.bakery, marie.id)
    last = view(room.house, firm.anne, started.conversation_id).messages[-1]
    assert (marie.name, last.message.author_id) == ("Marie Leroy", marie.id)


def test_mails_of_one_sender_are_told_and_decided_together(room: Mailroom, firm: Firm, asked: Asked, out: Post) -> None:
    started, _sent = asked
    for number in (1, 2, 3):
        held(room, asked, out, number=number, text=f"Texte numéro {number}")
    held(room, asked, out, sender=MARIE, number=4, text="Autre chose")

    assert len(mails_of_kind(room.house, MailKind.HELD_NOTICE)) == 2
    first = sent_to(out, "anne@fiduciaire.example")[0]
    assert room.file(*click(links_in(first)[ACCEPT], ANNE)) is Outcome.COMMAND
    assert texts(room.house, firm, started)[1:] == ["Texte numéro 1", "Texte numéro 2", "Texte numéro 3"]
    assert open_for_firm(room.house, started.conversation_id).count("held") == 1  # type: ignore[arg-type]


def test_what_was_decided_needs_no_excerpt_any_more(room: Mailroom, firm: Firm, asked: Asked, out: Post) -> None:
    held(room, asked, out)
    assert room.last()[1].excerpt == "C'est le nouveau four."
    inbound = room.last()[0].inbound_mail_id
    room.file(*click(links_in(notice(out))[REFUSE], ANNE))
    with room.house.database.reading() as session:
        from storage import inbox

        (filing,) = inbox.filings_of(session, inbound)
    assert (filing.settled_as, filing.excerpt) == ("refused", None)


def test_a_link_is_signed_for_one_person_and_one_mail(room: Mailroom, firm: Firm, asked: Asked, out: Post) -> None:
    held(room, asked, out)
    address = click(links_in(notice(out))[ACCEPT], ANNE)[1]
    token = room.house.keys.verify(token_in(address, "mail.fiduciaire.example") or "")
    assert token is not None
    with room.house.database.reading() as session:
        row = signed.signed_address(session, token.public_id)
    assert row is not None
    assert (row.person_id, row.action) == (firm.anne, "accept")
    assert row.filing_id is not None
    assert row.expires_at is not None


def test_what_somebody_says_about_one_mail_in_his_name_is_not_said_of_another(
    room: Mailroom, firm: Firm, out: Post
) -> None:
    """A second mail in Anne's name came meanwhile: she was not asked about it and has not seen it."""
    to = "boulangerie.martin@mail.fiduciaire.example"
    for number, text in ((1, "Bonjour, il manque l'extrait."), (2, "Payez sur ce compte.")):
        raw = f"From: {ANNE}\r\nTo: {to}\r\nSubject: Extrait\r\nDate: Tue, 24 Nov 2026 10:0{number}:00 +0100\r\nMessage-ID: <{number}@x>\r\n\r\n{text}\r\n".encode()
        assert room.file(raw, to) is Outcome.HELD
    out.run()
    asking = next(
        each for each in sent_to(out, "anne@fiduciaire.example") if MINE.replace("'", "&#39;") in links_in(each)
    )

    assert room.file(*click(links_in(asking)[MINE.replace("'", "&#39;")], ANNE)) is Outcome.COMMAND
    opened = list_conversations(room.house, by=firm.anne)
    assert [view(room.house, firm.anne, each.conversation.id).messages[0].text for each in opened] == [
        "Bonjour, il manque l'extrait."
    ]


def test_a_refused_decision_leaves_nothing_behind(room: Mailroom, firm: Firm, asked: Asked, out: Post) -> None:
    """An empty mail cannot be accepted; then its sender does not become a contact either."""
    started, _sent = asked
    held(room, asked, out, sender=MARIE, text="")

    assert room.file(*click(links_in(notice(out))[AS_CONTACT], ANNE)) is Outcome.COMMAND
    with room.house.database.reading() as session:
        assert addresses.people_at(session, "marie@boulangerie.example") == []
    assert len(texts(room.house, firm, started)) == 1
