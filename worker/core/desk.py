"""What the house itself writes about mails that came in: held ones, questions about them, answers to commands.

None of it carries a message of a conversation, and none can be answered but by its links: each is a signed address that
works once.

::

    kind             to                            says
    held_notice      a case manager                which mails are held, why, how they begin; what to do with them
    command_answer   a case manager                what was done, or why not
    confirmation     the registered address        that somebody wrote in this person's name: was it you?
    question         a person with several clients which of them his mail is about
    waiting_notice   an authenticated sender       that his mail waits for somebody who knows him

Towards the client's side and strangers nothing of the held mail is told but its sender and when it came: what a forger
wrote is not carried further in the firm's name.
"""

from dataclasses import dataclass
from datetime import datetime

from storage.states import MailKind

FOR_THE_FIRM = frozenset({MailKind.HELD_NOTICE, MailKind.COMMAND_ANSWER})
FOR_WRITERS = frozenset({MailKind.CONFIRMATION, MailKind.QUESTION, MailKind.WAITING_NOTICE})
DESK_KINDS = FOR_THE_FIRM | FOR_WRITERS
INTROS = {
    MailKind.HELD_NOTICE: ("held_new", "held_daily", "held_reminder"),
    MailKind.COMMAND_ANSWER: ("answer",),
    MailKind.CONFIRMATION: ("confirmation", "confirmation_unproven"),
    MailKind.QUESTION: ("question",),
    MailKind.WAITING_NOTICE: ("waiting",),
}
"""The first sentences (``desk.INTRO``) that each may have."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """One click. ``key``: of its words (``link.KEY``); ``name``: what they name, a client's or a sender's."""

    key: str
    address: str
    name: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldItem:
    """A held mail as a case manager sees it. ``at`` in his time zone; ``why``: a reason's value."""

    number: str
    sender: str
    sender_name: str
    at: datetime
    subject: str
    why: str
    excerpt: str
    client_name: str
    links: tuple[Link, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerLine:
    """A sentence (``answer.KEY``) with what stands in it."""

    key: str
    values: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """``intro``: key of the first sentence (``desk.INTRO``); ``at``, ``sender``: of the mail it is about, if of one."""

    intro: str
    at: datetime | None = None
    sender: str = ""
    items: tuple[HeldItem, ...] = ()
    links: tuple[Link, ...] = ()
    lines: tuple[AnswerLine, ...] = ()
    text: str = ""
