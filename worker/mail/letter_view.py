"""A letter as both templates, text and HTML, lay it out: everything cleaned, everything that depends on who reads
decided once. Which addresses may be shown to whom: worker.core.letter_rules.
"""

from dataclasses import dataclass, replace
from urllib.parse import quote

from worker.core.desk import Link
from worker.core.letter_rules import Form, addresses_shown, answer_address, form_of
from worker.core.letters import Alarm, Failure, Letter, LetterMessage, Refusal, RefusedFile
from worker.mail.cleaning import clean_line, clean_lines, shortened
from worker.mail.desk_view import DeskView, ShownLink, desk_view, shown_link
from worker.mail.failure_words import NO_ADDRESS, sentence_for
from worker.mail.phrases import Phrases

MOST_SUBJECT = 180


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownAddress:
    """An address in the mail with what it is for; ``link``: for a click, with the conversation's subject."""

    label: str
    address: str
    link: str


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """``letter`` is cleaned. ``how``: how to answer; empty when one cannot. ``signature``: lines under the mail.
    ``heads_shown``: each message says by whom and when. ``what_failed``, ``why`` (a key): of a failure.
    ``alarm``: the sentence that says what happened to which mailbox. ``refusal``: whose files were not taken over,
    ``refused``: which, and why; ``rest``: what became of all else.
    """

    letter: Letter
    form: Form
    answerable: bool
    how: str
    addresses: tuple[ShownAddress, ...]
    about: str
    heads_shown: bool
    signature: tuple[str, ...]
    footer: str
    what_failed: str
    why: str
    alarm: str
    desk: DeskView | None
    close: ShownLink | None
    refusal: str
    rest: str
    refused: tuple[str, ...]


def view_of(given: Letter, say: Phrases) -> View:
    """Raises worker.core.letter_rules.Unprintable."""
    form, letter = form_of(given), cleaned(given)
    return View(
        letter=letter,
        form=form,
        answerable=answer_address(letter) is not None,
        how=how_to_answer(letter, form, say),
        addresses=tuple(
            ShownAddress(label=say(f"address.{name}"), address=address, link=mailto(address, letter.subject))
            for name, address in addresses_shown(letter)
        ),
        about=about_line(letter, say),
        heads_shown=len(letter.messages) > 1 or any(each.author != letter.signer for each in letter.messages),
        signature=signature_of(letter, form),
        footer=footer_of(letter, form, say),
        what_failed=what_failed(letter, letter.failure, say) if letter.failure else "",
        why=why_failed(letter.failure) if letter.failure else "",
        alarm=say(f"alarm.{letter.alarm.kind}", **told_of(letter.alarm, say)) if letter.alarm else "",
        desk=desk_view(letter.desk, say, firm=letter.firm_name, subject=letter.subject) if letter.desk else None,
        close=shown_link(Link(key="close", address=letter.close_address), say) if letter.close_address else None,
        refusal=refusal_of(letter.refusal, say) if letter.refusal else "",
        rest=rest_of(letter.refusal, say) if letter.refusal else "",
        refused=tuple(refused_line(each, say) for each in letter.refusal.files) if letter.refusal else (),
    )


def told_of(alarm: Alarm, say: Phrases) -> dict[str, object]:
    """What the sentences of alarms may name."""
    return {
        "mailbox": clean_line(alarm.mailbox),
        "minutes": say.minutes(alarm.minutes),
        "error": clean_line(alarm.error),
        "mail": alarm.mail,
        "count": alarm.count,
    }


def cleaned(letter: Letter) -> Letter:
    about, failure, notice, refusal = letter.about, letter.failure, letter.notice, letter.refusal
    return replace(
        letter,
        firm_name=clean_line(letter.firm_name),
        client_name=clean_line(letter.client_name),
        subject=subject_of(letter),
        reader=clean_line(letter.reader),
        signer=clean_line(letter.signer),
        messages=tuple(cleaned_message(each) for each in letter.messages),
        earlier=tuple(cleaned_message(each) for each in letter.earlier),
        about=about
        and replace(
            about,
            number=clean_line(about.number or ""),
            currency=clean_line(about.currency),
            counterparty=clean_line(about.counterparty or ""),
        ),
        notice=notice and replace(notice, person=clean_line(notice.person)),
        failure=failure
        and replace(
            failure,
            person=clean_line(failure.person),
            address=clean_line(failure.address),
            status=clean_line(failure.status),
        ),
        opened=letter.opened and replace(letter.opened, old=shortened(clean_line(letter.opened.old), MOST_SUBJECT)),
        refusal=refusal and replace(refusal, author=clean_line(refusal.author), files=cleaned_files(refusal.files)),
    )


