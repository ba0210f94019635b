"""Rejections: a reason, at most once a day, from the null sender, to a verified writer only."""

from dataclasses import replace
from typing import Any

import pytest

from storage import outbox
from storage.records import OutgoingMail
from storage.states import ArrivalState, Language, MailKind, MailState, Outcome
from tests.conftest import Firm, HandClock
from tests.flows.authentication import result
from tests.flows.mailroom import Asked, Mailroom, address_in, header, note_address, reply, texts, to_case_manager
from tests.flows.outgoing import Post
from tests.flows.test_portal import ask
from worker.core.filing_facts import Why
from worker.core.parsed import ParsedMail, RawMail
from worker.core.relaying import Never
from worker.mail.parsing import MailReader

LARGE = "X-Long: " + "x" * 3_000_000 + "\r\n"


class SmallReader(MailReader):
    """Reads as usual, and says that a mail with this word is over this limit."""

    def __init__(self, limit: str) -> None:
        super().__init__()
        self.limit = limit

    def parse(self, raw: RawMail) -> ParsedMail:
        mail = super().parse(raw)
        return replace(mail, quarantine=self.limit) if b"over" in raw[:] else mail


def rejections(room: Mailroom) -> list[OutgoingMail]:
    with room.house.database.reading() as session:
        found = outbox.mails_in(session, tuple(MailState))
    return [each for each in reversed(found) if each.kind is MailKind.REJECTION]


def empty(asked: Asked, **given: Any) -> bytes:
    return reply(asked[1], " ", **given)


def test_an_empty_reply_is_told_to_its_writer_with_the_same_reply_address(
    room: Mailroom, firm: Firm, asked: Asked, out: Post
) -> None:
    assert room.file(empty(asked), address_in(asked[1])) is Outcome.REJECTED
    assert len(texts(room.house, firm, asked[0])) == 1

    assert out.run() == [MailState.ACCEPTED]
    sent = out.relay.sent[-1]
    assert (sent.envelope_from, sent.recipient) == ("", "sophie@boulangerie.example")
    assert header(sent, "Auto-Submitted") == "auto-replied"
    assert address_in(sent) == address_in(asked[1])
    assert "sans texte et sans fichier" in " ".join(out.text().split())
    assert room.last()[1].reason == Why.NOTHING_IN_IT


def test_trying_again_works(room: Mailroom, firm: Firm, asked: Asked, out: Post) -> None:
    room.file(empty(asked), address_in(asked[1]))
    out.run()

    assert room.file(reply(out.relay.sent[-1], "Voici.", number=2), address_in(out.relay.sent[-1])) is Outcome.POSTED
    assert texts(room.house, firm, asked[0])[-1] == "Voici."


def test_one_reason_is_told_once_a_day(room: Mailroom, asked: Asked, clock: HandClock) -> None:
    for number in (1, 2, 3):
        assert room.file(empty(asked, number=number), address_in(asked[1])) is Outcome.REJECTED
        clock.forward(hours=1)
    assert len(rejections(room)) == 1
    clock.forward(days=1)
    room.file(empty(asked, number=4), address_in(asked[1]))

    assert len(rejections(room)) == 2


@pytest.mark.parametrize(
    "given",
    [
        {"extra": "Precedence: bulk\r\n"},
        {"extra": "List-Id: <x.example>\r\n"},
        {"extra": "X-Auto-Response-Suppress: All\r\n"},
        {"extra": "Auto-Submitted: auto-replied\r\n"},
        {"sender": "Marc <marc@boulangerie.example>"},
        {"sender": "Somebody <somebody@world.example>"},
    ],
)
def test_neither_automatic_mail_nor_an_unproven_sender_is_told(
    room: Mailroom, asked: Asked, given: dict[str, str]
) -> None:
    room.file(empty(asked, **given), address_in(asked[1]))

    assert rejections(room) == []


def test_a_trusted_pass_of_the_domain_proves_the_writer_where_his_mail_has_no_signed_address(
    trusted: Mailroom, asked: Asked
) -> None:
    """He wrote to the firm's other address, with our Message-ID in References."""
    for number, verdict in enumerate(("none", "pass"), 1):
        extra = result(verdict, "boulangerie.example")
        raw = empty(asked, to="new@mail.fiduciaire.example", extra=extra, number=number)
        fate = trusted.file(raw, "new@mail.fiduciaire.example")

        assert fate is (Outcome.REJECTED if verdict == "pass" else Outcome.HELD)
        assert len(rejections(trusted)) == (verdict == "pass")


