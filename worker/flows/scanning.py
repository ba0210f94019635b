"""The virus scanner and the files: a look before a mail is filed, and the files that still wait for one.

::

    unscanned ──▶ clean       served and mailed
        │  ▲
        │  └── the scanner is down, or cannot say: asked again, later and later, for ever
        └────▶ infected    set aside wherever it stands, served to nobody, told to its sender and to the firm

A beat rings every few seconds; a file is taken by moving its next scan ahead, so that a worker that dies delays only.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

import structlog
from sqlalchemy.orm import Session

from storage import attached, conversations, file_facts, inbox, operation, people
from storage.records import Attachment, Conversation, Message, OutgoingMailId, StoredContent
from storage.states import AsideReason, ChangeKind, Origin, ScanState
from worker.core.letters import RefusedFile
from worker.core.scanning import FIRST_PAUSE, Scanned, next_scan
from worker.flows.house import House, there
from worker.flows.ports import Scanner
from worker.flows.refusing import RefusedOf, tell_firm, tell_sender

log = structlog.get_logger("navette.scanning")

BATCH = 20
LEASE = timedelta(minutes=30)
"""Longer than a batch can take."""


def scan_waiting(house: House, scanner: Scanner) -> int:
    """Scan what is due, one batch; how many were scanned to an end."""
    with house.database.writing() as session:
        taken = file_facts.take_scans(session, house.now(session), most=BATCH, lease=LEASE)
        stores = {each.client_id: there(people.client(session, each.client_id)).public_id for each in taken}
    ended, is_down = 0, False
    for content in taken:
        if is_down:
            put_off(house, content, tries=content.scan_tries)
            continue
        scanned = scanner.scan(house.files.attachment_path(stores[content.client_id], content.sha256))
        is_down = scanned.is_down
        ended += record(house, content, scanned)
    return ended


def put_off(house: House, content: StoredContent, *, tries: int) -> None:
    """``tries``: that count against this file; a scanner that is down is asked again soon."""
    with house.database.writing() as session:
        pause = next_scan(tries) if tries > content.scan_tries else FIRST_PAUSE
        file_facts.put_off_scan(session, content.id, due_at=house.now(session) + pause, tries=tries)


def record(house: House, content: StoredContent, scanned: Scanned) -> bool:
    if scanned.state is ScanState.UNSCANNED:
        log.warning("not_scanned", file=content.id, why=scanned.why, tries=content.scan_tries)
        put_off(house, content, tries=content.scan_tries + (0 if scanned.is_down else 1))
        return False
    with house.database.writing() as session:
        uses = file_facts.uses_of(session, content.id)
        for conversation_id in sorted({message.conversation_id for _, message in uses}):
            conversations.lock_conversation(session, conversation_id)
        if not file_facts.write_scan(session, content.id, scanned.state, signature=scanned.signature):
            return False
        now = house.now(session)
        due = [each for use in uses for each in noted(session, house, *use, scanned, now=now)]
    log.info("scanned", file=content.id, state=scanned.state)
    house.bell.ring_outgoing(due)
    return True


def noted(
    session: Session, house: House, attachment_id: int, message: Message, scanned: Scanned, *, now: datetime
) -> list[OutgoingMailId]:
    """Tell the portal; of an infected file also those who sent it and those who would have opened it."""
    conversation = there(conversations.conversation(session, message.conversation_id))
    operation.note_change(
        session,
        ChangeKind.FILE_SCANNED,
        now=now,
        client_id=conversation.client_id,
        conversation_id=conversation.id,
        message_id=message.id,
    )
    if scanned.state is not ScanState.INFECTED:
        return []
    file_facts.set_aside(session, attachment_id, AsideReason.INFECTED)
    details = {"attachment": attachment_id, "found": scanned.signature}
    operation.note_event(
        session,
        "file_infected",
        now=now,
        conversation_id=conversation.id,
        message_id=message.id,
        details=details,
    )
    infected = [each for each in attached.attachments_of(session, [message.id]) if each.id == attachment_id]
    return tell_both(session, house, conversation, message, infected, now=now)


def tell_both(
    session: Session,
    house: House,
    conversation: Conversation,
    message: Message,
    files: Sequence[Attachment],
    *,
    now: datetime,
) -> list[OutgoingMailId]:
    if message.author_id is None:
        return []
    refused = RefusedOf(
        conversation=conversation,
        author_id=message.author_id,
        author_side=message.author_side,
        files=tuple(RefusedFile(name=each.name, why=AsideReason.INFECTED) for each in files),
    )
    due = tell_firm(session, house, refused, now=now)
    own = tell_sender(session, house, refused, now=now) if may_be_answered(session, message) else None
    return due if own is None else [*due, own]


def may_be_answered(session: Session, message: Message) -> bool:
    """Who posted in the portal, or wrote a mail that is his for sure and that no machine sent."""
    if message.origin is Origin.PORTAL:
        return True
    if message.sender_unverified:
        return False
    filing = inbox.filing_of_message(session, message.id)
    return filing is not None and {"step": "automatic", "found": "no"} in filing.findings
