"""Out-of-office answers: noted on the person and shown to the firm; never posted, never answered."""

from datetime import date

import pytest

from storage import outbox
from storage.out_of_office import OutOfOffice, present_answers
from storage.records import PersonId
from storage.states import Evidence, MailState, Outcome, Tick
from tests.conftest import Firm
from tests.flows.mailroom import SOPHIE, Asked, Mailroom, address_in, reply, texts, to_case_manager
from tests.flows.outgoing import Post, only, tick
from tests.flows.test_portal import view
from tests.flows.writing import new_mail
from worker.core.filing_facts import Why

AWAY = "Je suis absente jusqu'au 4 décembre. En cas d'urgence : Paul Petit, paul@boulangerie.example."
AUTO = "Auto-Submitted: auto-replied\r\n"


def noted(room: Mailroom, person: PersonId) -> OutOfOffice | None:
    with room.house.database.reading() as session:
        return present_answers(session, [person], now=room.house.now(session)).get(person)


def away(
    asked: Asked,
    *,
    text: str = AWAY,
    subject: str = "Réponse automatique : Facture",
    references: bool = True,
    sender: str = SOPHIE,
) -> bytes:
    return reply(asked[1], text, subject=subject, extra=AUTO, references=references, sender=sender)


@pytest.mark.parametrize("envelope", ["", "sophie@boulangerie.example"])
def test_an_answer_at_the_return_path_says_until_when_and_who_replaces(
    room: Mailroom, firm: Firm, asked: Asked, envelope: str
) -> None:
    assert room.file(away(asked), asked[1].envelope_from, sender=envelope) is Outcome.IGNORED

    known = noted(room, firm.sophie)
    assert known is not None
    assert known.until_on == date(2026, 12, 4)
    assert known.replacements == [{"name": "Paul Petit", "address": "paul@boulangerie.example", "phone": ""}]
    assert len(texts(room.house, firm, asked[0])) == 1


def test_an_answer_at_the_reply_address_proves_the_mail_it_names(room: Mailroom, firm: Firm, asked: Asked) -> None:
    assert room.file(away(asked), address_in(asked[1])) is Outcome.IGNORED

    assert room.last()[1].reason == Why.OUT_OF_OFFICE
    assert only(room.house, asked[0], firm.sophie).evidence is Evidence.OUT_OF_OFFICE
    assert noted(room, firm.sophie) is not None


def test_an_answer_that_names_no_mail_proves_nothing_and_is_noted(room: Mailroom, firm: Firm, asked: Asked) -> None:
    room.file(away(asked, references=False), address_in(asked[1]))

    assert tick(room.house, firm, asked[0], firm.sophie) is Tick.GREY
    assert noted(room, firm.sophie) is not None


@pytest.mark.parametrize("at_return_path", [True, False])
def test_an_answer_of_somebody_else_is_not_noted(
    room: Mailroom, firm: Firm, asked: Asked, *, at_return_path: bool
) -> None:
    to = asked[1].envelope_from if at_return_path else address_in(asked[1])
    room.file(away(asked, sender="Marc <marc@boulangerie.example>"), to)

    assert room.last()[1].reason == (Why.UNREAD_REPORT if at_return_path else Why.AUTOMATIC)
    assert noted(room, firm.sophie) is None
    assert noted(room, firm.marc) is None
    assert tick(room.house, firm, asked[0], firm.sophie) is Tick.GREY


def test_a_ticket_system_makes_nobody_absent(room: Mailroom, firm: Firm, asked: Asked) -> None:
    raw = away(asked, text="Votre demande a bien été enregistrée.", subject="[Ticket 12] Facture")
    room.file(raw, asked[1].envelope_from)

    assert noted(room, firm.sophie) is None


def test_an_absence_without_a_day_is_noted(room: Mailroom, firm: Firm, asked: Asked) -> None:
    room.file(away(asked, text="Je suis absente pour le moment."), asked[1].envelope_from)

    known = noted(room, firm.sophie)
    assert known is not None
    assert known.until_on is None


def test_an_answer_is_never_answered(room: Mailroom, firm: Firm, asked: Asked, out: Post) -> None:
    room.file(away(asked), asked[1].envelope_from, sender="")
    room.file(away(asked, text=AWAY + " Merci"), address_in(asked[1]))

    with room.house.database.reading() as session:
        assert outbox.mails_in(session, (MailState.WAITING, MailState.QUEUED)) == []
    assert out.run() == []


def test_the_firm_sees_who_is_away_and_a_contact_does_not(room: Mailroom, firm: Firm, asked: Asked) -> None:
    room.file(away(asked), asked[1].envelope_from)

    shown = view(room.house, firm.anne, asked[0].conversation_id).away
    assert [(person.id, answer.until_on) for person, answer in shown] == [(firm.sophie, date(2026, 12, 4))]
    assert view(room.house, firm.sophie, asked[0].conversation_id).away == ()


def test_a_case_manager_who_is_away_is_noted_too(
    room: Mailroom, firm: Firm, asked: Asked, out: Post, clock: object
) -> None:
    sent = to_case_manager(room, asked, out, clock)  # type: ignore[arg-type]
    raw = reply(sent, AWAY, sender="Anne <anne@fiduciaire.example>", extra=AUTO, subject="Absence", number=2)
    room.file(raw, sent.envelope_from, sender="")

    assert noted(room, firm.anne) is not None


def test_what_a_person_writes_about_an_absence_reaches_the_firm(room: Mailroom, firm: Firm, asked: Asked) -> None:
    raw = reply(asked[1], "Je suis absente demain. Payez la facture 2026-114.", subject="Absence du bureau")

    assert room.file(raw, address_in(asked[1])) is Outcome.POSTED
    assert noted(room, firm.sophie) is None


def test_an_employees_absence_opens_a_conversation(room: Mailroom, firm: Firm) -> None:
    house = "boulangerie.martin@mail.fiduciaire.example"
    raw = new_mail(house, subject="En congé - Paul du 3 au 10", text="Paul est en congé, à mettre sur sa paie.")

    assert room.file(raw, house) is Outcome.NEW_CONVERSATION
