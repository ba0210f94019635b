"""Which addresses may stand in a letter, for whom."""

from dataclasses import replace

import pytest

from storage.states import MailKind, Side, Visibility
from tests.mail.letter_stories import NOTE_ADDRESS, REPLY_ADDRESS, a_letter
from worker.core.letter_rules import Form, Unprintable, addresses_shown, answer_address, form_of
from worker.core.letters import Letter

CONTACT = a_letter()
MANAGER = a_letter(side=Side.FIRM)
NOTE = a_letter(side=Side.FIRM, visibility=Visibility.INTERNAL)
NOTICE = a_letter(MailKind.FAILURE_NOTICE, side=Side.FIRM)


@pytest.mark.parametrize(
    ("letter", "form", "answers_to", "shown"),
    [
        (CONTACT, Form.CONTACT, REPLY_ADDRESS, []),
        (MANAGER, Form.MANAGER, REPLY_ADDRESS, [REPLY_ADDRESS, NOTE_ADDRESS]),
        (NOTE, Form.NOTE, NOTE_ADDRESS, [NOTE_ADDRESS]),
        (NOTICE, Form.NOTICE, NOTE_ADDRESS, [NOTE_ADDRESS]),
    ],
)
def test_each_form_shows_and_is_answered_to_its_own_addresses(
    letter: Letter, form: Form, answers_to: str, shown: list[str]
) -> None:
    assert form_of(letter) is form
    assert answer_address(letter) == answers_to
    assert [address for _, address in addresses_shown(letter)] == shown


@pytest.mark.parametrize(
    "letter",
    [
        replace(NOTE, side=Side.CLIENT, note_address=None),
        replace(NOTICE, side=Side.CLIENT, note_address=None),
        replace(CONTACT, note_address=NOTE_ADDRESS),
        replace(NOTE, reply_address=REPLY_ADDRESS),
        replace(NOTICE, failure=None),
    ],
)
def test_a_letter_that_tells_too_much_is_refused_whoever_asks(letter: Letter) -> None:
    for ask in (form_of, answer_address, addresses_shown):
        with pytest.raises(Unprintable):
            ask(letter)
