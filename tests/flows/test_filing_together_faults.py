"""What breaks one mail of a portion breaks no other, and is counted where it belongs."""

from collections.abc import Callable, Iterable
from dataclasses import replace

import pytest

from storage import inbox
from storage.files import FilesDown, FileStore
from storage.records import PublicId
from storage.states import ArrivalState, Way
from tests.conftest import Firm, HandClock
from tests.flows.mailroom import Mailroom, address_in
from tests.flows.questions import Question
from tests.flows.test_alarms import FailingDatabase
from tests.flows.test_filing_together import arrival_of, keep_replies, states, with_file
from worker.core.parsed import ParsedMail, RawMail
from worker.flows.filing_together import (
    claim_together,
    due_among,
    file_arrivals,
)
from worker.mail.parsing import MailReader


class Breaking(MailReader):
    """A bug of ours that one mail meets, in reading it or in writing what it says; ``Died`` stands for a dead worker."""

    def __init__(self, word: bytes, how: Callable[[ParsedMail], ParsedMail]) -> None:
        super().__init__()
        self.word, self.how = word, how

    def parse(self, raw: RawMail) -> ParsedMail:
        mail = super().parse(raw)
        return self.how(mail) if self.word in raw[:] else mail


class Died(BaseException):
    """Nobody catches it, as nobody catches SIGKILL: claims stay, nothing is counted."""


def raises(_mail: ParsedMail) -> ParsedMail:
    raise ZeroDivisionError


def dies(_mail: ParsedMail) -> ParsedMail:
    raise Died


def without_fingerprint(mail: ParsedMail) -> ParsedMail:
    return replace(mail, fingerprint=None)  # type: ignore[arg-type]  # what the database refuses


@pytest.mark.parametrize("how", [raises, without_fingerprint])
def test_a_mail_that_breaks_our_code_stops_none_of_its_neighbours_and_counts_alone(
    room: Mailroom, firm: Firm, questions: list[Question], how: Callable[[ParsedMail], ParsedMail]
) -> None:
    ids = keep_replies(room, questions)
    file_arrivals(room.house, Breaking(b"four 2.", how), ids)

    assert states(room, ids) == [ArrivalState.FILED, ArrivalState.KEPT, ArrivalState.FILED, ArrivalState.FILED]
    assert [arrival_of(room, each).errors for each in ids] == [0, 1, 0, 0]


def test_a_mail_that_kills_workers_is_shelved_and_takes_no_neighbour_with_it(
    room: Mailroom, firm: Firm, questions: list[Question], clock: HandClock
) -> None:
    ids = keep_replies(room, questions)
    deadly = Breaking(b"four 2.", dies)
    for _ in range(7):
        for each in [ids, *([number] for number in ids)]:
            try:
                file_arrivals(room.house, deadly, each)
            except Died:
                clock.forward(seconds=400)

    assert states(room, ids) == [ArrivalState.FILED, ArrivalState.QUARANTINED, ArrivalState.FILED, ArrivalState.FILED]
    assert [arrival_of(room, each).lost_leases for each in ids] == [1, 5, 1, 1]
    assert arrival_of(room, ids[1]).errors == 0


class FullDisk(FileStore):
    def put_attachment_pieces(self, client: PublicId, sha256: str, pieces: Iterable[bytes]) -> None:
        raise FilesDown("No space left on device (28)")


def test_a_full_disk_puts_the_mails_off_and_counts_no_error(
    room: Mailroom, firm: Firm, questions: list[Question], clock: HandClock
) -> None:
    ids = [
        arrival
        for number, each in enumerate(questions, 1)
        for arrival in room.keep(with_file(each, number), address_in(each.sent))
    ]
    full = replace(room.house, files=FullDisk(room.house.files.root))
    file_arrivals(full, room.reader, ids)
    shelved = [arrival_of(room, each) for each in ids]
    assert {(each.state, each.errors, each.lease_until) for each in shelved} == {(ArrivalState.KEPT, 0, None)}

    clock.forward(minutes=1)
    file_arrivals(room.house, room.reader, ids)
    assert states(room, ids) == [ArrivalState.FILED] * len(ids)


def test_who_lost_a_worker_or_broke_our_code_or_is_large_is_filed_alone(
    room: Mailroom, questions: list[Question], clock: HandClock
) -> None:
    lost, broken, small, _ = ids = keep_replies(room, questions)
    claim_together(room.house, [lost])
    clock.forward(seconds=400)
    file_arrivals(room.house, Breaking(b"four 2.", raises), [broken])
    clock.forward(seconds=400)
    path = room.house.files.put_inbound("ab" * 32, b"large")
    mail = inbox.KeptMail(
        sha256="ab" * 32, size=5, raw=None, raw_path=path, way=Way.SMTP, envelope_from="", recipients=("x@y.example",)
    )
    with room.house.database.writing() as session:
        (large,) = inbox.keep_mail(session, mail, now=clock.at)

    due = due_among(room.house, [*ids[:3], large])
    assert {each.id: each.alone for each in due} == {lost: True, broken: True, small: False, large: True}
    assert claim_together(room.house, [lost, broken]) == []


def test_a_mail_over_a_limit_is_quarantined_among_its_neighbours(
    room: Mailroom, firm: Firm, questions: list[Question]
) -> None:
    ids = keep_replies(room, questions)
    file_arrivals(room.house, Breaking(b"four 2.", lambda mail: replace(mail, quarantine="parts")), ids)

    assert states(room, ids) == [
        ArrivalState.FILED,
        ArrivalState.QUARANTINED,
        ArrivalState.FILED,
        ArrivalState.FILED,
    ]
    assert arrival_of(room, ids[1]).errors == 0


def test_what_cannot_be_given_back_is_left_to_its_lease(
    room: Mailroom, questions: list[Question], clock: HandClock
) -> None:
    ids = keep_replies(room, questions)
    database = FailingDatabase(room.house.database.url.render_as_string(hide_password=False))
    database.fails_at = 2
    answers = iter([True, False])
    file_arrivals(replace(room.house, database=database), room.reader, ids, may_go_on=lambda: next(answers))
    database.close()

    assert claim_together(room.house, ids) == []
    clock.forward(seconds=400)
    assert [each.alone for each in due_among(room.house, ids)] == [True] * len(ids)
