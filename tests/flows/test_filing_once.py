"""The same mail is filed once, and a mail that breaks our code stops no other."""

import hashlib

from storage import inbox
from storage.states import (
    ArrivalState,
    Outcome,
    Way,
)
from tests.conftest import Firm, HandClock
from tests.flows.mailroom import (
    SOPHIE,
    Asked,
    Mailroom,
    address_in,
    reply,
    texts,
)
from worker.core.parsed import ParsedMail, RawMail
from worker.flows.filing import file_arrival
from worker.flows.sweeping import sweep
from worker.mail.parsing import MailReader


def test_the_same_mail_again_changes_nothing_whatever_its_trace_headers(
    room: Mailroom, firm: Firm, asked: Asked
) -> None:
    started, sent = asked
    raw = reply(sent)
    room.file(raw, address_in(sent))
    again = b"Received: from mx2 by mx1; Tue, 24 Nov 2026 10:05:00 +0100\r\n" + raw

    assert room.file(again, address_in(sent)) is Outcome.IGNORED
    assert room.keep(raw, address_in(sent)) == [], "the same bytes to the same recipient are one arrival"
    assert len(texts(room.house, firm, started)) == 2
    assert (room.last()[0].ended_why or "").startswith("duplicate of f")


def test_another_mail_with_a_reused_message_id_is_another_message(room: Mailroom, firm: Firm, asked: Asked) -> None:
    started, sent = asked
    room.file(reply(sent, "Un"), address_in(sent))
    room.file(reply(sent, "Deux"), address_in(sent))

    assert texts(room.house, firm, started)[1:] == ["Un", "Deux"]


def test_mails_without_message_id_and_date_are_neither_dropped_nor_merged(
    room: Mailroom, firm: Firm, asked: Asked
) -> None:
    started, sent = asked
    for text in ("Un", "Deux"):
        raw = f"From: {SOPHIE}\r\nTo: {address_in(sent)}\r\nSubject: RE: Facture 2026-114\r\n\r\n{text}\r\n".encode()
        assert room.file(raw, address_in(sent)) is Outcome.POSTED

    assert texts(room.house, firm, started)[1:] == ["Un", "Deux"]


class BrokenReader(MailReader):
    def parse(self, raw: RawMail) -> ParsedMail:
        raise ZeroDivisionError


def test_a_mail_that_breaks_our_code_is_quarantined_after_three_tries_and_can_be_refiled(
    room: Mailroom, firm: Firm, asked: Asked, clock: HandClock
) -> None:
    _started, sent = asked
    (arrival,) = room.keep(reply(sent), address_in(sent))
    broken = BrokenReader()
    for expected in (None, None, ArrivalState.QUARANTINED):
        assert file_arrival(room.house, broken, arrival) == expected
        clock.forward(hours=1)

    with room.house.database.writing() as session:
        shelved = inbox.arrival(session, arrival)
        assert shelved is not None
        assert shelved.error == "error:ZeroDivisionError"
        assert inbox.reopen_arrival(session, arrival, now=clock.at)
    assert file_arrival(room.house, room.reader, arrival) is Outcome.POSTED


def test_a_lost_lease_counts_apart_and_a_mail_that_kills_workers_is_shelved(
    room: Mailroom, firm: Firm, asked: Asked, clock: HandClock
) -> None:
    _started, sent = asked
    (arrival,) = room.keep(reply(sent), address_in(sent))
    for _ in range(6):
        with room.house.database.writing() as session:
            claimed = inbox.claim_arrival(session, arrival, clock.at, lease=room.house.policy.file_lease)
        if claimed is None or claimed.lost_leases >= 5:
            break
        clock.forward(seconds=400)
    clock.forward(seconds=400)
    assert file_arrival(room.house, room.reader, arrival) is None

    with room.house.database.reading() as session:
        shelved = inbox.arrival(session, arrival)
    assert shelved is not None
    assert (shelved.state, shelved.errors) == (ArrivalState.QUARANTINED, 0)


def test_missing_bytes_on_disk_are_a_fault_that_passes(
    room: Mailroom, firm: Firm, asked: Asked, clock: HandClock
) -> None:
    _started, sent = asked
    raw = reply(sent)
    path = room.house.files.put_inbound(hashlib.sha256(raw).hexdigest(), raw)
    mail = inbox.KeptMail(
        sha256=hashlib.sha256(raw).hexdigest(),
        size=len(raw),
        raw=None,
        raw_path=path,
        way=Way.LMTP,
        envelope_from="sophie@boulangerie.example",
        recipients=(address_in(sent),),
    )
    with room.house.database.writing() as session:
        (arrival,) = inbox.keep_mail(session, mail, now=clock.at)
    moved = room.house.files.root / "elsewhere"
    (room.house.files.root / path).rename(moved)
    assert file_arrival(room.house, room.reader, arrival) is None
    moved.rename(room.house.files.root / path)
    clock.forward(minutes=1)

    assert file_arrival(room.house, room.reader, arrival) is Outcome.POSTED


def test_the_sweep_rings_for_arrivals_that_nobody_rang_for(
    room: Mailroom, firm: Firm, asked: Asked, bell: object
) -> None:
    _started, sent = asked
    arrivals = room.keep(reply(sent), address_in(sent))
    sweep(room.house)

    assert room.bell.inbound == arrivals  # type: ignore[attr-defined]