def subject_of(letter: Letter) -> str:
    """The conversation's subject on one line; where that is empty, whose conversation it is."""
    return shortened(clean_line(letter.subject) or clean_line(letter.client_name) or "…", MOST_SUBJECT)


def cleaned_message(message: LetterMessage) -> LetterMessage:
    return replace(
        message,
        author=clean_line(message.author),
        text=clean_lines(message.text),
        files=tuple(clean_line(name) for name in message.files),
        files_left_out=tuple(clean_line(name) for name in message.files_left_out),
        files_unscanned=tuple(clean_line(name) for name in message.files_unscanned),
        files_refused=cleaned_files(message.files_refused),
    )


def cleaned_files(files: tuple[RefusedFile, ...]) -> tuple[RefusedFile, ...]:
    return tuple(replace(each, name=clean_line(each.name)) for each in files)


def how_to_answer(letter: Letter, form: Form, say: Phrases) -> str:
    person = letter.failure.person if letter.failure else letter.notice.person if letter.notice else ""
    if form is Form.NOTICE:
        return say("how.notice" if letter.note_address else "how.notice_without_address", person=person)
    if answer_address(letter) is None:
        return ""
    if form is Form.CONTACT:
        return say("how.contact_wanted" if letter.answer_wanted else "how.contact")
    return say("how.note" if form is Form.NOTE else "how.manager")


def mailto(address: str, subject: str) -> str:
    """RFC 6068. The plus is encoded, for web mailers read it as a space."""
    return f"mailto:{quote(address, safe='@')}?subject={quote(subject, safe='')}"


def about_line(letter: Letter, say: Phrases) -> str:
    """``Concerne : facture 2026-114 du 3 novembre 2026 · 1 210,00 € · Imprimerie Leroy``, as far as it is known."""
    about = letter.about
    if about is None:
        return ""
    what = [say(f"about.{about.kind}"), about.number or ""]
    if about.on is not None:
        what.append(say("about.on", day=say.day(about.on)))
    amount = "" if about.amount is None else say.amount(about.amount, about.currency)
    first = " ".join(part for part in what if part)
    return " · ".join(part for part in (first, amount, about.counterparty or "") if part)


def signature_of(letter: Letter, form: Form) -> tuple[str, ...]:
    """Who signs and, towards the client, for which firm; a name is not said again under a text that ends in it."""
    last = letter.messages[-1].text if letter.messages else ""
    ending = {line.strip().casefold() for line in last.rsplit("\n", 4)[-4:]}
    lines = (letter.signer, letter.firm_name) if form is Form.CONTACT else (letter.signer,)
    return tuple(line for line in lines if line and line.casefold() not in ending)


def footer_of(letter: Letter, form: Form, say: Phrases) -> str:
    """Who to tell when it came to the wrong person; towards case managers not by an answer that the client reads."""
    if form is Form.ALARM:
        return say("footer.alarm")
    if form in {Form.DESK, Form.HOUSE}:
        return say("footer.desk" if form is Form.DESK else "footer.house", reader=letter.reader, firm=letter.firm_name)
    if form is Form.CONTACT:
        key = "footer.contact" if letter.reply_address else "footer.contact_without_address"
    else:
        key = "footer.manager" if form is Form.MANAGER else "footer.note"
    return say(key, reader=letter.reader, client=letter.client_name, firm=letter.firm_name)


def what_failed(letter: Letter, failure: Failure, say: Phrases) -> str:
    """The reader's own messages, or what somebody else wrote to a colleague of the reader."""
    number = "many" if len(letter.messages) > 1 else "one"
    author = letter.messages[0].author if letter.messages else letter.firm_name
    if author == letter.reader:
        return say(f"failure.yours_{number}", person=failure.person)
    return say(f"failure.others_{number}", person=failure.person, author=author)


def why_failed(failure: Failure) -> str:
    return sentence_for(failure.reason) if failure.address else NO_ADDRESS


def refusal_of(refusal: Refusal, say: Phrases) -> str:
    """Whose files; of somebody else only an infected one is told."""
    number = "many" if len(refusal.files) > 1 else "one"
    if refusal.author:
        return say(f"refusal.others_{number}", author=refusal.author)
    return say(f"refusal.yours_{number}")


def rest_of(refusal: Refusal, say: Phrases) -> str:
    if not refusal.author:
        return say("refusal.rest")
    return say("refusal.rest_others_many" if len(refusal.files) > 1 else "refusal.rest_others_one")


def refused_line(file: RefusedFile, say: Phrases) -> str:
    return say("refusal.file", name=file.name, why=say(f"refused.{file.why}"))
