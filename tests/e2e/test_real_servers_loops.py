"""Loops through a real Postfix: whatever answers whom, each ends within three mails of ours to the one who answers.

The robots answer what falls into a Dovecot mailbox, as programs do that look at no header. A loop has ended when every
mail that left has arrived and been filed, with Postfix's report about it, and nothing waits to leave.
"""

import email
import email.policy
import smtplib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.utils import parseaddr
from pathlib import Path

import pytest
from sqlalchemy import select

from storage import addresses, inbox, outbox
from storage.records import OutgoingMail, PersonId
from storage.states import ArrivalState, MailKind, MailState, Outcome
from storage.tables.inbox import filings
from tests.e2e.conftest import DOMAIN, PEOPLE
from tests.e2e.real_station import RealStation, real_stations
from tests.servers.dovecot import Dovecot
from tests.servers.postfix import Postfix
from tests.servers.processes import free_port
from worker.core.filing_facts import Why

ANNE, SOPHIE = "anne@fiduciaire.example", "sophie@boulangerie.example"
OTHER = "mail.cabinet.example"
VACATION = "Bonjour, je suis en congé et je vous répondrai à mon retour. Bien à vous."
UNDER_WAY = (MailState.WAITING, MailState.QUEUED, MailState.SENDING)
LEAST_QUIET_LOOKS = 3


@pytest.fixture
def stations(
    request: pytest.FixtureRequest, tmp_path: Path, start_postfix: object, start_dovecot: object, redis_url: str
) -> Iterator[Callable[..., RealStation]]:
    with real_stations(request, tmp_path) as make:
        yield make


Answering = Callable[[EmailMessage, int], bytes]


@dataclass
class Robot:
    """Answers each mail of a mailbox once, to its Reply-To; not Postfix's bounces, a loop that would not be ours."""

    station: RealStation
    address: str
    answer: Answering
    seen: int = 0
    said: int = field(default=0)

    def look(self) -> None:
        mails = self.station.dovecot.mails_of(self.address)
        for raw in mails[self.seen :]:
            mail = email.message_from_bytes(raw, policy=email.policy.default)
            assert isinstance(mail, EmailMessage)
            if mail.get_content_type() != "multipart/report":
                self.send(mail)
        self.seen = len(mails)

    def send(self, mail: EmailMessage) -> None:
        to = parseaddr(str(mail["Reply-To"] or mail["From"]))[1]
        self.said += 1
        with smtplib.SMTP("127.0.0.1", self.station.postfix.port, timeout=30) as session:
            session.sendmail(self.address, [to], self.answer(mail, self.said))


def vacation(name: str, address: str, text: str = VACATION) -> Answering:
    def answer(mail: EmailMessage, number: int) -> bytes:
        return (
            f"From: {name} <{address}>\r\nTo: {mail['Reply-To'] or mail['From']}\r\nSubject: Re: {mail['Subject']}\r\n"
            f"Date: Tue, 24 Nov 2026 10:00:00 +0100\r\nMessage-ID: <{number}.{address}>\r\n"
            f"In-Reply-To: {mail['Message-ID']}\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n{text}\r\n"
        ).encode()

    return answer


def mailing_list(address: str) -> Answering:
    """The mail itself, sent on by a list that takes its own name for the writer's."""

    def answer(mail: EmailMessage, number: int) -> bytes:
        body = mail.get_body(("plain",))
        assert body is not None
        return (
            f"From: {address}\r\nTo: {address}\r\nSubject: [gestion] {mail['Subject']}\r\nList-Id: <gestion.boulangerie.example>\r\n"
            f"Precedence: list\r\nDate: Tue, 24 Nov 2026 10:00:00 +0100\r\nMessage-ID: <list-{number}.{address}>\r\n"
            f"Content-Type: text/plain; charset=utf-8\r\n\r\n{body.get_content()}\r\n"
        ).encode()

    return answer


