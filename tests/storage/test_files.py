"""Files are durable before a row may name them; a fault of the disk is told as one."""

import hashlib
import os
import resource
from collections.abc import Iterator
from pathlib import Path

import pytest

from storage.files import FilesDown, FileStore
from storage.records import PublicId

CLIENT, OTHER = PublicId(7), PublicId(8)


def test_content_is_stored_once_per_client_and_never_shared(tmp_path: Path) -> None:
    store = FileStore(tmp_path)
    first = store.put_attachment(CLIENT, b"invoice")
    again = store.put_attachment(CLIENT, b"invoice")
    other = store.put_attachment(OTHER, b"invoice")

    assert first == again == other
    assert store.attachment_path(CLIENT, first) != store.attachment_path(OTHER, other)
    assert len([each for each in tmp_path.rglob("*") if each.is_file()]) == 2


def test_no_half_file_is_left_when_the_disk_refuses(tmp_path: Path) -> None:
    store = FileStore(tmp_path / "readonly")
    (tmp_path / "readonly").write_text("a file where a folder should be")

    with pytest.raises(FilesDown):
        store.put_attachment(CLIENT, b"x")


def test_a_missing_file_is_a_fault_of_ours(tmp_path: Path) -> None:
    with pytest.raises(FilesDown):
        FileStore(tmp_path).read_attachment(CLIENT, "00" * 32)


def test_a_large_content_is_stored_as_it_comes(tmp_path: Path) -> None:
    store = FileStore(tmp_path)
    sha256 = hashlib.sha256(b"invoice").hexdigest()
    store.put_attachment_pieces(CLIENT, sha256, iter([b"inv", b"", b"oice"]))

    assert store.read_attachment(CLIENT, sha256) == b"invoice"
    assert store.put_attachment(CLIENT, b"invoice") == sha256


def test_what_is_not_what_it_was_when_it_was_measured_is_a_fault_of_the_disk(tmp_path: Path) -> None:
    with pytest.raises(FilesDown):
        FileStore(tmp_path).put_attachment_pieces(CLIENT, "00" * 32, [b"another"])

    assert not [each for each in tmp_path.rglob("*") if each.is_file()]


class Stopped(Exception):  # noqa: N818 - a state of the world
    pass


def ends_in_the_middle() -> Iterator[bytes]:
    yield b"half"
    raise Stopped


def test_no_half_file_is_left_when_the_pieces_end_in_an_error(tmp_path: Path) -> None:
    with pytest.raises(Stopped):
        FileStore(tmp_path).put_attachment_pieces(CLIENT, "00" * 32, ends_in_the_middle())

    assert not [each for each in tmp_path.rglob("*") if each.is_file()]


def test_a_kept_file_is_read_by_slices(tmp_path: Path) -> None:
    store = FileStore(tmp_path)
    kept = store.kept(store.put_inbound("ab" * 32, b"0123456789"))

    assert (len(kept), kept[2:5], kept[8:20], kept[20:30], kept[5:2]) == (10, b"234", b"89", b"", b"")


def test_a_kept_file_that_is_gone_or_shorter_is_a_fault_of_ours(tmp_path: Path) -> None:
    store = FileStore(tmp_path)
    kept = store.kept(store.put_inbound("ab" * 32, b"0123456789"))
    (tmp_path / store.inbound_name("ab" * 32)).write_bytes(b"0123")

    assert kept[:4] == b"0123"
    with pytest.raises(FilesDown):
        kept[2:6]
    (tmp_path / store.inbound_name("ab" * 32)).unlink()
    with pytest.raises(FilesDown):
        kept[:1]
    with pytest.raises(FilesDown):
        store.kept("inbound/none")


def test_folders_are_private(tmp_path: Path) -> None:
    store = FileStore(tmp_path / "files")
    store.put_attachment(CLIENT, b"x")

    assert (tmp_path / "files" / "clients").stat().st_mode & 0o077 == 0


def test_what_is_put_on_a_shelf_has_its_name_when_the_shelf_is_closed_and_not_before(tmp_path: Path) -> None:
    store = FileStore(tmp_path)
    with store.shelf() as shelf:
        names = [shelf.put_outgoing(PublicId(number), [b"mail"], "2026-11") for number in (1, 2)]
        assert not any((tmp_path / name).exists() for name in names)

    assert [store.read(name) for name in names] == [b"mail", b"mail"]
    assert len([each for each in tmp_path.rglob("*") if each.is_file()]) == 2


def test_a_shelf_that_breaks_leaves_nothing_behind(tmp_path: Path) -> None:
    store = FileStore(tmp_path)

    def fill() -> None:
        with store.shelf() as shelf:
            shelf.put_outgoing(PublicId(1), [b"mail"], "2026-11")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fill()
    assert [each for each in tmp_path.rglob("*") if each.is_file()] == []


