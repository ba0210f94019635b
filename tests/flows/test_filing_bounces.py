"""Bounces in words and complaints: they move or alarm only with proof that they are about a mail of ours."""

from dataclasses import replace

import pytest

from storage import outbox
from storage.states import FailureClass, MailKind, MailState, Outcome, Tick
from tests.conftest import Firm, with_policy
from tests.flows.mailroom import Asked, Mailroom, address_in, header
from tests.flows.outgoing import Post, only, tick
from worker.core.filing_facts import Why
from worker.core.letters import AlarmKind
from worker.core.relaying import SealedMail

ABUSE, OFFICE = "abuse@mail.fiduciaire.example", "new@mail.fiduciaire.example"


def bounce(
    sent: SealedMail,
    *,
    message_id: str | None = None,
    said: str = "550 5.1.1 no such user",
    sender: str = "MAILER-DAEMON@mx.example",
) -> bytes:
    return (
        f"From: {sender}\r\nTo: {sent.envelope_from}\r\nSubject: failure notice\r\nMessage-ID: <bounce@mx.example>\r\n"
        "Date: Tue, 24 Nov 2026 10:00:30 +0100\r\n\r\nI wasn't able to deliver your message.\r\n\r\n"
        f"<{sent.recipient}>:\r\nRemote host said: {said}\r\n\r\n--- Below this line is a copy of the message.\r\n\r\n"
        f"From: anne\r\nMessage-ID: {message_id or header(sent, 'Message-ID')}\r\nSubject: x\r\n\r\nBonjour\r\n"
    ).encode()


@pytest.mark.parametrize("at_return_path", [True, False])
def test_a_bounce_in_words_with_proof_fails_the_mail(
    room: Mailroom, firm: Firm, asked: Asked, *, at_return_path: bool
) -> None:
    to = asked[1].envelope_from if at_return_path else OFFICE

    assert room.file(bounce(asked[1]), to, sender="") is Outcome.REPORT
    mail = only(room.house, asked[0], firm.sophie)
    assert tick(room.house, firm, asked[0], firm.sophie) is Tick.FAILED
    assert (mail.failure_class, mail.failure_status) == (FailureClass.HARD, "5.1.1")


def test_a_bounce_in_words_without_proof_changes_nothing(room: Mailroom, firm: Firm, asked: Asked) -> None:
    forged = bounce(replace(asked[1], envelope_from=OFFICE), message_id="<guess@mail.fiduciaire.example>")

    assert room.file(forged, OFFICE, sender="") is Outcome.IGNORED
    assert tick(room.house, firm, asked[0], firm.sophie) is Tick.GREY


def test_a_bounce_in_words_with_a_sender_is_held(room: Mailroom, firm: Firm, asked: Asked) -> None:
    assert room.file(bounce(asked[1]), asked[1].envelope_from, sender="x@mx.example") is Outcome.HELD

    assert room.last()[1].reason == Why.UNREAD_REPORT
    assert tick(room.house, firm, asked[0], firm.sophie) is Tick.GREY


def test_a_person_who_forwards_a_bounce_fails_nothing(room: Mailroom, firm: Firm, asked: Asked) -> None:
    raw = bounce(asked[1], sender="Sophie <sophie@boulangerie.example>")
    room.file(raw, address_in(asked[1]))

    assert tick(room.house, firm, asked[0], firm.sophie) is not Tick.FAILED


def test_a_bounce_about_somebody_behind_the_recipient_is_not_his_address_s_fault(
    room: Mailroom, firm: Firm, asked: Asked
) -> None:
    raw = bounce(asked[1]).replace(b"<sophie@boulangerie.example>:", b"<sophie@private.example>:")
    room.file(raw, asked[1].envelope_from, sender="")

    mail = only(room.house, asked[0], firm.sophie)
    assert (mail.state, mail.failure_class, mail.failure_status) == (MailState.FAILED, FailureClass.EXHAUSTED, "")


def test_a_bounce_that_a_machine_does_not_explain_is_held_at_the_return_path(
    room: Mailroom, firm: Firm, asked: Asked
) -> None:
    raw = b"From: MAILER-DAEMON@mx.example\r\nSubject: Information\r\n\r\nSomething happened.\r\n"

    assert room.file(raw, asked[1].envelope_from, sender="") is Outcome.HELD
    assert tick(room.house, firm, asked[0], firm.sophie) is Tick.GREY


def complaint(sent: SealedMail, *, message_id: str | None = None) -> bytes:
    return (
        "From: feedback@provider.example\r\nTo: abuse@mail.fiduciaire.example\r\nSubject: Complaint\r\nMIME-Version: 1.0\r\n"
        "Message-ID: <arf@provider.example>\r\nDate: Tue, 24 Nov 2026 10:00:30 +0100\r\n"
        'Content-Type: multipart/report; report-type=feedback-report; boundary="b"\r\n\r\n'
        "--b\r\nContent-Type: text/plain\r\n\r\nAn abuse report.\r\n"
        "--b\r\nContent-Type: message/feedback-report\r\n\r\nFeedback-Type: abuse\r\nVersion: 1\r\n\r\n"
        f"--b\r\nContent-Type: message/rfc822\r\n\r\nMessage-ID: {message_id or header(sent, 'Message-ID')}\r\nSubject: x\r\n\r\nx\r\n--b--\r\n"
    ).encode()


def test_a_complaint_alarms_the_operator_and_moves_no_tick(room: Mailroom, firm: Firm, asked: Asked, out: Post) -> None:
    room = Mailroom(with_policy(room.house, operator_address="operator@firm.example"), room.reader, room.bell)

    assert room.file(complaint(asked[1]), ABUSE, sender="feedback@provider.example") is Outcome.REPORT
    assert room.last()[1].reason == Why.COMPLAINT
    assert tick(room.house, firm, asked[0], firm.sophie) is Tick.GREY
    out.run()
    assert out.relay.sent[-1].recipient == "operator@firm.example"
    assert "navette explain o1" in " ".join(out.text().split())
    assert "sophie" not in out.text().lower()


def test_a_complaint_without_proof_alarms_nobody(room: Mailroom, asked: Asked) -> None:
    room = Mailroom(with_policy(room.house, operator_address="operator@firm.example"), room.reader, room.bell)
    raw = complaint(asked[1], message_id="<guess@mail.fiduciaire.example>")

    assert room.file(raw, ABUSE, sender="feedback@provider.example") is Outcome.IGNORED
    with room.house.database.reading() as session:
        kinds = [each.details for each in outbox.mails_in(session, tuple(MailState)) if each.kind is MailKind.ALARM]
    assert kinds == []
    assert AlarmKind.COMPLAINT not in [each["alarm"] for each in kinds if each]
