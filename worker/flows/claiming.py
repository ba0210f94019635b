"""Claiming an outgoing mail: take it, look at it once more, fix what it carries.

The conversation's lock comes before the mail's row, here and everywhere. What changed since the mail was planned
counts: who left, an address that was corrected, a rehearsal that began or ended, messages that were deleted.
"""

from datetime import datetime, timedelta

import structlog
from sqlalchemy.orm import Session

from storage import addresses, conversations, file_facts, operation, outbox, outbox_claims, people
from storage.database import DatabaseDown
from storage.records import OutgoingMail, OutgoingMailId
from storage.states import FailureClass, MailKind, MailState
from worker.core.backoff import has_expired, next_try
from worker.core.sending import Event, next_state
from worker.flows.evidence import FailureFacts, fail, move
from worker.flows.house import House, gate_of, there
from worker.flows.lettering import Claimed, fix_revisions, gather
from worker.flows.planning import is_still_there

log = structlog.get_logger("navette.sending")

LEAST_TRIES = 10
"""A clock that jumps ahead by a month ends no mail that was hardly tried."""
MOST_STUMBLES = 5
SCAN_PAUSE = timedelta(seconds=15)
NEEDS_MESSAGES = frozenset({MailKind.MESSAGE, MailKind.CORRECTION})
REDIRECTED = "redirected_to"


def claim_or_stumble(house: House, mail_id: OutgoingMailId) -> Claimed | None:
    """A fault of our own in gathering one mail puts that mail off, and stops no other."""
    try:
        return claim(house, mail_id)
    except DatabaseDown:
        raise
    except Exception:  # outermost: the batch goes on with the next mail
        log.exception("not_gathered", mail=mail_id)
    with house.database.writing() as session:
        now = house.now(session)
        mail = there(outbox.mail(session, mail_id))
        lock_talk(session, mail)
        if outbox.put_off(session, mail_id, due_at=now + next_try(mail.tries + 1, 0)) >= MOST_STUMBLES:
            facts = FailureFacts(kind=FailureClass.HARD, status="", reason="could_not_be_built")
            fail(session, house, mail, facts, Event.GAVE_UP, now=now)
    return None


def lock_talk(session: Session, mail: OutgoingMail) -> None:
    """The conversation's lock comes before the mail's row, everywhere: two that wait for each other wait for ever."""
    if mail.conversation_id is not None:
        conversations.lock_conversation(session, mail.conversation_id)


def claim(house: House, mail_id: OutgoingMailId) -> Claimed | None:
    """Take the mail and fix what it carries, or end it when there is nothing to send or nobody to send to."""
    if not is_claimable(house, mail_id):
        return None
    with house.database.writing() as session:
        now = house.now(session)
        known = outbox.mail(session, mail_id)
        if known is None:
            return None
        lock_talk(session, known)
        mail = outbox_claims.claim_mail(session, mail_id, now, gate_of(house.policy), lease=house.policy.send_lease)
        if mail is None:
            return None
        if mail.fence > 1 and outbox.end_lost_attempts(session, mail_id, mail.fence, now=now):
            outbox.update_mail(session, mail_id, {MailState.SENDING}, may_be_doubled=True)
            operation.note_event(session, "mail_in_doubt", now=now, outgoing_mail_id=mail_id)
            mail = there(outbox.mail(session, mail_id))
        mail = as_addressed_today(session, house, mail)
        if ended(session, house, mail, now=now) or waits_for_scan(session, house, mail, now=now):
            return None
        return gather(session, house, mail, now=now)


def is_claimable(house: House, mail_id: OutgoingMailId) -> bool:
    """Under load the sweep rings again for what already waits in Celery: most rings find nothing, and take no lock."""
    with house.database.reading() as session:
        return outbox_claims.is_claimable(session, mail_id, house.now(session), gate_of(house.policy))


def as_addressed_today(session: Session, house: House, mail: OutgoingMail) -> OutgoingMail:
    """The person's address may have been corrected, or a rehearsal begun or ended, since the mail was planned.

    Bytes that no server can have are made anew then; others keep what they say.
    """
    values: dict[str, object] = {}
    if mail.person_id is not None and not mail.may_be_doubled:
        in_use = [each.normal for each in addresses.addresses_of(session, mail.person_id) if each.state == "active"]
        if in_use and mail.address not in in_use:
            values = {"address": in_use[0], "bytes_path": None}
    rehearsed = (mail.details or {}).get(REDIRECTED)
    if mail.bytes_path is not None and rehearsed != house.policy.redirect_all_to and not mail.may_be_doubled:
        values["bytes_path"] = None
    if not values:
        return mail
    outbox.update_mail(session, mail.id, {MailState.SENDING}, **values)
    return there(outbox.mail(session, mail.id))


def ended(session: Session, house: House, mail: OutgoingMail, *, now: datetime) -> bool:
    """Nothing left to carry, nobody to mail, or tried for too long: the mail ends here."""
    left = fix_revisions(session, mail)
    if left == 0 and mail.kind in NEEDS_MESSAGES:
        return move(session, mail, Event.NOTHING_LEFT, now=now, ended_why="nothing was left to carry")
    if addresses.is_suppressed(session, mail.address) or is_nobodys(session, mail):
        facts = FailureFacts(kind=FailureClass.HARD, status="", reason="suppressed")
        return fail(session, house, mail, facts, Event.ADDRESS_SUPPRESSED, now=now)
    if not reader_is_there(session, mail):
        return move(session, mail, Event.NOTHING_LEFT, now=now, ended_why="the reader left")
    if is_given_up(house, mail, now):
        facts = FailureFacts(kind=FailureClass.EXHAUSTED, status="", reason="expired")
        return fail(session, house, mail, facts, Event.GAVE_UP, now=now)
    return False


def waits_for_scan(session: Session, house: House, mail: OutgoingMail, *, now: datetime) -> bool:
    """A mail whose files nobody has scanned yet waits for them, for a while; then it goes without."""
    patient = house.policy.scans_files and now < mail.opened_at + house.policy.scan_patience
    if not patient or mail.kind is not MailKind.MESSAGE or mail.bytes_path is not None:
        return False
    carried = [each.message_id for each in outbox.deliveries_in(session, [mail.id]) if each.dropped_at is None]
    if not file_facts.has_unscanned(session, carried):
        return False
    to = next_state(MailState.SENDING, Event.RELAY_SAID_LATER)
    later = {"state": to, "due_at": now + SCAN_PAUSE, "lease_until": None, "tries": mail.tries - 1}
    return outbox.write_under_fence(session, mail.id, mail.fence, **later)


def is_nobodys(session: Session, mail: OutgoingMail) -> bool:
    """The person has this address no more, and no other one that works."""
    if mail.person_id is None:
        return False
    return all(
        each.normal != mail.address or each.state == "retired"
        for each in addresses.addresses_of(session, mail.person_id)
    )


def reader_is_there(session: Session, mail: OutgoingMail) -> bool:
    """Who left the client or the firm while the mail waited does not get it."""
    if mail.conversation_id is None or mail.person_id is None or mail.client_id is None:
        return True
    reader = conversations.participant_of(session, mail.conversation_id, mail.person_id)
    if reader is None:
        return people.is_case_manager(session, mail.person_id)
    return reader.left_at is None and is_still_there(session, mail.client_id, reader)


def is_given_up(house: House, mail: OutgoingMail, now: datetime) -> bool:
    """Old and often tried: a clock that jumps ahead by a month ends no mail."""
    return mail.tries >= LEAST_TRIES and has_expired(mail.opened_at, now, house.policy.give_up_after)
