"""Claiming outgoing mails: take them, look at each once more, fix what it carries. One short transaction for a batch.

The conversations' locks come before the mails' rows, here and everywhere. What changed since a mail was planned counts:
who left, an address that was corrected, a rehearsal that began or ended, messages that were deleted.

Whatever else a mail says is read afterwards (``papers``), outside this transaction, from the revisions fixed here.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import structlog
from sqlalchemy.orm import Session

from storage import conversations, file_facts, operation, outbox, outbox_batches, outbox_claims, signed
from storage.database import DatabaseDown
from storage.outbox_claims import Ripe
from storage.records import Delivery, OutgoingMail, OutgoingMailId, Participant, PublicId
from storage.signed import Wanted
from storage.states import AddressKind, FailureClass, MailKind, MailState, Side, Visibility
from worker.core.backoff import has_expired, next_try
from worker.core.sending import Event, next_state
from worker.flows.claim_facts import ClaimFacts, facts_of
from worker.flows.evidence import FailureFacts, fail, move
from worker.flows.house import House, gate_of, there

log = structlog.get_logger("navette.sending")

MOST_TOGETHER = 50
LEAST_TRIES = 10
"""A clock that jumps ahead by a month ends no mail that was hardly tried."""
MOST_STUMBLES = 5
SCAN_PAUSE = timedelta(seconds=15)
NEEDS_MESSAGES = frozenset({MailKind.MESSAGE, MailKind.CORRECTION})
REDIRECTED = "redirected_to"


@dataclass(frozen=True, slots=True, kw_only=True)
class Looked:
    """A claimed mail as the claiming transaction sees it. ``carried``: what it carries, each with its revision."""

    mail: OutgoingMail
    reader: Participant | None
    carried: tuple[Delivery, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Taking:
    """A mail that is ours until its lease ends, and what was fixed for it. ``signed``: public ids of the reader's
    addresses and the mail's own; ``at``: when it was claimed.
    """

    mail: OutgoingMail
    reader: Participant | None
    carried: tuple[Delivery, ...]
    signed: dict[AddressKind, PublicId]
    at: datetime


def batches_of(house: House, ids: Sequence[OutgoingMailId]) -> list[list[Ripe]]:
    """What can be claimed now, the most important first. A mail that was lost by a worker goes alone: it may be what
    killed it. Under load the sweep rings again for what already waits in Celery: most rings find nothing, and take no
    lock.
    """
    with house.database.reading() as session:
        ripe = outbox_claims.ripe_mails(session, ids, house.now(session), gate_of(house.policy))
    together = [each for each in ripe if not each.lost]
    batches = [together[start : start + MOST_TOGETHER] for start in range(0, len(together), MOST_TOGETHER)]
    return batches + [[each] for each in ripe if each.lost]


def claim_or_stumble(house: House, batch: Sequence[Ripe]) -> list[Taking]:
    """A fault of our own in claiming one mail puts that mail off, and stops no other: then each is claimed alone."""
    try:
        return claim(house, batch)
    except DatabaseDown:
        raise
    except Exception:  # outermost: the other mails go on
        log.exception("not_claimed", mails=[each.id for each in batch])
    if len(batch) > 1:
        return [taking for each in batch for taking in claim_or_stumble(house, [each])]
    put_off(house, batch[0])
    return []


def put_off(house: House, ripe: Ripe) -> None:
    with house.database.writing() as session:
        now = house.now(session)
        lock_talks(session, [there(outbox.mail(session, ripe.id))])
        mail = there(outbox.mail(session, ripe.id))
        if outbox.put_off(session, mail.id, due_at=now + next_try(mail.tries + 1, 0)) >= MOST_STUMBLES:
            facts = FailureFacts(kind=FailureClass.HARD, status="", reason="could_not_be_built")
            fail(session, house, mail, facts, Event.GAVE_UP, now=now)


def lock_talks(session: Session, mails: Sequence[OutgoingMail]) -> None:
    """The conversations' locks come before the mails' rows, everywhere: two that wait for each other wait for ever."""
    conversations.lock_conversations(session, {each.conversation_id for each in mails if each.conversation_id})


def claim(house: House, batch: Sequence[Ripe]) -> list[Taking]:
    """Take the mails and fix what they carry; those with nothing to send or nobody to send to end here."""
    with house.database.writing() as session:
        conversations.lock_conversations(session, {each.conversation_id for each in batch if each.conversation_id})
        now, ids = house.now(session), [each.id for each in batch]
        mails = outbox_claims.claim_mails(session, ids, now, gate_of(house.policy), lease=house.policy.send_lease)
        if not mails:
            return []
        mails = [in_doubt_if_lost(session, each, now=now) for each in mails]
        return takings(session, what_goes(session, house, mails, now=now), now=now)


def what_goes(session: Session, house: House, mails: Sequence[OutgoingMail], *, now: datetime) -> list[Looked]:
    """Each as it is to go. One that ends may have suppressed the next one's address: the others are looked at anew."""
    facts = facts_of(session, mails)
    looked, kept = look_at(session, house, mails, facts, now=now), []
    while looked:
        first, *looked = looked
        if ended(session, house, first, facts, now=now):
            facts = facts_of(session, mails)
            looked = look_at(session, house, [each.mail for each in looked], facts, now=now)
        elif not waits_for_scan(session, house, first, now=now):
            kept.append(first)
    return kept


