"""From a parsed mail to a decision with the text that would be posted: gather, decide, cut, look at the text again.

The first look is in a reading transaction, the cut outside any, the second look in the transaction that files: if the
decision changed in between (somebody joined, left, closed), the arrival is put off for a moment and weighed anew.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from storage import addresses, people
from storage.records import Arrival, ClientId, ConversationId, Person
from storage.states import Side, Visibility
from worker.core.file_rules import is_content, is_decoration
from worker.core.filing_facts import Commands, Decision, Facts, Holds, Ignores, Opens, Posts, Why
from worker.core.filing_rules import decide
from worker.core.forwards import Original, original_in
from worker.core.new_text import Cut, Sent, cut_reply
from worker.core.parsed import ParsedMail
from worker.core.rejections import rejected_as_empty
from worker.core.subjects import is_forward, strip_prefixes
from worker.flows.attached_texts import Attached
from worker.flows.conversation_texts import sent_to
from worker.flows.finding import gather_facts
from worker.flows.house import House
from worker.flows.note_guard import shows_note_address, tells_a_note

PROVEN = frozenset({Why.REPLY_ADDRESS, Why.COLLEAGUE})
"""He wrote to a signed address: from the participant's own, or with a trusted pass."""


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
        case Posts(conversation=conversation, person=person, participant=participant, visibility=visibility):
            return (Posts, conversation.id, person.id, participant.side, visibility)
        case Opens(client=client, person=person, side=side):
            return (Opens, client.id, person.id, side)
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


def reconsider(session: Session, house: House, seen: Look, cut: Cut, attached: Attached) -> Decision:
    """The decision after a look at the text."""
    decision, mail = with_original(session, seen, attached), seen.facts.mail
    is_passed_on = isinstance(decision, (Posts, Opens)) and decision.original is not None
    is_empty = not is_passed_on and says_nothing(decision, cut, mail)
    if isinstance(decision, Opens) and is_empty:
        return nothing_in(decision, mail)
    if isinstance(decision, Posts) and is_empty:
        return rejected_as_empty(seen.facts, decision) or Holds(
            why=why_empty(decision, mail), conversation_id=decision.conversation.id
        )
    if isinstance(decision, (Posts, Opens)) and side_of(decision) is Side.FIRM:
        return guarded(session, house, decision, mail, cut, attached=attached)
    return elsewhere_when_other_subject(session, seen, decision, cut) if isinstance(decision, Posts) else decision


def guarded(
    session: Session, house: House, decision: Posts | Opens, mail: ParsedMail, cut: Cut, *, attached: Attached
) -> Decision:
    """What a case manager wrote goes on when nothing that clients read of it is a note."""
    texts = texts_for_clients(decision, mail, cut)
    if not texts:
        return decision
    in_doubt = Holds(why=Why.REPEATS_A_NOTE, conversation_id=place_of(decision))
    if attached.is_too_much:
        return replace(in_doubt, why=Why.TOO_MUCH_TO_READ)
    if any(shows_note_address(house, each) for each in texts):
        return in_doubt
    told = tells_a_note(session, house, client_id_of(decision), texts, attached, writer=decision.person.name)
    return in_doubt if told else decision


def texts_for_clients(decision: Decision, mail: ParsedMail, cut: Cut) -> tuple[str, ...]:
    """What clients will read of a case manager's mail; nothing of a note, nor of what is passed on to colleagues. Of a
    new mail also the subject, and what he quotes, which says whom he thought he was writing to.
    """
    match decision:
        case Posts(original=Original() as original) | Opens(original=Original() as original):
            return (original.text,) if original.visibility is Visibility.SHARED else ()
        case Posts(visibility=Visibility.SHARED):
            return (cut.new_text,)
        case Opens():
            return (mail.text, mail.subject)
        case _:
            return ()


def place_of(decision: Posts | Opens) -> ConversationId | None:
    """Where it is held. What was written for no conversation is held for none."""
    return decision.conversation.id if isinstance(decision, Posts) else None


def client_id_of(decision: Posts | Opens) -> ClientId:
    return decision.client.id if isinstance(decision, Opens) else decision.conversation.client_id


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


def with_original(session: Session, seen: Look, attached: Attached) -> Decision:
    """What a case manager passes on to a note address, or to the client's own. What a contact of this client wrote is
    the client's message; what anybody else wrote, or nobody can tell, is for colleagues. Not a colleague's mail: that
    stays a note, or is held.
    """
    decision = seen.decision
    at_note = isinstance(decision, Posts) and decision.visibility is Visibility.INTERNAL
    if side_of(decision) is not Side.FIRM or not (at_note or isinstance(decision, Opens)):
        return decision
    assert isinstance(decision, (Posts, Opens))
    original = original_of(session, seen.facts.mail, attached, decision.person)
    if original is None:
        return decision
    writers = addresses.people_at(session, original.sender) if original.sender else []
    if any(people.is_case_manager(session, each.id) for each in writers):
        return decision if at_note else Holds(why=Why.COLLEAGUES_MAIL)
    by_contact = any(people.is_contact(session, client_id_of(decision), each.id) for each in writers)
    visibility = Visibility.SHARED if by_contact else Visibility.INTERNAL
    return replace(decision, original=replace(original, visibility=visibility))


def original_of(session: Session, mail: ParsedMail, attached: Attached, by: Person) -> Original | None:
    if not is_forward(mail.subject):
        return None
    others = (each.name for each in people.all_case_managers(session) if each.id != by.id)
    colleagues = {name.split()[0].casefold() for name in others if name.strip()}
    zone = ZoneInfo(by.time_zone)
    return original_in(mail, attached.original, attached.signature, zone=zone, colleagues=colleagues)


def why_empty(decision: Posts, mail: ParsedMail) -> Why:
    if decision.visibility is Visibility.INTERNAL:
        return Why.EMPTY_NOTE
    return Why.NOTHING_NEW if mail.text.strip() else Why.NOTHING_IN_IT


def elsewhere_when_other_subject(session: Session, seen: Look, decision: Posts, cut: Cut) -> Decision:
    """No reference to a mail of ours, another subject and no overlap with what we sent: a new conversation.

    Not of a case manager: a new one would go to all contacts of the client, and he chose whom he writes to.
    """
    mail = seen.facts.mail
    subject = strip_prefixes(mail.subject).casefold()
    other = subject not in {"", strip_prefixes(decision.conversation.subject).casefold()}
    if seen.facts.answered or not other or cut.quoted_text.strip() or decision.participant.side is Side.FIRM:
        return decision
    client = people.client(session, decision.conversation.client_id)
    if client is None:
        return decision
    return Opens(
        client=client,
        person=decision.person,
        verified=True,
        linked_to=decision.conversation.id,
        proven=decision.why in PROVEN,
    )
