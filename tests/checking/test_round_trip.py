"""A probe goes out through the mail world and comes back to the real sink; or it does not, and check says why."""

import re
from collections.abc import Callable
from datetime import timedelta

import pytest

from storage import signed
from tests.checking.conftest import DOMAIN, PATIENT, SHORT, Make, Reporting, Trip, delivering, fitting, levels, told
from tests.e2e.conftest import free_port
from tests.mail.relay_server import Act, RelayServer, running
from worker.checking.probe import make_probe
from worker.checking.round_trip import Waits, check_round_trip
from worker.core.signed_addresses import token_in
from worker.demo.world import World
from worker.demo.world_behaviours import UNKNOWN
from worker.demo.world_delivery import Delivery
from worker.demo.world_dsn import Notify
from worker.demo.world_queue import Job
from worker.flows.house import House
from worker.settings import Settings
from worker.wiring import build_house

MAILBOX = "office@fiduciaire.example"
ALL_KEPT = ("round trip", "size limit", "signed address", "Message-ID", "return path", "From", "headers", "from_style")


class Bouncing(Delivery):
    """Whatever is from somebody comes back as undeliverable."""

    def forward(self, job: Job) -> float | None:
        if job.mail.envelope.sender and job.recipient.address.startswith("p+"):
            self.bounce(job, UNKNOWN.status, UNKNOWN.reply)
            return None
        return super().forward(job)


def test_a_good_way_keeps_everything(trip: Trip, world: World) -> None:
    delivering(world, Reporting)
    found = trip(Waits(probe=20, report=20))

    assert {about: each.level.value for about, each in found.items()} == dict.fromkeys((*ALL_KEPT, "own_relays"), "ok")
    assert re.fullmatch(r"the probe came back after \d+\.\d s by smtp", found["round trip"].found)
    assert found["size limit"].found == "50.0 MB"
    assert found["from_style"].found == "person fits"
    assert "our sink itself" in found["own_relays"].found


def test_the_probe_asks_for_reports_and_goes_to_our_own_domain_alone(trip: Trip, world: World) -> None:
    trip()

    signed, control = world.received
    assert signed.envelope.recipients[0].address.startswith("p+")
    assert signed.envelope.recipients[0].ask.wants(Notify.SUCCESS)
    assert control.envelope.recipients[0].address == f"postmaster@{DOMAIN}"
    assert signed.envelope.sender == control.envelope.sender


def test_a_host_that_stands_between_is_proposed_as_own_relay(trip: Trip, world: World) -> None:
    class Between(Reporting):
        remote = "Smart.Provider.example"

    delivering(world, Between)
    found = trip(Waits(probe=20, report=20), own_relays="relay.firm.example")

    assert found["own_relays"].level == "warning"
    assert "NAVETTE_OWN_RELAYS=relay.firm.example,smart.provider.example" in found["own_relays"].todo
    named = trip(Waits(probe=20, report=20), own_relays="smart.provider.example")
    assert named["own_relays"].level == "ok"
    assert "one of ours" in named["own_relays"].found


def test_a_report_that_never_comes_is_a_warning(trip: Trip) -> None:
    assert trip(Waits(probe=20, report=0.1))["own_relays"].level == "warning"


def test_a_probe_that_is_lost_is_a_fault_that_says_where_to_look(trip: Trip, world: World) -> None:
    world.lead_to("127.0.0.1", free_port())
    found = trip(SHORT)

    assert {about: each.level.value for about, each in found.items()} == {"size limit": "ok", "round trip": "fault"}
    assert "did not come back within 0.5 s" in found["round trip"].found
    assert "MX" in found["round trip"].todo


def test_a_probe_that_bounces_tells_the_servers_words_at_once(trip: Trip, world: World) -> None:
    delivering(world, Bouncing)
    found = trip(Waits(probe=60, report=1))

    assert found["round trip"].level == "fault"
    assert "550 5.1.1 No such person here" in found["round trip"].found


def stripped(sender: str, recipient: str, content: bytes) -> tuple[str, str, bytes]:
    """Plus parts go; what is left is a name nobody has."""
    return re.sub(r"\+\w+", "", sender), re.sub(r"\+\w+", "", recipient), content


def caught_all(sender: str, _recipient: str, content: bytes) -> tuple[str, str, bytes]:
    return sender, MAILBOX, content


def test_a_plus_part_that_is_stripped_on_the_way_is_a_fault(trip: Trip) -> None:
    found = trip(SHORT, stripped)

    assert found["round trip"].level == "fault"
    assert "mail to postmaster came back" in found["round trip"].found
    assert "recipient_delimiter" in found["round trip"].todo


def test_a_catch_all_that_takes_the_signed_address_away_is_a_fault(trip: Trip) -> None:
    found = trip(PATIENT, caught_all)

    assert found["round trip"].level == "ok"
    assert found["signed address"].level == "fault"
    assert MAILBOX in found["signed address"].found


@pytest.mark.parametrize(
    ("old", "new", "about", "todo"),
    [
        (rb"(?m)^Message-ID: .*\r$", b"Message-ID: <their-own@relay.example>\r", "Message-ID", "ENVID"),
        (rb"(?m)^Message-ID: .*\r\n", b"", "Message-ID", "ENVID"),
        (rb"(?m)^Thread-Index: .*\r\n", b"", "headers", "rewrites"),
        (rb"(?m)^(Subject: )", rb"\1[EXTERN] ", "headers", "rewrites"),
    ],
)
def test_a_header_that_is_changed_is_a_warning(trip: Trip, old: bytes, new: bytes, about: str, todo: str) -> None:
    found = trip(PATIENT, lambda sender, to, content: (sender, to, re.sub(old, new, content)))

    assert {name for name, each in found.items() if each.level != "ok"} == {about}
    assert todo in found[about].todo


