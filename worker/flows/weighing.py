"""From a parsed mail to a decision with the text that would be posted: gather, decide, cut, look at the text again.

The first look is in a reading transaction, the cut outside any, the second look in the transaction that files: if the
decision changed in between (somebody joined, left, closed), the arrival is put off for a moment and weighed anew.
"""

import codecs
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import chain
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from storage import addresses, outbox, people, signed
from storage.records import Arrival, ClientId
from storage.states import AddressKind, Side, Visibility
from worker.core.file_rules import is_content, is_decoration
from worker.core.filing_facts import Commands, Decision, Facts, Holds, Ignores, Opens, Posts, Why
from worker.core.filing_rules import decide
from worker.core.forwards import ADDRESS, original_in
from worker.core.internal_guard import repeats_a_note, windows_of
from worker.core.new_text import Cut, Sent, cut_reply
from worker.core.original_signatures import OriginalSignature
from worker.core.parsed import Content, ParsedMail
from worker.core.rejections import rejected_as_empty
from worker.core.signed_addresses import token_in
from worker.core.subjects import is_forward, strip_prefixes
from worker.flows.conversation_texts import note_texts, sent_to
from worker.flows.finding import gather_facts, token_of_message_id, verified
from worker.flows.house import House
from worker.flows.ports import Reader

MAIL = "message/rfc822"
MOST_ATTACHED = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """What one look at the database says. ``sent``: what the writer may be quoting."""

    facts: Facts
    decision: Decision
    sent: Sent | None


def look(
    session: Session, house: House, arrival: Arrival, mail: ParsedMail, *, now: datetime, for_cut: bool = True
) -> Look:
    """``for_cut``: also read what the writer may be quoting; the second look needs no texts."""
    facts = gather_facts(session, house, arrival, mail, now=now)
    decision = decide(facts)
    sent = None
    if for_cut and isinstance(decision, Posts):
        answered = [each.mail for each in facts.answered]
        sent = sent_to(session, house, decision.conversation, decision.participant, answered=answered)
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
        case Commands(person=person, row=row):
            return (Commands, person.id, row.id if row else None)
        case _:
            return (type(decision),)


def cut_of(seen: Look, mail: ParsedMail) -> Cut:
    """If the cut would leave nothing, keep everything (DESIGN.md invariant 13); a new mail may say it in its subject.

    Not of a note, and not of a case manager: what he quotes may hold notes and his own signed addresses, which are
    shown to case managers only. Those are held.
    """
    cut = cut_reply(mail.lines, mail.html_lines, seen.sent)
    by_the_firm = side_of(seen.decision) is Side.FIRM
    has_files = any(map(is_content, mail.files))
    if cut.new_text.strip() or has_files or by_the_firm:
        return cut
    if isinstance(seen.decision, Opens) and mail.subject.strip():
        told = "\n\n".join(each for each in (mail.subject.strip(), mail.text.strip()) if each)
        return Cut(new_text=told, quoted_text="", method="subject", confidence=1.0)
    if not mail.text.strip():
        return cut
    return Cut(new_text=mail.text.strip(), quoted_text="", method="kept everything", confidence=0.0)


def side_of(decision: Decision) -> Side | None:
    """The side that a message of this decision is written by."""
    match decision:
        case Posts(participant=participant):
            return participant.side
        case Opens(side=side):
            return side
        case _:
            return None


def reconsider(session: Session, house: House, seen: Look, cut: Cut, attached: "Attached") -> Decision:
    """The decision after a look at the text."""
    decision, mail = with_original(session, seen, attached), seen.facts.mail
    if isinstance(decision, (Posts, Opens)) and decision.original is not None:
        client_id = decision.client.id if isinstance(decision, Opens) else decision.conversation.client_id
        passed_on = Cut(new_text=decision.original.text, quoted_text="", method="forwarded", confidence=1.0)
        told = tells_a_note(session, house, client_id, passed_on, attached)
        return Holds(why=Why.REPEATS_A_NOTE) if told else decision
    is_empty = says_nothing(decision, cut, mail)
    if isinstance(decision, Opens) and is_empty:
        return nothing_in(decision, mail)
    if isinstance(decision, Opens) and decision.side is Side.FIRM:
        # Clients read it: as with an answer of a case manager. What he quotes says whom he thought he was writing to.
        whole = replace(cut, new_text=mail.text)
        told = shows_note_address(house, mail.text) or tells_a_note(session, house, decision.client.id, whole, attached)
        return Holds(why=Why.REPEATS_A_NOTE) if told else decision
    if not isinstance(decision, Posts):
        return decision
    if is_empty:
        return rejected_as_empty(seen.facts, decision) or Holds(
            why=why_empty(decision, mail), conversation_id=decision.conversation.id
        )
    if decision.visibility is Visibility.SHARED and decision.participant.side is Side.FIRM:
        if tells_a_note(session, house, decision.conversation.client_id, cut, attached):
            return Holds(why=Why.REPEATS_A_NOTE, conversation_id=decision.conversation.id)
        return decision
    return elsewhere_when_other_subject(session, seen, decision, cut)


