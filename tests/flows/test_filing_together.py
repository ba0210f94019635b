"""The arrivals of one task are filed together, and each as if it were filed alone."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from sqlalchemy import Connection, event

from storage import conversations, inbox
from storage.files import FilesDown, FileStore
from storage.inbox_claims import DueArrival
from storage.records import Arrival, ArrivalId, PublicId
from storage.states import ArrivalState, ConversationState, Outcome, Way
from tests.conftest import Firm, HandClock
from tests.flows.attacks import ANNE
from tests.flows.mailroom import Mailroom, address_in, reply, texts, to_case_manager
from tests.flows.outgoing import Post
from tests.flows.test_alarms import FailingDatabase
from tests.flows.test_portal import ask, view
from worker.core.parsed import ParsedMail, RawMail
from worker.core.relaying import SealedMail
from worker.flows.conversations import Started
from worker.flows.filing_together import (
    MOST_TOGETHER,
    claim_together,
    due_among,
    file_arrivals,
    file_together,
    look_at,
    portions,
    read_all,
)
from worker.mail.parsing import MailReader

MARC = "Marc Janssens <marc@boulangerie.example>"


@dataclass(frozen=True)
class Question:
    """A conversation of Anne with the mail that Sophie has of it."""

    started: Started
    sent: SealedMail


@pytest.fixture
def questions(out: Post, firm: Firm, clock: HandClock) -> list[Question]:
    started = [ask(out.house, firm, to=[firm.sophie]) for _ in range(4)]
    clock.forward(seconds=60)
    out.run()
    by_number = {each.conversation_id: each for each in started}
    assert len(out.relay.sent) == len(by_number)
    return [Question(*pair) for pair in zip(started, out.relay.sent, strict=True)]


def keep_replies(room: Mailroom, questions: Sequence[Question], text: str = "Le nouveau four") -> list[ArrivalId]:
    return [
        arrival
        for number, each in enumerate(questions, 1)
        for arrival in room.keep(reply(each.sent, f"{text} {number}.", number=number), address_in(each.sent))
    ]


def arrival_of(room: Mailroom, arrival_id: ArrivalId) -> Arrival:
    with room.house.database.reading() as session:
        found = inbox.arrival(session, arrival_id)
    assert found is not None
    return found


def states(room: Mailroom, ids: Sequence[ArrivalId]) -> list[ArrivalState]:
    return [arrival_of(room, each).state for each in ids]


def outcome_of(room: Mailroom, arrival_id: ArrivalId) -> Outcome:
    filing_id = arrival_of(room, arrival_id).filing_id
    assert filing_id is not None
    with room.house.database.reading() as session:
        filing = inbox.filing(session, filing_id)
    assert filing is not None
    return filing.outcome


def test_each_mail_of_a_task_goes_into_its_own_conversation(
    room: Mailroom, firm: Firm, questions: list[Question]
) -> None:
    ids = keep_replies(room, questions)
    file_arrivals(room.house, room.reader, ids)

    for number, each in enumerate(questions, 1):
        assert texts(room.house, firm, each.started)[1:] == [f"Le nouveau four {number}."]
    assert [arrival_of(room, each).lease_until for each in ids] == [None] * len(ids)


def test_posted_held_and_ignored_mails_stand_side_by_side(
    room: Mailroom, firm: Firm, questions: list[Question]
) -> None:
    one, two, three, _ = questions
    raw = reply(one.sent)
    ids = [
        *room.keep(raw, address_in(one.sent)),
        *room.keep(reply(two.sent, sender="Eve <eve@elsewhere.example>", number=2), address_in(two.sent)),
        *room.keep(reply(three.sent, extra="Auto-Submitted: auto-replied\r\n", number=3), address_in(three.sent)),
        *room.keep(b"Received: from mx2\r\n" + raw, address_in(one.sent)),
    ]
    file_arrivals(room.house, room.reader, ids)

    assert [outcome_of(room, each) for each in ids[:3]] == [Outcome.POSTED, Outcome.HELD, Outcome.IGNORED]
    assert (arrival_of(room, ids[3]).ended_why or "").startswith("duplicate of f")
    assert len(texts(room.house, firm, one.started)) == 2


def test_a_second_ring_for_the_same_mails_finds_nothing(room: Mailroom, firm: Firm, questions: list[Question]) -> None:
    ids = keep_replies(room, questions)
    file_arrivals(room.house, room.reader, ids)
    file_arrivals(room.house, room.reader, ids)

    assert claim_together(room.house, ids) == []
    assert [len(texts(room.house, firm, each.started)) for each in questions] == [2] * len(questions)


def test_of_one_conversation_the_next_mail_is_weighed_by_what_the_one_before_said(
    room: Mailroom, firm: Firm, out: Post, clock: HandClock
) -> None:
    """Marc answers below what Sophie wrote in the same minute, in the plain words of her mail."""
    started = ask(room.house, firm, to=[firm.sophie, firm.marc])
    clock.forward(seconds=60)
    out.run()
    sent = {each.recipient: each for each in out.relay.sent}
    to_sophie, to_marc = sent["sophie@boulangerie.example"], sent["marc@boulangerie.example"]
    said = "Cette facture est celle du nouveau four que nous avons acheté en avril chez Dupont à Namur."
    ids = [
        *room.keep(reply(to_sophie, said), address_in(to_sophie)),
        *room.keep(reply(to_marc, f"Dat klopt.\r\n\r\n{said}", sender=MARC, number=2), address_in(to_marc)),
    ]
    file_arrivals(room.house, room.reader, ids)

    assert texts(room.house, firm, started)[1:] == [said, "Dat klopt."]


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


def test_portions_keep_the_order_and_leave_each_lonely_one_by_itself() -> None:
    due = [DueArrival(id=ArrivalId(each), alone=each in {3, 4}) for each in range(1, MOST_TOGETHER + 8)]
    found = list(portions(due))

    assert [number for some in found for number in some] == [each.id for each in due]
    assert found[:3] == [[1, 2], [3], [4]]
    assert max(len(some) for some in found) == MOST_TOGETHER


def test_what_was_not_begun_when_the_time_is_over_is_free_at_once(
    room: Mailroom, firm: Firm, questions: list[Question]
) -> None:
    ids = keep_replies(room, questions)
    answers = iter([True, False])
    file_arrivals(room.house, room.reader, ids, may_go_on=lambda: next(answers))

    assert states(room, ids) == [ArrivalState.KEPT] * len(ids)
    file_arrivals(room.house, room.reader, ids)
    assert states(room, ids) == [ArrivalState.FILED] * len(ids)
    assert [arrival_of(room, each).lost_leases for each in ids] == [0] * len(ids)


class FullDisk(FileStore):
    def put_attachment_pieces(self, client: PublicId, sha256: str, pieces: Iterable[bytes]) -> None:
        raise FilesDown("No space left on device (28)")


def with_file(question: Question, number: int) -> bytes:
    plain = reply(question.sent, f"Le nouveau four {number}.", number=number)
    head, _, text = plain.partition(b"Content-Type: text/plain; charset=utf-8\r\n\r\n")
    return (
        head
        + b'Content-Type: multipart/mixed; boundary="b"\r\n\r\n--b\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n'
        + text
        + b'\r\n--b\r\nContent-Type: text/plain; name="a.txt"\r\nContent-Disposition: attachment; filename="a.txt"\r\n\r\n'
        + b"numbers\r\n--b--\r\n"
    )


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


class Meanwhile(FileStore):
    """Something happens while the files of the first mail are stored: between the two looks."""

    def __init__(self, root: Path, happens: Callable[[], None]) -> None:
        super().__init__(root)
        self.happens = happens
        self.done: list[bool] = []

    def put_attachment_pieces(self, client: PublicId, sha256: str, pieces: Iterable[bytes]) -> None:
        if not self.done:
            self.done.append(True)
            self.happens()
        super().put_attachment_pieces(client, sha256, pieces)


def test_a_decision_that_changed_meanwhile_puts_that_mail_off_and_no_other(
    room: Mailroom, firm: Firm, questions: list[Question], clock: HandClock
) -> None:
    ids = [
        arrival
        for number, each in enumerate(questions, 1)
        for arrival in room.keep(with_file(each, number), address_in(each.sent))
    ]
    number = questions[2].started.conversation_id

    def sophie_leaves() -> None:
        with room.house.database.writing() as session:
            there = conversations.participant_of(session, number, firm.sophie)
            assert there is not None
            conversations.update_participant(session, there.id, left_at=clock.at)

    house = replace(room.house, files=Meanwhile(room.house.files.root, sophie_leaves))
    file_arrivals(house, room.reader, ids)
    assert states(room, ids) == [ArrivalState.FILED, ArrivalState.FILED, ArrivalState.KEPT, ArrivalState.FILED]

    file_arrivals(room.house, room.reader, ids)
    assert outcome_of(room, ids[2]) is Outcome.HELD


def test_the_bell_rings_once_for_what_a_group_made_due(room: Mailroom, questions: list[Question], bell: object) -> None:
    house = replace(
        room.house,
        policy=replace(room.house.policy, windows=replace(room.house.policy.windows, join_inbound_seconds=0)),
    )
    bell.outgoing.clear()  # type: ignore[attr-defined]
    file_arrivals(house, room.reader, keep_replies(room, questions))

    rung = bell.outgoing  # type: ignore[attr-defined]
    assert len(rung) == len(questions) == len(set(rung))


def test_a_command_among_the_mails_of_a_task_is_obeyed_and_no_client_reads_it(
    room: Mailroom, firm: Firm, questions: list[Question], out: Post, clock: HandClock
) -> None:
    *others, asked = questions
    started = asked.started
    to_anne = to_case_manager(room, (started, asked.sent), out, clock)
    before = len(texts(room.house, firm, started))
    order = reply(to_anne, "/close", sender=ANNE, number=9)
    ids = [
        *keep_replies(room, others[:1]),
        *room.keep(order, address_in(to_anne)),
        *keep_replies(room, others[1:], "Et"),
    ]
    file_arrivals(room.house, room.reader, ids)

    assert [outcome_of(room, each) for each in ids] == [
        Outcome.POSTED,
        Outcome.COMMAND,
        Outcome.POSTED,
        Outcome.POSTED,
    ]
    assert len(texts(room.house, firm, started)) == before
    assert view(room.house, firm.anne, started.conversation_id).conversation.state is ConversationState.CLOSED


def test_a_group_is_one_commit_on_sqlite_and_each_mail_its_own_elsewhere(
    room: Mailroom, questions: list[Question]
) -> None:
    ids = keep_replies(room, questions)
    arrivals = claim_together(room.house, ids)
    commits: list[Connection] = []
    event.listen(room.house.database.engine, "commit", commits.append)
    file_together(room.house, room.reader, arrivals)

    assert states(room, ids) == [ArrivalState.FILED] * len(ids)
    reading = {"navette_reading", "postgresql_readonly"}
    written = [each for each in commits if not reading & each.get_execution_options().keys()]
    assert len(written) == (1 if room.house.database.is_sqlite else len(ids))


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


def test_a_look_at_many_mails_reads_what_they_need_together(room: Mailroom, questions: list[Question]) -> None:
    """Read one by one they take some ten each."""
    ids = keep_replies(room, questions)
    reads = read_all(room.house, room.reader, claim_together(room.house, ids))
    statements: list[str] = []
    event.listen(room.house.database.engine, "before_cursor_execute", lambda *told: statements.append(told[2]))
    counts = []
    for some in (reads[:2], reads):
        statements.clear()
        look_at(room.house, some)
        counts.append(len(statements))

    assert counts[1] - counts[0] <= 2 * (len(reads) - 2)
