"""What the daily round asks of the database: which files have a row, which counters have drifted."""

from collections.abc import Sequence

from sqlalchemy import and_, func, or_, select
from sqlalchemy.orm import Session

from storage.records import ConversationId
from storage.states import Side
from storage.tables.conversations import attention, conversations, files
from storage.tables.inbox import inbound_mails
from storage.tables.mail import outgoing_mails
from storage.tables.people import clients


def files_with_rows(session: Session, names: Sequence[str]) -> set[str]:
    """Those of these names (as in storage.files) that a row names."""
    hashes = {name.rpartition("/")[2] for name in names if name.startswith("clients/")}
    stored = select(clients.c.public_id, files.c.sha256).join(files, files.c.client_id == clients.c.id)
    known = {
        f"clients/{row.public_id:016x}/{row.sha256[:2]}/{row.sha256}"
        for row in session.execute(stored.where(files.c.sha256.in_(hashes)))
    }
    for column in (outgoing_mails.c.bytes_path, inbound_mails.c.raw_path):
        known |= set(session.execute(select(column).where(column.in_(names))).scalars())
    return known.intersection(names)


def drifted_counters(session: Session) -> list[ConversationId]:
    """Conversations whose needs-action columns differ from their open attention rows."""

    def counted(side: Side) -> object:
        is_open = and_(attention.c.conversation_id == conversations.c.id, attention.c.closed_at.is_(None))
        return select(func.count()).select_from(attention).where(is_open, attention.c.side == side).scalar_subquery()

    wrong = or_(
        conversations.c.client_attention != counted(Side.CLIENT), conversations.c.firm_attention != counted(Side.FIRM)
    )
    return [ConversationId(row.id) for row in session.execute(select(conversations.c.id).where(wrong))]
