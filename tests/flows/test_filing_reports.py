"""Reports, out-of-office answers, automatic mail and our own mail."""

from dataclasses import replace

import pytest

from storage.states import (
    Outcome,
    Tick,
)
from tests.conftest import Firm
from tests.flows.mailroom import (
    Asked,
    Mailroom,
    address_in,
    dsn,
    reply,
    texts,
)
from tests.flows.outgoing import tick
from worker.core.filing_facts import Why


@pytest.mark.parametrize(
    ("action", "status", "seen"),
    [("delivered", "2.0.0", Tick.BLUE), ("failed", "5.1.1", Tick.FAILED), ("delayed", "4.4.1", Tick.GREY)],
)
def test_a_report_moves_the_tick(
    room: Mailroom, firm: Firm, asked: Asked, action: str, status: str, seen: Tick
) -> None:
    started, sent = asked

    assert room.file(dsn(sent, action, status), sent.envelope_from, sender="") is Outcome.REPORT
    assert tick(room.house, firm, started, firm.sophie) is seen


def test_a_report_without_return_path_is_matched_by_envelope_id_or_returned_headers(
    room: Mailroom, firm: Firm, asked: Asked
) -> None:
    started, sent = asked
    raw = dsn(sent, "delivered", "2.0.0", envelope=False, to="office@fiduciaire.example")

    assert room.file(raw, "new@mail.fiduciaire.example", sender="") is Outcome.REPORT
    assert tick(room.house, firm, started, firm.sophie) is Tick.BLUE


def test_a_forged_report_changes_nothing(room: Mailroom, firm: Firm, asked: Asked) -> None:
    started, sent = asked
    forged = replace(
        sent,
        envelope_id="x" * 32,
        envelope_from="b+guess@mail.fiduciaire.example",
        content=b"Message-ID: <guess@mail.fiduciaire.example>\r\n\r\n",
    )

    assert room.file(dsn(forged, "failed", "5.1.1"), "new@mail.fiduciaire.example", sender="") is Outcome.IGNORED
    assert tick(room.house, firm, started, firm.sophie) is Tick.GREY


def test_an_out_of_office_answer_at_the_return_path_is_evidence_and_no_message(
    room: Mailroom, firm: Firm, asked: Asked
) -> None:
    started, sent = asked
    raw = reply(
        sent, "Je suis absente.", to=sent.envelope_from, extra="Auto-Submitted: auto-replied\r\n", subject="Absence"
    )

    assert room.file(raw, sent.envelope_from, sender="") is Outcome.IGNORED
    assert room.last()[1].reason == Why.OUT_OF_OFFICE
    assert tick(room.house, firm, started, firm.sophie) is Tick.BLUE
    assert len(texts(room.house, firm, started)) == 1


def test_automatic_mail_at_the_reply_address_is_not_posted(room: Mailroom, firm: Firm, asked: Asked) -> None:
    started, sent = asked

    assert room.file(reply(sent, extra="Auto-Submitted: auto-generated\r\n"), address_in(sent)) is Outcome.IGNORED
    assert len(texts(room.house, firm, started)) == 1


def test_auto_submitted_no_is_a_person(room: Mailroom, firm: Firm, asked: Asked) -> None:
    _started, sent = asked

    assert room.file(reply(sent, extra="Auto-Submitted: no\r\n"), address_in(sent)) is Outcome.POSTED


def test_our_own_mail_that_comes_back_is_ignored(room: Mailroom, firm: Firm, asked: Asked) -> None:
    _started, sent = asked

    assert room.file(sent.content[:], address_in(sent), sender=sent.envelope_from) is Outcome.IGNORED
    assert room.last()[1].reason == Why.OWN_MAIL
