"""The story of ``make demo``: the main job, end to end, on real processes and real mails.

Every step asks the database or a Maildir whether it really happened; the exit code is 0 only when all did.
"""

import email
import email.policy
import smtplib
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from email.message import EmailMessage
from pathlib import Path

from rich.console import Console

from storage import addresses, outbox, people
from storage.records import About, ClientId, OutgoingMail, PersonId
from storage.states import AboutKind, AttentionReason, ConversationState, Language, Origin, Tick
from worker.core.mail_addresses import local_part_candidates
from worker.core.refusals import No, Refused
from worker.demo.stage import ANNE, MARC, SOPHIE, Stage, StoryBroke
from worker.demo.world_attachments import make_invoice
from worker.demo.world_clients import reply_from
from worker.flows.closing import Done, close_conversation
from worker.flows.conversations import Started, start_conversation
from worker.flows.explaining import explain_outgoing
from worker.flows.messages import Edited, edit_message
from worker.flows.reading import (
    ConversationView,
    MessageView,
    Which,
    count_needing_action,
    list_conversations,
    read_conversation,
)

ANSWER = "Bonjour Anne,\n\nC'est le nouveau four à pain. Voici la facture."
REPLY = "Merci Sophie, c'est clair.\n\nJe l'encode en investissement, amorti sur dix ans."
FIRST = "Bonjour Sophie,\n\nÀ quoi correspond cette facture de 1.250,00 EUR ?"
SECOND = "Bonjour Sophie,\n\nÀ quoi correspond cette facture de 12.500,00 EUR ?"


@dataclass(frozen=True, slots=True, kw_only=True)
class Cast:
    anne: PersonId
    sophie: PersonId
    marc: PersonId
    bakery: ClientId


