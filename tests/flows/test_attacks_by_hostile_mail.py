"""Hostile mails and lying reports."""

import pytest

from storage.states import ArrivalState, MailState, Outcome, Tick
from tests.conftest import Firm, HandClock
from tests.flows.attacks import ANNE, blocks, note, plain
from tests.flows.mailroom import (
    SOPHIE,
    Asked,
    Mailroom,
    address_in,
    dsn,
    reply,
    to_case_manager,
)
from tests.flows.outgoing import LATER, Post, only, open_for_firm, tick
from tests.flows.test_portal import ask, view
from worker.flows.conversations import post_message
from worker.flows.filing import file_arrival

HOSTILE = [
    ("nul in subject", b"Subject: a\x00b\xff\xfe\r\n", b"bonjour"),
    ("surrogate", b"Subject: =?utf-8?B?7aCA?= =?utf-16?B?2AA=?=\r\n", b"bonjour"),
    ("long id", b"Message-ID: <" + b"a" * 3000 + b"@x>\r\n", b"bonjour"),
    ("8bit id", b"Message-ID: <\xff\xe9\x00@x>\r\n", b"bonjour"),
    ("thread index", b"Thread-Index: AQ\xff\xff====\r\nMessage-ID: <\xc3\xa9@x>\r\n", b"bonjour"),
    ("thread index 2", b"Thread-Index: " + b"//////" * 5 + b"\r\nMessage-ID: <2@x>\r\n", b"bonjour"),
    ("thread index 3", b"Thread-Index: AQ" + b"/" * 34 + b"\r\nMessage-ID: <3@x>\r\n", b"bonjour"),
    ("no id", b"", b"\x00\x01\x02\xff\xfe"),
    ("bidi", "Subject: \u202efdp.exe\u2028\u0085x\r\n".encode(), "\u202e\ud7ff\uffff".encode()),
    ("empty subject", b"Subject:\r\n", b"bonjour"),
    ("headers only names", b"Subject: =?utf-8?q?" + b"=00" * 30 + b"?=\r\n", b"x"),
]


@pytest.mark.parametrize(("what", "head", "body"), HOSTILE, ids=[each[0] for each in HOSTILE])
def test_hostile_mail_opens_a_conversation_whose_mails_go_out(
    room: Mailroom, firm: Firm, out: Post, clock: HandClock, what: str, head: bytes, body: bytes
) -> None:
    raw = (
        b"From: Sophie <sophie@boulangerie.example>\r\n"
        + head
        + b"Date: Tue, 24 Nov 2026 10:00:00 +0100\r\n\r\n"
        + body
        + b"\r\n"
    )
    (arrival,) = room.keep(raw, "new@mail.fiduciaire.example")
    outcome = file_arrival(room.house, room.reader, arrival)
    assert outcome in {Outcome.NEW_CONVERSATION, Outcome.IGNORED, Outcome.HELD}
    if outcome is Outcome.NEW_CONVERSATION:
        from worker.flows.reading import list_conversations

        newest = list_conversations(room.house, by=firm.anne)[0].conversation
        post_message(room.house, by=firm.anne, conversation_id=newest.id, text="Merci de préciser")
        clock.forward(minutes=6)
        assert set(out.run()) == {MailState.ACCEPTED}


def test_suppression_needs_the_failure_of_the_address_itself(room: Mailroom, firm: Firm, asked: Asked) -> None:
    """A block about somebody else's address (5.1.1) suppresses Sophie's: she is not mailed any more."""
    started, sent = asked
    room.file(blocks(sent, ("old@dead.example", "failed", "5.1.1")), sent.envelope_from, sender="")
    post_message(room.house, by=firm.anne, conversation_id=started.conversation_id, text="Encore une question")
    ticks = view(room.house, firm.anne, started.conversation_id).messages[-1].ticks
    assert ticks[0].mail_state is MailState.WAITING


def test_a_short_note_in_a_case_managers_mail_is_not_mailed_to_the_client(
    room: Mailroom, firm: Firm, asked: Asked, out: Post, clock: HandClock
) -> None:
    """The last check leaves out every run that a shared message holds, and so the very message it should stop."""
    started, _sent = asked
    to_anne = to_case_manager(room, asked, out, clock)
    note(room, firm.bram, started, "Madame Martin fraude la TVA")
    before = len(out.relay.sent)
    raw = reply(to_anne, "FW: Madame Martin fraude la TVA\r\nQu'en penses-tu Bram ?", sender=ANNE, number=7)
    room.file(raw, address_in(to_anne))
    clock.forward(minutes=6)
    out.run()
    mailed = [each for each in out.relay.sent[before:] if each.recipient.startswith("sophie@")]
    assert not any("fraude" in plain(each.content[:]) for each in mailed)


def test_a_report_in_a_reply_with_text_is_not_swallowed_when_it_names_ours(
    room: Mailroom, firm: Firm, asked: Asked
) -> None:
    """A contact's own mail, with her From and a text, that carries a delivery-status part about a mail of OURS: her
    words are neither posted nor held, and the tick moves although she wrote to the reply address."""
    started, sent = asked
    raw = (
        dsn(sent, "failed", "5.1.1", to=address_in(sent))
        .replace(b"From: MAILER-DAEMON@mx.example", b"From: Sophie Martin <sophie@boulangerie.example>")
        .replace(b"Auto-Submitted: auto-replied\r\n", b"")
        .replace(b"multipart/report; report-type=delivery-status", b"multipart/mixed")
        .replace(b"Report.\r\n", b"Anne, ceci est revenu, je paie avant le 20.\r\n")
    )
    assert room.file(raw, address_in(sent)) in {Outcome.POSTED, Outcome.HELD, Outcome.NEW_CONVERSATION}
    assert tick(room.house, firm, started, firm.sophie) is Tick.GREY


