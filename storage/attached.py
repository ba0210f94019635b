"""The files that messages carry: a row per client and content, and one for each place where it is attached."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from storage.records import Attachment, ClientId, FileId, MessageId
from storage.rows import change, read_all
from storage.statements import add_row, add_row_if_new
from storage.states import ScanState
from storage.tables.conversations import attachments, files


def add_file(
    session: Session,
    client_id: ClientId,
    *,
    sha256: str,
    size: int,
    media_type: str,
    now: datetime,
    scan_state: ScanState = ScanState.UNSCANNED,
    scan_found: str | None = None,
) -> FileId:
    """The row of a stored file: one per client and content. A scan counts where there was none yet."""
    made = add_row_if_new(
        session,
        files,
        client_id=client_id,
        sha256=sha256,
        size=size,
        media_type=media_type,
        scan_state=scan_state,
        scan_found=scan_found,
        created_at=now,
    )
    if made is None:
        same = (files.c.client_id == client_id, files.c.sha256 == sha256)
        if scan_state is not ScanState.UNSCANNED:
            unscanned = files.c.scan_state == ScanState.UNSCANNED
            change(session, files, *same, unscanned, scan_state=scan_state, scan_found=scan_found)
        made = session.execute(select(files.c.id).where(*same)).scalar_one()
    return FileId(made)


def add_attachment(
    session: Session,
    message_id: MessageId,
    file_id: FileId,
    *,
    position: int,
    name: str,
    set_aside: bool = False,
    **more: object,
) -> int:
    """``more``: ``aside_why``, ``inline``, ``content_id``."""
    return add_row(
        session,
        attachments,
        message_id=message_id,
        file_id=file_id,
        position=position,
        name=name,
        set_aside=set_aside,
        **more,
    )


OWN_COLUMNS = "id public_id message_id file_id position name set_aside aside_why inline content_id".split()


def attachments_of(session: Session, message_ids: Sequence[MessageId]) -> list[Attachment]:
    if not message_ids:
        return []
    of_file = ("client_id", "sha256", "size", "media_type", "scan_state")
    own = (attachments.c[name] for name in OWN_COLUMNS)
    wanted = (
        select(*own, *(files.c[name] for name in of_file))
        .join(files, files.c.id == attachments.c.file_id)
        .where(attachments.c.message_id.in_(message_ids))
        .order_by(attachments.c.message_id, attachments.c.position)
    )
    return read_all(session, Attachment, wanted)
