"""What is remembered within one block, and forgotten after it; statements of a fixed shape."""

from sqlalchemy.orm import Session

from storage.database import Database
from storage.reading_ahead import remembered, remembered_among, remembering


class Shelf:
    """Something that changes, and how often it was read."""

    def __init__(self) -> None:
        self.value = 1
        self.asked: list[object] = []

    def read(self) -> int:
        self.asked.append("one")
        return self.value

    def among(self, keys: list[int]) -> dict[int, int]:
        self.asked.append(keys)
        return {key: key * 10 for key in keys if key < 5}

    def one(self, session: Session) -> int:
        return remembered(session, "thing", 1, self.read)


def test_a_thing_is_read_once_in_a_block_and_anew_after_it(database: Database) -> None:
    """What is written after the block must not meet rows as they were before."""
    shelf = Shelf()
    with database.reading() as session:
        with remembering(session):
            assert [shelf.one(session), shelf.one(session)] == [1, 1]
            assert len(shelf.asked) == 1
        shelf.value = 2
        assert [shelf.one(session), len(shelf.asked)] == [2, 2]


def test_of_many_keys_those_that_are_new_are_read_and_those_without_anything_left_out(database: Database) -> None:
    shelf = Shelf()
    with database.reading() as session, remembering(session):
        assert remembered_among(session, "many", [1, 2, 7, 1], shelf.among) == {1: 10, 2: 20}
        assert remembered_among(session, "many", [2, 3, 7], shelf.among) == {2: 20, 3: 30}
        assert remembered_among(session, "other", [2], shelf.among) == {2: 20}
    assert shelf.asked == [[1, 2, 7], [3], [2]]