class Story:
    def __init__(self, stage: Stage, console: Console) -> None:
        self.stage, self.console, self.house = stage, console, stage.house
        self.cast = make_cast(stage)
        self.conversation = Started(conversation_id=0, message_id=0)  # type: ignore[arg-type]
        self.steps = 0

    def play(self) -> None:
        self.ask()
        self.edit_in_time()
        first = self.mail_arrives_and_ticks()
        self.answer_from_the_phone(first)
        copy = self.copy_reaches_anne()
        self.answer_from_outlook(copy)
        self.second_contact_bounces()
        self.close()

    def ask(self) -> None:
        answer = start_conversation(
            self.house,
            by=self.cast.anne,
            client_id=self.cast.bakery,
            subject="Facture 2026-114 de Fours Lambert",
            text=FIRST,
            to=[self.cast.sophie],
            about=About(
                kind=AboutKind.INVOICE,
                number="2026-114",
                on=date(2026, 11, 3),
                amount=Decimal("12500.00"),
                counterparty="Fours Lambert SA",
            ),
        )
        if not isinstance(answer, Started):
            raise StoryBroke(f"Anne cannot ask: {answer.sentence}")
        self.conversation = answer
        self.check(self.view().waits_for_client == (AttentionReason.ASKED,), "the question waits for the client")
        self.tell("Anne, case manager, asks Sophie about an invoice in the portal", "the mail waits its undo window")
        self.counters()

    def edit_in_time(self) -> None:
        answer = edit_message(self.house, by=self.cast.anne, message_id=self.conversation.message_id, text=SECOND)
        self.check(answer == Edited(too_late_for=0, corrected=()), "the edit came in time")
        self.tell(
            "Anne sees a wrong amount and edits within the window", "1.250,00 becomes 12.500,00; nothing went yet"
        )

    def mail_arrives_and_ticks(self) -> bytes:
        (mail,) = self.stage.until("the mail reaches Sophie's mailbox", lambda: self.mailbox(SOPHIE, 1))
        text = text_of(mail)
        self.check("12.500,00" in text and "1.250,00" not in text, "only the edited text went")
        sent = self.outgoing(self.cast.sophie)
        self.stage.until("the relay's 250 is recorded", lambda: self.outgoing(self.cast.sophie).accepted_at)
        self.tell("The mail is in Sophie's mailbox, in French", f"subject: {parsed(mail)['Subject']}")
        self.tell("Grey tick: the relay took it", self.moment(sent, "attempt ended"))
        self.stage.until("the report turns the tick blue", lambda: self.tick(0) is Tick.BLUE)
        self.tell("Blue tick: a delivery report with our envelope id came back", self.moment(sent, "blue tick"))
        return mail

    def answer_from_the_phone(self, mail: bytes) -> None:
        invoice = make_invoice("2026-114", "12.500,00 EUR", "Fours Lambert SA")
        self.submit(reply_from("iphone", mail, ANSWER, files=[invoice]), SOPHIE)
        answer = self.stage.until("Sophie's answer becomes a message", lambda: self.message(1))
        self.check(answer.text == ANSWER, "the message has only the new text")
        self.check([each.media_type for each in answer.attachments] == ["application/pdf"], "the PDF came along")
        self.check(answer.message.origin is Origin.MAIL and bool(answer.quoted_text), "the quoted text is kept beside")
        file = answer.attachments[0]
        self.tell(
            "Sophie answers from her iPhone with a PDF",
            f"only the new text was taken, by {answer.cut_rule}; {file.name}, {file.size} bytes",
        )
        self.counters()

    def copy_reaches_anne(self) -> bytes:
        (mail,) = self.stage.until("Sophie's answer reaches Anne's mailbox", lambda: self.mailbox(ANNE, 1))
        self.check("nouveau four" in text_of(mail), "Anne reads the answer by mail")
        names = [part.get_filename() for part in parsed(mail).iter_attachments()]
        self.check(len(names) == 1, "with the PDF")
        self.tell("Anne gets it by mail, from the client's own address", f"from: {parsed(mail)['From']}")
        return mail

    def answer_from_outlook(self, mail: bytes) -> None:
        self.submit(reply_from("outlook", mail, REPLY), ANNE)
        answer = self.stage.until("Anne's answer becomes a message", lambda: self.message(2))
        self.check(answer.text == REPLY, "the message has only the new text")
        first, second = self.stage.until("Anne's answer reaches Sophie", lambda: self.mailbox(SOPHIE, 2))
        thread = f"{parsed(second)['References']}"
        self.check(str(parsed(first)["Message-ID"]) in thread, "in the same mail thread")
        self.stage.until("its tick is blue", lambda: self.tick(2) is Tick.BLUE)
        self.tell("Anne answers from Outlook, without any portal", "Sophie has it, in the same mail thread; blue tick")
        self.counters()

    def second_contact_bounces(self) -> None:
        answer = start_conversation(
            self.house,
            by=self.cast.anne,
            client_id=self.cast.bakery,
            subject="Extraits de compte d'octobre",
            text="Beste Marc,\n\nKan u ons de uittreksels van oktober bezorgen?",
            to=[self.cast.marc],
        )
        if not isinstance(answer, Started):
            raise StoryBroke(f"Anne cannot write to Marc: {answer.sentence}")
        view = self.stage.until("Marc's address bounces", lambda: self.failed_view(answer))
        self.check(AttentionReason.MAIL_FAILED in view.waits_for_firm, "the failure needs action")
        self.stage.until("Anne is told by mail", lambda: self.mailbox(ANNE, 2))
        self.tell("Marc's address does not exist: the tick becomes a failure", "it needs action, and Anne has a mail")
        self.counters()

    def failed_view(self, started: Started) -> ConversationView | None:
        view = read_conversation(self.house, by=self.cast.anne, conversation_id=started.conversation_id)
        assert isinstance(view, ConversationView)
        return view if view.messages[0].ticks[0].tick is Tick.FAILED else None

    def close(self) -> None:
        number = self.conversation.conversation_id
        refused = close_conversation(self.house, by=self.cast.sophie, conversation_id=number)
        self.check(isinstance(refused, Refused) and refused.reason is No.FIRM_STARTED_IT, "Sophie is told no")
        assert isinstance(refused, Refused)
        self.tell("Sophie tries to close what the firm started", f"no: {refused.sentence}")
        done = close_conversation(self.house, by=self.cast.anne, conversation_id=number)
        self.check(done == Done(), "Anne closes it")
        closed = list_conversations(self.house, by=self.cast.sophie, which=Which.CLOSED)
        self.check(
            [each.conversation.state for each in closed] == [ConversationState.CLOSED], "it stays readable under Closed"
        )
        self.tell("Anne closes it", "it stays readable under Closed and All")
        self.counters()

    def view(self) -> ConversationView:
        view = read_conversation(self.house, by=self.cast.anne, conversation_id=self.conversation.conversation_id)
        assert isinstance(view, ConversationView)
        return view

    def message(self, at: int) -> MessageView | None:
        messages = self.view().messages
        return messages[at] if len(messages) > at else None

    def tick(self, at: int) -> Tick:
        return self.view().messages[at].ticks[0].tick

    def outgoing(self, person: PersonId) -> OutgoingMail:
        with self.house.database.reading() as session:
            return outbox.mails_to(session, self.conversation.conversation_id, person)[0]

    def moment(self, mail: OutgoingMail, what: str) -> str:
        entries = explain_outgoing(self.house, mail.id) or []
        found = [each for each in entries if each.what == what]
        self.check(bool(found), f"the timeline of o{mail.id} tells of it")
        return f"{found[-1].at.astimezone():%H:%M:%S}  {found[-1].told}"

    def mailbox(self, address: str, least: int) -> list[bytes] | None:
        mails = self.stage.world.mails_of(address)
        return mails if len(mails) >= least else None

    def submit(self, raw: bytes, sender: str) -> None:
        submit(raw, sender, self.stage.world.port)

    def check(self, holds: bool, what: str) -> None:  # noqa: FBT001 - reads as a sentence
        if not holds:
            raise StoryBroke(f"not so: {what}")

    def tell(self, what: str, told: str) -> None:
        self.steps += 1
        self.console.print(f"[bold green]✓[/] [bold]{self.steps:>2}[/] {what}")
        self.console.print(f"      {told}", style="dim", markup=False, highlight=False)

    def counters(self) -> None:
        anne = count_needing_action(self.house, by=self.cast.anne)
        sophie = count_needing_action(self.house, by=self.cast.sophie)
        self.console.print(f"      needs action: Anne {anne}, Sophie {sophie}", style="yellow", highlight=False)


