"""Five poison mails among five hundred, through Postfix into a Dovecot mailbox that is collected: the others go on."""

import smtplib
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import select

from storage import conversations, inbox, messages, signed
from storage.records import ConversationId
from storage.signed import Wanted
from storage.states import AddressKind, ArrivalState, Side
from storage.tables.inbox import arrivals, filings
from tests.e2e.conftest import DOMAIN
from tests.e2e.real_station import RealStation, real_stations
from worker.core.signed_addresses import local_part
from worker.flows.conversations import Started, start_conversation

SOPHIE = "sophie@boulangerie.example"
TALKS, EACH = 25, 20
POISON = {
    7: ("headers", "X-Filler: x\r\n" * 1_200, "text/plain", "Bonjour"),
    111: ("header_line", f"X-Filler: {'x' * 120_000}\r\n", "text/plain", "Bonjour"),
    222: ("encoded_words", f"X-Filler: {'=?utf-8?q?a?= ' * 2_500}\r\n", "text/plain", "Bonjour"),
    333: ("parameters", "", "text/plain" + "; a=b" * 300, "Bonjour"),
    444: ("parts", "", 'multipart/mixed; boundary="b"', "--b\r\n\r\nx\r\n" * 600 + "--b--"),
}
"""By number of the mail: which limit it passes, more headers, type and body."""


@pytest.fixture
def stations(
    request: pytest.FixtureRequest, tmp_path: Path, start_postfix: object, start_dovecot: object, redis_url: str
) -> Iterator[Callable[..., RealStation]]:
    with real_stations(request, tmp_path) as make:
        yield make


def talk(station: RealStation, number: int) -> tuple[ConversationId, str]:
    """A conversation with Sophie, and her reply address in it."""
    firm, house = station.firm, station.house
    started = start_conversation(
        house, by=firm.anne, client_id=firm.bakery, subject=f"Facture {number}", text="Bonjour ?", to=[firm.sophie]
    )
    assert isinstance(started, Started)
    with house.database.writing() as session:
        people = conversations.participants_of(session, started.conversation_id)
        (sophie,) = [each for each in people if each.side is Side.CLIENT]
        wanted = Wanted(kind=AddressKind.REPLY, conversation_id=started.conversation_id, participant_id=sophie.id)
        found = signed.standing_addresses(session, [wanted], now=house.now(session))
    token = house.keys.sign(AddressKind.REPLY, found[wanted])
    return started.conversation_id, f"{local_part(AddressKind.REPLY, token)}@{DOMAIN}"


def mail(number: int, to: str, subject: str) -> bytes:
    _, extra, media_type, body = POISON.get(number, ("", "", "text/plain; charset=utf-8", f"Remarque {number}."))
    return (
        f"From: Sophie Martin <{SOPHIE}>\r\nTo: {to}\r\nSubject: RE: {subject}\r\nDate: Tue, 24 Nov 2026 10:00:00 +0100\r\n"
        f"Message-ID: <{number}@boulangerie.example>\r\nMIME-Version: 1.0\r\n{extra}Content-Type: {media_type}\r\n\r\n{body}\r\n"
    ).encode()


def done(station: RealStation) -> int:
    with station.house.database.reading() as session:
        counted = inbox.count_arrivals(session)
    return counted.get(ArrivalState.FILED, 0) + counted.get(ArrivalState.QUARANTINED, 0)


@pytest.mark.timeout(900)
def test_of_five_hundred_mails_with_five_poison_ones_the_others_are_posted_in_order(
    stations: Callable[..., RealStation],
) -> None:
    limits = {"lmtp_destination_concurrency_limit": "1", "header_size_limit": "1000000", "line_length_limit": "200000"}
    station = stations(collected=True, relay=limits, NAVETTE_SENDING="off", NAVETTE_TASK_SECONDS="300")
    talks = [talk(station, number) for number in range(TALKS)]
    with smtplib.SMTP("127.0.0.1", station.postfix.port, timeout=60) as session:
        for number in range(TALKS * EACH):
            _, to = talks[number % TALKS]
            session.sendmail(SOPHIE, [to], mail(number, to, f"Facture {number % TALKS}"))

    station.wait_for(lambda: done(station) == TALKS * EACH, "all are filed or in quarantine", patience=800)
    assert quarantined(station) == sorted(limit for limit, *_ in POISON.values())
    for conversation_id, _ in talks:
        assert shown(station, conversation_id) == arrived(station, conversation_id)
    assert sum(len(shown(station, each)) for each, _ in talks) == TALKS * EACH - len(POISON)


def quarantined(station: RealStation) -> list[str]:
    with station.house.database.reading() as session:
        found = inbox.list_arrivals(session, states=[ArrivalState.QUARANTINED])
    return sorted(each.error or "" for each, _ in found)


def shown(station: RealStation, conversation_id: ConversationId) -> list[int | None]:
    """The mails of a conversation in the order in which the portal shows them."""
    with station.house.database.reading() as session:
        found = messages.messages_of(session, conversation_id)
    return [each.inbound_mail_id for each in found if each.inbound_mail_id is not None]


def arrived(station: RealStation, conversation_id: ConversationId) -> list[int | None]:
    """The same mails in the order of INTERNALDATE, whole seconds, and in that of their UIDs within a second."""
    wanted = (
        select(arrivals.c.inbound_mail_id, arrivals.c.happened_at, arrivals.c.uid)
        .join(filings, filings.c.id == arrivals.c.filing_id)
        .where(filings.c.conversation_id == conversation_id)
    )
    with station.house.database.reading() as session:
        found = [(row[1].replace(microsecond=0), row[2], row[0]) for row in session.execute(wanted)]
    return [inbound_id for _, _, inbound_id in sorted(found)]
