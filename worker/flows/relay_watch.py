"""Who hears that the relay refuses our login or token: nothing leaves until a person mends it.

One event ``relay_refuses_us`` for one outage and one ``relay_recovered``, however many processes send: decided in SQL,
as for mailboxes. A mail about it could not leave either, so the operator gets one afterwards, which says for how long
everything waited; watch the log and ``navette_oldest_due_seconds`` to hear of it at once.
"""

from dataclasses import dataclass, field
from datetime import timedelta

import structlog

from storage import mailboxes
from storage.database import DatabaseDown
from worker.core.letters import Alarm, AlarmKind
from worker.core.relaying import Later, RelayAnswer, SealedMail
from worker.flows.alarming import alarm_operator
from worker.flows.house import House
from worker.flows.ports import Relay

log = structlog.get_logger("navette.sending")


@dataclass(slots=True)
class WatchedRelay:
    """A relay (``worker.flows.ports.Relay``) whose answers are listened to.

    ``is_fine``: what this process knows; None until it has heard one answer, for an outage may be older than it.
    """

    relay: Relay
    house: House
    is_fine: bool | None = field(default=None, init=False)

    @property
    def name(self) -> str:
        return self.relay.name

    def largest(self) -> int | None:
        return self.relay.largest()

    def send(self, mail: SealedMail) -> RelayAnswer:
        answer = self.relay.send(mail)
        try:
            self.listen(answer)
        except DatabaseDown:
            log.warning("alarm_waits")
        return answer

    def listen(self, answer: RelayAnswer) -> None:
        match answer:
            case Later(refuses_us=True):
                if self.is_fine is not False:
                    raise_alarm(self.house, self.name)
                self.is_fine = False
            case Later(busy=True):
                pass  # away or busy: it says nothing about our login
            case _:
                if not self.is_fine:
                    end_alarm(self.house, self.name)
                self.is_fine = True


def raise_alarm(house: House, relay: str) -> None:
    with house.database.writing() as session:
        now = house.now(session)
        mailboxes.watch(session, row_of(relay), now=now)
        is_first = mailboxes.raise_alarm(session, row_of(relay), now=now, after=timedelta(0))
    if is_first:
        log.error("relay_refuses_us", relay=relay)


def end_alarm(house: House, relay: str) -> None:
    with house.database.reading() as session:
        since = mailboxes.alarmed_at(session, row_of(relay))
    if since is None:
        return
    with house.database.writing() as session:
        now = house.now(session)
        has_recovered = mailboxes.mark_read(session, row_of(relay), now=now)
        minutes = max(1, int((now - since).total_seconds() // 60))
        if has_recovered:
            alarm = Alarm(kind=AlarmKind.RELAY_RECOVERED, mailbox=relay, minutes=minutes)
            alarm_operator(session, house, alarm, now=now)
    if has_recovered:
        log.warning("relay_recovered", relay=relay, minutes=minutes)


def row_of(relay: str) -> str:
    """Where it stands among the watched mailboxes, none of which can have a space in its name."""
    return f"relay {relay}"
