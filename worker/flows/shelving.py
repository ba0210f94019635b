"""The shelf: mail that broke our code or passed a limit is kept there whole and shown, until it is refiled."""

from datetime import datetime

import structlog
from sqlalchemy.orm import Session

from storage import attention, inbox, signed
from storage.records import Arrival, ConversationId
from storage.states import ArrivalState, AttentionReason, Side
from worker.core.signed_addresses import token_in
from worker.flows.finding import verified
from worker.flows.house import House
from worker.flows.quarantine_alarms import tell_quarantined

log = structlog.get_logger("navette.filing")


def quarantine(
    session: Session, house: House, arrival: Arrival, error: str, *, now: datetime, errors: int | None = None
) -> None:
    """On the shelf, and shown to the firm where the address says which conversation it was for."""
    values = {"state": ArrivalState.QUARANTINED, "error": error, "filed_at": now}
    inbox.write_arrival(session, arrival.id, arrival.fence, **values, **({"errors": errors} if errors else {}))
    conversation_id = meant_conversation(session, house, arrival)
    if conversation_id is not None:
        attention.open_attention(session, conversation_id, Side.FIRM, AttentionReason.HELD, now=now)
    tell_quarantined(session, house, arrival, error, now=now)
    log.error("quarantined", arrival=arrival.id, error=error)


def meant_conversation(session: Session, house: House, arrival: Arrival) -> ConversationId | None:
    token = verified(house, token_in(arrival.envelope_to, house.policy.domain, house.policy.separator))
    row = signed.signed_address(session, token.public_id) if token else None
    return row.conversation_id if row else None


def end_shelf_attention(session: Session, house: House, arrival: Arrival, *, now: datetime) -> None:
    """A mail that was in quarantine is filed now: what it opened there ends."""
    conversation_id = meant_conversation(session, house, arrival)
    if conversation_id is not None:
        attention.close_unfiled(session, conversation_id, now=now)