def look_at(
    session: Session, house: House, mails: Sequence[OutgoingMail], facts: ClaimFacts, *, now: datetime
) -> list[Looked]:
    addressed = [as_addressed_today(session, house, each, facts) for each in mails]
    looked = [Looked(mail=each, reader=facts.reader_of(each), carried=carried_by(each, facts)) for each in addressed]
    fix_revisions(session, looked, facts, now=now)
    return looked


def in_doubt_if_lost(session: Session, mail: OutgoingMail, *, now: datetime) -> OutgoingMail:
    """An attempt of an earlier claim that never said how it ended may have been taken by the relay."""
    if mail.fence == 1 or not outbox.end_lost_attempts(session, mail.id, mail.fence, now=now):
        return mail
    outbox.update_mail(session, mail.id, {MailState.SENDING}, may_be_doubled=True)
    operation.note_event(session, "mail_in_doubt", now=now, outgoing_mail_id=mail.id)
    return replace(mail, may_be_doubled=True)


def as_addressed_today(session: Session, house: House, mail: OutgoingMail, facts: ClaimFacts) -> OutgoingMail:
    """The person's address may have been corrected, or a rehearsal begun or ended, since the mail was planned.

    Bytes that no server can have are made anew then; others keep what they say.
    """
    if mail.may_be_doubled:
        return mail
    in_use = facts.in_use(mail.person_id) if mail.person_id is not None else []
    address = in_use[0] if in_use and mail.address not in in_use else mail.address
    rehearsed = (mail.details or {}).get(REDIRECTED)
    is_stale = address != mail.address or rehearsed != house.policy.redirect_all_to
    bytes_path = None if is_stale else mail.bytes_path
    if (address, bytes_path) == (mail.address, mail.bytes_path):
        return mail
    outbox.update_mail(session, mail.id, {MailState.SENDING}, address=address, bytes_path=bytes_path)
    return replace(mail, address=address, bytes_path=bytes_path)


def carried_by(mail: OutgoingMail, facts: ClaimFacts) -> tuple[Delivery, ...]:
    """With the newest revision of each message, until the bytes are made. One that was deleted before is left out."""
    kept = []
    for each in facts.open[mail.id]:
        newest, is_tombstone = facts.newest[each.message_id]
        if each.revision_id is not None and mail.bytes_path is not None:
            kept.append(each)
        elif not is_tombstone:
            kept.append(replace(each, revision_id=newest))
    return tuple(kept)