def test_a_challenge_or_autoreply_of_the_server_at_the_return_path_is_no_delivery(
    room: Mailroom, firm: Firm, asked: Asked
) -> None:
    """ "Your message was blocked / is in quarantine": automatic, at the return path, no RFC 3464."""
    started, sent = asked
    raw = reply(
        sent,
        "Your message to sophie@boulangerie.example was BLOCKED by our spam filter and was not delivered.",
        sender="postmaster@mx.example",
        to=sent.envelope_from,
        subject="Message blocked",
        extra="Auto-Submitted: auto-replied\r\n",
    )
    room.file(raw, sent.envelope_from, sender="")
    assert tick(room.house, firm, started, firm.sophie) is not Tick.BLUE


def test_out_of_office_of_somebody_else_makes_no_tick_blue(room: Mailroom, firm: Firm, asked: Asked) -> None:
    """Null-sender mail from another address at the return path."""
    started, sent = asked
    raw = reply(
        sent, "Absent", sender="x@elsewhere.example", to=sent.envelope_from, extra="Auto-Submitted: auto-replied\r\n"
    )
    room.file(raw, sent.envelope_from, sender="")
    assert tick(room.house, firm, started, firm.sophie) is not Tick.BLUE


def test_a_quarantined_mail_is_shown_to_somebody(room: Mailroom, firm: Firm, asked: Asked) -> None:
    """600 photos inline, nested 31 deep, 100 kB of Cc: kept and quarantined; the conversation shows nothing."""
    started, sent = asked
    raw = reply(sent, extra="Cc: " + ", ".join(f"participant{at}@elsewhere.example" for at in range(4000)) + "\r\n")
    outcome = room.file(raw, address_in(sent))
    assert outcome is ArrivalState.QUARANTINED
    assert open_for_firm(room.house, started.conversation_id) != []


def test_seen_by_mail_never_sent_is_no_claim(room: Mailroom, firm: Firm, asked: Asked) -> None:
    """A report about our mail sent by ANOTHER participant with a valid token of the mail he got by forward."""
    started, sent = asked
    forged = dsn(sent, "failed", "5.1.1", to=address_in(sent)).replace(
        b"From: MAILER-DAEMON@mx.example", b"From: Mallory <m@elsewhere.example>"
    )
    room.file(forged, "new@mail.fiduciaire.example", sender="m@elsewhere.example")
    assert tick(room.house, firm, started, firm.sophie) is Tick.GREY


def test_a_thread_index_or_id_of_a_contact_is_not_shared_between_conversations(
    room: Mailroom, firm: Firm, clock: HandClock
) -> None:
    """Two conversations that a contact opens with one reused Message-ID: their mails share the root."""
    for text in ("Un", "Deux"):
        raw = f"From: {SOPHIE}\r\nSubject: {text}\r\nDate: Tue, 24 Nov 2026 10:00:00 +0100\r\nMessage-ID: <same@x.example>\r\n\r\n{text}\r\n".encode()
        assert room.file(raw, "new@mail.fiduciaire.example") is Outcome.NEW_CONVERSATION
    from worker.flows.reading import list_conversations

    roots = [each.conversation.thread_root for each in list_conversations(room.house, by=firm.anne)]
    assert len(set(roots)) == len(roots)


def test_a_clock_that_jumped_ahead_fails_no_mail(out: Post, firm: Firm, clock: HandClock) -> None:
    started = ask(out.house, firm, to=[firm.sophie])
    out.relay.answers = [LATER]
    clock.forward(minutes=2)
    out.run()
    clock.forward(days=30)
    out.run()
    clock.forward(days=-30, minutes=30)
    out.run()
    assert only(out.house, started, firm.sophie).state is MailState.ACCEPTED


def test_a_clock_that_jumped_ahead_and_back_keeps_no_mail_for_days(out: Post, firm: Firm, clock: HandClock) -> None:
    started = ask(out.house, firm, to=[firm.sophie])
    clock.forward(minutes=2)
    out.relay.answers = [LATER]
    clock.forward(days=2)
    out.run()
    clock.forward(days=-2)
    for _ in range(30):
        clock.forward(minutes=10)
        out.run()
    assert only(out.house, started, firm.sophie).state is MailState.ACCEPTED


def test_deleted_while_a_refused_try_waits_does_not_go_out(out: Post, firm: Firm, clock: HandClock) -> None:
    """Two joined messages, greylisted (nothing has left the house); one is deleted; hours later it still goes."""
    from tests.flows.test_undo_window import post
    from worker.flows.messages import delete_message

    started = ask(out.house, firm, to=[firm.sophie])
    post(out.house, firm, started, "Mot de passe: hunter2")
    second = view(out.house, firm.anne, started.conversation_id).messages[1].message.id
    out.relay.answers = [LATER]
    clock.forward(minutes=3)
    out.run()
    delete_message(out.house, by=firm.anne, message_id=second)
    out.relay.sent.clear()
    for _ in range(20):
        clock.forward(minutes=10)
        out.run()
    assert out.relay.sent
    assert "hunter2" not in plain(out.relay.sent[-1].content[:])