def submit(raw: bytes, sender: str, port: int) -> None:
    """Hand a mail to the world as a mail client does."""
    message = parsed(raw)
    recipients = [each.addr_spec for each in message["To"].addresses]
    with smtplib.SMTP("127.0.0.1", port, timeout=10) as server:
        server.sendmail(sender, recipients, raw)


def parsed(raw: bytes) -> EmailMessage:
    message = email.message_from_bytes(raw, policy=email.policy.default)
    assert isinstance(message, EmailMessage)
    return message


def text_of(raw: bytes) -> str:
    part = parsed(raw).get_body(("plain",))
    return str(part.get_content()) if part else ""


def make_cast(stage: Stage) -> Cast:
    with stage.house.database.writing() as session:
        now = stage.house.now(session)

        def add(name: str, address: str, language: Language) -> PersonId:
            person = people.add_person(session, name=name, language=language, now=now)
            addresses.add_address(session, person, written=address, normal=address, is_primary=True, now=now)
            return person

        anne = add("Anne Dupont", ANNE, Language.FR)
        people.add_case_manager(session, anne, now=now)
        addresses.give_house_address(session, local_part_candidates("Anne Dupont"), now=now, person_id=anne)
        sophie, marc = add("Sophie Martin", SOPHIE, Language.FR), add("Marc Janssens", MARC, Language.NL)
        bakery = people.add_client(session, code="B001", name="Boulangerie Martin", now=now, manager_id=anne)
        addresses.give_house_address(session, local_part_candidates("Boulangerie Martin"), now=now, client_id=bakery)
        for person in (sophie, marc):
            people.add_contact(session, bakery, person, gets_requests=True, now=now)
    return Cast(anne=anne, sophie=sophie, marc=marc, bakery=bakery)


def write_mails(stage: Stage, folder: Path) -> list[Path]:
    """Every mail of the story as .eml, and its HTML part as .html to open in a browser; named by number and reader."""
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for mail in stage.world.store.all_mails():
        reader = mail.envelope.recipients[0].address.partition("@")[0]
        path = folder / f"{mail.number:02}-to-{'navette' if '+' in reader else reader}.eml"
        path.write_bytes(mail.content)
        html = parsed(mail.content).get_body(("html",))
        if html is not None:
            path.with_suffix(".html").write_text(str(html.get_content()), encoding="utf-8")
        written.append(path)
    return written
