"""An outgoing mail before it is bytes: what it says (``Letter``), how it is addressed (``Heading``), what it carries.

``worker.mail.rendering`` turns a Letter into words by the templates, ``worker.mail.building`` turns heading, words and
files into bytes. The same input gives the same bytes: nothing here is read from a clock or drawn by chance.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from storage.records import About
from storage.states import AsideReason, Language, MailKind, Side, Visibility
from worker.core.desk import Desk
from worker.core.slices import Slices


@dataclass(frozen=True, slots=True, kw_only=True)
class RefusedFile:
    """A file that stands outside its message. ``why``: a reason of worker.core.file_rules.REFUSED."""

    name: str
    why: AsideReason


@dataclass(frozen=True, slots=True, kw_only=True)
class LetterMessage:
    """One message inside a mail. ``happened_at`` in the reader's time zone; ``files``: names of what is attached,
    ``files_left_out``: names of files too large for the relay, ``files_unscanned``: of those that the virus scanner has
    not seen yet, ``files_refused``: of those that were not taken over.
    """

    author: str
    happened_at: datetime
    text: str
    files: tuple[str, ...] = ()
    files_left_out: tuple[str, ...] = ()
    files_unscanned: tuple[str, ...] = ()
    files_refused: tuple[RefusedFile, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """Which files of whose mail were not taken over. ``author`` is empty when they are the reader's own."""

    author: str
    files: tuple[RefusedFile, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """For a failure notice: which person could not be reached, why (reason word and status), which messages."""

    person: str
    address: str
    reason: str
    status: str


class AlarmKind(StrEnum):
    MAILBOX_NOT_READ = "mailbox_not_read"
    LOGIN_REFUSED = "login_refused"
    TOKEN_FAILED = "token_failed"  # noqa: S105 - a kind of alarm
    MAILBOX_RECOVERED = "mailbox_recovered"
    RELAY_RECOVERED = "relay_recovered"
    MAIL_QUARANTINED = "mail_quarantined"
    COMPLAINT = "complaint"


@dataclass(frozen=True, slots=True, kw_only=True)
class Alarm:
    """For the operator. ``minutes``: how long the mailbox was not read when the alarm was raised; 0 when not told.

    ``error``, ``mail`` (an id like ``i4``), ``count``: of mail in quarantine; of a complaint its type and our mail.
    """

    kind: AlarmKind
    mailbox: str = ""
    minutes: int = 0
    error: str = ""
    mail: str = ""
    count: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """For a case manager: the brake joins this person's mails. ``count`` mails in ``minutes`` are its limit."""

    person: str
    count: int = 0
    minutes: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Rejected:
    """Why the reader's mail of ``came_at`` (in his time zone) was not passed on: a word of worker.core.rejections."""

    reason: str
    came_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """The reader's mail became the conversation of this letter, and not a part of the one with the subject ``old``."""

    old: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """``side``: of the reader. ``note_address`` only towards case managers. ``earlier``: messages quoted below because
    the reader has not seen them. ``signer``: the name under the mail. ``close_address``: a contact closes his own
    conversation by it.
    """

    kind: MailKind
    language: Language
    side: Side
    visibility: Visibility
    firm_name: str
    client_name: str
    subject: str
    reader: str
    signer: str
    messages: tuple[LetterMessage, ...]
    earlier: tuple[LetterMessage, ...] = ()
    about: About | None = None
    reply_address: str | None = None
    note_address: str | None = None
    answer_wanted: bool = False
    failure: Failure | None = None
    alarm: Alarm | None = None
    desk: Desk | None = None
    close_address: str | None = None
    refusal: Refusal | None = None
    notice: Notice | None = None
    rejected: Rejected | None = None
    opened: Opened | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """What the templates made of a letter. ``subject`` without prefix for threads is stable per conversation."""

    subject: str
    text: str
    html: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Heading:
    """Headers of an outgoing mail. Ids without angle brackets; ``dated_at`` aware UTC."""

    from_name: str
    from_address: str
    to_name: str
    to_address: str
    reply_to: str | None
    message_id: str
    dated_at: datetime
    in_reply_to: str | None = None
    references: tuple[str, ...] = ()
    thread_topic: str | None = None
    thread_index: str | None = None
    auto_submitted: str | None = None
    suppress_responses: str | None = None
    language: Language = Language.FR


@dataclass(frozen=True, slots=True, kw_only=True)
class LetterFile:
    name: str
    media_type: str
    content: Slices
