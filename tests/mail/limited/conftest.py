"""A limited reader for all tests that do not hurt it."""

from collections.abc import Iterator

import pytest

from worker.mail.limited.reader import LimitedReader


@pytest.fixture(scope="module")
def limited() -> Iterator[LimitedReader]:
    made = LimitedReader()
    yield made
    made.close()
