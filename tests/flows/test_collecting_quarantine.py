"""A mail over the limit of size, collected from a real Dovecot: kept, in quarantine, and told to everybody it concerns."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from storage import attention, inbox
from storage.records import ArrivalId, ConversationId
from storage.states import ArrivalState, AttentionReason, MailKind, Outcome, Side
from tests.conftest import HandClock, HeardBell, with_policy
from tests.flows.collected import Office
from tests.flows.mailroom import SOPHIE as FROM
from tests.flows.mailroom import Asked, address_in, reply
from tests.flows.outgoing import Post
from tests.flows.test_quarantine_alarms import PoisonReader
from tests.servers.dovecot import running_dovecot
from worker.core.relaying import SealedMail
from worker.flows.filing import file_arrival
from worker.flows.house import House
from worker.mail.limits import DEFAULT, Limits
from worker.mail.parsing import MailReader

USER, OPERATOR, SOPHIE = "office@firm.example", "operator@firm.example", "sophie@boulangerie.example"
LINE = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGA\r\n"
SMALL = MailReader(Limits(size=10_000))


@pytest.fixture
def told(house: House) -> House:
    return with_policy(house, operator_address=OPERATOR)


@pytest.fixture
def office(told: House, clock: HandClock) -> Iterator[Office]:
    with running_dovecot((USER,)) as dovecot:
        made = Office(told, dovecot, USER)
        made.round()
        yield made
        made.close()


def large(asked: Asked, size: int, sender: str = FROM) -> bytes:
    return reply(asked[1], LINE * (size // len(LINE) + 1), sender=sender)


def file_all(office: Office, reader: MailReader) -> list[Outcome | ArrivalState | None]:
    return [file_arrival(office.house, reader, ArrivalId(each.id)) for each in office.arrivals()]


def held_in(house: House, conversation_id: ConversationId) -> bool:
    with house.database.reading() as session:
        found = attention.open_reasons(session, conversation_id)
    return any(each.side is Side.FIRM and each.reason is AttentionReason.HELD for each in found)


def sent_by(out: Post, house: House) -> dict[MailKind | str, SealedMail]:
    before = len(out.relay.sent)
    replace(out, house=house).run()
    return {each.recipient: each for each in out.relay.sent[before:]}


def test_a_collected_mail_over_64_megabytes_is_kept_and_told_to_operator_firm_and_writer(
    office: Office, asked: Asked, out: Post
) -> None:
    raw = large(asked, DEFAULT.size)
    office.put(raw)
    office.round()

    assert file_all(office, MailReader()) == [ArrivalState.QUARANTINED]
    (arrival,) = office.arrivals()
    assert (arrival.error, arrival.envelope_to) == ("size", "")
    assert len(office.raw(arrival)) == len(raw)
    assert held_in(office.house, asked[0].conversation_id)
    mails = sent_by(out, office.house)
    assert set(mails) == {OPERATOR, SOPHIE}
    assert b"size" in mails[OPERATOR].content[:]
    assert address_in(mails[SOPHIE]) == address_in(asked[1])


def test_the_firm_sees_nothing_waiting_any_more_when_it_was_filed_after_all(office: Office, asked: Asked) -> None:
    office.put(large(asked, 20_000))
    office.round()
    file_all(office, SMALL)
    assert held_in(office.house, asked[0].conversation_id)

    with office.house.database.writing() as session:
        inbox.reopen_arrival(session, office.arrivals()[0].id, now=office.house.now(session))
    assert file_all(office, MailReader()) == [Outcome.POSTED]
    assert not held_in(office.house, asked[0].conversation_id)


def test_a_stranger_at_a_signed_address_is_told_nothing(office: Office, asked: Asked, out: Post) -> None:
    office.put(large(asked, 20_000, sender="Eve <eve@evil.example>"))
    office.round()

    assert file_all(office, SMALL) == [ArrivalState.QUARANTINED]
    assert set(sent_by(out, office.house)) == {OPERATOR}


def test_a_collected_mail_that_breaks_our_code_is_shown_to_the_firm_too(
    office: Office, asked: Asked, clock: HandClock, bell: HeardBell
) -> None:
    office.put(reply(asked[1], "poison"))
    office.round()
    outcomes = []
    for minutes in (0, 1, 3):
        clock.forward(minutes=minutes)
        outcomes += file_all(office, PoisonReader())

    assert outcomes[-1] is ArrivalState.QUARANTINED
    assert held_in(office.house, asked[0].conversation_id)


def test_an_address_that_only_the_text_names_opens_nothing(office: Office, asked: Asked) -> None:
    raw = reply(
        asked[1], f"To: {address_in(asked[1])}\r\n" * 200, to="office@mail.fiduciaire.example", references=False
    )
    office.put(raw)
    office.round()

    assert file_all(office, SMALL) == [ArrivalState.QUARANTINED]
    assert not held_in(office.house, asked[0].conversation_id)
