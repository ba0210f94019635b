"""Races and faults between the steps, made with real locks, real data and faulty disks."""

import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace

import pytest
from sqlalchemy import text

from storage import attention, conversations, people
from storage.files import FilesDown, FileStore, Shelf
from storage.records import PublicId
from storage.states import AttentionReason, Outcome, Side
from tests.conftest import Firm, HandClock
from tests.flows.attacks import plain
from tests.flows.mailroom import Asked, Mailroom, address_in, reply
from tests.flows.outgoing import Post
from tests.flows.test_portal import ask, view
from worker.flows.filing import file_arrival
from worker.flows.house import House
from worker.flows.messages import Edited, edit_message


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_two_writers_of_attention_leave_a_right_counter(house: House, firm: Firm, clock: HandClock) -> None:
    """SQLite has one writer at a time. The second waits for the lock and counts what the first wrote."""
    started = ask(house, firm)
    number = started.conversation_id

    def open_one() -> None:
        with house.database.writing() as session:
            attention.open_attention(session, number, Side.FIRM, AttentionReason.MAIL_FAILED, now=clock.at)

    second = threading.Thread(target=open_one)
    with house.database.writing() as session:
        attention.open_attention(session, number, Side.FIRM, AttentionReason.WROTE, now=clock.at)
        second.start()
        wait_until_blocked(house)
    second.join(20)

    with house.database.reading() as session:
        conversation = conversations.conversation(session, number)
        assert conversation is not None
        assert conversation.firm_attention == 2


def wait_until_blocked(house: House) -> None:
    waiting = text(
        "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
    )
    for _ in range(10_000):
        with house.database.reading() as session:
            if session.execute(waiting).scalar_one():
                return
    raise AssertionError("the second writer never waited")


def test_a_mail_that_cannot_be_gathered_stops_no_other(out: Post, firm: Firm, clock: HandClock) -> None:
    with out.house.database.writing() as session:
        people.update_person(session, firm.sophie, time_zone="Not/AZone")
    ask(out.house, firm, to=[firm.sophie])
    ask(out.house, firm, to=[firm.marc])
    clock.forward(minutes=2)
    out.run()

    assert [each.recipient for each in out.relay.sent] == ["marc@boulangerie.example"]
    for _ in range(6):
        clock.forward(hours=3)
        out.run()
    assert [each.recipient for each in out.relay.sent[1:]] == ["anne@fiduciaire.example"], "she hears that it failed"


class FullShelf(Shelf):
    def put_outgoing(self, mail: PublicId, pieces: Iterable[bytes], month: str) -> str:
        raise FilesDown("No space left on device (28)")


class FullDisk(FileStore):
    @contextmanager
    def shelf(self) -> Iterator[Shelf]:
        yield FullShelf(self.root)


def test_an_edit_after_a_try_that_made_no_bytes_is_what_goes(out: Post, firm: Firm, clock: HandClock) -> None:
    started = ask(out.house, firm, to=[firm.sophie])
    working = out.house
    out.house = replace(working, files=FullDisk(working.files.root))
    clock.forward(minutes=2)
    out.run()
    out.house = working
    answer = edit_message(out.house, by=firm.anne, message_id=started.message_id, text="Payez 350 EUR et non 3500 EUR")
    assert answer == Edited(too_late_for=0, corrected=())
    clock.forward(hours=1)
    out.run()

    assert [plain(each.content[:]).count("350 EUR") for each in out.relay.sent] == [1]


class LateDisk(FileStore):
    """Something happens while a file is being stored: between the two looks of filing."""

    meanwhile = staticmethod(lambda: None)

    def put_attachment_pieces(self, client: PublicId, sha256: str, pieces: Iterable[bytes]) -> None:
        self.meanwhile()
        super().put_attachment_pieces(client, sha256, pieces)


def test_files_stay_with_the_mail_when_the_decision_changes_between_the_looks(
    room: Mailroom, firm: Firm, asked: Asked, clock: HandClock
) -> None:
    """Sophie is told to have left while her file is stored: not posted. She is back: posted, with her file."""
    started, sent = asked
    head = reply(sent).split(b"MIME-Version", 1)[0]
    raw = head + (
        b'MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary="b"\r\n\r\n--b\r\nContent-Type: text/plain\r\n\r\nVoici\r\n'
        b'--b\r\nContent-Type: application/pdf\r\nContent-Disposition: attachment; filename="f.pdf"\r\n\r\n%PDF-1.4\r\n--b--\r\n'
    )
    working = room.house
    disk = LateDisk(working.files.root)
    disk.meanwhile = lambda: leave(working, firm, clock, left=True)
    (arrival,) = room.keep(raw, address_in(sent))
    assert file_arrival(replace(working, files=disk), room.reader, arrival) is None
    assert len(view(working, firm.anne, started.conversation_id).messages) == 1
    leave(working, firm, clock, left=False)

    assert file_arrival(working, room.reader, arrival) is Outcome.POSTED
    assert [each.name for each in view(working, firm.anne, started.conversation_id).messages[-1].attachments] == [
        "f.pdf"
    ]


def leave(house: House, firm: Firm, clock: HandClock, *, left: bool) -> None:
    with house.database.writing() as session:
        contact = {each.id for each in people.contacts_of(session, firm.bakery)}
        assert firm.sophie in contact or not left
        people.end_contact(session, firm.bakery, firm.sophie, left_at=clock.at if left else None)
