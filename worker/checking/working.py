"""Does anybody work? Who sweeps, sends, files and collects, what waits for them, and what lies in quarantine.

The last sweep is the best witness: beat asked for it, a worker did it, and it is written down (worker.flows.turns).
Only when there is none of late the workers are asked through the broker, to tell which of the two is missing.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from kombu.exceptions import OperationalError
from redis.exceptions import RedisError
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from storage import figures, operation, outbox_claims
from storage.database import Database, DatabaseDown
from worker.app import SWEEP_TURN, configure
from worker.checking.database import is_missing, opened
from worker.checking.verdicts import Verdict, ok, warning
from worker.core.policy import Sending
from worker.embedded_broker import is_alive, socket_path
from worker.flows.house import gate_of
from worker.settings import Settings
from worker.settings_sources import BadSettings
from worker.wiring import mailbox_accounts, policy_of

WORK, COLLECTOR, QUARANTINE = "work", "collector", "quarantine"
STALE, LATE = timedelta(seconds=30), timedelta(minutes=5)
PING_S = 4.0
START = "start `navette run`, or `navette worker` and `navette beat`"
BEAT = "start `navette beat` (`navette run` does); if it runs, it has another broker, or the workers are too busy"
MORE = "see the log of the workers; if they are only too busy, run more of them or raise NAVETTE_WORKER_PROCESSES"
COLLECT = "start `navette collect` (`navette run` does), or see its log"
REFILE = (
    "`navette inbox list --state quarantined` shows them with why; after the fix, or with a higher limit, "
    "`navette inbox refile` files them"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What the database tells about who works. Ages by its own clock; None: never, or nothing."""

    swept: timedelta | None
    mail_waits: timedelta | None
    arrival_waits: timedelta | None
    mailboxes: dict[str, float]
    quarantined: int
    quarantined_since: datetime | None


def check_work(settings: Settings, *, answers: Callable[[Settings], bool] | None = None) -> Iterator[Verdict]:
    database = opened(settings)
    if isinstance(database, Verdict):
        return  # the line of the database says it
    try:
        if is_missing(database):
            return
        seen = look(settings, database)
    except (DatabaseDown, SQLAlchemyError):
        yield warning(WORK, "cannot be told without a database of this version", "see the line of the database")
        return
    finally:
        database.close()
    yield work(settings, seen, answers or a_worker_answers)
    if mailbox_accounts(settings):
        yield collector(settings, seen)
    yield quarantine(seen)


def look(settings: Settings, database: Database) -> Seen:
    with database.reading() as session:
        now = database.now(session)
        swept_at = operation.last_turn(session, SWEEP_TURN)
        due_at = outbox_claims.oldest_due(session, now, gate_of(policy_of(settings)))
        count, since = figures.quarantined(session)
        return Seen(
            swept=None if swept_at is None else max(timedelta(0), now - swept_at),
            mail_waits=None if due_at is None else now - due_at,
            arrival_waits=oldest_arrival(session, now),
            mailboxes=figures.mailbox_ages(session, now),
            quarantined=count,
            quarantined_since=since,
        )


def oldest_arrival(session: Session, now: datetime) -> timedelta | None:
    seconds = figures.oldest_due(session, now)["inbound"]
    return timedelta(seconds=seconds) if seconds else None


def work(settings: Settings, seen: Seen, answers: Callable[[Settings], bool]) -> Verdict:
    waits = waiting(seen)
    if seen.swept is not None and seen.swept < STALE:
        if any(each > LATE for each in (seen.mail_waits, seen.arrival_waits) if each is not None):
            return warning(WORK, f"beat and a worker live, and yet {waits}", MORE)
        return ok(WORK, f"beat and a worker live: the last sweep was {told(seen.swept)} ago")
    swept = "there was no sweep yet" if seen.swept is None else f"the last sweep was {told(seen.swept)} ago"
    more = f"; {waits}" if waits else ""
    if answers(settings):
        return warning(WORK, f"a worker answers, and nobody asks for a sweep: {swept}{more}", BEAT)
    what = "the inbox" if settings.sending is Sending.OFF else "outbox and inbox"
    return warning(WORK, f"nothing works {what}: no worker answers, and {swept}{more}", START)


def waiting(seen: Seen) -> str:
    told_waits = [
        f"the oldest {name} waits for {told(age)}"
        for name, age in (("mail that is due", seen.mail_waits), ("mail that came in", seen.arrival_waits))
        if age is not None
    ]
    return ", ".join(told_waits)


def collector(settings: Settings, seen: Seen) -> Verdict:
    most = settings.mailbox_alarm_minutes * 60
    ages = {each.number: seen.mailboxes.get(each.name) for each in mailbox_accounts(settings)}
    unread = {number: age for number, age in ages.items() if age is None or age > most}
    if not unread:
        oldest = max(age for age in ages.values() if age is not None)
        return ok(COLLECTOR, f"every mailbox was read in the last {told(timedelta(seconds=oldest))}")
    number, age = next(iter(unread.items()))
    more = f" (and {len(unread) - 1} more)" if len(unread) > 1 else ""
    since = "was never collected" if age is None else f"was not read for {told(timedelta(seconds=age))}"
    return warning(COLLECTOR, f"mailbox {number} {since}{more}", COLLECT)


def quarantine(seen: Seen) -> Verdict:
    if not seen.quarantined or seen.quarantined_since is None:
        return ok(QUARANTINE, "empty")
    number = "1 mail" if seen.quarantined == 1 else f"{seen.quarantined} mails"
    return warning(QUARANTINE, f"{number}, the oldest of {seen.quarantined_since:%Y-%m-%d %H:%M} UTC", REFILE)


def told(age: timedelta) -> str:
    seconds = int(age.total_seconds())
    for size, name in ((86400, "days"), (3600, "hours"), (60, "minutes")):
        if seconds >= 2 * size:
            return f"{seconds // size} {name}"
    return f"{seconds} s"


def a_worker_answers(settings: Settings) -> bool:
    """Any of them, on any machine. The broker's own line tells when it is the one that is away."""
    try:
        if not settings.broker_url and not is_alive(socket_path(settings.data_dir)):
            return False
        app = configure(settings)
        with app.connection_for_write() as connection:
            return bool(app.control.ping(connection=connection, limit=1, timeout=PING_S))
    except (OperationalError, RedisError, OSError, BadSettings):
        return False
