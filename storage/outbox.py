"""Outgoing mails: the queue itself. Celery only carries their ids.

Work is claimed (``outbox_claims``) with a fence number; completion writes only where the fence still matches, so that a
worker that woke up late changes nothing.
"""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import update
from sqlalchemy.orm import Session

from storage.records import (
    Attempt,
    ClientId,
    ConversationId,
    Delivery,
    InboundMailId,
    MessageId,
    OutgoingMail,
    OutgoingMailId,
    ParticipantId,
    PersonId,
)
from storage.rows import add, change, read_all, read_one, selecting
from storage.states import AttemptOutcome, Language, MailKind, MailState, Visibility
from storage.tables.mail import attempts, deliveries, outgoing_mails

mails = outgoing_mails


def add_mail(
    session: Session,
    *,
    kind: MailKind,
    visibility: Visibility,
    language: Language,
    person_id: PersonId | None,
    address: str,
    priority: int,
    opened_at: datetime,
    due_at: datetime,
    now: datetime,
    state: MailState = MailState.WAITING,
    client_id: ClientId | None = None,
    conversation_id: ConversationId | None = None,
    author_id: PersonId | None = None,
    answers_inbound_id: InboundMailId | None = None,
    ended_why: str | None = None,
    details: dict[str, Any] | None = None,
) -> OutgoingMailId:
    return OutgoingMailId(
        add(
            session,
            mails,
            kind=kind,
            visibility=visibility,
            language=language,
            person_id=person_id,
            address=address,
            priority=priority,
            opened_at=opened_at,
            due_at=due_at,
            created_at=now,
            state=state,
            client_id=client_id,
            conversation_id=conversation_id,
            author_id=author_id,
            answers_inbound_id=answers_inbound_id,
            ended_why=ended_why,
            details=details,
        )
    )


def mail(session: Session, mail_id: OutgoingMailId) -> OutgoingMail | None:
    return read_one(session, OutgoingMail, selecting(OutgoingMail, mails, mails.c.id == mail_id))


def mail_by_message_id(session: Session, message_id: str) -> OutgoingMail | None:
    return read_one(session, OutgoingMail, selecting(OutgoingMail, mails, mails.c.message_id == message_id))


def waiting_mail(
    session: Session,
    conversation_id: ConversationId,
    person_id: PersonId,
    author_id: PersonId | None,
    visibility: Visibility,
) -> OutgoingMail | None:
    """The mail that a further message of this author to this person could join."""
    return read_one(
        session,
        OutgoingMail,
        selecting(
            OutgoingMail,
            mails,
            mails.c.conversation_id == conversation_id,
            mails.c.person_id == person_id,
            mails.c.author_id == author_id,
            mails.c.visibility == visibility,
            mails.c.state == MailState.WAITING,
            mails.c.kind == MailKind.MESSAGE,
        ),
    )


def mails_to(session: Session, conversation_id: ConversationId, person_id: PersonId) -> list[OutgoingMail]:
    """The mails of one mail thread, oldest first."""
    same = (mails.c.conversation_id == conversation_id, mails.c.person_id == person_id)
    return read_all(session, OutgoingMail, selecting(OutgoingMail, mails, *same).order_by(mails.c.id))


def mails_of(session: Session, conversation_id: ConversationId) -> list[OutgoingMail]:
    wanted = selecting(OutgoingMail, mails, mails.c.conversation_id == conversation_id)
    return read_all(session, OutgoingMail, wanted.order_by(mails.c.id))


def mails_in(session: Session, states: Collection[MailState], *, most: int = 200) -> list[OutgoingMail]:
    wanted = selecting(OutgoingMail, mails, mails.c.state.in_(states))
    return read_all(session, OutgoingMail, wanted.order_by(mails.c.id.desc()).limit(most))


def put_off(session: Session, mail_id: OutgoingMailId, *, due_at: datetime) -> int:
    """A mail that could not even be claimed: later again. How often it was tried so far."""
    waiting = (mails.c.id == mail_id, mails.c.state.in_((MailState.WAITING, MailState.QUEUED, MailState.SENDING)))
    changed = (
        update(mails)
        .where(*waiting)
        .values(due_at=due_at, tries=mails.c.tries + 1, state=MailState.QUEUED, lease_until=None)
    )
    return int(session.execute(changed.returning(mails.c.tries)).scalar_one_or_none() or 0)


def write_under_fence(session: Session, mail_id: OutgoingMailId, fence: int, **values: Any) -> bool:
    """Write what a try found, if the try still owns the mail."""
    mine = (mails.c.id == mail_id, mails.c.fence == fence, mails.c.state == MailState.SENDING)
    return change(session, mails, *mine, **values) == 1


def note_accepted(session: Session, mail_id: OutgoingMailId, fence: int, *, now: datetime) -> None:
    """The relay's 250 came after something else had moved the mail: only its time is written."""
    change(
        session, mails, mails.c.id == mail_id, mails.c.fence == fence, mails.c.accepted_at.is_(None), accepted_at=now
    )


def update_mail(session: Session, mail_id: OutgoingMailId, states: Collection[MailState], **values: Any) -> bool:
    """Write if the mail is still in one of these states."""
    return change(session, mails, mails.c.id == mail_id, mails.c.state.in_(states), **values) == 1


def add_delivery(
    session: Session, mail_id: OutgoingMailId, message_id: MessageId, participant_id: ParticipantId, *, position: int
) -> None:
    add(
        session,
        deliveries,
        outgoing_mail_id=mail_id,
        message_id=message_id,
        participant_id=participant_id,
        position=position,
    )


def deliveries_in(session: Session, mail_ids: Sequence[OutgoingMailId]) -> list[Delivery]:
    wanted = selecting(Delivery, deliveries, deliveries.c.outgoing_mail_id.in_(mail_ids))
    return read_all(session, Delivery, wanted.order_by(deliveries.c.outgoing_mail_id, deliveries.c.position))


def deliveries_of(session: Session, message_ids: Sequence[MessageId]) -> list[Delivery]:
    wanted = selecting(Delivery, deliveries, deliveries.c.message_id.in_(message_ids))
    return read_all(session, Delivery, wanted.order_by(deliveries.c.id))


def mails_by_ids(session: Session, ids: Sequence[OutgoingMailId]) -> dict[OutgoingMailId, OutgoingMail]:
    if not ids:
        return {}
    found = read_all(session, OutgoingMail, selecting(OutgoingMail, mails, mails.c.id.in_(ids)))
    return {each.id: each for each in found}


def update_delivery(session: Session, delivery_id: int, **values: Any) -> None:
    change(session, deliveries, deliveries.c.id == delivery_id, **values)


def attempts_of(session: Session, mail_id: OutgoingMailId) -> list[Attempt]:
    wanted = selecting(Attempt, attempts, attempts.c.outgoing_mail_id == mail_id)
    return read_all(session, Attempt, wanted.order_by(attempts.c.id))


def end_lost_attempts(session: Session, mail_id: OutgoingMailId, fence: int, *, now: datetime) -> int:
    """Attempts of earlier fences that never said how they ended are in doubt; how many."""
    lost = (
        attempts.c.outgoing_mail_id == mail_id,
        attempts.c.fence < fence,
        attempts.c.outcome == AttemptOutcome.OPEN,
    )
    return change(session, attempts, *lost, outcome=AttemptOutcome.IN_DOUBT, ended_at=now)
