"""Mails with large files are written and sent as they come; what breaks on the way loses nothing and changes nothing."""

import resource
import tracemalloc
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from storage.states import AttemptOutcome, MailState
from tests.conftest import Firm, HandClock
from tests.flows.outgoing import LATER, OK, Post, only
from tests.flows.test_portal import ask
from tests.flows.test_sending_batches import attempts
from worker.core.relaying import InDoubt, RelayAnswer, SealedMail
from worker.core.slices import pieces_of
from worker.flows.conversations import NewFile, Started, start_conversation

MEBI = 2**20
LARGE = b"%PDF-1.4\n" + bytes(range(256)) * (8 * MEBI // 256)


def send_file(out: Post, firm: Firm, clock: HandClock, content: bytes = LARGE) -> Started:
    """Written and past its undo window; not yet sent."""
    answer = start_conversation(
        out.house,
        by=firm.anne,
        client_id=firm.bakery,
        subject="Relevé",
        text="Voici.",
        to=[firm.sophie],
        files=[NewFile(name="releve.pdf", content=content)],
    )
    assert isinstance(answer, Started)
    clock.forward(minutes=2)
    return answer


def stored_mail(out: Post, firm: Firm, started: Started) -> bytes:
    path = only(out.house, started, firm.sophie).bytes_path
    return out.house.files.read(path) if path else b""


def damage(out: Post, pattern: str) -> None:
    """Every file of the store that fits has its last byte changed, as a bad disk does."""
    found = list(out.house.files.root.glob(pattern))
    assert found
    for path in found:
        with path.open("r+b") as file:
            file.seek(-3, 2)
            file.write(b"?")


def outgoing_files(out: Post) -> list[str]:
    return [path.name for path in (out.house.files.root / "outgoing").rglob("*") if path.is_file()]


class ReadingRelay:
    """Reads a mail to its end, as a relay does, and keeps none."""

    name = "relay.test:25"

    def __init__(self, answers: list[RelayAnswer] | None = None) -> None:
        self.answers = answers or []
        self.sizes: list[int] = []

    def largest(self) -> int | None:
        return None

    def send(self, mail: SealedMail) -> RelayAnswer:
        self.sizes.append(sum(len(each) for each in pieces_of(mail.content, 64 * 1024)))
        return self.answers.pop(0) if self.answers else OK


def test_a_mail_with_a_large_file_is_never_whole_in_memory_at_no_try(out: Post, firm: Firm, clock: HandClock) -> None:
    send_file(out, firm, clock)
    out.relay = relay = ReadingRelay([LATER])  # type: ignore[assignment]  # fits the port, keeps nothing
    tracemalloc.start()
    try:
        assert out.run() == [MailState.QUEUED]
        _, first_peak = tracemalloc.get_traced_memory()
        clock.forward(hours=1)
        tracemalloc.reset_peak()
        assert out.run() == [MailState.ACCEPTED]
        _, second_peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert relay.sizes[0] == relay.sizes[1] > len(LARGE) * 4 / 3
    assert max(first_peak, second_peak) < 5 * MEBI


def test_a_large_file_arrives_as_it_was(out: Post, firm: Firm, clock: HandClock) -> None:
    send_file(out, firm, clock)
    out.run()
    (file,) = out.parsed().iter_attachments()

    assert file.get_content() == LARGE


@pytest.mark.parametrize("answer", [LATER, InDoubt(reply="lost")])
def test_another_try_sends_the_very_same_bytes(out: Post, firm: Firm, clock: HandClock, answer: RelayAnswer) -> None:
    send_file(out, firm, clock)
    out.relay.answers = [answer]
    out.run()
    first = out.relay.sent[0].content[:]
    clock.forward(hours=1)
    assert out.run() == [MailState.ACCEPTED]

    assert out.relay.sent[1].content[:] == first


def test_bytes_that_changed_between_two_tries_are_not_sent(out: Post, firm: Firm, clock: HandClock) -> None:
    started = send_file(out, firm, clock)
    out.relay.answers = [LATER]
    out.run()
    damage(out, "outgoing/*/*.eml")
    clock.forward(hours=1)

    assert out.run() == [MailState.QUEUED]
    assert len(out.relay.sent) == 1
    assert only(out.house, started, firm.sophie).state is MailState.QUEUED


def test_bytes_that_changed_between_storing_and_sending_are_not_sent(out: Post, firm: Firm, clock: HandClock) -> None:
    """The first of the batch is under way when the disk spoils the second."""
    ask(out.house, firm, to=[firm.marc])
    send_file(out, firm, clock)
    out.relay.before = lambda: damage(out, "outgoing/*/*.eml")

    assert sorted(str(each) for each in out.run()) == ["accepted", "queued"]
    assert [each.recipient for each in out.relay.sent] == ["marc@boulangerie.example"]


@pytest.mark.parametrize("fault", ["gone", "changed"])
def test_a_file_that_is_not_in_the_store_as_it_was_makes_its_mail_wait_and_no_other(
    out: Post, firm: Firm, clock: HandClock, fault: str
) -> None:
    started = send_file(out, firm, clock)
    ask(out.house, firm, to=[firm.marc])
    clock.forward(minutes=2)
    (path,) = [each for each in (out.house.files.root / "clients").rglob("*") if each.is_file()]
    if fault == "gone":
        path.rename(path.with_name("elsewhere"))
    else:
        damage(out, "clients/*/*/*")

    assert sorted(str(each) for each in out.run()) == ["accepted", "queued"]
    assert [each.recipient for each in out.relay.sent] == ["marc@boulangerie.example"]
    assert len(outgoing_files(out)) == 1
    path.with_name("elsewhere").unlink(missing_ok=True)
    path.write_bytes(LARGE)
    clock.forward(hours=1)
    assert out.run() == [MailState.ACCEPTED]
    assert stored_mail(out, firm, started) == out.relay.sent[1].content[:]


@contextmanager
def files_of_at_most(size: int) -> Iterator[None]:
    """What a full disk does to a large file: it cannot be written to its end."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_a_mail_that_finds_no_room_on_the_disk_waits_and_leaves_nothing_behind(
    out: Post, firm: Firm, clock: HandClock
) -> None:
    started = send_file(out, firm, clock)
    ask(out.house, firm, to=[firm.marc])
    clock.forward(minutes=2)
    with files_of_at_most(5 * MEBI):
        assert sorted(str(each) for each in out.run()) == ["accepted", "queued"]

    waiting = only(out.house, started, firm.sophie)
    assert (waiting.bytes_path, waiting.may_be_doubled) == (None, False)
    assert len(outgoing_files(out)) == 1
    clock.forward(hours=1)
    assert out.run() == [MailState.ACCEPTED]
    (file,) = out.parsed().iter_attachments()
    assert file.get_content() == LARGE


def test_a_mail_that_cannot_be_read_to_its_end_has_a_try_that_ended(out: Post, firm: Firm, clock: HandClock) -> None:
    """The stored bytes shrink while the relay takes them: it is no doubt, for no dot was said."""
    started = send_file(out, firm, clock)

    class CutRelay(ReadingRelay):
        def send(self, mail: SealedMail) -> RelayAnswer:
            (path,) = (out.house.files.root / "outgoing").rglob("*.eml")
            with path.open("r+b") as file:
                file.truncate(MEBI)
            return super().send(mail)

    out.relay = CutRelay()  # type: ignore[assignment]  # fits the port
    assert out.run() == [MailState.QUEUED]
    mail = only(out.house, started, firm.sophie)
    assert not mail.may_be_doubled
    assert attempts(out.house, mail.id) == [AttemptOutcome.TEMPORARY]
