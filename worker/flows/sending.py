"""Sending one outgoing mail: claim, then talk, then record; no transaction is open over the network.

::

    claim (fence, revisions, Message-ID) → seal (bytes stored, attempt opened) → relay → record → ring for the next

A worker may die at any point: the lease runs out and the mail is claimed again with the same bytes. An attempt that
never said how it ended is in doubt, and the mail is marked "may be doubled".
"""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import assert_never

import structlog
from sqlalchemy.orm import Session

from storage import messages, operation, outbox, outbox_claims
from storage.database import DatabaseDown
from storage.files import FilesDown
from storage.records import OutgoingMail, OutgoingMailId
from storage.states import AttemptOutcome, Evidence, FailureClass, MailState, Side, Visibility
from worker.core.backoff import next_try
from worker.core.internal_guard import why_internal
from worker.core.letter_rules import Unprintable
from worker.core.relaying import InDoubt, Later, Never, RelayAnswer, SealedMail, Taken
from worker.core.report_reasons import reason_of
from worker.core.sending import Event, next_state
from worker.faults import reach
from worker.flows.claiming import MOST_STUMBLES, REDIRECTED, claim_or_stumble, is_given_up, lock_talk
from worker.flows.evidence import FailureFacts, deliver, fail, move, note_tick
from worker.flows.house import House, gate_of, there
from worker.flows.lettering import Claimed
from worker.flows.ports import Printer, Relay
from worker.flows.printing import print_mail

log = structlog.get_logger("navette.sending")

INTERNAL_REASON = "internal_content"
REHEARSED = "went to the rehearsal address instead"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sealed:
    """A mail with its bytes, ready for the relay under this fence."""

    mail: OutgoingMail
    content: SealedMail


def send_mail(house: House, relay: Relay, printer: Printer, mail_id: OutgoingMailId) -> MailState | None:
    """Try one mail once; its state afterwards, or None when it was not ours (not due, not free, not allowed)."""
    claimed = claim_or_stumble(house, mail_id)
    if claimed is None:
        return None
    reach("send.after_claim")
    sealed = seal_or_stumble(house, relay, printer, claimed)
    if sealed is None:
        return state_of(house, mail_id)
    reach("send.before_relay")
    answer = relay.send(sealed.content)
    reach("send.after_relay")
    state = record(house, sealed, answer)
    reach("send.after_record")
    ring_next(house, sealed.mail)
    log.info("tried", mail=mail_id, state=state, tries=sealed.mail.tries, answer=type(answer).__name__)
    return state


def seal_or_stumble(house: House, relay: Relay, printer: Printer, claimed: Claimed) -> Sealed | None:
    """A fault of our own while making the bytes is retried, and told to the author when it stays."""
    mail = claimed.mail
    try:
        return seal(house, relay, printer, claimed)
    except FilesDown:
        log.exception("files_down", mail=mail.id)
        with house.database.writing() as session:
            again(session, house, mail, now=house.now(session), busy=True)
    except DatabaseDown:
        raise
    except Unprintable:
        log.exception("unprintable", mail=mail.id)
        with house.database.writing() as session:
            facts = FailureFacts(kind=FailureClass.HARD, status="", reason="could_not_be_built")
            fail(session, house, mail, facts, Event.GAVE_UP, now=house.now(session))
    except Exception:  # outermost: whatever a template or a name does, the other mails go on
        log.exception("not_built", mail=mail.id, tries=mail.tries)
        with house.database.writing() as session:
            stumble(session, house, mail, now=house.now(session))
    return None


def stumble(session: Session, house: House, mail: OutgoingMail, *, now: datetime) -> None:
    if mail.tries < MOST_STUMBLES:
        again(session, house, mail, now=now, busy=True)
        return
    facts = FailureFacts(kind=FailureClass.HARD, status="", reason="could_not_be_built")
    fail(session, house, mail, facts, Event.GAVE_UP, now=now)


def state_of(house: House, mail_id: OutgoingMailId) -> MailState:
    with house.database.reading() as session:
        return there(outbox.mail(session, mail_id)).state


def seal(house: House, relay: Relay, printer: Printer, claimed: Claimed) -> Sealed | None:
    """Make the bytes at the first try and store them; at a later one read them. None: the guard stopped the mail."""
    mail = claimed.mail
    if mail.bytes_path is None:
        content, text = print_mail(house, relay, printer, claimed)
        month = f"{claimed.heading.dated_at:%Y-%m}"
        path = house.files.put_outgoing(mail.public_id, content, month)
    else:
        path, text = mail.bytes_path, mail.sent_text or ""
        content = house.files.read(path)
    with house.database.writing() as session:
        now = house.now(session)
        fixed: dict[str, object] = {
            "bytes_path": path,
            "sent_text": text,
            "message_id": claimed.heading.message_id,
            "envelope_id": claimed.envelope_id,
            "details": {**(mail.details or {}), REDIRECTED: house.policy.redirect_all_to},
        }
        if mail.bytes_path is None:
            fixed |= {"dated_at": claimed.heading.dated_at, "thread_index": claimed.heading.thread_index}
        if not outbox.write_under_fence(session, mail.id, mail.fence, **fixed):
            return None
        if stopped_by_guard(session, house, mail, text, claimed.letter.side, now=now):
            return None
        outbox.open_attempt(session, mail.id, mail.fence, relay.name, now=now)
    return Sealed(
        mail=mail,
        content=SealedMail(
            envelope_from=claimed.envelope_from,
            recipient=house.policy.redirect_all_to or mail.address,
            envelope_id=claimed.envelope_id,
            content=content,
        ),
    )