def mails_of(station: RealStation) -> list[OutgoingMail]:
    with station.house.database.reading() as session:
        return outbox.mails_in(session, tuple(MailState), most=1_000)


def left(station: RealStation, address: str) -> int:
    """How many mails of ours went there."""
    return sum(each.address == address and each.accepted_at is not None for each in mails_of(station))


def why_held(station: RealStation) -> set[str | None]:
    with station.house.database.reading() as session:
        return set(session.scalars(select(filings.c.reason).where(filings.c.outcome == Outcome.HELD)))


def is_quiet(stations: Sequence[RealStation]) -> bool:
    """Nothing waits to leave, nothing waits to be filed, nothing is on Postfix's way."""
    for station in stations:
        if any(each.state in UNDER_WAY for each in mails_of(station)):
            return False
        with station.house.database.reading() as session:
            if inbox.count_arrivals(session).get(ArrivalState.KEPT):
                return False
    taken, gone = (stations[0].postfix.said("qmgr", word) for word in ("queue active", ": removed"))
    return len({each.split(": ")[1] for each in taken}) <= len({each.split(": ")[1] for each in gone})


def wait_for_the_end(stations: Sequence[RealStation], robots: Sequence[Robot] = (), least: int = 1) -> None:
    """Let the robots answer until several looks in a row find nothing under way."""
    looks = [0]

    def ended() -> bool:
        for robot in robots:
            robot.look()
        looks[0] = looks[0] + 1 if is_quiet(stations) and sum(map(len, map(mails_of, stations))) >= least else 0
        return looks[0] >= LEAST_QUIET_LOOKS

    stations[0].wait_for(ended, "the loop ends")


def test_two_vacation_programs_that_ignore_headers_end_within_three_mails(stations: Callable[..., RealStation]) -> None:
    station = stations()
    robots = [
        Robot(station, SOPHIE, vacation("Sophie Martin", SOPHIE)),
        Robot(station, ANNE, vacation("Anne Dupont", ANNE, "Je suis absente, votre message sera lu à mon retour.")),
    ]
    station.ask("Bonjour Sophie, à quoi correspond cette facture ?", to=[station.firm.sophie])

    wait_for_the_end([station], robots)
    assert left(station, SOPHIE) <= 3
    assert left(station, ANNE) <= 5, "two copies, and notices of the brake"
    assert why_held(station) & {Why.REPEATS_ONE_TEXT, Why.ANSWERS_AT_ONCE}


def test_vacation_programs_that_never_say_the_same_twice_end_too(stations: Callable[..., RealStation]) -> None:
    station = stations()

    def other_each_time(name: str, address: str, text: str) -> Answering:
        return lambda mail, number: vacation(name, address, text.format(number * 7919))(mail, number)

    robots = [
        Robot(station, SOPHIE, other_each_time("Sophie Martin", SOPHIE, "Ticket {} ouvert, un collègue vous appelle.")),
        Robot(station, ANNE, other_each_time("Anne Dupont", ANNE, "Numéro d'appel {}. Cabinet fermé cette semaine.")),
    ]
    station.ask("Bonjour Sophie, à quoi correspond cette facture ?", to=[station.firm.sophie])

    wait_for_the_end([station], robots)
    assert left(station, SOPHIE) <= 3
    assert Why.ANSWERS_AT_ONCE in why_held(station)


def test_a_list_that_sends_our_mail_back_ends_within_three_mails(stations: Callable[..., RealStation]) -> None:
    station = stations()
    robots = [Robot(station, each, mailing_list(each)) for each in (SOPHIE, ANNE)]
    station.ask("Bonjour Sophie, à quoi correspond cette facture ?", to=[station.firm.sophie])

    wait_for_the_end([station], robots)
    assert left(station, SOPHIE) <= 3
    assert left(station, ANNE) <= 3


