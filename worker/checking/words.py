"""The mails' words: every kind that is made, in every language and for every reader, renders on a sample letter.

An unknown name in a template is an error there (strict undefined), so a template that was changed by hand and would
stop mails is found before the first of them.
"""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal

from jinja2 import TemplateError

from storage.records import About
from storage.states import AboutKind, Language, MailKind, Side, Visibility
from worker.checking.verdicts import Verdict, fault, ok, one_line
from worker.core.desk import DESK_KINDS, FOR_THE_FIRM, INTROS, AnswerLine, Desk, HeldItem, Link
from worker.core.file_rules import REFUSED
from worker.core.letter_rules import NOTICES, Unprintable
from worker.core.letters import (
    Alarm,
    AlarmKind,
    Failure,
    Letter,
    LetterMessage,
    Notice,
    Opened,
    Refusal,
    RefusedFile,
    Rejected,
    Words,
)
from worker.core.rejections import Rejection
from worker.mail.rendering import ENVIRONMENT, NoTemplate, render

ABOUT = "words"
FORMS = ((Side.CLIENT, Visibility.SHARED), (Side.FIRM, Visibility.SHARED), (Side.FIRM, Visibility.INTERNAL))
AT = datetime(2026, 11, 24, 9, 5, tzinfo=UTC)
ADVICE = "put mail_templates back as it was installed, or mend the template; docs/mails.md has the names in it"


def check_words(*, render_letter: Callable[[Letter], Words] = render) -> Iterator[Verdict]:
    kinds = written_kinds()
    letters = [
        letter
        for kind in kinds
        for language in Language
        for form in forms_of(kind)
        for letter in letters_of(sample(kind, language, *form))
    ]
    broken = [said for letter in letters if (said := what_breaks(letter, render_letter))]
    if broken:
        more = f" (and {len(broken) - 1} more)" if len(broken) > 1 else ""
        yield fault(ABOUT, f"{broken[0]}{more}", ADVICE)
    else:
        yield ok(ABOUT, f"{len(letters)} mails render: {len(kinds)} kinds in {len(Language)} languages")


def written_kinds() -> list[MailKind]:
    """Kinds with a template; of those that are planned there is none yet."""
    folders = {name.partition("/")[0] for name in ENVIRONMENT.list_templates() if "/" in name}
    return [kind for kind in MailKind if kind.value in folders]


def forms_of(kind: MailKind) -> list[tuple[Side, Visibility]]:
    if kind is MailKind.ALARM or kind in DESK_KINDS:
        return [(Side.FIRM, Visibility.INTERNAL)]
    return [form for form in FORMS if fits(kind, *form)]


def fits(kind: MailKind, side: Side, visibility: Visibility) -> bool:
    """Notices go to the firm only; a rejection or a notice of a new conversation answers what the client may read."""
    if kind in NOTICES:
        return side is Side.FIRM
    return kind not in {MailKind.REJECTION, MailKind.OPENED_NOTICE} or visibility is Visibility.SHARED


def what_breaks(letter: Letter, render_letter: Callable[[Letter], Words]) -> str | None:
    try:
        words = render_letter(letter)
    except (TemplateError, NoTemplate, Unprintable, LookupError, OSError, ValueError) as broke:
        return f"{letter.kind} in {letter.language} to the {letter.side}'s side: {one_line(broke)}"
    return None if words.subject and words.text.strip() and words.html.strip() else f"{letter.kind}: an empty mail"


def desk_letters(letter: Letter) -> list[Letter]:
    """What the house writes about held mails, one letter per first sentence, with everything that may stand in it."""
    to_the_firm = letter.kind in FOR_THE_FIRM
    link = Link(key="accept", address="a+a@firm.example", name="Client")
    item = HeldItem(
        number="i1",
        sender="x@elsewhere.example",
        sender_name="X",
        at=AT,
        subject="…",
        why="unknown_sender",
        excerpt="…",
        client_name="Client",
        links=(link,),
    )
    line = AnswerLine(key="close", values=(("subject", "…"),))
    bare = replace(
        letter,
        visibility=Visibility.INTERNAL if to_the_firm else Visibility.SHARED,
        side=Side.FIRM if to_the_firm else Side.CLIENT,
        messages=(),
        earlier=(),
        about=None,
        client_name="",
        reply_address=None,
        note_address=None,
    )
    if to_the_firm:
        full = Desk(intro="", at=AT, sender=item.sender, items=(item,), links=(link,), lines=(line,), text="…")
    else:
        full = Desk(intro="", at=AT, sender=item.sender, links=(link,))
    return [replace(bare, desk=replace(full, intro=each)) for each in INTROS[letter.kind]]


def letters_of(letter: Letter) -> list[Letter]:
    """An alarm has a sentence of its own for each thing that can happen, and nothing of a conversation."""
    if letter.kind in DESK_KINDS:
        return desk_letters(letter)
    if letter.kind is MailKind.NOTICE:
        return [replace(letter, notice=Notice(person="Sophie", count=20, minutes=120))]
    if letter.kind is MailKind.REJECTION:
        return [replace(letter, rejected=Rejected(reason=each, came_at=AT)) for each in Rejection]
    if letter.kind is not MailKind.ALARM:
        return [letter]
    bare = replace(letter, messages=(), earlier=(), about=None, client_name="", note_address=None)
    return [replace(bare, alarm=Alarm(kind=each, mailbox="office@firm.example", minutes=30)) for each in AlarmKind]


def sample(kind: MailKind, language: Language, side: Side, visibility: Visibility) -> Letter:
    """Everything at once: several messages, files, one left out, earlier messages, what it is about."""
    note, notice = visibility is Visibility.INTERNAL, kind is MailKind.FAILURE_NOTICE
    message = LetterMessage(author="Anne", happened_at=AT, text="…", files=("a.pdf",), files_left_out=("b.tiff",))
    letter = Letter(
        kind=kind,
        language=language,
        side=side,
        visibility=visibility,
        firm_name="Firm",
        client_name="Client",
        subject="Subject",
        reader="Sophie",
        signer="Anne",
        messages=(message, replace(message, text="… …", files=())),
        earlier=(replace(message, author="Sophie"),),
        about=About(kind=AboutKind.INVOICE, number="1", on=date(2026, 11, 3), amount=Decimal(1), counterparty="X"),
        reply_address=None if note else "r+a@firm.example",
        note_address=None if side is Side.CLIENT else "n+a@firm.example",
        answer_wanted=True,
    )
    if kind is MailKind.REFUSED_FILES:
        return replace(
            letter, refusal=Refusal(author="", files=tuple(RefusedFile(name="a", why=each) for each in REFUSED))
        )
    if kind is MailKind.OPENED_NOTICE:
        return replace(letter, opened=Opened(old="Old subject"))
    failure = Failure(person="Sophie", address="sophie@client.example", reason="userunknown", status="5.1.1")
    return replace(letter, failure=failure) if notice else letter
