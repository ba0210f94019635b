"""Mail in quarantine: an alarm per error and hour, and other mails go on."""

from dataclasses import replace

import pytest

from storage import outbox
from storage.states import ArrivalState, Language, MailKind, MailState, Outcome
from tests.conftest import Firm, HandClock, with_policy
from tests.flows.mailroom import Asked, Mailroom, address_in, reply
from tests.flows.outgoing import Post
from worker.core.parsed import ParsedMail, RawMail
from worker.flows.filing import file_arrival
from worker.mail.parsing import MailReader

OPERATOR = "operator@firm.example"


class PoisonReader(MailReader):
    """Breaks on mails that say so, as a bug of ours would."""

    broken = True

    def parse(self, raw: RawMail) -> ParsedMail:
        if self.broken and b"poison" in raw[:]:
            raise KeyError if b"other" in raw[:] else ValueError
        return super().parse(raw)


@pytest.fixture
def room(room: Mailroom) -> Mailroom:
    return Mailroom(with_policy(room.house, operator_address=OPERATOR), PoisonReader(), room.bell)


def shelve(room: Mailroom, clock: HandClock, raw: bytes, to: str) -> ArrivalState | Outcome | None:
    """File until it is in quarantine."""
    (arrival,) = room.keep(raw, to)
    outcome = None
    for minutes in (0, 1, 3):
        clock.forward(minutes=minutes)
        outcome = file_arrival(room.house, room.reader, arrival)
    return outcome


def alarms(room: Mailroom) -> list[dict[str, object]]:
    with room.house.database.reading() as session:
        found = outbox.mails_in(session, tuple(MailState))
    return [each.details or {} for each in reversed(found) if each.kind is MailKind.ALARM]


def test_the_operator_hears_of_a_mail_that_broke_our_code(
    room: Mailroom, asked: Asked, clock: HandClock, out: Post
) -> None:
    assert shelve(room, clock, reply(asked[1], "poison"), address_in(asked[1])) is ArrivalState.QUARANTINED

    assert replace(out, house=room.house).run() == [MailState.ACCEPTED]
    assert out.relay.sent[-1].recipient == OPERATOR
    assert "error:ValueError" in out.parsed()["Subject"]
    assert "navette inbox show i1" in " ".join(out.text().split())
    assert "poison" not in out.text()


@pytest.mark.parametrize("language", Language)
def test_the_alarm_has_words_in_every_language(
    room: Mailroom, asked: Asked, clock: HandClock, out: Post, language: Language
) -> None:
    room = replace(room, house=with_policy(room.house, operator_language=language))
    shelve(room, clock, reply(asked[1], "poison"), address_in(asked[1]))
    replace(out, house=room.house).run()

    assert out.parsed()["Content-Language"] == language
    assert "i1" in out.text()
    assert "{" not in out.text() + out.parsed()["Subject"]


def test_one_error_is_told_once_an_hour_with_how_many_there_are(room: Mailroom, asked: Asked, clock: HandClock) -> None:
    for number in (1, 2, 3):
        shelve(room, clock, reply(asked[1], "poison", number=number), address_in(asked[1]))
    assert len(alarms(room)) == 1
    clock.forward(hours=1)
    shelve(room, clock, reply(asked[1], "poison", number=4), address_in(asked[1]))

    assert [each["count"] for each in alarms(room)] == [1, 4]


def test_another_error_is_told_beside_it(room: Mailroom, asked: Asked, clock: HandClock) -> None:
    shelve(room, clock, reply(asked[1], "poison"), address_in(asked[1]))
    shelve(room, clock, reply(asked[1], "other poison", number=2), address_in(asked[1]))

    assert [each["error"] for each in alarms(room)] == ["error:ValueError", "error:KeyError"]


def test_a_limit_is_told_as_an_error_is(room: Mailroom, asked: Asked, clock: HandClock) -> None:
    shelve(room, clock, reply(asked[1], extra="X-Long: " + "x" * 3_000_000 + "\r\n"), address_in(asked[1]))

    assert len(alarms(room)) == 1


def test_other_mails_go_on(room: Mailroom, firm: Firm, asked: Asked, clock: HandClock) -> None:
    shelve(room, clock, reply(asked[1], "poison"), address_in(asked[1]))

    assert room.file(reply(asked[1], "Bonjour", number=2), address_in(asked[1])) is Outcome.POSTED


def test_without_an_operator_nobody_is_mailed(room: Mailroom, asked: Asked, clock: HandClock) -> None:
    nobody = Mailroom(with_policy(room.house, operator_address=None), room.reader, room.bell)
    shelve(nobody, clock, reply(asked[1], "poison"), address_in(asked[1]))

    assert alarms(nobody) == []
