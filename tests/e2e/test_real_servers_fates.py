"""What real servers say of mail that does not arrive, and what becomes of it."""

import email
import email.policy
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from storage import addresses, inbox, people
from storage.records import PersonId, PublicId
from storage.states import AddressKind, AttentionReason, Language, MailState, Tick
from tests.e2e.conftest import DOMAIN
from tests.e2e.real_station import RealStation, real_stations
from tests.flows.test_portal import view
from tests.servers.swaks import Dialogue, Swaks
from worker.core.signed_addresses import local_part

ANNE, SOPHIE, PAUL = "anne@fiduciaire.example", "sophie@boulangerie.example", "paul@boulangerie.example"


@pytest.fixture
def stations(
    request: pytest.FixtureRequest, tmp_path: Path, start_postfix: object, start_dovecot: object, redis_url: str
) -> Iterator[Callable[..., RealStation]]:
    with real_stations(request, tmp_path) as make:
        yield make


def add_paul(station: RealStation) -> PersonId:
    """A third contact of the bakery, whose mailbox is full."""
    station.dovecot.add_mailbox(PAUL, quota_bytes=10)
    with station.house.database.writing() as session:
        now = station.house.now(session)
        paul = people.add_person(session, name="Paul Leroy", language=Language.FR, now=now)
        addresses.add_address(session, paul, written=PAUL, normal=PAUL, is_primary=True, now=now)
        people.add_contact(session, station.firm.bakery, paul, gets_requests=True, now=now)
    return paul


def kept_arrivals(station: RealStation) -> int:
    with station.house.database.reading() as session:
        return sum(inbox.count_arrivals(session).values())


def write_to(station: RealStation, swaks: Swaks, address: str) -> Dialogue:
    return swaks.send(
        station.postfix.port, "Bonjour", sender=SOPHIE, to=address, headers={"Subject": "Re: Facture 114"}
    )


@pytest.mark.parametrize("house", ["embedded", "postgresql"])
def test_a_bounce_of_an_unknown_user_fails_the_tick_and_is_told(
    stations: Callable[..., RealStation], house: str
) -> None:
    station = stations(house)
    firm = station.firm
    conversation = station.ask("Beste Marc, zie factuur 114.", to=[firm.marc])

    tick = station.wait_for_tick(conversation, firm.marc, Tick.FAILED)
    assert tick.why == "userunknown"
    (notice,) = station.wait_for(lambda: station.mailbox(ANNE), "Anne is told by mail")
    assert b"Auto-Submitted: auto-generated" in notice
    assert view(station.house, firm.anne, conversation).waits_for_firm == (AttentionReason.MAIL_FAILED,)


@pytest.mark.parametrize("house", ["embedded", "postgresql"])
def test_three_recipients_have_three_fates(stations: Callable[..., RealStation], house: str) -> None:
    station = stations(house, relay={"delay_warning_time": "1s"})
    firm, paul = station.firm, add_paul(station)
    conversation = station.ask("Bonjour à tous, voici la question.", to=[firm.sophie, firm.marc, paul])

    station.wait_for_tick(conversation, firm.sophie, Tick.BLUE)
    station.wait_for_tick(conversation, firm.marc, Tick.FAILED)
    station.wait_for(
        lambda: station.tick(conversation, paul).mail_state is MailState.DELAYED, "Postfix reports the full mailbox"
    )
    assert station.tick(conversation, paul).tick is Tick.GREY
    station.dovecot.add_mailbox(PAUL)
    station.wait_for_tick(conversation, paul, Tick.BLUE)

    fates = [station.tick(conversation, each).tick for each in (firm.sophie, firm.marc, paul)]
    assert fates == [Tick.BLUE, Tick.FAILED, Tick.BLUE]
    assert len(station.dovecot.mails_of(PAUL)) == 1


def forged_address(station: RealStation) -> str:
    """A reply address whose MAC does not hold."""
    token = station.house.keys.sign(AddressKind.REPLY, PublicId(2**40))
    forged = token[:-1] + ("a" if token[-1] != "a" else "b")
    return f"{local_part(AddressKind.REPLY, forged)}@{DOMAIN}"


def test_postfix_mails_a_bounce_to_whoever_a_forged_reply_address_was_written_from(
    stations: Callable[..., RealStation], swaks: Swaks
) -> None:
    station = stations(parts=["sink"])

    assert write_to(station, swaks, forged_address(station)).taken
    (bounce,) = station.wait_for(lambda: station.mailbox(SOPHIE), "Postfix bounces what our sink refused")

    report = email.message_from_bytes(bounce, policy=email.policy.default)
    assert report.get_content_type() == "multipart/report"
    assert "5.1.1" in str(report)
    assert kept_arrivals(station) == 0


def test_a_postfix_that_asks_our_sink_first_refuses_a_forged_address_at_its_door(
    stations: Callable[..., RealStation], swaks: Swaks
) -> None:
    asking = {
        "smtpd_recipient_restrictions": "reject_unverified_recipient",
        "unverified_recipient_reject_code": "550",
        "address_verify_poll_delay": "1s",
    }
    station = stations(parts=["sink"], relay=asking)
    genuine = local_part(AddressKind.REPLY, station.house.keys.sign(AddressKind.REPLY, PublicId(2**40)))

    said = write_to(station, swaks, forged_address(station))
    assert not said.taken
    assert "550 5.1.1" in said.text
    assert write_to(station, swaks, f"{genuine}@{DOMAIN}").taken

    station.wait_for(lambda: kept_arrivals(station) == 1, "the other mail is kept")
    assert station.postfix.said("status=bounced") == []
    assert station.dovecot.mails_of(SOPHIE) == []
