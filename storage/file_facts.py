"""What is known about the contents of files: scanned or not, seen before, an electronic invoice.

A content is one row per client; scanning it is claimed like other work: ``scan_due_at`` moves ahead in the transaction
that takes it, so that a scanner that dies delays and loses nothing.
"""

from collections.abc import Collection
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Protocol

from sqlalchemy import exists, or_, select
from sqlalchemy.orm import Session

from storage.records import (
    Attachment,
    ClientId,
    ConversationId,
    FileId,
    InboundMailId,
    Invoice,
    Message,
    MessageId,
    PersonId,
    StoredContent,
)
from storage.rows import add_if_new, change, read_all, read_one, selecting
from storage.states import AsideReason, ScanState, Side
from storage.tables.conversations import (
    attachments,
    conversations,
    electronic_invoices,
    files,
    messages,
    seen_images,
)


def scan_states(session: Session, client_id: ClientId, hashes: Collection[str]) -> dict[str, ScanState]:
    """Of those of these contents that the client has already."""
    wanted = select(files.c.sha256, files.c.scan_state)
    found = session.execute(wanted.where(files.c.client_id == client_id, files.c.sha256.in_(hashes)))
    return {row.sha256: row.scan_state for row in found}


def take_scans(session: Session, now: datetime, *, most: int, lease: timedelta) -> list[StoredContent]:
    """Contents whose scan is due, for this scanner alone until the lease ends."""
    due = or_(files.c.scan_due_at.is_(None), files.c.scan_due_at <= now)
    wanted = selecting(StoredContent, files, files.c.scan_state == ScanState.UNSCANNED, due)
    found = read_all(session, StoredContent, wanted.order_by(files.c.scan_due_at, files.c.id).limit(most))
    return [each for each in found if change(session, files, files.c.id == each.id, due, scan_due_at=now + lease) == 1]


def write_scan(session: Session, file_id: FileId, state: ScanState, *, signature: str | None = None) -> bool:
    """Once: what is clean or infected stays it. True when this wrote it."""
    open_one = (files.c.id == file_id, files.c.scan_state == ScanState.UNSCANNED)
    return change(session, files, *open_one, scan_state=state, scan_found=signature) == 1


def put_off_scan(session: Session, file_id: FileId, *, due_at: datetime, tries: int) -> None:
    change(session, files, files.c.id == file_id, scan_due_at=due_at, scan_tries=tries)


def uses_of(session: Session, file_id: FileId) -> list[tuple[int, Message]]:
    """The attachments that are this content, and the messages they belong to."""
    wanted = selecting(Message, messages, attachments.c.file_id == file_id)
    joined = wanted.add_columns(attachments.c.id.label("attachment_id"))
    rows = session.execute(joined.join(attachments, attachments.c.message_id == messages.c.id).order_by(messages.c.id))
    found = []
    for row in rows:
        values = dict(row._mapping)  # noqa: SLF001 - SQLAlchemy's public name
        attachment_id = values.pop("attachment_id")
        found.append((attachment_id, Message(**values)))
    return found


def set_aside(session: Session, attachment_id: int, why: AsideReason) -> None:
    change(session, attachments, attachments.c.id == attachment_id, set_aside=True, aside_why=why)


def has_unscanned(session: Session, message_ids: Collection[MessageId]) -> bool:
    """Does one of these messages carry a file that nobody has scanned yet?"""
    wanted = (
        select(attachments.c.id)
        .join(files, files.c.id == attachments.c.file_id)
        .where(attachments.c.message_id.in_(message_ids), attachments.c.set_aside.is_(False))
        .where(files.c.scan_state == ScanState.UNSCANNED)
    )
    return session.execute(wanted.limit(1)).first() is not None


def attachment(session: Session, public_id: int) -> tuple[Attachment, ConversationId] | None:
    """A file by its public id, and the conversation it stands in."""
    from storage.attached import attachments_of

    found = session.execute(
        select(attachments.c.message_id, messages.c.conversation_id)
        .join(messages, messages.c.id == attachments.c.message_id)
        .where(attachments.c.public_id == public_id)
    ).first()
    if found is None:
        return None
    one = next(each for each in attachments_of(session, [found.message_id]) if each.public_id == public_id)
    return one, ConversationId(found.conversation_id)


def times_seen(session: Session, person_id: PersonId, hashes: Collection[str]) -> dict[str, int]:
    """In how many mails of this person each image came."""
    wanted = select(seen_images.c.sha256, seen_images.c.times)
    found = session.execute(wanted.where(seen_images.c.person_id == person_id, seen_images.c.sha256.in_(hashes)))
    return {row.sha256: row.times for row in found}


def note_seen(session: Session, person_id: PersonId, sha256: str, inbound_id: InboundMailId, *, now: datetime) -> None:
    """Once per mail, however often it shows the image and wherever it is filed."""
    one = (seen_images.c.person_id == person_id, seen_images.c.sha256 == sha256)
    made = add_if_new(
        session,
        seen_images,
        person_id=person_id,
        sha256=sha256,
        times=1,
        inbound_mail_id=inbound_id,
        last_seen_at=now,
    )
    if made is None:
        other = or_(seen_images.c.inbound_mail_id.is_(None), seen_images.c.inbound_mail_id != inbound_id)
        change(
            session,
            seen_images,
            *one,
            other,
            times=seen_images.c.times + 1,
            inbound_mail_id=inbound_id,
            last_seen_at=now,
        )


def images_of_the_firm(session: Session, client_id: ClientId, hashes: Collection[str]) -> set[str]:
    """Which of these images the firm's own messages to this client carried."""
    carried = exists().where(
        attachments.c.file_id == files.c.id,
        attachments.c.message_id == messages.c.id,
        messages.c.conversation_id == conversations.c.id,
        conversations.c.client_id == client_id,
        messages.c.author_side == Side.FIRM,
    )
    wanted = select(files.c.sha256).where(files.c.client_id == client_id, files.c.sha256.in_(hashes), carried)
    return set(session.execute(wanted).scalars())


class SaysInvoice(Protocol):
    """What worker.core.file_looks.ElectronicInvoice fits."""

    @property
    def kind(self) -> str: ...
    @property
    def number(self) -> str: ...
    @property
    def issued_on(self) -> date | None: ...
    @property
    def seller_vat(self) -> str | None: ...
    @property
    def buyer_vat(self) -> str | None: ...
    @property
    def amount(self) -> Decimal | None: ...
    @property
    def currency(self) -> str | None: ...


def add_invoice(session: Session, file_id: FileId, said: SaysInvoice) -> None:
    """Once per content."""
    add_if_new(
        session,
        electronic_invoices,
        file_id=file_id,
        kind=str(said.kind),
        number=said.number,
        issued_on=said.issued_on,
        seller_vat=said.seller_vat,
        buyer_vat=said.buyer_vat,
        amount=said.amount,
        currency=said.currency,
    )


def invoice_of(session: Session, file_id: FileId) -> Invoice | None:
    return read_one(session, Invoice, selecting(Invoice, electronic_invoices, electronic_invoices.c.file_id == file_id))
