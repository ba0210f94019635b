"""The hourly round: files that a crash left without a row, counters that drifted."""

from collections.abc import Iterable, Iterator
from itertools import islice

import structlog

from storage import attention
from storage.housekeeping import drifted_counters, files_with_rows
from worker.flows.house import House

log = structlog.get_logger("navette.housekeeping")

BATCH = 500


def keep_house(house: House) -> None:
    removed, mended = sweep_files(house), mend_counters(house)
    log.info("kept_house", files_removed=removed, counters_mended=mended)


def sweep_files(house: House) -> int:
    """Remove files without a row that are older than a day; how many."""
    with house.database.reading() as session:
        now = house.now(session).timestamp()
    removed = 0
    for names in batches(house.files.old_files(now=now)):
        with house.database.reading() as session:
            known = files_with_rows(session, names)
        for name in set(names) - known:
            house.files.remove(name)
            removed += 1
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