def test_a_return_path_that_is_changed_is_a_warning(trip: Trip) -> None:
    found = trip(PATIENT, lambda _sender, to, content: (MAILBOX, to, content))

    assert {name for name, each in found.items() if each.level != "ok"} == {"return path"}
    assert MAILBOX in found["return path"].found


def as_office(sender: str, to: str, content: bytes) -> tuple[str, str, bytes]:
    return sender, to, re.sub(rb"(?m)^From: .*\r$", b"From: Office <office@fiduciaire.example>\r", content)


def test_a_relay_that_rewrites_from_makes_the_mailbox_the_style(trip: Trip) -> None:
    found = trip(PATIENT, as_office)

    assert {name for name, each in found.items() if each.level != "ok"} == {"From", "from_style"}
    assert f"NAVETTE_FROM_STYLE=mailbox and NAVETTE_MAILBOX_ADDRESS={MAILBOX}" in found["from_style"].todo
    set_so = trip(PATIENT, as_office, from_style="mailbox", mailbox_address=MAILBOX)
    assert set_so["From"].level == "ok"
    assert set_so["from_style"].found == "mailbox fits"


def test_a_relay_that_drops_reply_to_makes_the_reply_address_the_style(trip: Trip) -> None:
    def drop(sender: str, to: str, content: bytes) -> tuple[str, str, bytes]:
        return sender, to, re.sub(rb"(?m)^Reply-To: (?:.|\r\n )*\r\n", b"", content)

    assert "NAVETTE_FROM_STYLE=reply_address" in trip(PATIENT, drop)["from_style"].todo


def test_a_relay_that_refuses_our_addresses_is_tried_as_the_mailbox(
    set_up: Make, house: House, start_sink: Callable[[House, Settings], int]
) -> None:
    answers: dict[str, list[bytes | Act]] = {"MAIL": [b"550 5.7.60 not allowed to send as this\r\n", b"250 ok\r\n"]}
    with running(RelayServer(answers=answers)) as server:
        settings = set_up(relay_port=server.port, mailbox_address=MAILBOX)
        told(check_round_trip(settings, lambda: fitting(house, settings), SHORT))

    first, second, control = server.said("MAIL")
    assert first.startswith(b"MAIL FROM:<p+")
    assert second.startswith(f"MAIL FROM:<{MAILBOX}>".encode())
    assert control.startswith(f"MAIL FROM:<{MAILBOX}>".encode())
    assert b"From: Fiduciaire Exemple <office@fiduciaire.example>\r\n" in server.mails[0]


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (b"550 5.7.60 not allowed\r\n", "NAVETTE_FROM_STYLE=mailbox"),
        (b"550 5.1.3 bad destination\r\n", "NAVETTE_SEPARATOR to a sign"),
        (b"553 plus addresses are not served\r\n", "NAVETTE_SEPARATOR to a sign"),
        (b"451 4.7.1 come again\r\n", "relay"),
    ],
)
def test_a_relay_that_does_not_take_the_probe_says_so(set_up: Make, house: House, answer: bytes, words: str) -> None:
    with running(RelayServer(answers={"MAIL": [answer]})) as server:
        settings = set_up(relay_port=server.port)
        found = told(check_round_trip(settings, lambda: fitting(house, settings), PATIENT))["round trip"]

    assert found.level == "fault"
    assert answer.decode().strip() in found.found
    assert words in found.todo
    assert server.mails == []


def test_a_250_that_was_lost_is_waited_for_all_the_same(trip: Trip, world: World) -> None:
    """The relay took the mail and hung up before it said so."""
    answers: dict[str, list[bytes | Act]] = {"text": [Act.CLOSE]}
    with running(RelayServer(answers=answers)) as server:
        found = trip(SHORT, relay_port=server.port)

    assert "did not come back" in found["round trip"].found


def test_without_a_domain_nothing_is_sent(set_up: Make, house: House, world: World) -> None:
    settings = set_up(domain="navette.invalid", relay_port=world.port)

    assert levels(check_round_trip(settings, lambda: fitting(house, settings), SHORT)) == {"round trip": "fault"}
    assert world.received == []


def test_a_relay_that_is_down_is_a_fault(set_up: Make, house: House) -> None:
    settings = set_up(relay_port=free_port())
    found = told(check_round_trip(settings, lambda: fitting(house, settings), SHORT))["round trip"]

    assert found.level == "fault"
    assert "no connection" in found.found


def test_a_database_that_is_down_is_a_fault(set_up: Make, world: World) -> None:
    settings = set_up(relay_port=world.port, database_url="postgresql://x@127.0.0.1:1/none")
    found = told(check_round_trip(settings, lambda: build_house(settings, None), SHORT))["round trip"]  # type: ignore[arg-type]

    assert found.level == "fault"
    assert "the database" in found.todo
    assert world.received == []


def test_the_addresses_of_a_probe_end_after_a_day(house: House) -> None:
    with house.database.writing() as session:
        now = house.now(session)
        probe = make_probe(session, house, as_mailbox=None, now=now)
        for address in (probe.sealed.recipient, probe.sealed.envelope_from):
            token = house.keys.verify(token_in(address, DOMAIN) or "")
            assert token is not None
            row = signed.signed_address(session, token.public_id)
            assert row is not None
            assert row.expires_at == now + timedelta(days=1)
    assert probe.sealed.recipient != probe.sealed.envelope_from
