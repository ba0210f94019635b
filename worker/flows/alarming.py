"""What the operator must hear, as a mail in the outbox: written in the transaction that decides the alarm.

So there is one mail for one alarm, whatever number of processes look. With ``sending`` off it waits like every mail.
"""

from dataclasses import asdict
from datetime import datetime

from sqlalchemy.orm import Session

from storage import outbox
from storage.records import OutgoingMail
from storage.states import MailKind, MailState, Side, Visibility
from worker.core.letters import Alarm, AlarmKind, Letter
from worker.flows.house import House
from worker.flows.planning import PRIORITY

TOLD = ("mailbox", "minutes", "error", "mail", "count")


def alarm_operator(session: Session, house: House, alarm: Alarm, *, now: datetime) -> None:
    """Harmless where nobody is set to get alarms."""
    if not house.policy.operator_address:
        return
    outbox.add_mail(
        session,
        kind=MailKind.ALARM,
        visibility=Visibility.INTERNAL,
        language=house.policy.operator_language,
        person_id=None,
        address=house.policy.operator_address,
        priority=PRIORITY[MailKind.ALARM],
        opened_at=now,
        due_at=now,
        now=now,
        state=MailState.QUEUED,
        details={"alarm": alarm.kind}
        | {name: value for name, value in asdict(alarm).items() if name in TOLD and value},
    )


def alarm_letter(house: House, mail: OutgoingMail) -> Letter:
    told = dict(mail.details or {})
    alarm = Alarm(kind=AlarmKind(told["alarm"]), **{each: told[each] for each in TOLD if each in told})
    return Letter(
        kind=MailKind.ALARM,
        language=mail.language,
        side=Side.FIRM,
        visibility=Visibility.INTERNAL,
        firm_name=house.policy.firm_name,
        client_name="",
        subject=alarm.mailbox or alarm.kind,
        reader="",
        signer=house.policy.firm_name,
        messages=(),
        alarm=alarm,
    )
