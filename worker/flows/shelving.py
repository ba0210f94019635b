"""What could not be filed: put off, counted, and on the shelf at last, where the firm and the operator see it."""

from datetime import datetime, timedelta

import structlog
from sqlalchemy.orm import Session

from storage import attention, inbox, signed
from storage.database import DatabaseDown
from storage.files import FilesDown
from storage.records import Arrival, ConversationId
from storage.states import ArrivalState, AttentionReason, Side
from worker.core.failures import TemporaryFailure
from worker.core.signed_addresses import token_in
from worker.core.written_addresses import MOST_BYTES, signed_addresses_in
from worker.flows.finding import verified
from worker.flows.house import House, there
from worker.flows.quarantine_alarms import tell_quarantined
from worker.flows.raw_mails import raw_of

log = structlog.get_logger("navette.filing")

MOST_ERRORS = 3
FIRST_PAUSE = timedelta(seconds=30)


def put_off(house: House, arrival: Arrival, *, pause: timedelta = FIRST_PAUSE) -> None:
    """Give the arrival back for a later try; when the database is down the lease runs out by itself."""
    try:
        with house.database.writing() as session:
            inbox.write_arrival(session, arrival.id, arrival.fence, due_at=house.now(session) + pause)
    except DatabaseDown:
        log.warning("lease_left_to_run_out", arrival=arrival.id)


def count_error(house: House, arrival: Arrival, error: str) -> ArrivalState | None:
    with house.database.writing() as session:
        now = house.now(session)
        errors = arrival.errors + 1
        if errors >= MOST_ERRORS:
            is_ours = quarantine(session, house, arrival, f"error:{error}", now=now, errors=errors)
            return ArrivalState.QUARANTINED if is_ours else None
        pause = FIRST_PAUSE * 4 ** (errors - 1)
        inbox.write_arrival(session, arrival.id, arrival.fence, errors=errors, error=error, due_at=now + pause)
        return None


def quarantine(
    session: Session, house: House, arrival: Arrival, error: str, *, now: datetime, errors: int | None = None
) -> bool:
    """On the shelf, and shown to the firm where the address says which conversation it was for; False, and nothing
    written, when the lease was lost: whoever has it by now says what becomes of the mail.
    """
    values = {"state": ArrivalState.QUARANTINED, "error": error, "filed_at": now}
    values |= {"errors": errors} if errors else {}
    if not inbox.write_arrival(session, arrival.id, arrival.fence, **values):
        log.warning("lease_lost", arrival=arrival.id)
        return False
    conversation_id = meant_conversation(session, house, arrival)
    if conversation_id is not None:
        attention.open_attention(
            session, conversation_id, Side.FIRM, AttentionReason.HELD, now=now, arrival_id=arrival.id
        )
    tell_quarantined(session, house, arrival, error, now=now)
    log.error("quarantined", arrival=arrival.id, error=error)
    return True


def end_shelf_attention(session: Session, house: House, arrival: Arrival, *, now: datetime) -> None:
    """A mail that was in quarantine is filed now: what it opened there ends."""
    conversation_id = meant_conversation(session, house, arrival)
    if conversation_id is not None:
        attention.close_arrival(session, conversation_id, arrival.id, now=now)


def meant_conversation(session: Session, house: House, arrival: Arrival) -> ConversationId | None:
    """By the signed address it came to; of a collected mail by the first one in its head that is one of a conversation.

    What broke on it may have been the parser: only the beginning is looked at, and only for such addresses.
    """
    for address in [arrival.envelope_to] if arrival.envelope_to else addresses_written(session, house, arrival):
        token = verified(house, token_in(address, house.policy.domain, house.policy.separator))
        row = signed.signed_address(session, token.public_id) if token else None
        if row and row.conversation_id:
            return row.conversation_id
    return None


def addresses_written(session: Session, house: House, arrival: Arrival) -> tuple[str, ...]:
    """None when its file cannot be read just now: it is on the shelf all the same."""
    try:
        raw = raw_of(house, there(inbox.inbound_mail(session, arrival.inbound_mail_id)))
        return signed_addresses_in(raw[:MOST_BYTES])
    except (FilesDown, TemporaryFailure):
        log.warning("head_not_read", arrival=arrival.id)
        return ()
