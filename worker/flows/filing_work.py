"""What applying a decision works with, and what comes out of it."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from storage import operation
from storage.records import (
    Arrival,
    ConversationId,
    FilingId,
    MessageId,
    OutgoingMailId,
)
from storage.states import Outcome
from worker.core.filing_facts import Facts
from worker.core.new_text import Cut
from worker.flows.house import House
from worker.flows.posting import StoredFile


@dataclass(frozen=True, slots=True, kw_only=True)
class Applied:
    """``due``: outgoing mails to ring for after the commit."""

    outcome: Outcome
    due: tuple[OutgoingMailId, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """What every branch needs."""

    house: House
    arrival: Arrival
    filing_id: FilingId
    facts: Facts
    cut: Cut
    files: tuple[StoredFile, ...]
    now: datetime


def note(
    session: Session,
    work: Work,
    what: str,
    *,
    conversation_id: ConversationId | None = None,
    message_id: MessageId | None = None,
    outgoing_mail_id: OutgoingMailId | None = None,
    details: dict[str, object] | None = None,
) -> None:
    operation.note_event(
        session,
        what,
        now=work.now,
        conversation_id=conversation_id,
        message_id=message_id,
        outgoing_mail_id=outgoing_mail_id,
        inbound_mail_id=work.arrival.inbound_mail_id,
        details=details,
    )
