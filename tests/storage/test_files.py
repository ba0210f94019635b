"""Files are durable before a row may name them; a fault of the disk is told as one."""

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


def test_folders_are_private(tmp_path: Path) -> None:
    store = FileStore(tmp_path / "files")
    store.put_attachment(CLIENT, b"x")

    assert (tmp_path / "files" / "clients").stat().st_mode & 0o077 == 0


def test_what_is_put_on_a_shelf_has_its_name_when_the_shelf_is_closed_and_not_before(tmp_path: Path) -> None:
    store = FileStore(tmp_path)
    with store.shelf() as shelf:
        names = [shelf.put_outgoing(PublicId(number), b"mail", "2026-11") for number in (1, 2)]
        assert not any((tmp_path / name).exists() for name in names)

    assert [store.read(name) for name in names] == [b"mail", b"mail"]
    assert len([each for each in tmp_path.rglob("*") if each.is_file()]) == 2


def test_a_shelf_that_breaks_leaves_nothing_behind(tmp_path: Path) -> None:
    store = FileStore(tmp_path)

    def fill() -> None:
        with store.shelf() as shelf:
            shelf.put_outgoing(PublicId(1), b"mail", "2026-11")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fill()
    assert [each for each in tmp_path.rglob("*") if each.is_file()] == []
