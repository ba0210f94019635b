"""The closed sets of words that rows hold: states, kinds, reasons.

Each is stored as TEXT of its value (no database enums), so that a migration never has to rewrite a type.
Split from ``records`` to keep both readable; ``records`` is where to import the nouns from.
"""

from enum import StrEnum


class Language(StrEnum):
    FR = "fr"
    NL = "nl"
    DE = "de"
    EN = "en"


class Reach(StrEnum):
    """How a person is reached: only ``mail`` gets mails."""

    MAIL = "mail"
    PHONE = "phone"
    PORTAL = "portal"


class Side(StrEnum):
    CLIENT = "client"
    FIRM = "firm"


class AddressState(StrEnum):
    ACTIVE = "active"
    SUPPRESSED = "suppressed"
    RETIRED = "retired"


class Regime(StrEnum):
    MONTHLY = "monthly"
    QUARTERLY = "quarterly"
    ANNUAL = "annual"
    NONE = "none"


class ConversationState(StrEnum):
    OPEN = "open"
    CLOSED = "closed"


class AboutKind(StrEnum):
    INVOICE = "invoice"
    BANK_LINE = "bank_line"


class MessageKind(StrEnum):
    WRITTEN = "written"
    SYSTEM = "system"


class Visibility(StrEnum):
    SHARED = "shared"
    INTERNAL = "internal"


class Origin(StrEnum):
    PORTAL = "portal"
    MAIL = "mail"
    WORKER = "worker"


class AttentionReason(StrEnum):
    ASKED = "asked"
    STARTED = "started"
    ITEM_REJECTED = "item_rejected"
    WROTE = "wrote"
    MAIL_FAILED = "mail_failed"
    HELD = "held"
    TO_SORT = "to_sort"
    CALL = "call"


class MailKind(StrEnum):
    MESSAGE = "message"
    CORRECTION = "correction"
    FAILURE_NOTICE = "failure_notice"
    REMINDER = "reminder"
    RECEIPT = "receipt"
    REJECTION = "rejection"
    QUESTION = "question"
    DIGEST = "digest"
    ALARM = "alarm"
    NOTICE = "notice"
    HELD_NOTICE = "held_notice"
    CONFIRMATION = "confirmation"
    WAITING_NOTICE = "waiting_notice"
    COMMAND_ANSWER = "command_answer"
    REFUSED_FILES = "refused_files"
    OPENED_NOTICE = "opened_notice"


class MailState(StrEnum):
    """See worker.core.sending for the drawing."""

    WAITING = "waiting"
    QUEUED = "queued"
    SENDING = "sending"
    ACCEPTED = "accepted"
    DELAYED = "delayed"
    DELIVERED = "delivered"
    FAILED = "failed"
    SUPPRESSED = "suppressed"
    CANCELLED = "cancelled"


class FailureClass(StrEnum):
    HARD = "hard"
    EXHAUSTED = "exhausted"


class AttemptOutcome(StrEnum):
    OPEN = "open"
    ACCEPTED = "accepted"
    TEMPORARY = "temporary"
    PERMANENT = "permanent"
    IN_DOUBT = "in_doubt"


class Evidence(StrEnum):
    """Why a tick is blue (DESIGN.md section 4)."""

    REPORT_DELIVERED = "report_delivered"
    REPORT_RELAYED = "report_relayed"
    PROVIDER_EVENT = "provider_event"
    OUT_OF_OFFICE = "out_of_office"
    READ_RECEIPT = "read_receipt"
    REPLY = "reply"
    SEEN = "seen"
    RELAY_IS_FINAL = "relay_is_final"


class Tick(StrEnum):
    """What the author sees per recipient."""

    PENDING = "pending"
    GREY = "grey"
    BLUE = "blue"
    FAILED = "failed"
    NONE = "none"


class Way(StrEnum):
    SMTP = "smtp"
    LMTP = "lmtp"
    IMAP = "imap"
    FILE = "file"


class ArrivalState(StrEnum):
    KEPT = "kept"
    FILED = "filed"
    QUARANTINED = "quarantined"


class Outcome(StrEnum):
    POSTED = "posted"
    NEW_CONVERSATION = "new_conversation"
    COMMAND = "command"
    REPORT = "report"
    HELD = "held"
    REJECTED = "rejected"
    IGNORED = "ignored"


class AddressKind(StrEnum):
    """Kinds of signed address."""

    REPLY = "reply"
    NOTE = "note"
    RETURN_PATH = "return_path"
    ACT = "act"
    ASK = "ask"
    CONFIRM = "confirm"
    CANARY = "canary"


class ItemKind(StrEnum):
    DOCUMENT = "document"
    QUESTION = "question"


class ItemSource(StrEnum):
    CLIENT = "client"
    PEPPOL = "peppol"
    CODA = "coda"


class ItemState(StrEnum):
    MISSING = "missing"
    RECEIVED = "received"
    ACCEPTED = "accepted"
    REJECTED = "rejected"
    NOT_APPLICABLE = "not_applicable"
    NOTHING_THIS_PERIOD = "nothing_this_period"
    NOT_RECEIVED = "not_received"


class RequestState(StrEnum):
    COLLECTING = "collecting"
    OPEN = "open"
    COMPLETE = "complete"
    FILED = "filed"
    CANCELLED = "cancelled"


class StepState(StrEnum):
    PLANNED = "planned"
    SENT = "sent"
    SKIPPED = "skipped"
    CANCELLED = "cancelled"


class ScanState(StrEnum):
    UNSCANNED = "unscanned"
    CLEAN = "clean"
    INFECTED = "infected"


class AsideReason(StrEnum):
    """Why a file of a message stands outside of it; worker.core.file_rules has the rules."""

    OWN_IMAGE = "own_image"
    SIGNATURE_IMAGE = "signature_image"
    TRACKING_IMAGE = "tracking_image"
    EMPTY = "empty"
    TOO_LARGE = "too_large"
    REFUSED_TYPE = "refused_type"
    ENCRYPTED = "encrypted"
    UNREADABLE = "unreadable"
    INFECTED = "infected"


class ChangeKind(StrEnum):
    CONVERSATION_STARTED = "conversation_started"
    CONVERSATION_CLOSED = "conversation_closed"
    CONVERSATION_REOPENED = "conversation_reopened"
    MESSAGE_POSTED = "message_posted"
    MESSAGE_EDITED = "message_edited"
    MESSAGE_DELETED = "message_deleted"
    TICK_MOVED = "tick_moved"
    ATTENTION_MOVED = "attention_moved"
    MAIL_HELD = "mail_held"
    FILE_SCANNED = "file_scanned"