def test_a_colleague_s_empty_mail_at_somebody_else_s_address_is_held(
    trusted: Mailroom, asked: Asked, out: Post, clock: HandClock
) -> None:
    sent = to_case_manager(trusted, asked, out, clock)
    bram = "Bram Peeters <bram@fiduciaire.example>"
    raw = reply(sent, " ", sender=bram, extra=result("pass"), number=2)

    assert trusted.file(raw, address_in(sent), sender="bram@fiduciaire.example") is Outcome.HELD
    assert rejections(trusted) == []


def test_a_null_sender_is_never_told(room: Mailroom, asked: Asked) -> None:
    room.file(empty(asked), address_in(asked[1]), sender="")

    assert rejections(room) == []


def test_an_empty_mail_of_a_machine_that_may_write_is_held_for_the_firm(room: Mailroom, asked: Asked) -> None:
    assert room.file(empty(asked, extra="Precedence: bulk\r\n"), address_in(asked[1])) is Outcome.HELD


def test_an_empty_note_is_held_not_rejected(room: Mailroom, asked: Asked, out: Post, clock: HandClock) -> None:
    sent = to_case_manager(room, asked, out, clock)
    raw = reply(sent, " ", sender="Anne <anne@fiduciaire.example>", number=2)

    assert room.file(raw, note_address(sent), sender="anne@fiduciaire.example") is Outcome.HELD
    assert rejections(room) == []


def test_a_case_manager_is_told_in_his_form(room: Mailroom, asked: Asked, out: Post, clock: HandClock) -> None:
    sent = to_case_manager(room, asked, out, clock)
    raw = reply(sent, " ", sender="Anne <anne@fiduciaire.example>", number=2)

    assert room.file(raw, address_in(sent), sender="anne@fiduciaire.example") is Outcome.REJECTED
    out.run()
    assert out.relay.sent[-1].recipient == "anne@fiduciaire.example"
    assert address_in(out.relay.sent[-1]) == address_in(sent)


@pytest.mark.parametrize(("limit", "words"), [("size", "trop volumineux"), ("nesting", "n'a pas pu être lu")])
def test_a_mail_over_a_limit_is_kept_and_told(room: Mailroom, asked: Asked, out: Post, limit: str, words: str) -> None:
    small = replace(room, reader=SmallReader(limit))

    assert small.file(reply(asked[1], "over"), address_in(asked[1])) is ArrivalState.QUARANTINED
    out.run()
    assert words in " ".join(out.text().split())
    assert bool(header(out.relay.sent[-1], "Reply-To")) is (limit == "size")


def test_an_error_of_ours_is_never_told_to_the_sender(room: Mailroom, asked: Asked) -> None:
    small = replace(room, reader=SmallReader("error:ValueError"))

    assert small.file(reply(asked[1], "over"), address_in(asked[1])) is ArrivalState.QUARANTINED
    assert rejections(room) == []


def test_a_mail_whose_head_is_over_a_limit_is_told_nobody(room: Mailroom, asked: Asked) -> None:
    assert room.file(reply(asked[1], extra=LARGE), address_in(asked[1])) is ArrivalState.QUARANTINED
    assert rejections(room) == []


def test_a_rejection_that_fails_is_told_to_nobody(room: Mailroom, asked: Asked, out: Post) -> None:
    room.file(empty(asked), address_in(asked[1]))
    out.relay.answers.append(Never(reply="550 5.7.1 rejected", status="5.7.1"))
    out.run()

    with room.house.database.reading() as session:
        kinds = [each.kind for each in outbox.mails_in(session, tuple(MailState))]
    assert MailKind.FAILURE_NOTICE not in kinds


def test_it_is_written_in_the_writer_s_language(room: Mailroom, firm: Firm, out: Post, clock: HandClock) -> None:
    started = ask(room.house, firm, to=[firm.marc])
    clock.forward(seconds=60)
    out.run()
    asked = (started, out.relay.sent[-1])
    room.file(empty(asked, sender="Marc <marc@boulangerie.example>"), address_in(asked[1]))
    out.run()

    assert header(out.relay.sent[-1], "Content-Language") == Language.NL
