"""What filing decides from (``Facts``) and what it can decide (``Decision``), as values."""

from dataclasses import dataclass
from enum import StrEnum

from storage.records import (
    Client,
    ClientId,
    Conversation,
    ConversationId,
    OutgoingMail,
    Participant,
    Person,
    SignedAddress,
)
from storage.states import Evidence, Side, Visibility
from worker.core.authentication_results import Trust
from worker.core.automatic import Automatic
from worker.core.commands import Order
from worker.core.forwards import Original
from worker.core.parsed import ParsedMail


class Why(StrEnum):
    """Reasons of the outcomes, one member each."""

    REPORT = "report"
    COMPLAINT = "complaint"
    REPORT_ABOUT_NOTHING = "report_about_nothing_of_ours"
    OUT_OF_OFFICE = "out_of_office"
    READ_RECEIPT = "read_receipt"
    AUTOMATIC = "automatic"
    CANARY = "canary"
    OWN_MAIL = "own_mail"
    NO_ROW = "address_without_row"
    OTHER_SENDER = "sender_is_not_the_participant"
    NO_SENDER = "sender_cannot_be_read"
    LEFT = "participant_left"
    BROKEN_ADDRESS = "signed_address_does_not_verify"
    UNREAD_REPORT = "unread_report"
    NOTHING_NEW = "nothing_but_quoted_text"
    OTHER_SUBJECT = "another_subject"
    WHICH_CLIENT = "which_client"
    UNKNOWN_SENDER = "unknown_sender"
    FORGED = "authentication_failed"
    COLLEAGUE = "address_of_a_colleague"
    TRUSTED_SENDER = "case_manager_authenticated"
    CASE_MANAGER_UNPROVEN = "case_manager_without_signed_address"
    COLLEAGUES_MAIL = "forwards_a_colleagues_mail"
    REPEATS_A_NOTE = "repeats_an_internal_note"
    TOO_MUCH_TO_READ = "files_too_large_to_compare"
    EMPTY_NOTE = "note_without_text"
    NOTHING_IN_IT = "nothing_in_it"
    REPLY_ADDRESS = "reply_address"
    NOTE_ADDRESS = "note_address"
    REFERENCES = "references"
    KNOWN_SENDER = "known_sender"
    TOO_MANY_MAILS = "too_many_mails"
    REPEATS_ONE_TEXT = "repeats_one_text"
    ANSWERS_AT_ONCE = "answers_within_a_minute"
    COMMAND = "command"
    BLOCKED = "sender_blocked"
    CONFIRMED = "confirmed_by_the_sender"
    ACCEPTED = "accepted_by_a_case_manager"


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundAddress:
    """A signed address of ours that the mail is addressed to, with what its row stands for. ``where``: which header;
    ``spent``: expired or revoked.
    """

    row: SignedAddress
    where: str
    spent: bool
    conversation: Conversation | None
    participant: Participant | None
    addresses: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownSender:
    """A person who has the mail's From address. ``clients``: whose contact he is today."""

    person: Person
    clients: tuple[Client, ...]
    is_case_manager: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """A mail of ours that this one names in In-Reply-To or References. ``participant``: whom that mail went to."""

    mail: OutgoingMail
    conversation: Conversation | None
    participant: Participant | None
    addresses: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """``house_client``: the client whose house address it was sent to, ``client`` his record; ``orphan``: a good MAC
    without a row; ``reported``: the mail that a report or a return path is about, and ``reported_addresses`` of whom
    it went to; ``is_report``: a machine's report, not a person's mail with one in it; ``broken``: an address that looks
    signed and is not; ``trust``: what a server that we believe says about the From address; ``blocked``: the
    firm wants to hear no more of this sender.
    """

    mail: ParsedMail
    null_sender: bool
    automatic: Automatic
    is_own: bool
    found: tuple[FoundAddress, ...]
    orphan: bool
    broken: bool
    is_report: bool
    reported: OutgoingMail | None
    reported_addresses: tuple[str, ...]
    answered: tuple[Answered, ...]
    senders: tuple[KnownSender, ...]
    house_client: ClientId | None
    client: Client | None = None
    trust: Trust = Trust.NONE
    blocked: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Moves:
    """A report: it moves the tick of ``mail`` by what the parsed report says."""

    mail: OutgoingMail


@dataclass(frozen=True, slots=True, kw_only=True)
class Complains:
    """A feedback report (RFC 5965): the reader of ``mail`` called it unwanted. The operator hears of it."""

    mail: OutgoingMail
    feedback: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Proves:
    """Not a message, but evidence that ``mail`` arrived."""

    mail: OutgoingMail
    evidence: Evidence
    why: Why


@dataclass(frozen=True, slots=True, kw_only=True)
class Ignores:
    why: Why
    detail: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Posts:
    """``joined``: the brake is on, copies wait for each other."""

    conversation: Conversation
    person: Person
    participant: Participant
    visibility: Visibility
    why: Why
    original: Original | None = None
    joined: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Opens:
    """A new conversation. Without a signed address or a trusted pass the sender is not verified: it is opened for the
    firm. ``side``: of the writer; a case manager opens it to the client's contacts, or, with an ``original``, passes on
    what a contact wrote, or what is for colleagues alone. ``proven``: he wrote to his signed address, from his own or
    with a trusted pass.
    """

    client: Client
    person: Person
    verified: bool = False
    side: Side = Side.CLIENT
    original: Original | None = None
    linked_to: ConversationId | None = None
    proven: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Holds:
    why: Why
    conversation_id: ConversationId | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Commands:
    """What somebody asks for by mail. ``row``: of the one-click address, which works once; ``spent``: it has."""

    person: Person
    orders: tuple[Order, ...]
    conversation: Conversation | None
    row: SignedAddress | None = None
    spent: bool = False
    why: Why = Why.COMMAND


@dataclass(frozen=True, slots=True, kw_only=True)
class Rejects:
    """Nothing to post and nothing to decide about: the verified writer is told, once."""

    why: Why
    conversation: Conversation
    person: Person
    participant: Participant


Decision = Moves | Complains | Proves | Ignores | Posts | Opens | Holds | Commands | Rejects
