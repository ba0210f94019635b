"""The portal's interface to held mails: a case manager accepts, refuses or moves them (held_deciding has the rules)."""

from dataclasses import dataclass

from sqlalchemy.orm import Session

from storage import held, inbox, people
from storage.records import ClientId, Filing, InboundMailId, MessageId, PersonId
from storage.states import Outcome
from worker.core.commands import Verb
from worker.core.refusals import No, Refused
from worker.flows.held_deciding import Decided, decide_in, decided_already, group_of, may_decide, prepare
from worker.flows.held_vouching import Choice
from worker.flows.house import House
from worker.flows.ports import Reader


@dataclass(frozen=True, slots=True, kw_only=True)
class Accepted:
    message_id: MessageId


@dataclass(frozen=True, slots=True, kw_only=True)
class Shelved:
    """Refused by a case manager: kept as it came, never posted."""


def refuse_held(house: House, *, by: PersonId, inbound_id: InboundMailId) -> Shelved | Refused:
    """Together with what else its sender wrote for the same conversation. Reads no mail: it may be broken."""
    with house.database.writing() as session:
        filing = held_filing(session, inbound_id)
        if filing is None:
            return no_longer_held(session, inbound_id, by)
        group, choice = group_of(session, filing), Choice(verb=Verb.REFUSE)
        answer = decide_in(session, house, group, choice, by=by, now=house.now(session))
    return answer if isinstance(answer, Refused) else Shelved()


def accept_held(house: House, reader: Reader, *, by: PersonId, inbound_id: InboundMailId) -> Accepted | Refused:
    answer = decide_held(house, reader, by=by, inbound_id=inbound_id, choice=Choice(verb=Verb.ACCEPT))
    return answer if isinstance(answer, Refused) else Accepted(message_id=answer.message_ids[0])


def decide_held(
    house: House, reader: Reader, *, by: PersonId, inbound_id: InboundMailId, choice: Choice
) -> Decided | Refused:
    with house.database.reading() as session:
        filing = held_filing(session, inbound_id)
        if filing is None:
            return no_longer_held(session, inbound_id, by)
        if not may_decide(session, filing, by):
            return Refused(No.FIRM_ONLY)
        if choice.verb is Verb.CONTACT and not has_client(session, filing, choice.client_id):
            return Refused(No.WHICH_CLIENT)
    prepared = prepare(house, reader, filing, choice)
    if isinstance(prepared, Refused):
        return prepared
    with house.database.writing() as session:
        answer = decide_in(session, house, prepared, choice, by=by, now=house.now(session))
    if isinstance(answer, Decided):
        house.bell.ring_outgoing(answer.due)
    return answer


def held_mails(house: House, *, by: PersonId) -> list[Filing] | Refused:
    """What waits for a decision, oldest first, as far as this case manager may decide about it."""
    with house.database.reading() as session:
        if not people.is_case_manager(session, by):
            return Refused(No.FIRM_ONLY)
        return [each for each in held.waiting_filings(session) if may_decide(session, each, by)]


def held_filing(session: Session, inbound_id: InboundMailId) -> Filing | None:
    return next(
        (
            each
            for each in inbox.filings_of(session, inbound_id)
            if each.outcome is Outcome.HELD and each.settled_at is None
        ),
        None,
    )


def no_longer_held(session: Session, inbound_id: InboundMailId, by: PersonId) -> Refused:
    """A case manager hears who decided."""
    settled = held.settled_of(session, inbound_id)
    told = settled if settled is not None and may_decide(session, settled, by) else None
    return decided_already(session, told)


def has_client(session: Session, filing: Filing, client_id: ClientId | None) -> bool:
    """A new contact is one of somebody: of the conversation's client, or of the one that is named."""
    return filing.conversation_id is not None or (client_id is not None and bool(people.client(session, client_id)))