def ended(session: Session, house: House, looked: Looked, facts: ClaimFacts, *, now: datetime) -> bool:
    """Nothing left to carry, nobody to mail, or tried for too long: the mail ends here."""
    mail = looked.mail
    if not looked.carried and mail.kind in NEEDS_MESSAGES:
        return move(session, mail, Event.NOTHING_LEFT, now=now, ended_why="nothing was left to carry")
    if mail.address in facts.suppressed or facts.is_nobodys(mail):
        told = FailureFacts(kind=FailureClass.HARD, status="", reason="suppressed")
        return fail(session, house, mail, told, Event.ADDRESS_SUPPRESSED, now=now)
    if not facts.reader_is_there(mail):
        return move(session, mail, Event.NOTHING_LEFT, now=now, ended_why="the reader left")
    if is_given_up(house, mail, now):
        told = FailureFacts(kind=FailureClass.EXHAUSTED, status="", reason="expired")
        return fail(session, house, mail, told, Event.GAVE_UP, now=now)
    return False


def waits_for_scan(session: Session, house: House, looked: Looked, *, now: datetime) -> bool:
    """A mail whose files nobody has scanned yet waits for them, for a while; then it goes without."""
    mail = looked.mail
    patient = house.policy.scans_files and now < mail.opened_at + house.policy.scan_patience
    if not patient or mail.kind is not MailKind.MESSAGE or mail.bytes_path is not None:
        return False
    if not file_facts.has_unscanned(session, [each.message_id for each in looked.carried]):
        return False
    to = next_state(MailState.SENDING, Event.RELAY_SAID_LATER)
    later = {"state": to, "due_at": now + SCAN_PAUSE, "lease_until": None, "tries": mail.tries - 1}
    return outbox.write_under_fence(session, mail.id, mail.fence, **later)


def is_given_up(house: House, mail: OutgoingMail, now: datetime) -> bool:
    """Old and often tried: a clock that jumps ahead by a month ends no mail."""
    return mail.tries >= LEAST_TRIES and has_expired(mail.opened_at, now, house.policy.give_up_after)


def fix_revisions(session: Session, looked: Sequence[Looked], facts: ClaimFacts, *, now: datetime) -> None:
    """What goes, goes with the revision written here; a deleted message is left out for good."""
    fixed = {each.id: each.revision_id for mail in looked for each in mail.carried if each.revision_id is not None}
    outbox_batches.fix_revisions(session, fixed)
    left_out = {each.id for mail in looked for each in facts.open[mail.mail.id]} - fixed.keys()
    outbox_batches.drop_deliveries(session, left_out, now=now)


def takings(session: Session, kept: Sequence[Looked], *, now: datetime) -> list[Taking]:
    """With the signed addresses that each must show, made at first need."""
    wanted = [wanted_addresses(each.mail, each.reader) for each in kept]
    found = signed.standing_addresses(session, [each for some in wanted for each in some], now=now)
    return [
        Taking(
            mail=each.mail,
            reader=each.reader,
            carried=each.carried,
            signed={one.kind: found[one] for one in some},
            at=now,
        )
        for each, some in zip(kept, wanted, strict=True)
    ]


def wanted_addresses(mail: OutgoingMail, reader: Participant | None) -> list[Wanted]:
    """The mail's own return path; where the reader answers; for the firm's side, where a note goes."""
    talk = mail.conversation_id
    wanted = [Wanted(kind=AddressKind.RETURN_PATH, conversation_id=talk, outgoing_mail_id=mail.id)]
    if reader is None:
        return wanted
    kinds = []
    if mail.visibility is Visibility.SHARED:
        kinds.append(AddressKind.REPLY)
    if reader.side is Side.FIRM or mail.kind is MailKind.FAILURE_NOTICE:
        kinds.append(AddressKind.NOTE)
    return wanted + [Wanted(kind=each, conversation_id=talk, participant_id=reader.id) for each in kinds]
