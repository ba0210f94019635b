"""How tries ended, written where their fences still hold; many at once, in one transaction with what follows from them.

An attempt is opened, durably, before the bytes can reach the relay, and ended here. One that is never ended is in
doubt, and its mail is marked "may be doubled".
"""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import assert_never

from sqlalchemy.orm import Session

from storage import operation, outbox, outbox_batches, outbox_claims
from storage.outbox_batches import Ended
from storage.records import OutgoingMail, OutgoingMailId
from storage.states import AttemptOutcome, Evidence, FailureClass, MailState
from worker.core.backoff import next_try
from worker.core.relaying import InDoubt, Later, Never, RelayAnswer, Taken
from worker.core.report_reasons import reason_of
from worker.core.sending import Event, next_state
from worker.flows.claiming import MOST_STUMBLES, is_given_up
from worker.flows.evidence import FailureFacts, deliver, fail, move
from worker.flows.house import House, gate_of

REHEARSED = "went to the rehearsal address instead"
NOT_TRIED = "not tried: the relay or our time ran out before its turn"

OUTCOMES = {
    Taken: AttemptOutcome.ACCEPTED,
    Later: AttemptOutcome.TEMPORARY,
    InDoubt: AttemptOutcome.IN_DOUBT,
    Never: AttemptOutcome.PERMANENT,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Tried:
    """A mail and what the relay said about it."""

    mail: OutgoingMail
    answer: RelayAnswer


def record(session: Session, house: House, tried: Sequence[Tried], *, now: datetime) -> dict[OutgoingMailId, MailState]:
    """The states afterwards. The caller has the locks of the mails' conversations."""
    ended = [Ended(mail=each.mail, outcome=OUTCOMES[type(each.answer)], reply=each.answer.reply) for each in tried]
    outbox_batches.end_attempts(session, ended, now=now)
    accept(session, house, [each.mail for each in tried if isinstance(each.answer, Taken)], now=now)
    for each in tried:
        apply_answer(session, house, each.mail, each.answer, now=now)
    return outbox_batches.states_of(session, [each.mail.id for each in tried])


def apply_answer(session: Session, house: House, mail: OutgoingMail, answer: RelayAnswer, *, now: datetime) -> None:
    match answer:
        case Taken():
            pass  # accepted with the others
        case Later(busy=busy):
            again(session, house, mail, now=now, busy=busy)
        case InDoubt():
            again(session, house, mail, now=now, busy=False, may_be_doubled=True)
        case Never(reply=reply, status=status):
            refused(session, house, mail, status=status, reply=reply, now=now)
        case _:
            assert_never(answer)


def accept(session: Session, house: House, mails: Sequence[OutgoingMail], *, now: datetime) -> None:
    """Grey ticks. A report that was faster has moved its mail already: then only the time of the 250 is noted."""
    if house.policy.redirect_all_to is not None:
        for each in mails:
            move(session, each, Event.NOTHING_LEFT, now=now, accepted_at=now, ended_why=REHEARSED)
        return
    mine = outbox_claims.still_claimed(session, {each.id: each.fence for each in mails})
    to = next_state(MailState.SENDING, Event.RELAY_TOOK_IT)
    outbox_batches.accept(session, mine, now=now)
    moved = [each for each in mails if each.id in mine]
    operation.note_ticks(session, moved, f"mail_{Event.RELAY_TOOK_IT}", to, now=now)
    for each in mails:
        if each.id not in mine:
            outbox.note_accepted(session, each.id, each.fence, now=now)
        if house.policy.relay_is_final:
            deliver(session, each, Event.REPORT_GOOD, Evidence.RELAY_IS_FINAL, now=now)


def again(
    session: Session, house: House, mail: OutgoingMail, *, now: datetime, busy: bool, may_be_doubled: bool = False
) -> None:
    """Back to the queue. A relay that is away is asked again soon; a mail it did not want waits longer each time."""
    if is_given_up(house, mail, now):
        facts = FailureFacts(kind=FailureClass.EXHAUSTED, status="", reason="expired")
        fail(session, house, mail, facts, Event.GAVE_UP, now=now)
        return
    wait = pause_after(min(mail.tries, 2) if busy else mail.tries)
    values: dict[str, object] = {"may_be_doubled": True} if may_be_doubled else {}
    to = next_state(MailState.SENDING, Event.RELAY_SAID_LATER)
    if outbox.write_under_fence(session, mail.id, mail.fence, state=to, due_at=now + wait, lease_until=None, **values):
        operation.note_event(
            session, "mail_later", now=now, outgoing_mail_id=mail.id, details={"seconds": wait.seconds}
        )


def pause_after(tries: int) -> timedelta:
    return next_try(tries, secrets.randbelow(1000) / 1000)


def refused(session: Session, house: House, mail: OutgoingMail, *, status: str, reply: str, now: datetime) -> None:
    facts = FailureFacts(kind=FailureClass.HARD, status=status, reason=reason_of(status, reply))
    fail(session, house, mail, facts, Event.RELAY_SAID_NO, now=now)


def stumble(session: Session, house: House, mail: OutgoingMail, *, now: datetime) -> None:
    """A fault of our own: later again, and in the end told to the author."""
    if mail.tries < MOST_STUMBLES:
        again(session, house, mail, now=now, busy=True)
        return
    facts = FailureFacts(kind=FailureClass.HARD, status="", reason="could_not_be_built")
    fail(session, house, mail, facts, Event.GAVE_UP, now=now)


def following(session: Session, house: House, mails: Sequence[OutgoingMail], *, now: datetime) -> list[OutgoingMailId]:
    """The mails behind these in the same threads need not wait for the sweep, which would let one go each second."""
    talks = [(each.conversation_id, each.person_id) for each in mails if each.conversation_id and each.person_id]
    return outbox_claims.next_due_mails(session, talks, now, gate_of(house.policy))