def test_a_disk_that_gives_a_slice_in_bits_gives_all_of_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = FileStore(tmp_path)
    kept = store.kept(store.put_inbound("ab" * 32, b"0123456789"))
    pread = os.pread
    monkeypatch.setattr(os, "pread", lambda file, size, at: pread(file, min(size, 2), at))

    assert kept[1:9] == b"12345678"


class Syncs:
    """What the system was asked to make durable, and which files had their names by then."""

    def __init__(self, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.seen: list[tuple[str, bool]] = []
        fsync = os.fsync

        def seen_fsync(file: int) -> None:
            name = Path(f"/proc/self/fd/{file}").readlink().name
            self.seen.append((name, any(self.named(root))))
            fsync(file)

        monkeypatch.setattr(os, "fsync", seen_fsync)

    @staticmethod
    def named(root: Path) -> list[Path]:
        return [each for each in root.rglob("*") if each.is_file() and not each.name.startswith(".")]


def test_a_file_has_its_name_when_its_bytes_are_durable_and_then_the_name_is_made_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = FileStore(tmp_path)
    store.put_inbound("cd" * 32, b"makes the folders")
    store.put_outgoing(PublicId(9), [b"makes the folders"], "2026-11")
    for each in Syncs.named(tmp_path):
        each.unlink()
    syncs = Syncs(tmp_path, monkeypatch)
    store.put_inbound("cd" * 32, b"mail")
    assert [(name.startswith(".cdcd"), is_named) for name, is_named in syncs.seen] == [(True, False), (False, True)]
    assert syncs.seen[-1][0] == "cd"

    for each in Syncs.named(tmp_path):
        each.unlink()
    syncs.seen.clear()
    with store.shelf() as shelf:
        for number in (1, 2):
            shelf.put_outgoing(PublicId(number), [b"mail"], "2026-11")
    assert [is_named for _, is_named in syncs.seen] == [False, False, True]
    assert [name.startswith(".") for name, _ in syncs.seen] == [True, True, False]


def test_a_shelf_on_a_full_disk_leaves_nothing_behind(tmp_path: Path) -> None:
    store = FileStore(tmp_path)

    def fill() -> None:
        with store.shelf() as shelf:
            shelf.put_outgoing(PublicId(1), [b"x" * 100_000], "2026-11")

    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, hard))
    try:
        with pytest.raises(FilesDown):
            fill()
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert [each for each in tmp_path.rglob("*") if each.is_file()] == []


def test_bytes_that_are_no_more_what_they_were_are_not_read_for_another_try(tmp_path: Path) -> None:
    store = FileStore(tmp_path)
    name = store.put_outgoing(PublicId(1), [b"ma", b"il"], "2026-11")
    assert store.kept_outgoing(name)[:] == b"mail"
    for content in (b"mall", b"mai", b"mails"):
        (tmp_path / name).write_bytes(content)
        with pytest.raises(FilesDown):
            store.kept_outgoing(name)
    (tmp_path / name).unlink()
    with pytest.raises(FilesDown):
        store.kept_outgoing(name)


def test_bytes_stored_before_their_names_told_what_they_were_are_still_read(tmp_path: Path) -> None:
    old = tmp_path / "outgoing" / "2026-10" / f"{1:016x}.eml"
    old.parent.mkdir(parents=True)
    old.write_bytes(b"mail")

    assert FileStore(tmp_path).kept_outgoing("outgoing/2026-10/0000000000000001.eml")[:] == b"mail"


def test_an_attachment_that_is_no_more_what_it_was_is_a_fault_of_ours(tmp_path: Path) -> None:
    store = FileStore(tmp_path)
    sha256 = store.put_attachment(CLIENT, b"invoice")
    assert store.kept_attachment(CLIENT, sha256)[:] == b"invoice"
    store.attachment_path(CLIENT, sha256).write_bytes(b"lnvoice")

    with pytest.raises(FilesDown):
        store.kept_attachment(CLIENT, sha256)


def test_a_mail_that_cannot_be_written_whole_takes_no_other_off_the_shelf(tmp_path: Path) -> None:
    store = FileStore(tmp_path)
    with store.shelf() as shelf:
        first = shelf.put_outgoing(PublicId(1), [b"first"], "2026-11")
        with pytest.raises(Stopped):
            shelf.put_outgoing(PublicId(2), ends_in_the_middle(), "2026-11")
        assert len([each for each in tmp_path.rglob("*") if each.is_file()]) == 1
        last = shelf.put_outgoing(PublicId(3), [b"last"], "2026-11")

    assert [store.read(each) for each in (first, last)] == [b"first", b"last"]
    assert len([each for each in tmp_path.rglob("*") if each.is_file()]) == 2
