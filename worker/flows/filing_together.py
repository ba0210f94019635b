"""Filing the arrivals of one task: most of them together, a few alone.

Together is for mails that are small and new to us (``inbox_claims.due_among``): claimed by one UPDATE, looked at by a
few statements for all, and on SQLite, which has one writer anyway, written in one commit. PostgreSQL's writers would
lock each other out if each held the rows of many mails, so there each mail has its commit. A mail whose files would
fill the memory goes alone, and so does one that broke our code or lost a worker before: whatever it does then is its
own.

Of the mails of one conversation only the first is taken, the next one after it was filed: it is weighed by what the
first one said. When anything breaks, all that was not committed is filed one by one, so that the fault is counted where
it belongs.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from sqlalchemy.orm import Session

from storage import inbox, inbox_claims
from storage.database import DatabaseDown
from storage.files import FilesDown
from storage.gathering import gathering
from storage.inbox_claims import DueArrival
from storage.reading_ahead import remembering
from storage.records import Arrival, ArrivalId, Client, InboundMail
from worker.core.parsed import ParsedMail
from worker.faults import reach
from worker.flows.asking import commands_in
from worker.flows.braking import brake_together
from worker.flows.filing import (
    DecisionChanged,
    Weighed,
    client_of,
    file_alone,
    file_arrival,
    file_in,
    lock,
    ready_to_file,
    touched,
    weigh,
)
from worker.flows.filing_work import Applied
from worker.flows.findings import Ready
from worker.flows.house import House
from worker.flows.looking_ahead import look_ahead
from worker.flows.ports import Reader
from worker.flows.raw_mails import raw_of
from worker.flows.shelving import FIRST_PAUSE
from worker.flows.weighing import Look, look

log = structlog.get_logger("navette.filing")

MOST_TOGETHER = 25
"""So long is SQLite's one writer kept from others: some 50 ms."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Read:
    """An arrival that is ours, with its mail."""

    arrival: Arrival
    mail: ParsedMail


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """With the first look, and the client in whose store its files belong."""

    read: Read
    look: Look
    client: Client | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    read: Read
    weighed: Weighed


def always() -> bool:
    return True


def file_arrivals(
    house: House, reader: Reader, ids: Sequence[ArrivalId], *, may_go_on: Callable[[], bool] = always
) -> None:
    """In their order. ``may_go_on`` is asked before each step: what was not begun is left for another task."""
    for some in portions(due_among(house, ids)):
        if not may_go_on():
            return
        if len(some) == 1:
            file_arrival(house, reader, some[0])
        else:
            file_together(house, reader, claim_together(house, some), may_go_on)


def due_among(house: House, ids: Sequence[ArrivalId]) -> list[DueArrival]:
    """A look without a lock: under load most rings are for what was filed meanwhile."""
    with house.database.reading() as session:
        return inbox_claims.due_among(session, ids, house.now(session))


def portions(due: Sequence[DueArrival]) -> Iterator[list[ArrivalId]]:
    """In their order; each that must be alone by itself."""
    some: list[ArrivalId] = []
    for each in due:
        if some and (each.alone or len(some) == MOST_TOGETHER):
            yield some
            some = []
        some.append(each.id)
        if each.alone:
            yield some
            some = []
    if some:
        yield some


def claim_together(house: House, ids: Sequence[ArrivalId]) -> list[Arrival]:
    with house.database.writing() as session:
        return inbox_claims.claim_together(session, ids, house.now(session), lease=house.policy.file_lease)


def file_together(
    house: House, reader: Reader, arrivals: Sequence[Arrival], may_go_on: Callable[[], bool] = always
) -> None:
    """Those that were not begun when the time is over are given back."""
    reach("file.after_claim")
    left = read_all(house, reader, arrivals)
    while left:
        if not may_go_on():
            give_back(house, [each.arrival for each in left], pause=timedelta(0))
            return
        left = file_round(house, reader, left)


def read_all(house: House, reader: Reader, arrivals: Sequence[Arrival]) -> list[Read]:
    """Parsed. What cannot be read is dealt with alone."""
    with house.database.reading() as session:
        kept = inbox.inbound_mails_by_ids(session, [each.inbound_mail_id for each in arrivals])
    read = []
    for each in arrivals:
        mail = parse_or_none(house, reader, kept.get(each.inbound_mail_id))
        if mail is None:
            file_alone(house, reader, each)
        else:
            read.append(Read(arrival=each, mail=mail))
    return read


def parse_or_none(house: House, reader: Reader, kept: InboundMail | None) -> ParsedMail | None:
    """None for what ends in quarantine or in an error."""
    if kept is None:
        return None
    try:
        mail = reader.parse(raw_of(house, kept))
    except Exception:  # noqa: BLE001 - outermost: it is tried again alone, and counted there
        return None
    return None if mail.quarantine else mail


