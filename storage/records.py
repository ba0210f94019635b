"""The nouns: what storage hands out. Standard library only, so that core may know them. One noun after another and
nothing else, so it may be longer than other modules.

A record is a row, frozen: it says what was true in the transaction that read it. Ids are NewTypes, so that a message's
id cannot be given where a mail's is wanted. ``*_on`` is a date, ``*_at`` an aware UTC datetime.
"""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, NewType

from storage.states import (
    AboutKind,
    AddressKind,
    AddressState,
    ArrivalState,
    AsideReason,
    AttemptOutcome,
    AttentionReason,
    ChangeKind,
    ConversationState,
    Evidence,
    FailureClass,
    Language,
    MailKind,
    MailState,
    MessageKind,
    Origin,
    Outcome,
    Reach,
    Regime,
    ScanState,
    Side,
    Visibility,
    Way,
)

ClientId = NewType("ClientId", int)
PersonId = NewType("PersonId", int)
ConversationId = NewType("ConversationId", int)
ParticipantId = NewType("ParticipantId", int)
MessageId = NewType("MessageId", int)
RevisionId = NewType("RevisionId", int)
FileId = NewType("FileId", int)
OutgoingMailId = NewType("OutgoingMailId", int)
InboundMailId = NewType("InboundMailId", int)
ArrivalId = NewType("ArrivalId", int)
FilingId = NewType("FilingId", int)
PublicId = NewType("PublicId", int)


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    id: PersonId
    public_id: PublicId
    external_id: str | None
    name: str
    language: Language
    time_zone: str
    phone: str | None
    reach: Reach


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    id: int
    person_id: PersonId
    written: str
    normal: str
    state: AddressState
    is_primary: bool
    failures_in_a_row: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Client:
    id: ClientId
    public_id: PublicId
    code: str
    name: str
    country: str
    vat_number: str | None
    manager_id: PersonId | None
    deputy_id: PersonId | None
    supervisor_id: PersonId | None
    refund_seeker: bool
    live: bool
    left_on: date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class RegimePeriod:
    client_id: ClientId
    regime: Regime
    valid_from: date
    valid_to: date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class About:
    """The invoice or bank line a conversation is about; ``amount`` in ``currency`` units, not cents."""

    kind: AboutKind
    number: str | None = None
    on: date | None = None
    amount: Decimal | None = None
    currency: str = "EUR"
    counterparty: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Conversation:
    id: ConversationId
    public_id: PublicId
    external_id: str | None
    client_id: ClientId
    subject: str
    starter_id: PersonId | None
    starter_side: Side
    state: ConversationState
    about_kind: AboutKind | None
    about_number: str | None
    about_on: date | None
    about_amount: Decimal | None
    about_currency: str | None
    about_counterparty: str | None
    linked_to_id: ConversationId | None
    opened_at: datetime
    closed_at: datetime | None
    closed_by_id: PersonId | None
    last_happened_at: datetime
    thread_root: str
    thread_index: str | None
    client_attention: int
    firm_attention: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Participant:
    id: ParticipantId
    conversation_id: ConversationId
    person_id: PersonId
    side: Side
    since_message_id: MessageId | None
    left_at: datetime | None
    seen_message_id: MessageId | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    id: MessageId
    public_id: PublicId
    external_id: str | None
    conversation_id: ConversationId
    author_id: PersonId | None
    author_side: Side
    kind: MessageKind
    visibility: Visibility
    origin: Origin
    answer_wanted: bool
    sender_unverified: bool
    happened_at: datetime
    edited_at: datetime | None
    deleted_at: datetime | None
    forwarded_by_id: PersonId | None
    original_from: str | None
    original_at: datetime | None
    original_signature: str | None
    inbound_mail_id: InboundMailId | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Revision:
    id: RevisionId
    message_id: MessageId
    number: int
    text: str
    tombstone: bool
    quoted_text: str | None
    cut_rule: str | None
    cut_confidence: float | None
    by_id: PersonId | None
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Attachment:
    """A file of a message; ``sha256`` and ``size`` (bytes) are those of its content in the client's file store.

    ``inline``: the mail's text showed it, at ``content_id``.
    """

    id: int
    public_id: PublicId
    message_id: MessageId
    file_id: FileId
    client_id: ClientId
    position: int
    name: str
    set_aside: bool
    aside_why: AsideReason | None
    inline: bool
    content_id: str | None
    sha256: str
    size: int
    media_type: str
    scan_state: ScanState


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredContent:
    """The content of a file of a client, once for all messages that carry it. ``scan_found``: what clamd called it."""

    id: FileId
    client_id: ClientId
    sha256: str
    size: int
    media_type: str
    scan_state: ScanState
    scan_due_at: datetime | None
    scan_tries: int
    scan_found: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Invoice:
    """What an electronic invoice says of itself (UBL). ``amount`` in ``currency`` units."""

    id: int
    file_id: FileId
    kind: str
    number: str
    issued_on: date | None
    seller_vat: str | None
    buyer_vat: str | None
    amount: Decimal | None
    currency: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Attention:
    id: int
    conversation_id: ConversationId
    side: Side
    reason: AttentionReason
    message_id: MessageId | None
    outgoing_mail_id: OutgoingMailId | None
    filing_id: FilingId | None
    since: datetime
    closed_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class OutgoingMail:
    id: OutgoingMailId
    public_id: PublicId
    kind: MailKind
    visibility: Visibility
    language: Language
    person_id: PersonId | None
    address: str
    client_id: ClientId | None
    conversation_id: ConversationId | None
    author_id: PersonId | None
    answers_inbound_id: InboundMailId | None
    priority: int
    state: MailState
    opened_at: datetime
    due_at: datetime
    fence: int
    lease_until: datetime | None
    tries: int
    message_id: str | None
    envelope_id: str | None
    dated_at: datetime | None
    bytes_path: str | None
    sent_text: str | None
    thread_index: str | None
    may_be_doubled: bool
    accepted_at: datetime | None
    delivered_at: datetime | None
    failed_at: datetime | None
    evidence: Evidence | None
    failure_class: FailureClass | None
    failure_status: str | None
    failure_reason: str | None
    ended_why: str | None
    details: dict[str, Any] | None
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    id: int
    outgoing_mail_id: OutgoingMailId
    message_id: MessageId
    participant_id: ParticipantId
    revision_id: RevisionId | None
    position: int
    evidence: Evidence | None
    evidence_at: datetime | None
    dropped_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    id: int
    outgoing_mail_id: OutgoingMailId
    fence: int
    relay: str
    started_at: datetime
    ended_at: datetime | None
    outcome: AttemptOutcome
    reply: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedAddress:
    id: int
    public_id: PublicId
    kind: AddressKind
    conversation_id: ConversationId | None
    participant_id: ParticipantId | None
    person_id: PersonId | None
    outgoing_mail_id: OutgoingMailId | None
    filing_id: FilingId | None
    action: str | None
    created_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None
    used_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class InboundMail:
    id: InboundMailId
    public_id: PublicId
    sha256: str
    size: int
    raw: bytes | None
    raw_path: str | None
    kept_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """One way an inbound mail came: over IMAP (mailbox, uidvalidity, uid) or over the sink (one per recipient)."""

    id: ArrivalId
    inbound_mail_id: InboundMailId
    sha256: str
    way: Way
    mailbox: str | None
    uidvalidity: int | None
    uid: int | None
    envelope_from: str | None
    envelope_to: str
    happened_at: datetime
    state: ArrivalState
    due_at: datetime
    fence: int
    lease_until: datetime | None
    errors: int
    lost_leases: int
    error: str | None
    fingerprint: str | None
    filing_id: FilingId | None
    ended_why: str | None
    filed_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Filing:
    """``client_id``, ``sender_name``, ``subject``, ``excerpt``: of a held mail, for whoever decides about it."""

    id: FilingId
    inbound_mail_id: InboundMailId
    fingerprint: str
    signed_address: str
    outcome: Outcome
    reason: str | None
    conversation_id: ConversationId | None
    message_id: MessageId | None
    person_id: PersonId | None
    outgoing_mail_id: OutgoingMailId | None
    client_id: ClientId | None
    sender: str | None
    sender_name: str | None
    subject: str | None
    excerpt: str | None
    mail_message_id: str | None
    findings: list[dict[str, Any]]
    filed_at: datetime
    told_at: datetime | None
    reminded_at: datetime | None
    settled_at: datetime | None
    settled_by_id: PersonId | None
    settled_as: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One thing that happened, numbered after its commit; ``number`` is the portal's cursor."""

    number: int
    kind: ChangeKind
    client_id: ClientId | None
    conversation_id: ConversationId | None
    message_id: MessageId | None
    person_id: PersonId | None
    happened_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class TimelineEvent:
    id: int
    conversation_id: ConversationId | None
    message_id: MessageId | None
    outgoing_mail_id: OutgoingMailId | None
    inbound_mail_id: InboundMailId | None
    what: str
    details: dict[str, Any] | None
    happened_at: datetime
