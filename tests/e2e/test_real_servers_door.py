"""The lines of docs/postfix/main.cf at the door: Postfix asks the sink at RCPT, and says what is true now."""

import re
import smtplib
from collections.abc import Iterator
from pathlib import Path

import pytest

from storage import addresses
from tests.e2e.conftest import DOMAIN
from tests.e2e.real_station import RealStation, real_stations
from tests.servers.swaks import Swaks

MAIN_CF = Path(__file__).parent.parent.parent / "docs" / "postfix" / "main.cf"
OF_THE_FIXTURE = {"relay_domains", "transport_maps"}
NEXT_ATTEMPT_S = 25.0
"""No mail server comes back sooner than this after a refusal for now."""


def documented() -> dict[str, str]:
    """The lines, with our domain; where mail is led to is the fixture's, as it has a port of its own."""
    lines = [each for each in MAIN_CF.read_text(encoding="utf-8").splitlines() if not each.startswith("#")]
    joined = re.sub(r"\n[ \t]+", " ", "\n".join(lines))
    told = dict(re.findall(r"^(\w+) =[ ]*(.*)$", joined, re.MULTILINE))
    assert told.keys() >= OF_THE_FIXTURE | {"smtpd_recipient_restrictions", "address_verify_negative_expire_time"}
    return {
        name: value.replace("mail.firm.example", DOMAIN) for name, value in told.items() if name not in OF_THE_FIXTURE
    }


@pytest.fixture
def station(
    request: pytest.FixtureRequest, tmp_path: Path, start_postfix: object, start_dovecot: object, redis_url: str
) -> Iterator[RealStation]:
    """The sink, and Postfix before it."""
    with real_stations(request, tmp_path) as make:
        yield make(parts=("sink",), relay=documented())


def answer_to(station: RealStation, local_part: str) -> int:
    with smtplib.SMTP("127.0.0.1", station.postfix.port, timeout=30) as peer:
        peer.ehlo("peer.example")
        peer.mail("sophie@boulangerie.example")
        return peer.rcpt(f"{local_part}@{DOMAIN}")[0]


def wait_for_answer(station: RealStation, local_part: str, wanted: int) -> None:
    station.wait_for(
        lambda: answer_to(station, local_part) == wanted, f"{local_part} is answered {wanted}", NEXT_ATTEMPT_S
    )


def test_an_address_takes_mail_as_soon_as_it_exists(station: RealStation) -> None:
    wait_for_answer(station, "zoe.nieuw", 550)
    assert answer_to(station, "zoe.nieuw") == 550, "it is refused and not put off"

    with station.house.database.writing() as session:
        addresses.give_house_address(
            session, ["zoe.nieuw"], now=station.house.now(session), person_id=station.firm.greta
        )

    wait_for_answer(station, "zoe.nieuw", 250)


def test_an_address_is_put_off_while_the_sink_is_away_and_takes_mail_when_it_is_back(
    station: RealStation, swaks: Swaks
) -> None:
    (sink,) = station.parts
    sink.terminate()
    sink.wait(40)
    for local_part in ("boulangerie.martin", "boulangerie.martin", *(f"someone.{number}" for number in range(6))):
        assert answer_to(station, local_part) == 450, "nothing is refused for good that may exist"

    station.start_parts(("sink",))
    wait_for_answer(station, "boulangerie.martin", 250)

    said = swaks.send(
        station.postfix.port,
        "Bonjour",
        sender="sophie@boulangerie.example",
        to=f"boulangerie.martin@{DOMAIN}",
        headers={"Subject": "Une question"},
    )
    assert said.taken, said.text
    station.wait_for(lambda: station.told("kept"), "the mail is kept")