def stopped_by_guard(
    session: Session, house: House, mail: OutgoingMail, text: str, reader: Side, *, now: datetime
) -> bool:
    """The last check before the relay, on the finished text and on what the database says is in it."""
    if mail.conversation_id is None:
        return False
    everything = messages.messages_of(session, mail.conversation_id)
    every_text = messages.revisions_of(session, [each.id for each in everything])
    kind = {each.id: each.visibility for each in everything}
    carried = outbox.deliveries_in(session, [mail.id])
    why = why_internal(
        reader=reader,
        mail=mail.visibility,
        carried=[kind[each.message_id] for each in carried if each.dropped_at is None],
        text=text,
        notes=[each.text for each in every_text if kind[each.message_id] is Visibility.INTERNAL],
        shared=[each.text for each in every_text if kind[each.message_id] is Visibility.SHARED],
    )
    if why is None:
        return False
    log.error("internal_content_stopped", mail=mail.id)
    facts = FailureFacts(kind=FailureClass.HARD, status="", reason=INTERNAL_REASON)
    return fail(session, house, mail, facts, Event.GAVE_UP, now=now)


def record(house: House, sealed: Sealed, answer: RelayAnswer) -> MailState:
    """Write how the try ended, where its fence still holds."""
    mail = sealed.mail
    with house.database.writing() as session:
        now = house.now(session)
        lock_talk(session, mail)
        outcome = OUTCOMES[type(answer)]
        outbox.end_attempt(session, mail.id, mail.fence, outcome, reply=answer.reply, now=now)
        match answer:
            case Taken():
                accept(session, house, mail, now=now)
            case Later(busy=busy):
                again(session, house, mail, now=now, busy=busy)
            case InDoubt():
                again(session, house, mail, now=now, busy=False, may_be_doubled=True)
            case Never(reply=reply, status=status):
                refused(session, house, mail, status=status, reply=reply, now=now)
            case _:
                assert_never(answer)
        return there(outbox.mail(session, mail.id)).state


def ring_next(house: House, mail: OutgoingMail) -> None:
    """The mail behind this one in the same thread need not wait for the sweep, which would let one go each second."""
    if mail.conversation_id is None or mail.person_id is None:
        return
    with house.database.reading() as session:
        now = house.now(session)
        following = outbox_claims.next_due_mail(
            session, mail.conversation_id, mail.person_id, now, gate_of(house.policy)
        )
    if following is not None:
        house.bell.ring_outgoing([following])


OUTCOMES = {
    Taken: AttemptOutcome.ACCEPTED,
    Later: AttemptOutcome.TEMPORARY,
    InDoubt: AttemptOutcome.IN_DOUBT,
    Never: AttemptOutcome.PERMANENT,
}


def accept(session: Session, house: House, mail: OutgoingMail, *, now: datetime) -> None:
    """Grey tick. A report that was faster has moved the mail already: then only the time of the 250 is noted."""
    if house.policy.redirect_all_to is not None:
        move(session, mail, Event.NOTHING_LEFT, now=now, accepted_at=now, ended_why=REHEARSED)
        return
    to = next_state(MailState.SENDING, Event.RELAY_TOOK_IT)
    done = outbox.write_under_fence(session, mail.id, mail.fence, state=to, accepted_at=now, lease_until=None)
    if done:
        note_tick(session, mail, Event.RELAY_TOOK_IT, to, now=now)
    else:
        outbox.note_accepted(session, mail.id, mail.fence, now=now)
    if house.policy.relay_is_final:
        deliver(session, mail, Event.REPORT_GOOD, Evidence.RELAY_IS_FINAL, now=now)


def again(
    session: Session, house: House, mail: OutgoingMail, *, now: datetime, busy: bool, may_be_doubled: bool = False
) -> None:
    """Back to the queue. A relay that is away is asked again soon; a mail it did not want waits longer each time."""
    if is_given_up(house, mail, now):
        facts = FailureFacts(kind=FailureClass.EXHAUSTED, status="", reason="expired")
        fail(session, house, mail, facts, Event.GAVE_UP, now=now)
        return
    tries = min(mail.tries, 2) if busy else mail.tries
    wait: timedelta = next_try(tries, secrets.randbelow(1000) / 1000)
    values: dict[str, object] = {"may_be_doubled": True} if may_be_doubled else {}
    to = next_state(MailState.SENDING, Event.RELAY_SAID_LATER)
    if outbox.write_under_fence(session, mail.id, mail.fence, state=to, due_at=now + wait, lease_until=None, **values):
        operation.note_event(
            session, "mail_later", now=now, outgoing_mail_id=mail.id, details={"seconds": wait.seconds}
        )


def refused(session: Session, house: House, mail: OutgoingMail, *, status: str, reply: str, now: datetime) -> None:
    facts = FailureFacts(kind=FailureClass.HARD, status=status, reason=reason_of(status, reply))
    fail(session, house, mail, facts, Event.RELAY_SAID_NO, now=now)
