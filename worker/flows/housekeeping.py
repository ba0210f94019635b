"""The hourly round: files that a crash left without a row, counters that drifted, held mails that nobody decided."""

from collections.abc import Iterable, Iterator
from itertools import islice

import structlog

from storage import attention
from storage.housekeeping import drifted_counters, files_with_rows
from worker.flows.house import House
from worker.flows.reminding_held import remind_of_held

log = structlog.get_logger("navette.housekeeping")

BATCH = 500


def keep_house(house: House) -> None:
    removed, mended, reminded = sweep_files(house), mend_counters(house), remind_of_held(house)
    log.info("kept_house", files_removed=removed, counters_mended=mended, reminders_of_held=reminded)


def sweep_files(house: House) -> int:
    """Remove files without a row that are older than a day; how many.

    Meanwhile somebody may store the same content and then write its row (a flow stores first, commits later). Looking
    and then removing would take his file: "old, no row" was true when we looked. So each file is first set aside, one
    rename, and judged there, where nobody but us knows it. Whoever writes a row has just renamed a new file over the
    name (storage.files), and a rename comes either before ours or after it:

    - before: what we set aside is his file. It is fresh, so it is put back, whether or not his row can be seen yet;
    - after: what we set aside is the old file, and his stands under the name. Ours may go; nothing we do then touches
      the name (putting back yields to a newer file).

    Neither order asks what a transaction of his or ours sees, so both databases are alike; renames are ordered by the
    file system, on a shared volume by its server, so machines are too. The second look at the rows is for a row that
    came to an old file since the first look, by a writer who slept between his two steps for a day.

    Between set aside and put back a reader finds nothing, which is a temporary fault. A sweep that is killed in between
    leaves the file aside, and the next one begins with putting it back; a sweep at the same time may do so too early,
    and then the file only waits for the next round.
    """
    for aside in house.files.left_aside():
        house.files.put_back(aside)
    with house.database.reading() as session:
        now = house.now(session).timestamp()
    names_in_turn = batches(house.files.old_files(now=now))
    return sum(remove_orphans(house, orphans_among(house, names), now=now) for names in names_in_turn)


def orphans_among(house: House, names: list[str]) -> list[str]:
    with house.database.reading() as session:
        known = files_with_rows(session, names)
    return [name for name in names if name not in known]


def remove_orphans(house: House, names: list[str], *, now: float) -> int:
    moved = {name: house.files.set_aside(name) for name in names}
    taken = {name: aside for name, aside in moved.items() if aside is not None}
    orphans = set(orphans_among(house, list(taken)))
    removed = 0
    for name, aside in taken.items():
        if name in orphans and not house.files.is_fresh(aside, now=now):
            house.files.remove(aside)
            removed += 1
        else:
            house.files.put_back(aside)
    return removed


def mend_counters(house: House) -> int:
    """Write needs-action columns anew where they differ from the rows; how many. None should."""
    with house.database.writing() as session:
        drifted = drifted_counters(session)
        for conversation_id in drifted:
            attention.recount(session, conversation_id)
    return len(drifted)


def batches(names: Iterable[str]) -> Iterator[list[str]]:
    rest = iter(names)
    while batch := list(islice(rest, BATCH)):
        yield batch