def file_round(house: House, reader: Reader, reads: Sequence[Read]) -> list[Read]:
    """File the first mail of each conversation; those that wait for one of them."""
    seen: list[Seen] = []
    try:
        seen, later = first_of_each(look_at(house, reads))
        weighed = [judge(house, reader, each) for each in seen]
        orders = [each.read for each in weighed if is_command(house, each)]
        judged = [each for each in weighed if each.read not in orders]
        reach("file.before_commit")
        groups = [judged] if house.database.is_sqlite else [[each] for each in judged]
    except (DatabaseDown, FilesDown) as fault:
        put_all_off(house, reads, fault)
        return []
    except Exception:  # outermost: whichever mail it was, alone it is counted, and the others go on
        log.exception("not_together", arrivals=[each.arrival.id for each in reads])
        file_one_by_one(house, reader, reads)
        return []
    file_one_by_one(house, reader, orders)
    for group in groups:
        file_group(house, reader, group)
    return later


def is_command(house: House, judged: Judged) -> bool:
    """What somebody asks for is done in the transaction that files his mail: that one is his own."""
    return commands_in(house, judged.weighed.look, judged.weighed.cut) is not None


def look_at(house: House, reads: Sequence[Read]) -> list[Seen]:
    with house.database.reading() as session, remembering(session):
        now = house.now(session)
        look_ahead(session, house, [(each.arrival, each.mail) for each in reads])
        looks = [look(session, house, each.arrival, each.mail, now=now) for each in reads]
        return [
            Seen(read=read, look=first, client=client_of(session, first.decision))
            for read, first in zip(reads, looks, strict=True)
        ]


def first_of_each(seen: Sequence[Seen]) -> tuple[list[Seen], list[Read]]:
    """A mail that touches what an earlier one touches waits for that one."""
    taken: set[object] = set()
    first, later = [], []
    for each in seen:
        places = touched(each.look) | reported_by(each.look)
        if places & taken:
            later.append(each.read)
        else:
            first.append(each)
        taken |= places
    return first, later


def reported_by(seen: Look) -> set[object]:
    """Two reports about one mail of ours that belongs to no conversation."""
    return {("mail", seen.facts.reported.id)} if seen.facts.reported else set()


def judge(house: House, reader: Reader, seen: Seen) -> Judged:
    return Judged(read=seen.read, weighed=weigh(house, reader, seen.look, seen.client))


def file_group(house: House, reader: Reader, group: Sequence[Judged]) -> None:
    """In one commit. Who must be weighed anew is put off; any fault undoes all, and each is tried alone."""
    try:
        applied = write_group(house, group)
    except (DatabaseDown, FilesDown) as fault:
        put_all_off(house, [each.read for each in group], fault)
        return
    except Exception:  # outermost, as above: nothing of this commit stands
        log.exception("not_together", arrivals=[each.read.arrival.id for each in group])
        file_one_by_one(house, reader, [each.read for each in group])
        return
    reach("file.after_commit")
    changed = []
    for each, done in zip((judged.read.arrival for judged in group), applied, strict=True):
        if done is None:
            changed.append(each)
        else:
            log.info("filed", arrival=each.id, inbound=each.inbound_mail_id, outcome=done.outcome)
    house.bell.ring_outgoing([due for done in applied if done for due in done.due])
    if changed:
        give_back(house, changed, pause=timedelta(0))


def write_group(house: House, group: Sequence[Judged]) -> list[Applied | None]:
    """What each became; None for who must be weighed anew. All look again before one writes."""
    with house.database.writing() as session:
        now = house.now(session)
        lock(session, [each.weighed.look for each in group])
        with remembering(session):
            look_ahead(session, house, [(each.read.arrival, each.read.mail) for each in group])
            ready = [ready_or_changed(session, house, each, now=now) for each in group]
            there = [(each.read.arrival, found) for each, found in zip(group, ready, strict=True) if found]
            braked = iter(brake_together(session, house, there))
        with gathering(session):
            return [
                file_in(session, house, each.read.arrival, next(braked), now=now) if found else None
                for each, found in zip(group, ready, strict=True)
            ]


def ready_or_changed(session: Session, house: House, judged: Judged, *, now: datetime) -> Ready | None:
    try:
        return ready_to_file(session, house, judged.read.arrival, judged.weighed, now=now)
    except DecisionChanged:
        return None


def put_all_off(house: House, reads: Sequence[Read], fault: Exception) -> None:
    log.warning("put_off", arrivals=[each.arrival.id for each in reads], fault=type(fault).__name__)
    give_back(house, [each.arrival for each in reads], pause=FIRST_PAUSE)


def give_back(house: House, arrivals: Sequence[Arrival], *, pause: timedelta) -> None:
    """For a later try; when the database is down the leases run out by themselves."""
    try:
        with house.database.writing() as session:
            due_at = house.now(session) + pause
            for each in arrivals:
                inbox.write_arrival(session, each.id, each.fence, due_at=due_at)
    except DatabaseDown:
        log.warning("leases_left_to_run_out", arrivals=[each.id for each in arrivals])


def file_one_by_one(house: House, reader: Reader, reads: Sequence[Read]) -> None:
    for each in reads:
        file_alone(house, reader, each.arrival)
