"""Which outgoing mail may go now, and taking it: the gate, the order within a conversation, the claim.

Work is claimed by one UPDATE with a fence number. A mail is not claimed while an earlier one of the same conversation
and person is due or under way: a client never reads the answer before the question.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import and_, exists, or_, select, update
from sqlalchemy.orm import Session
from sqlalchemy.sql.elements import ColumnElement

from storage.records import ConversationId, OutgoingMail, OutgoingMailId, PersonId
from storage.rows import columns_of
from storage.states import MailKind, MailState
from storage.tables.mail import outgoing_mails

mails = outgoing_mails

LONGEST_PAUSE = timedelta(hours=6)
"""No retry waits longer: what seems to was planned by a clock that had jumped ahead, and is due."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Gate:
    """Which addresses may be mailed: all of them, or only the listed ones (addresses and ``@domain`` entries).

    ``alarms``: those go to the operator, listed or not.
    """

    everybody: bool
    listed: tuple[str, ...] = ()
    alarms: bool = False


def passes(gate: Gate, normal: str) -> bool:
    return gate.everybody or normal in gate.listed or "@" + normal.rpartition("@")[2] in gate.listed


def may_be_claimed(now: datetime, gate: Gate) -> ColumnElement[bool]:
    due = or_(mails.c.due_at <= now, and_(mails.c.state == MailState.QUEUED, mails.c.due_at > now + LONGEST_PAUSE))
    waits = and_(mails.c.state.in_((MailState.WAITING, MailState.QUEUED)), due)
    abandoned = and_(mails.c.state == MailState.SENDING, mails.c.lease_until < now)
    earlier = mails.alias("earlier")
    blocked = exists().where(
        earlier.c.conversation_id == mails.c.conversation_id,
        earlier.c.person_id == mails.c.person_id,
        earlier.c.id < mails.c.id,
        or_(
            earlier.c.state == MailState.SENDING,
            and_(
                earlier.c.state.in_((MailState.WAITING, MailState.QUEUED)),
                # A correction never overtakes what it corrects, whatever pause that one is in.
                or_(earlier.c.due_at <= now, mails.c.kind == MailKind.CORRECTION),
            ),
        ),
    )
    return and_(or_(waits, abandoned), ~blocked, may_be_mailed(gate))


def may_be_mailed(gate: Gate) -> ColumnElement[bool]:
    if gate.everybody:
        return or_(mails.c.id.is_not(None))
    domains = [entry for entry in gate.listed if entry.startswith("@")]
    alarms = (mails.c.kind == MailKind.ALARM,) if gate.alarms else ()
    return or_(
        mails.c.address.in_(gate.listed),
        *alarms,
        *(mails.c.address.endswith(each, autoescape=True) for each in domains),
    )


def due_mails(session: Session, now: datetime, gate: Gate, *, most: int) -> list[OutgoingMailId]:
    """What the sweep rings for, the most important first."""
    if not gate.everybody and not gate.listed:
        return []
    active = mails.c.state.in_((MailState.WAITING, MailState.QUEUED, MailState.SENDING))
    wanted = (
        select(mails.c.id)
        .where(active, may_be_claimed(now, gate))
        .order_by(mails.c.priority, mails.c.due_at, mails.c.id)
    )
    return [OutgoingMailId(row.id) for row in session.execute(wanted.limit(most))]


def next_due_mail(
    session: Session, conversation_id: ConversationId, person_id: PersonId, now: datetime, gate: Gate
) -> OutgoingMailId | None:
    """The mail of this thread that may go now: what stood in its way went."""
    if not gate.everybody and not gate.listed:
        return None
    same = (mails.c.conversation_id == conversation_id, mails.c.person_id == person_id)
    active = mails.c.state.in_((MailState.WAITING, MailState.QUEUED, MailState.SENDING))
    wanted = select(mails.c.id).where(*same, active, may_be_claimed(now, gate)).order_by(mails.c.id).limit(1)
    found = session.execute(wanted).scalar_one_or_none()
    return None if found is None else OutgoingMailId(found)


def is_claimable(session: Session, mail_id: OutgoingMailId, now: datetime, gate: Gate) -> bool:
    """A look without a lock, for the many rings that come too late."""
    if not gate.everybody and not gate.listed:
        return False
    wanted = select(mails.c.id).where(mails.c.id == mail_id, may_be_claimed(now, gate))
    return session.execute(wanted).first() is not None


def claim_mail(
    session: Session, mail_id: OutgoingMailId, now: datetime, gate: Gate, *, lease: timedelta
) -> OutgoingMail | None:
    """Take one mail for this try: state ``sending``, a new fence. None when it is not due, not free or not allowed."""
    taken = (
        update(mails)
        .where(mails.c.id == mail_id, may_be_claimed(now, gate))
        .values(state=MailState.SENDING, fence=mails.c.fence + 1, lease_until=now + lease, tries=mails.c.tries + 1)
        .returning(*columns_of(OutgoingMail, mails))
    )
    row = session.execute(taken).first()
    return None if row is None else OutgoingMail(**row._mapping)  # noqa: SLF001 - SQLAlchemy's public name
