"""The arrivals of one task are filed together, and each as if it were filed alone."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from pathlib import Path

from sqlalchemy import Connection, event

from storage import conversations, inbox
from storage.files import FileStore
from storage.inbox_claims import DueArrival
from storage.records import Arrival, ArrivalId, PublicId
from storage.states import ArrivalState, ConversationState, Outcome
from tests.conftest import Firm, HandClock
from tests.flows.attacks import ANNE
from tests.flows.mailroom import Mailroom, address_in, reply, texts, to_case_manager
from tests.flows.outgoing import Post
from tests.flows.questions import Question
from tests.flows.test_portal import ask, view
from worker.flows.filing_together import (
    MOST_TOGETHER,
    claim_together,
    file_arrivals,
    file_together,
    look_at,
    portions,
    read_all,
)

MARC = "Marc Janssens <marc@boulangerie.example>"


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
