"""A probe with forged Authentication-Results: the setting is refused when our own MX passes them on."""

import re

from tests.checking.conftest import PATIENT, Trip
from worker.demo.world import World

BELIEVED = "mx.fiduciaire.example"


def cleaning(sender: str, to: str, content: bytes) -> tuple[str, str, bytes]:
    """An MX that takes results of its own name away, and cannot take ARC's: it puts its own on top."""
    kept = re.sub(rb"(?m)^Authentication-Results: .*\r\n", b"", content)
    own = f"ARC-Authentication-Results: i=2; {BELIEVED}; dmarc=none\r\n".encode()
    return sender, to, own + kept


def test_an_mx_that_removes_forged_results_may_be_believed(trip: Trip) -> None:
    assert trip(PATIENT, cleaning, authserv_ids=BELIEVED)["authserv_ids"].level == "ok"


def test_an_mx_that_passes_a_forged_result_on_is_refused(trip: Trip) -> None:
    found = trip(PATIENT, authserv_ids=f"mx.other.example,{BELIEVED}")["authserv_ids"]

    assert found.level == "fault"
    assert "NAVETTE_AUTHSERV_IDS" in found.todo


def test_an_mx_that_puts_no_seal_above_a_forged_one_is_refused(trip: Trip) -> None:
    def half(sender: str, to: str, content: bytes) -> tuple[str, str, bytes]:
        return sender, to, re.sub(rb"(?m)^Authentication-Results: .*\r\n", b"", content)

    found = trip(PATIENT, half, authserv_ids=BELIEVED)["authserv_ids"]

    assert found.level == "fault"
    assert "ARC" in found.found


def test_without_the_setting_the_probe_carries_no_forged_results(trip: Trip, world: World) -> None:
    assert "authserv_ids" not in trip()
    assert b"authentication-results" not in world.received[0].content.lower()
