"""The child may die, hang, eat memory and lie: the parent gets an answer and goes on."""

import contextlib
import os
import signal
import struct
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from tests.mail.made_files import archive, picture, tnef, tnef_file
from worker.mail.limited.framing import LARGEST, Silence, read_message
from worker.mail.limited.questions import Question, ReaderLimits
from worker.mail.limited.reader import MOST_QUESTIONS, LimitedReader, Told, Unread, folder_for, how_it_died


@pytest.fixture
def content(tmp_path: Path) -> Path:
    path = tmp_path / "content"
    path.write_bytes(archive("a.pdf"))
    return path


@pytest.fixture
def endless(tmp_path: Path) -> Path:
    """A file whose reading never ends."""
    path = tmp_path / "endless"
    os.mkfifo(path)
    return path


def test_one_child_answers_question_after_question(limited: LimitedReader, content: Path) -> None:
    first = limited.ask(Question.ZIP, content)
    pid = limited.child_pid
    assert first == Told(values={"inside": "readable", "names": ["a.pdf"]})
    assert limited.ask(Question.ZIP, content) == first
    assert limited.child_pid == pid is not None


def test_a_file_that_is_not_there_is_a_failed_question(limited: LimitedReader, tmp_path: Path) -> None:
    assert limited.ask(Question.TNEF, tmp_path / "gone", out=tmp_path) is Unread.FAILED


def test_a_child_that_died_between_questions_is_replaced(limited: LimitedReader, content: Path) -> None:
    limited.ask(Question.ZIP, content)
    first = limited.child_pid
    assert first is not None
    os.kill(first, signal.SIGKILL)
    os.waitid(os.P_PID, first, os.WEXITED | os.WNOWAIT)
    assert isinstance(limited.ask(Question.ZIP, content), Told)
    assert limited.child_pid not in {first, None}


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM])
def test_a_child_that_somebody_kills_over_a_file_is_asked_again(
    limited: LimitedReader, tmp_path: Path, how: int
) -> None:
    """The kernel when memory is short, an operator: it says nothing about the file."""
    path = tmp_path / "slow"
    os.mkfifo(path)
    killer = threading.Thread(
        target=kill_the_reader, args=(limited, path, 1, how, tnef(tnef_file("a.pdf", b"x"))), daemon=True
    )
    killer.start()
    answer = limited.ask(Question.TNEF, path, out=tmp_path)
    assert isinstance(answer, Told)
    killer.join()
    assert [each["name"] for each in answer.values["files"]] == ["a.pdf"]


def test_a_child_that_is_killed_twice_over_a_file_says_nothing_about_it(limited: LimitedReader, tmp_path: Path) -> None:
    path = tmp_path / "slow"
    os.mkfifo(path)
    killer = threading.Thread(target=kill_the_reader, args=(limited, path, 2, signal.SIGKILL), daemon=True)
    killer.start()
    assert limited.ask(Question.TNEF, path, out=tmp_path) is Unread.NOT_STARTED
    killer.join()


def kill_the_reader(limited: LimitedReader, path: Path, times: int, how: int, content: bytes = b"") -> None:
    """So many times while it reads the pipe; then write what it waits for."""
    for _ in range(times):
        with path.open("wb"):  # opened when the child has opened it
            child = limited.child_pid
            assert child is not None
            os.kill(child, how)
            with contextlib.suppress(ChildProcessError):  # its parent has buried it already
                os.waitid(os.P_PID, child, os.WEXITED | os.WNOWAIT)
    if content:
        path.write_bytes(content)


@pytest.mark.parametrize(
    ("code", "why"),
    [
        (-signal.SIGSEGV, Unread.DIED),
        (-signal.SIGABRT, Unread.DIED),
        (1, Unread.DIED),
        (None, Unread.DIED),
        (-signal.SIGPROF, Unread.TIME),
        (-signal.SIGKILL, Unread.KILLED),
    ],
)
def test_what_a_file_does_to_its_reader_is_told_from_what_others_do(code: int | None, why: Unread) -> None:
    assert how_it_died(code) is why


def test_a_child_that_says_nothing_is_killed(endless: Path) -> None:
    reader = LimitedReader(ReaderLimits(seconds=0.3))
    assert reader.ask(Question.TNEF, endless, out=endless.parent) is Unread.SILENT
    assert reader.child_pid is None


def test_a_child_that_uses_up_its_time_dies(tmp_path: Path) -> None:
    reader = LimitedReader(ReaderLimits(parsing_cpu_seconds=0.01))
    assert reader.ask(Question.TNEF, spinning(tmp_path), out=tmp_path) is Unread.TIME
    assert reader.child_pid is None


