"""What came back is told apart: the probe, its control, a report, a bounce without a report; by sink or by mailbox."""

import hashlib

import pytest

from storage import inbox
from storage.states import Way
from tests.checking.conftest import DOMAIN
from tests.flows.mailroom import Mailroom, dsn
from worker.checking.comparing import return_path, signed_address
from worker.checking.probe import Probe, make_probe
from worker.checking.returned import Post, last_arrival
from worker.core.reports import Action
from worker.flows.house import House
from worker.mail.parsing import MailReader


@pytest.fixture
def room(house: House) -> Mailroom:
    return Mailroom(house, MailReader(), None)


@pytest.fixture
def post(house: House) -> Post:
    with house.database.writing() as session:
        probe = make_probe(session, house, as_mailbox=None, now=house.now(session))
    return Post(house=house, probe=probe, after=last_arrival(house))


def found(post: Post) -> tuple[int, int, int]:
    post.look()
    return len(post.probes), len(post.controls), len(post.reports)


def test_the_probe_and_its_control_are_told_apart_and_looked_at_once(room: Mailroom, post: Post) -> None:
    for mail in (post.probe.control, post.probe.sealed):
        room.keep(mail.content[:], mail.recipient, sender=mail.envelope_from)

    assert found(post) == (1, 1, 0)
    assert found(post) == (1, 1, 0)


def test_what_others_send_meanwhile_is_left_alone(room: Mailroom, post: Post) -> None:
    with room.house.database.writing() as session:
        other = make_probe(session, room.house, as_mailbox=None, now=room.house.now(session)).sealed
    room.keep(other.content[:], other.recipient, sender=other.envelope_from)
    room.keep(b"Subject: facture\r\n\r\nBonjour\r\n", f"new@{DOMAIN}")

    assert found(post) == (0, 0, 0)


def test_what_was_there_before_does_not_count(room: Mailroom, post: Post) -> None:
    sealed = post.probe.sealed
    room.keep(sealed.content[:], sealed.recipient, sender=sealed.envelope_from)
    later = Post(house=room.house, probe=post.probe, after=last_arrival(room.house))

    assert found(later) == (0, 0, 0)


def test_a_bounce_without_a_report_part_is_not_the_probe_but_a_report(room: Mailroom, post: Post) -> None:
    raw = b"Subject: Undeliverable: " + post.probe.mark.encode() + b"\r\n\r\n" + post.probe.sealed.content[:]
    room.keep(raw, post.probe.sealed.envelope_from, sender="")

    assert found(post) == (0, 0, 1)


def test_a_report_about_the_control_says_nothing_about_the_probe(room: Mailroom, post: Post) -> None:
    probe: Probe = post.probe
    room.keep(dsn(probe.control, "failed", "5.1.1"), probe.sealed.envelope_from, sender="")
    post.look()
    assert post.report(Action.FAILED) is None

    room.keep(dsn(probe.sealed, "failed", "5.1.1"), probe.sealed.envelope_from, sender="")
    post.look()
    failed = post.report(Action.FAILED)
    assert failed is not None
    assert failed.address == probe.sealed.recipient
    assert post.report(Action.DELIVERED, Action.RELAYED) is None


def collect(post: Post, head: str, to: bytes | None = None) -> None:
    """As a collector keeps what a mailbox's server wrote ``head`` on. ``to``: what stands in To in the end."""
    sent = post.probe.sealed.content[:]
    raw = head.encode() + (sent if to is None else sent.replace(post.probe.sealed.recipient.encode(), to))
    mail = inbox.KeptMail(
        sha256=hashlib.sha256(raw).hexdigest(),
        size=len(raw),
        raw=raw,
        raw_path=None,
        way=Way.IMAP,
        envelope_from=None,
        recipients=(),
        mailbox="office",
        uidvalidity=1,
        uid=len(raw),
    )
    with post.house.database.writing() as session:
        inbox.keep_mail(session, mail, now=post.house.now(session))
    post.look()


def test_a_mailbox_that_writes_the_envelope_down_tells_what_was_kept(post: Post) -> None:
    sealed = post.probe.sealed
    collect(post, f"Return-Path: <{sealed.envelope_from}>\r\nDelivered-To: {sealed.recipient.upper()}\r\n")

    (back,) = post.probes
    assert signed_address(post.probe, back).level == "ok"
    assert return_path(post.probe, back).level == "ok"


def test_a_catch_all_mailbox_is_a_warning_since_replies_are_found_by_to(post: Post) -> None:
    collect(post, "Delivered-To: office@mail.firm.example\r\n")

    (back,) = post.probes
    found = signed_address(post.probe, back)
    assert found.level == "warning"
    assert "office@mail.firm.example" in found.found
    assert "Bcc" in found.todo


def test_a_catch_all_that_rewrites_to_as_well_is_a_fault(post: Post) -> None:
    collect(post, "Delivered-To: office@mail.firm.example\r\n", to=b"office@mail.firm.example")

    (back,) = post.probes
    assert signed_address(post.probe, back).level == "fault"


def test_a_mailbox_that_writes_nothing_down_is_a_warning_for_address_and_return_path(post: Post) -> None:
    collect(post, "")

    (back,) = post.probes
    assert signed_address(post.probe, back).level == "warning"
    assert return_path(post.probe, back).level == "warning"
    assert "not told" in return_path(post.probe, back).found
