"""Whom a letter may be for, and which addresses may stand in it (DESIGN.md invariant 10 and section 8).

::

    form      reader                     addresses in it
    contact   a client's contact         none: one answers; the answer goes to the reply address. In the first mail of
                                         a conversation that his side started, one that closes it
    manager   a case manager             reply address (the client reads it) and note address (only colleagues read it)
    note      a case manager, internal   note address only
    notice    a case manager; a failure, or the brake    note address only: no way to the client by accident
    alarm     the operator               none: nothing of a client is in it
    desk      a case manager             none but links that work once; messages of a conversation neither
    house     whoever wrote a mail       as desk, and no words of the mail that it is about

A letter that breaks this is refused with Unprintable, for the mistake lies with who asked for it.
"""

from enum import StrEnum

from storage.states import MailKind, Side, Visibility
from worker.core.desk import DESK_KINDS, FOR_THE_FIRM
from worker.core.letters import Letter


class Unprintable(ValueError):  # noqa: N818 - named by the reaction
    """This mail must not or cannot be made; the same input will never do."""


class Form(StrEnum):
    CONTACT = "contact"
    MANAGER = "manager"
    NOTE = "note"
    NOTICE = "notice"
    ALARM = "alarm"
    DESK = "desk"
    HOUSE = "house"


NOTICES = frozenset({MailKind.FAILURE_NOTICE, MailKind.NOTICE})


def form_of(letter: Letter) -> Form:
    refuse_leaks(letter)
    if letter.kind in DESK_KINDS:
        return Form.DESK if letter.kind in FOR_THE_FIRM else Form.HOUSE
    if letter.side is Side.CLIENT:
        return Form.CONTACT
    if letter.kind in NOTICES:
        return Form.NOTICE
    if letter.kind is MailKind.ALARM:
        return Form.ALARM
    return Form.NOTE if letter.visibility is Visibility.INTERNAL else Form.MANAGER


def refuse_leaks(letter: Letter) -> None:
    internal, is_notice = letter.visibility is Visibility.INTERNAL, letter.kind in NOTICES
    if letter.kind is MailKind.ALARM:
        refuse_in_alarm(letter)
    if letter.kind in DESK_KINDS:
        refuse_at_desk(letter)
    if letter.side is Side.CLIENT and (internal or is_notice):
        raise Unprintable("notes and failure notices go to the firm's side only")
    if letter.side is Side.CLIENT and letter.note_address is not None:
        raise Unprintable("a note address is not shown to the client's side")
    if internal and letter.reply_address is not None:
        raise Unprintable("an internal letter carries no address that leads to the client")
    refuse_parts(letter)


def refuse_parts(letter: Letter) -> None:
    """What only one kind has, and must have."""
    if letter.close_address is not None and (letter.side is not Side.CLIENT or letter.kind is not MailKind.MESSAGE):
        raise Unprintable("only a contact is offered to close a conversation, and only beside a message")
    if letter.kind is MailKind.FAILURE_NOTICE and letter.failure is None:
        raise Unprintable("a failure notice says what failed")
    if letter.kind is MailKind.NOTICE and letter.notice is None:
        raise Unprintable("a notice says what happened")
    if letter.kind is MailKind.REJECTION and letter.rejected is None:
        raise Unprintable("a rejection says why")
    if letter.kind is MailKind.OPENED_NOTICE and letter.opened is None:
        raise Unprintable("who is told of a new conversation hears which one he had answered")
    if letter.kind is MailKind.REFUSED_FILES and not (letter.refusal and letter.refusal.files):
        raise Unprintable("an answer about refused files names them")


def refuse_in_alarm(letter: Letter) -> None:
    if letter.alarm is None or letter.side is Side.CLIENT:
        raise Unprintable("an alarm says what happened, and says it to the firm only")
    if letter.messages or letter.reply_address or letter.note_address:
        raise Unprintable("an alarm carries nothing of a conversation")


def refuse_at_desk(letter: Letter) -> None:
    if letter.desk is None or letter.messages or letter.reply_address or letter.note_address:
        raise Unprintable("what the house writes about a mail has its own words and no address of a conversation")
    to_the_firm = letter.kind in FOR_THE_FIRM
    if to_the_firm != (letter.visibility is Visibility.INTERNAL) or (to_the_firm and letter.side is Side.CLIENT):
        raise Unprintable("held mails and answers to commands are for the firm's side only")
    if not to_the_firm and (letter.desk.items or letter.desk.text or letter.desk.lines):
        raise Unprintable("nothing of a held mail is told to anybody but case managers")


def answer_address(letter: Letter) -> str | None:
    """Where an answer to this mail goes: what Reply-To must say, or None when it must say nothing."""
    return letter.reply_address if form_of(letter) in {Form.CONTACT, Form.MANAGER} else letter.note_address


def addresses_shown(letter: Letter) -> tuple[tuple[str, str], ...]:
    """(``reply`` or ``note``, address) in the order they are shown."""
    form = form_of(letter)
    reply = letter.reply_address if form is Form.MANAGER else None
    both = (("reply", reply), ("note", letter.note_address))
    return tuple((name, address) for name, address in both if address is not None)
