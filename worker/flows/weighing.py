"""From a parsed mail to a decision with the text that would be posted: gather, decide, cut, look at the text again.

The first look is in a reading transaction, the cut outside any, the second look in the transaction that files: if the
decision changed in between (somebody joined, left, closed), the arrival is put off for a moment and weighed anew.
"""

from dataclasses import dataclass

from sqlalchemy.orm import Session

from storage import outbox, people, signed
from storage.records import Arrival, ClientId
from storage.states import AddressKind, Side, Visibility
from worker.core.filing_facts import Decision, Facts, Holds, Ignores, Opens, Posts, Why
from worker.core.filing_rules import decide
from worker.core.internal_guard import repeats_a_note
from worker.core.new_text import Cut, Sent, cut_reply
from worker.core.parsed import ParsedMail
from worker.core.rejections import rejected_as_empty
from worker.core.subjects import strip_prefixes
from worker.flows.conversation_texts import note_texts, sent_to
from worker.flows.finding import gather_facts, token_of_message_id
from worker.flows.house import House
from worker.flows.ports import Reader

MOST_ATTACHED = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """What one look at the database says. ``sent``: what the writer may be quoting."""

    facts: Facts
    decision: Decision
    sent: Sent | None


def look(session: Session, house: House, arrival: Arrival, mail: ParsedMail) -> Look:
    facts = gather_facts(session, house, arrival, mail, now=house.now(session))
    decision = decide(facts)
    sent = None
    if isinstance(decision, Posts):
        sent = sent_to(session, house, decision.conversation, decision.participant)
    return Look(facts=facts, decision=decision, sent=sent)


def is_the_same(one: Decision, other: Decision) -> bool:
    """The same outcome for the same person in the same place."""
    return key_of(one) == key_of(other)


def key_of(decision: Decision) -> tuple[object, ...]:
    match decision:
        case Posts(conversation=conversation, person=person, visibility=visibility):
            return (Posts, conversation.id, person.id, visibility)
        case Opens(client=client, person=person):
            return (Opens, client.id, person.id)
        case _:
            return (type(decision),)


def cut_of(seen: Look, mail: ParsedMail) -> Cut:
    """If the cut would leave nothing, keep everything (DESIGN.md invariant 13).

    Not of a note, and not of a case manager: what he quotes may hold notes and his own signed addresses, which are
    shown to case managers only. Those are held.
    """
    cut = cut_reply(mail.lines, mail.html_lines, seen.sent)
    by_the_firm = isinstance(seen.decision, Posts) and seen.decision.participant.side is Side.FIRM
    if cut.new_text.strip() or mail.files or by_the_firm or not mail.text.strip():
        return cut
    return Cut(new_text=mail.text.strip(), quoted_text="", method="kept everything", confidence=0.0)


def reconsider(session: Session, house: House, seen: Look, cut: Cut, attached: "Attached") -> Decision:
    """The decision after a look at the text."""
    decision, mail = seen.decision, seen.facts.mail
    if isinstance(decision, Opens) and not cut.new_text.strip() and not mail.files:
        return Ignores(why=Why.NOTHING_IN_IT)
    if not isinstance(decision, Posts):
        return decision
    if not cut.new_text.strip() and not mail.files:
        return rejected_as_empty(seen.facts, decision) or Holds(
            why=why_empty(decision, mail), conversation_id=decision.conversation.id
        )
    if decision.visibility is Visibility.SHARED and decision.participant.side is Side.FIRM:
        if tells_a_note(session, house, decision.conversation.client_id, cut, attached):
            return Holds(why=Why.REPEATS_A_NOTE, conversation_id=decision.conversation.id)
        return decision
    return elsewhere_when_other_subject(session, seen, decision, cut)


def why_empty(decision: Posts, mail: ParsedMail) -> Why:
    if decision.visibility is Visibility.INTERNAL:
        return Why.EMPTY_NOTE
    return Why.NOTHING_NEW if mail.text.strip() else Why.NOTHING_IN_IT


def elsewhere_when_other_subject(session: Session, seen: Look, decision: Posts, cut: Cut) -> Decision:
    """No reference to a mail of ours, another subject and no overlap with what we sent: a new conversation."""
    mail = seen.facts.mail
    subject = strip_prefixes(mail.subject).casefold()
    other = subject not in {"", strip_prefixes(decision.conversation.subject).casefold()}
    if seen.facts.answered or not other or cut.quoted_text.strip() or decision.participant.side is Side.FIRM:
        return decision
    client = people.client(session, decision.conversation.client_id)
    if client is None:
        return decision
    return Opens(client=client, person=decision.person, verified=True, linked_to=decision.conversation.id)


@dataclass(frozen=True, slots=True, kw_only=True)
class Attached:
    """What stands inside the files of a mail, as far as a note could hide there."""

    texts: tuple[str, ...] = ()
    message_ids: tuple[str, ...] = ()


def read_attached(reader: Reader, mail: ParsedMail) -> Attached:
    """Texts and attached mails, read outside any transaction."""
    texts, ids = [], []
    for file in mail.files[:MOST_ATTACHED]:
        if file.media_type == "message/rfc822":
            inner = reader.parse(file.content)
            texts.append(inner.text)
            ids += [inner.message_id] if inner.message_id else []
        elif file.media_type.startswith("text/"):
            texts.append(file.content.decode("utf-8", "replace"))
    return Attached(texts=tuple(texts), message_ids=tuple(ids))


def tells_a_note(session: Session, house: House, client_id: ClientId, cut: Cut, attached: Attached) -> bool:
    """Does a text that clients will read, or a file of it, repeat one of the client's internal messages?"""
    notes = note_texts(session, client_id)
    if any(repeats_a_note(text, notes) for text in (cut.new_text, *attached.texts)):
        return True
    return any(is_internal_mail(session, house, each) for each in attached.message_ids)


def is_internal_mail(session: Session, house: House, message_id: str) -> bool:
    token = token_of_message_id(house, message_id)
    row = signed.signed_address(session, token.public_id) if token else None
    if row is None or row.kind is not AddressKind.RETURN_PATH or row.outgoing_mail_id is None:
        return False
    mail = outbox.mail(session, row.outgoing_mail_id)
    return mail is not None and mail.visibility is Visibility.INTERNAL