def test_a_bounce_of_a_bounce_ends(stations: Callable[..., RealStation]) -> None:
    station = stations()
    for address in (SOPHIE, ANNE):
        station.dovecot.quotas.pop(address, None)
    station.dovecot.write_users()
    station.ask("Bonjour Sophie, à quoi correspond cette facture ?", to=[station.firm.sophie])

    wait_for_the_end([station], least=2)
    fates = {(each.kind, each.state) for each in mails_of(station)}
    assert fates == {(MailKind.MESSAGE, MailState.FAILED), (MailKind.FAILURE_NOTICE, MailState.FAILED)}
    assert len(mails_of(station)) == 2


def test_a_rejection_that_cannot_be_delivered_brings_nothing_back(stations: Callable[..., RealStation]) -> None:
    station = stations()
    station.ask("Bonjour Sophie, à quoi correspond cette facture ?", to=[station.firm.sophie])
    (raw,) = station.wait_for(lambda: station.mailbox(SOPHIE), "the mail is in Sophie's mailbox")
    station.dovecot.quotas.pop(SOPHIE)
    station.dovecot.write_users()
    robot = Robot(station, SOPHIE, vacation("Sophie Martin", SOPHIE, ""))
    mail = email.message_from_bytes(raw, policy=email.policy.default)
    assert isinstance(mail, EmailMessage)
    robot.send(mail)

    station.wait_for(lambda: station.told("filed", outcome="rejected"), "the empty reply is rejected")
    wait_for_the_end([station], least=2)
    rejection = next(each for each in mails_of(station) if each.kind is MailKind.REJECTION)
    assert rejection.state is MailState.ACCEPTED
    assert len(mails_of(station)) == 2
    assert station.postfix.said("from=<>", "bounced") == []


def give_address(station: RealStation, person: PersonId, address: str) -> None:
    with station.house.database.writing() as session:
        now = station.house.now(session)
        addresses.add_address(session, person, written=address, normal=address, is_primary=True, now=now)


@pytest.fixture
def two_navettes(
    tmp_path: Path, start_postfix: Callable[..., Postfix], start_dovecot: Callable[..., Dovecot], redis_url: str
) -> Iterator[tuple[RealStation, RealStation]]:
    """Two firms whose people are, for each other, house addresses: everything one writes falls into the other."""
    dovecot = start_dovecot(*PEOPLE)
    ports = {DOMAIN: free_port(), OTHER: free_port()}
    postfix = start_postfix({domain: f"lmtp:inet:127.0.0.1:{port}" for domain, port in ports.items()})
    made = []
    for domain, port in ports.items():
        folder = tmp_path / domain
        folder.mkdir()
        own = {"NAVETTE_DOMAIN": domain, "NAVETTE_SINK_PROTOCOL": "lmtp", "NAVETTE_SINK_PORT": str(port)}
        made.append(RealStation(folder, postfix=postfix, dovecot=dovecot, **own))
    here, there = made
    for station, domain in ((here, OTHER), (there, DOMAIN)):
        give_address(station, station.firm.sophie, f"anne.dupont@{domain}")
        give_address(station, station.firm.anne, f"boulangerie.martin@{domain}")

    def hear(line: str) -> None:
        for each in made:
            each.notice(line)

    postfix.hear = hear
    try:
        for station in made:
            station.start_parts(("run",))
        yield here, there
    finally:
        for station in made:
            station.close()


def test_two_navettes_that_write_to_each_other_end_within_three_mails(
    two_navettes: tuple[RealStation, RealStation],
) -> None:
    here, there = two_navettes
    here.ask("Bonjour, à quoi correspond cette facture ?", to=[here.firm.sophie])
    here.wait_for(lambda: there.told("filed"), "the other firm got the mail")

    wait_for_the_end([here, there], least=2)
    ours, theirs = ([mail.kind for mail in mails_of(each) if mail.accepted_at is not None] for each in (here, there))
    assert (ours + theirs).count(MailKind.MESSAGE) <= 2
    assert len(ours) <= 3, "its own, and of the answer, that is held, the case manager and the client hear"
    assert len(theirs) <= 3