def says_nothing(decision: Decision, cut: Cut, mail: ParsedMail) -> bool:
    """No text and no file. A contact may send a screenshot without a word; a case manager's image is his logo, and what
    is held of him is not lost.
    """
    by_the_firm = side_of(decision) is Side.FIRM
    shown = (is_content(each) or not (by_the_firm or is_decoration(each)) for each in mail.files)
    return not cut.new_text.strip() and not any(shown)


def nothing_in(decision: Opens, mail: ParsedMail) -> Decision:
    """A contact's subject became the text. A case manager's goes to a client: somebody looks first."""
    says_something = decision.side is Side.FIRM and bool(mail.subject.strip())
    return Holds(why=Why.NOTHING_IN_IT) if says_something else Ignores(why=Why.NOTHING_IN_IT)


def with_original(session: Session, seen: Look, attached: "Attached") -> Decision:
    """What a case manager passes on to a note address, or to the client's own, is the client's message. Not a
    colleague's mail: that stays a note, or is held. What nobody can tell the writer of stays a note.
    """
    decision = seen.decision
    at_note = isinstance(decision, Posts) and decision.visibility is Visibility.INTERNAL
    if side_of(decision) is not Side.FIRM or not (at_note or isinstance(decision, Opens)):
        return decision
    assert isinstance(decision, (Posts, Opens))
    zone = ZoneInfo(decision.person.time_zone)
    original = original_in(seen.facts.mail, attached.original, attached.signature, zone=zone)
    if original is None or (at_note and original.sender is None):
        return decision
    writers = addresses.people_at(session, original.sender) if original.sender else []
    by_colleague = any(people.is_case_manager(session, each.id) for each in writers)
    if by_colleague:
        return decision if at_note else Holds(why=Why.COLLEAGUES_MAIL)
    return replace(decision, original=original)


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
    """What stands inside the files of a mail, as far as a note could hide there. ``files``: texts of any size."""

    texts: tuple[str, ...] = ()
    message_ids: tuple[str, ...] = ()
    files: tuple[Content, ...] = ()
    original: ParsedMail | None = None
    signature: OriginalSignature | None = None

    def all_texts(self) -> Iterator[str]:
        """The long ones in stretches, read when they are reached."""
        yield from self.texts
        for each in self.files:
            yield from windows_of(codecs.iterdecode(each.pieces(), "utf-8", "replace"))


def read_attached(reader: Reader, mail: ParsedMail) -> Attached:
    """Attached mails, read outside any transaction, and which files are texts."""
    texts, ids, files = [], [], []
    originals: list[ParsedMail] = []
    for file in mail.files[:MOST_ATTACHED]:
        if file.media_type == MAIL:
            inner = reader.parse(file.content.as_mail())
            texts.append(inner.text)
            originals.append(inner)
            ids += [inner.message_id] if inner.message_id else []
        elif file.media_type.startswith("text/"):
            files.append(file.content)
    original = originals[0] if len(originals) == 1 else None
    return Attached(texts=tuple(texts), message_ids=tuple(ids), files=tuple(files), original=original)


def with_signature(reader: Reader, mail: ParsedMail, attached: Attached) -> Attached:
    """Asked only for what a case manager passes on or has accepted: no stranger makes us look for keys."""
    if attached.original is None or not is_forward(mail.subject):
        return attached
    file = next(each for each in mail.files if each.media_type == MAIL)
    return replace(attached, signature=reader.signature(file.content.pieces()))


def tells_a_note(session: Session, house: House, client_id: ClientId, cut: Cut, attached: Attached) -> bool:
    """Does a text that clients will read, or a file of it, repeat one of the client's internal messages?"""
    notes = note_texts(session, client_id)
    if any(repeats_a_note(text, notes) for text in chain((cut.new_text,), attached.all_texts())):
        return True
    return any(is_internal_mail(session, house, each) for each in attached.message_ids)


def shows_note_address(house: House, text: str) -> bool:
    """Is a note address of ours written anywhere in it?"""
    policy = house.policy
    tokens = (verified(house, token_in(each, policy.domain, policy.separator)) for each in ADDRESS.findall(text))
    return any(each is not None and each.kind is AddressKind.NOTE for each in tokens)


def is_internal_mail(session: Session, house: House, message_id: str) -> bool:
    token = token_of_message_id(house, message_id)
    row = signed.signed_address(session, token.public_id) if token else None
    if row is None or row.kind is not AddressKind.RETURN_PATH or row.outgoing_mail_id is None:
        return False
    mail = outbox.mail(session, row.outgoing_mail_id)
    return mail is not None and mail.visibility is Visibility.INTERNAL
