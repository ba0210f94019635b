"""Who hears that a mailbox is not read: one event ``mailbox_not_read`` and, when it is read again, one
``mailbox_recovered`` (``collecting.collect_round``), however many processes look and restart.
"""

import structlog

from storage import mailboxes
from worker.flows.collecting_box import Box

log = structlog.get_logger("navette.collector")


def judge_silence(box: Box) -> bool:
    """True for the one who raised the alarm. No lease is needed: it is told also when nobody leads."""
    with box.house.database.reading() as rows:
        now, last = box.house.now(rows), mailboxes.last_read_at(rows, box.name)
    if last is None or now - last < box.rules.alarm_after:
        return False
    with box.house.database.writing() as rows:
        is_first = mailboxes.raise_alarm(rows, box.name, now=box.house.now(rows), after=box.rules.alarm_after)
    if is_first:
        log.error("mailbox_not_read", mailbox=box.number, minutes=int((now - last).total_seconds() // 60))
    return is_first
