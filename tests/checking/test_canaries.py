"""A probe is kept like any mail and filed as nothing; a mail that also has a reply address is no probe."""

import pytest

from storage import signed
from storage.states import AddressKind, Outcome
from tests.checking.conftest import DOMAIN
from tests.conftest import Firm
from tests.flows.mailroom import SOPHIE, Mailroom, dsn
from worker.checking.probe import make_probe
from worker.core.filing_facts import Why
from worker.core.signed_addresses import local_part
from worker.flows.house import House
from worker.mail.parsing import MailReader


@pytest.fixture
def room(house: House) -> Mailroom:
    return Mailroom(house, MailReader(), None)


def canary(house: House) -> str:
    with house.database.writing() as session:
        row = signed.add_signed_address(session, AddressKind.CANARY, now=house.now(session))
    return f"{local_part(AddressKind.CANARY, house.keys.sign(AddressKind.CANARY, row.public_id))}@{DOMAIN}"


def a_mail(to: str, sender: str = SOPHIE, extra: str = "") -> bytes:
    return (
        f"From: {sender}\r\nTo: {to}\r\nSubject: Bonjour\r\n{extra}Date: Tue, 24 Nov 2026 10:00:00 +0100\r\n"
        "Message-ID: <probe-1@boulangerie.example>\r\n\r\nUne question\r\n"
    ).encode()


@pytest.mark.parametrize("extra", ["", "Auto-Submitted: auto-generated\r\n"])
def test_a_mail_to_a_canary_address_is_ignored_as_a_probe(room: Mailroom, firm: Firm, extra: str) -> None:
    address = canary(room.house)

    assert room.file(a_mail(address, extra=extra), address) is Outcome.IGNORED
    assert room.last()[1].reason == Why.CANARY


def test_the_probe_and_its_control_are_ignored_as_probes(room: Mailroom) -> None:
    with room.house.database.writing() as session:
        probe = make_probe(session, room.house, as_mailbox=None, now=room.house.now(session))

    for mail in (probe.sealed, probe.control):
        assert room.file(mail.content[:], mail.recipient, sender=mail.envelope_from) is Outcome.IGNORED
        assert room.last()[1].reason == Why.CANARY


def test_a_report_about_a_probe_is_a_report_about_nothing_of_ours(room: Mailroom) -> None:
    with room.house.database.writing() as session:
        probe = make_probe(session, room.house, as_mailbox=None, now=room.house.now(session))
    raw = dsn(probe.sealed, "relayed", "2.0.0")

    assert room.file(raw, probe.sealed.envelope_from, sender="") is Outcome.IGNORED
    assert room.last()[1].reason == Why.REPORT_ABOUT_NOTHING


def test_a_mail_that_also_has_a_reply_address_is_no_probe(room: Mailroom, firm: Firm) -> None:
    with room.house.database.writing() as session:
        row = signed.add_signed_address(session, AddressKind.REPLY, now=room.house.now(session))
    reply = f"r+{room.house.keys.sign(AddressKind.REPLY, row.public_id)}@{DOMAIN}"

    assert room.file(a_mail(f"{canary(room.house)}, {reply}"), reply) is Outcome.HELD