def test_what_the_parser_waits_for_gets_less_time_than_what_is_looked_into_later() -> None:
    limits = ReaderLimits()
    for question in Question:
        is_short = question in {Question.TNEF, Question.SMIME}
        assert limits.cpu_seconds_of(question) == (limits.parsing_cpu_seconds if is_short else limits.cpu_seconds)
    assert limits.parsing_cpu_seconds < 2


def spinning(folder: Path) -> Path:
    """A file that takes long to take apart: a winmail.dat of many small properties, again and again."""
    block = struct.pack("<I", 20_000) + struct.pack("<HHI", 3, 1, 1) * 20_000
    attribute = struct.pack("<BHHI", 1, 0x9003, 6, len(block)) + block + b"\0\0"
    path = folder / "winmail.dat"
    path.write_bytes(struct.pack("<IH", 0x223E9F78, 1) + attribute * 300)
    return path


def test_a_file_that_wants_more_memory_than_there_is_is_unread_and_the_next_is_read(
    tmp_path: Path, content: Path
) -> None:
    large = tmp_path / "large"
    with large.open("wb") as file:
        file.truncate(400 * 2**20)
    reader = LimitedReader(ReaderLimits(memory=160 * 2**20))
    assert reader.ask(Question.TNEF, large, out=tmp_path) is Unread.MEMORY
    assert reader.child_pid is None
    assert isinstance(reader.ask(Question.ZIP, content), Told)
    reader.close()


def test_a_child_writes_no_larger_file_than_it_may(tmp_path: Path) -> None:
    path = tmp_path / "content"
    path.write_bytes(picture((2000, 2000), "BMP"))
    reader = LimitedReader(ReaderLimits(file_bytes=1000))
    assert reader.ask(Question.JPEG, path, out=tmp_path) is Unread.FAILED
    reader.close()


def test_a_child_is_replaced_before_it_grows_old(content: Path) -> None:
    reader = LimitedReader()
    reader.ask(Question.ZIP, content)
    first = reader.child_pid
    for _ in range(MOST_QUESTIONS):
        reader.ask(Question.ZIP, content)
    assert reader.child_pid not in {first, None}
    reader.close()


def test_a_child_ends_with_its_parent() -> None:
    """Its standard input ends, whatever killed the parent."""
    reader = LimitedReader()
    with folder_for([archive("a")]) as (path, _):
        reader.ask(Question.ZIP, path)
    child = reader._child
    assert child is not None
    assert child.stdin is not None
    child.stdin.close()
    assert child.wait(20) == 0
    reader.close()


def test_a_machine_that_starts_no_process_says_nothing_about_the_file(content: Path) -> None:
    program, sys.executable = sys.executable, "/nowhere/python"
    try:
        assert LimitedReader().ask(Question.ZIP, content) is Unread.NOT_STARTED
    finally:
        sys.executable = program


FORKING = """
import os, sys
from pathlib import Path
from worker.mail.limited.reader import LimitedReader, Told
from worker.mail.limited.questions import Question

reader, path = LimitedReader(), Path(sys.argv[1])
reader.ask(Question.ZIP, path)
first = reader.child_pid
if os.fork() == 0:
    told = isinstance(reader.ask(Question.ZIP, path), Told) and reader.child_pid != first
    reader.close()
    os._exit(0 if told else 1)
_, ended = os.wait()
again = isinstance(reader.ask(Question.ZIP, path), Told) and reader.child_pid == first
reader.close()
sys.exit(ended or not again)
"""


def test_a_process_after_a_fork_has_a_child_of_its_own(content: Path) -> None:
    house = {"PYTHONPATH": str(Path(__file__).parents[3])}
    done = subprocess.run([sys.executable, "-c", FORKING, str(content)], env=house, check=False)
    assert done.returncode == 0


@pytest.mark.parametrize(
    "said", [b"", b"\0\0", b"\0\0\0\2[]", b"\0\0\0\3nul", b"\0\0\0\2{", (LARGEST + 1).to_bytes(4, "big") + b"{}"]
)
def test_what_is_no_message_is_silence(said: bytes) -> None:
    left = bytearray(said)

    def take(count: int) -> bytes:
        if len(left) < count:
            raise Silence
        piece = bytes(left[:count])
        del left[:count]
        return piece

    with pytest.raises(Silence):
        read_message(take)


def test_what_was_unpacked_is_gone_afterwards() -> None:
    with folder_for([b"con", b"tent"]) as (path, out):
        (out / "0").write_bytes(b"unpacked")
        assert path.read_bytes() == b"content"
        assert path.parent.stat().st_mode & 0o077 == 0
    assert not path.parent.exists()
