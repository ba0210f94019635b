"""What several readers of one transaction ask for is read once, and for many of them in one statement.

::

    with remembering(session):
        conversations.read_conversations_ahead(session, {5, 6, 7})      # a statement for all
        conversations.conversation(session, 5)                          # remembered

Only while nothing is written: inside the block, rows are as they were read. A reading transaction shows one moment
anyway; a writing one uses it for what it reads before its first write.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, TypeVar

from sqlalchemy.orm import Session

Thing = TypeVar("Thing")
Key = TypeVar("Key")
SHELF = "navette_remembered"


@contextmanager
def remembering(session: Session) -> Iterator[None]:
    session.info[SHELF] = {}
    try:
        yield
    finally:
        del session.info[SHELF]


def remembered(session: Session, what: str, key: object, read: Callable[[], Thing]) -> Thing:
    """What was read under this name and key, or is read now."""
    shelf: dict[tuple[str, object], Any] | None = session.info.get(SHELF)
    if shelf is None:
        return read()
    if (what, key) not in shelf:
        shelf[what, key] = read()
    thing: Thing = shelf[what, key]
    return thing


def remembered_among(
    session: Session, what: str, keys: Iterable[Key], read: Callable[[list[Key]], Mapping[Key, Thing]]
) -> dict[Key, Thing]:
    """Of many keys those for which there is something; what is not remembered yet is read in one go."""
    wanted = list(dict.fromkeys(keys))
    if session.info.get(SHELF) is None:
        return dict(read(wanted)) if wanted else {}
    asked = unknown(session, what, wanted)
    if asked:
        put(session, what, asked, read(asked), None)
    shelf = session.info[SHELF]
    return {key: shelf[what, key] for key in wanted if shelf[what, key] is not None}


def unknown(session: Session, what: str, keys: Iterable[Key]) -> list[Key]:
    """Those of the keys that were not asked for yet, each once."""
    shelf = session.info[SHELF]
    return [key for key in dict.fromkeys(keys) if (what, key) not in shelf]


def put(session: Session, what: str, keys: Iterable[Key], found: Mapping[Key, Any], otherwise: Any) -> None:
    """Remember what was found for these keys, and that for the others there is nothing.

    ``otherwise``: what a reader is told then.
    """
    shelf = session.info[SHELF]
    for key in keys:
        shelf[what, key] = found.get(key, otherwise)
