"""The operator hears of mail in quarantine: one alarm mail per error and hour, in the transaction that shelves it."""

from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from storage import inbox, operation
from storage.records import Arrival
from worker.core.letters import Alarm, AlarmKind
from worker.flows.alarming import alarm_operator
from worker.flows.house import House

EVERY = timedelta(hours=1)


def tell_quarantined(session: Session, house: House, arrival: Arrival, error: str, *, now: datetime) -> bool:
    """False when an alarm about this error went less than an hour ago."""
    if not operation.begin_turn(session, f"alarm:quarantined:{error}", now=now, every=EVERY):
        return False
    alarm = Alarm(
        kind=AlarmKind.MAIL_QUARANTINED,
        error=error,
        mail=f"i{arrival.inbound_mail_id}",
        count=inbox.count_quarantined(session, error),
    )
    alarm_operator(session, house, alarm, now=now)
    return True
