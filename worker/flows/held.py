"""A case manager decides about a held mail: accept it once, or refuse it. Either way what it opened for the firm ends.

Accepting weighs the mail again by what is true now (a contact may have been added since); where only the sender was in
doubt, the case manager's word stands for him, and the message is marked "sender not verified". What repeats an internal
message is never accepted: write it anew.
"""

from dataclasses import dataclass

from sqlalchemy.orm import Session

from storage import attention, conversations, inbox, people
from storage.records import Filing, InboundMailId, MessageId, PersonId
from storage.states import Outcome, Side, Visibility
from worker.core.filing_facts import Decision, Facts, Opens, Posts, Why
from worker.core.filing_rules import chosen_address
from worker.core.refusals import No, Refused
from worker.flows.applying import apply_decision
from worker.flows.conversations import side_in
from worker.flows.examining import examine
from worker.flows.filing import client_of, lock
from worker.flows.findings import outcome_of
from worker.flows.house import House, there
from worker.flows.ports import Reader
from worker.flows.raw_mails import raw_of
from worker.flows.weighing import Look, cut_of, look, read_attached, reconsider


@dataclass(frozen=True, slots=True, kw_only=True)
class Accepted:
    message_id: MessageId


@dataclass(frozen=True, slots=True, kw_only=True)
class Shelved:
    """Refused by a case manager: kept as it came, never posted."""


def refuse_held(house: House, *, by: PersonId, inbound_id: InboundMailId) -> Shelved | Refused:
    with house.database.writing() as session:
        filing = held_filing(session, inbound_id)
        if filing is None:
            return Refused(No.NOT_HELD)
        if not may_decide(session, filing, by):
            return Refused(No.FIRM_ONLY)
        settle(session, house, filing, by, "refused")
    return Shelved()


def accept_held(house: House, reader: Reader, *, by: PersonId, inbound_id: InboundMailId) -> Accepted | Refused:
    with house.database.reading() as session:
        filing = held_filing(session, inbound_id)
        if filing is None:
            return Refused(No.NOT_HELD)
        if not may_decide(session, filing, by):
            return Refused(No.FIRM_ONLY)
        arrival = next(each for each in inbox.arrivals_of(session, inbound_id) if each.filing_id == filing.id)
        kept = there(inbox.inbound_mail(session, inbound_id))
    mail = reader.parse(raw_of(house, kept))
    with house.database.reading() as session:
        seen = vouched_for(session, look(session, house, arrival, mail, now=house.now(session)))
        client = client_of(session, seen.decision)
    if client is None:
        return Refused(No.NOT_ACCEPTABLE)
    cut, attached, files = cut_of(seen, mail), read_attached(reader, mail), examine(house, reader, client, mail)
    with house.database.writing() as session:
        lock(session, [seen])
        if held_filing(session, inbound_id) is None:
            return Refused(No.NOT_HELD)
        decision = reconsider(session, house, seen, cut, attached)
        if not isinstance(decision, (Posts, Opens)):
            return Refused(No.NOT_ACCEPTABLE)
        inbox.update_filing(session, filing.id, outcome=outcome_of(decision), reason=Why.ACCEPTED)
        settle(session, house, filing, by, "accepted")
        applied = apply_decision(
            session,
            house,
            arrival,
            decision,
            filing_id=filing.id,
            facts=seen.facts,
            cut=cut,
            files=files,
            now=house.now(session),
        )
        message_id = there(there(inbox.filing(session, filing.id)).message_id)
    house.bell.ring_outgoing(applied.due)
    return Accepted(message_id=message_id)


def held_filing(session: Session, inbound_id: InboundMailId) -> Filing | None:
    return next(
        (
            each
            for each in inbox.filings_of(session, inbound_id)
            if each.outcome is Outcome.HELD and each.settled_at is None
        ),
        None,
    )


def may_decide(session: Session, filing: Filing, by: PersonId) -> bool:
    """A case manager of the firm; where the conversation is known, one who speaks for the firm in it."""
    if filing.conversation_id is None:
        return people.is_case_manager(session, by)
    conversation = there(conversations.conversation(session, filing.conversation_id))
    return side_in(session, conversation.client_id, by) is Side.FIRM


def vouched_for(session: Session, seen: Look) -> Look:
    """Where a signed address leads to a participant, the case manager's word stands for the sender."""
    if isinstance(seen.decision, (Posts, Opens)):
        return seen
    decision = as_participant(session, seen.facts)
    return seen if decision is None else Look(facts=seen.facts, decision=decision, sent=seen.sent)


def as_participant(session: Session, facts: Facts) -> Decision | None:
    address = chosen_address(facts)
    if address is None or address.conversation is None or address.participant is None:
        return None
    if address.participant.side is Side.FIRM:
        return None  # nobody vouches for a colleague: a forged one would write to clients in the firm's name
    return Posts(
        conversation=address.conversation,
        person=there(people.person(session, address.participant.person_id)),
        participant=address.participant,
        visibility=Visibility.SHARED,
        why=Why.ACCEPTED,
    )


def settle(session: Session, house: House, filing: Filing, by: PersonId, how: str) -> None:
    now = house.now(session)
    inbox.update_filing(session, filing.id, settled_at=now, settled_by_id=by, settled_as=how)
    if filing.conversation_id is not None:
        attention.close_filing(session, filing.conversation_id, filing.id, now=now, why=how, by_id=by)
