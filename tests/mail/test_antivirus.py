"""clamd says clean or infected; whatever else happens a file is unscanned, and nothing raises."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from storage.states import ScanState
from tests.mail.clamd_server import Scripted, nobody_listens, scripted_clamd
from tests.servers.clamd import EICAR, MOST_STREAM, Clamd
from worker.core.scanning import Scanned, next_scan, read_scanner
from worker.mail.antivirus import PIECE, ClamdScanner


@pytest.fixture
def server() -> Iterator[Scripted]:
    with scripted_clamd() as made:
        yield made


@pytest.fixture
def content(tmp_path: Path) -> Path:
    path = tmp_path / "content"
    path.write_bytes(b"x" * (PIECE + 1))
    return path


def scan(url: str, path: Path, seconds: float = 20) -> Scanned:
    return ClamdScanner(read_scanner(url), seconds=seconds).scan(path)


def test_the_whole_content_is_sent_and_ok_is_clean(server: Scripted, content: Path) -> None:
    assert scan(server.url, content) == Scanned(state=ScanState.CLEAN)
    assert server.heard == [content.read_bytes()]


def test_what_is_found_is_named(server: Scripted, content: Path) -> None:
    server.says = b"stream: Win.Test.EICAR_HDB-1 FOUND\0"
    assert scan(server.url, content) == Scanned(state=ScanState.INFECTED, signature="Win.Test.EICAR_HDB-1")


@pytest.mark.parametrize(
    "says",
    [
        b"INSTREAM size limit exceeded. ERROR\0",
        b"stream: Can't allocate memory ERROR\0",
        b"UNKNOWN COMMAND\0",
        b"stream: OK and more\0",
        b"FOUND\0",
        b"\xff\xfe\0",
    ],
)
def test_any_other_answer_is_about_this_file_alone(server: Scripted, content: Path, says: bytes) -> None:
    server.says = says
    found = scan(server.url, content)
    assert (found.state, found.is_down) == (ScanState.UNSCANNED, False)


@pytest.mark.parametrize("says", [None, b"", b"\0"])
def test_a_scanner_that_hangs_up_is_down(server: Scripted, content: Path, says: bytes | None) -> None:
    server.says = says
    found = scan(server.url, content)
    assert (found.state, found.is_down) == (ScanState.UNSCANNED, True)


def test_a_scanner_that_says_nothing_is_down(server: Scripted, content: Path) -> None:
    server.is_silent.set()
    found = scan(server.url, content, seconds=0.3)
    assert (found.state, found.is_down) == (ScanState.UNSCANNED, True)


def test_a_scanner_that_is_not_there_is_down(content: Path, tmp_path: Path) -> None:
    for url in (nobody_listens(), f"unix://{tmp_path}/nothing.sock"):
        found = scan(url, content)
        assert (found.state, found.is_down) == (ScanState.UNSCANNED, True)


def test_an_answer_in_the_middle_of_a_long_stream_is_heard(server: Scripted, tmp_path: Path) -> None:
    path = tmp_path / "long"
    path.write_bytes(bytes(4 * 2**20))
    server.stops_after, server.says = 100_000, b"INSTREAM size limit exceeded. ERROR\0"
    assert scan(server.url, path).state is ScanState.UNSCANNED


def test_a_file_that_is_gone_says_nothing_about_the_scanner(server: Scripted, tmp_path: Path) -> None:
    found = scan(server.url, tmp_path / "gone")
    assert (found.state, found.is_down) == (ScanState.UNSCANNED, False)


@pytest.mark.parametrize(
    "url",
    ["", "clamd", "tcp://", "tcp://host", "tcp://host:x", "unix://", "unix://host/path", "http://h:1", "tcp://h:1/x"],
)
def test_an_address_that_leads_nowhere_is_refused(url: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - urlsplit's own words or ours
        read_scanner(url)


def test_the_scanner_is_asked_again_later_and_later_and_for_ever() -> None:
    pauses = [next_scan(tries).total_seconds() for tries in (0, 1, 2, 7, 50, 10_000)]
    assert pauses == [30, 60, 120, 3600, 3600, 3600]


def test_a_real_clamd_finds_the_test_virus(clamd: Clamd, tmp_path: Path) -> None:
    virus, clean, large = tmp_path / "eicar", tmp_path / "clean", tmp_path / "large"
    virus.write_bytes(EICAR)
    clean.write_bytes(b"%PDF-1.4 facture")
    large.write_bytes(bytes(MOST_STREAM + 200_000))
    for url in clamd.urls:
        assert scan(url, clean) == Scanned(state=ScanState.CLEAN)
        assert scan(url, virus) == Scanned(state=ScanState.INFECTED, signature="Navette.Eicar.UNOFFICIAL")
        too_large = scan(url, large)
        assert too_large.state is ScanState.UNSCANNED
    clamd.stop()
    for url in clamd.urls:
        assert scan(url, clean).is_down
