"""The brake and what a case manager passes on; and the answers to a braked sender."""

from dataclasses import replace

import pytest

from storage.states import MailKind, Outcome
from tests.conftest import Firm, HandClock, with_policy
from tests.flows.mailroom import Asked, Mailroom, address_in, note_address, to_case_manager
from tests.flows.outgoing import Post
from tests.flows.test_authentication import BAKERY
from tests.flows.test_braking import notices
from tests.flows.test_filing_files import PDF, file, with_files
from tests.flows.test_forwards import INLINE, forward
from tests.flows.test_undo_window import mails
from tests.mail.made_files import pdf
from worker.core.filing_facts import Why


@pytest.fixture
def small(trusted: Mailroom) -> Mailroom:
    return replace(trusted, house=with_policy(trusted.house, brake_from=3, hold_from=5))


def rule(number: int, to: str, text: str | None = None) -> bytes:
    """What a rule in Anne's mailbox passes on."""
    said = text or INLINE + f"\nPS numéro {number}"
    return forward(said, to=to).replace(b"<forward-30@", f"<forward-{number}@".encode())


def test_a_rule_that_forwards_to_a_note_address_is_braked(
    small: Mailroom, asked: Asked, out: Post, clock: HandClock
) -> None:
    to = note_address(to_case_manager(small, asked, out, clock))
    fates = [small.file(rule(each, to), to) for each in range(7)]

    assert fates == [Outcome.POSTED] * 5 + [Outcome.HELD] * 2
    assert small.last()[1].reason == Why.TOO_MANY_MAILS
    assert len(notices(small)) == 1


def test_a_rule_that_forwards_one_text_is_held(small: Mailroom, asked: Asked, out: Post, clock: HandClock) -> None:
    to = note_address(to_case_manager(small, asked, out, clock))
    fates = [small.file(rule(each, to, INLINE), to) for each in range(3)]

    assert fates == [Outcome.POSTED] * 2 + [Outcome.HELD]
    assert small.last()[1].reason == Why.REPEATS_ONE_TEXT


def test_a_rule_that_forwards_to_the_clients_address_is_braked(small: Mailroom, firm: Firm) -> None:
    fates = [small.file(rule(each, BAKERY), BAKERY) for each in range(7)]

    assert fates == [Outcome.NEW_CONVERSATION] * 5 + [Outcome.HELD] * 2


def test_what_was_passed_on_does_not_brake_the_client(
    small: Mailroom, asked: Asked, out: Post, clock: HandClock
) -> None:
    to = note_address(to_case_manager(small, asked, out, clock))
    for each in range(5):
        small.file(rule(each, to), to)

    raw = with_files(asked[1], text="Et voici la suite de l'histoire.", number=9)
    assert small.file(raw, address_in(asked[1])) is Outcome.POSTED


def test_answers_about_files_of_a_braked_sender_join_into_one_per_window(
    desk_room: Mailroom, firm: Firm, asked: Asked, out: Post, clock: HandClock
) -> None:
    small = replace(desk_room, house=with_policy(desk_room.house, brake_from=4, hold_from=20))
    for number in range(8):
        parts = [file(f"secret{number}.pdf", pdf("secret"), PDF)] if number >= 4 else []
        raw = with_files(asked[1], *parts, text=f"Voici le fichier {number}.")
        raw = raw.replace(b"<reply-1@", f"<reply-{number}@".encode())
        assert small.file(raw, address_in(asked[1])) is Outcome.POSTED
        out.run()
        clock.forward(minutes=10)

    sent = mails(small.house, asked[0].conversation_id, firm.sophie)
    answers = [each for each in sent if each.kind is MailKind.REFUSED_FILES]
    assert [len((each.details or {})["refused"]) for each in answers] == [1, 3]
    assert answers[1].due_at - answers[0].due_at == small.house.policy.brake_window
