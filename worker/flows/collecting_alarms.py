"""Who hears that a mailbox is not read: one event ``mailbox_not_read`` and, when it is read again, one
``mailbox_recovered``, each with one mail to the operator in the same transaction, however many processes look and
restart. A refused login or token is told at once, by its own reason, and is then the one alarm of that outage.
"""

from datetime import timedelta

import structlog

from storage import mailboxes
from worker.core.letters import Alarm, AlarmKind
from worker.flows.alarming import alarm_operator
from worker.flows.collecting_box import Box
from worker.flows.house import House

log = structlog.get_logger("navette.collector")


def watch_mailboxes(house: House) -> None:
    """Every configured mailbox, also one whose collector never ran: its silence counts from the first look."""
    for number, name in enumerate(house.policy.mailboxes, 1):
        with house.database.reading() as rows:
            is_known = mailboxes.last_read_at(rows, name) is not None
        if not is_known:
            with house.database.writing() as rows:
                mailboxes.watch(rows, name, now=house.now(rows))
        judge(house, name, number, after=house.policy.mailbox_alarm_after)


def judge_silence(box: Box) -> bool:
    """True for the one who raised the alarm. No lease is needed: it is told also when nobody leads."""
    return judge(box.house, box.name, box.number, after=box.rules.alarm_after)


def judge(house: House, name: str, number: int, *, after: timedelta) -> bool:
    with house.database.reading() as rows:
        now, last = house.now(rows), mailboxes.last_read_at(rows, name)
    if last is None or now - last < after:
        return False
    minutes = int((now - last).total_seconds() // 60)
    return raise_once(house, number, Alarm(kind=AlarmKind.MAILBOX_NOT_READ, mailbox=name, minutes=minutes), after=after)


def tell_refused(box: Box, kind: AlarmKind) -> bool:
    """Nobody needs to wait for what a person must mend."""
    return raise_once(box.house, box.number, Alarm(kind=kind, mailbox=box.name), after=timedelta(0))


def raise_once(house: House, number: int, alarm: Alarm, *, after: timedelta) -> bool:
    with house.database.writing() as rows:
        now = house.now(rows)
        is_first = mailboxes.raise_alarm(rows, alarm.mailbox, now=now, after=after)
        if is_first:
            alarm_operator(rows, house, alarm, now=now)
    if is_first:
        log.error(alarm.kind.value, mailbox=number, minutes=alarm.minutes)
    return is_first
