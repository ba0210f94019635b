"""What the word of whoever decides makes of a held mail's sender: rows for later mails, a decision for this one."""

from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy.orm import Session

from storage import addresses, conversations, people
from storage.records import ClientId, ConversationId, Participant, Person, PersonId
from storage.states import AddressKind, Language, Side, Visibility
from worker.core.authentication_results import Trust
from worker.core.commands import Verb
from worker.core.filing_facts import Decision, Facts, Opens, Posts, Why
from worker.core.filing_rules import chosen_address, decide
from worker.core.parsed import ParsedMail
from worker.flows.house import there

NOBODYS_LANGUAGE = Language.FR
"""Of a new contact of a client who has none yet."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """What is to be done with a held mail. ``client_id``: whose contact, or about which client; ``conversation_id``:
    where to.
    """

    verb: Verb
    client_id: ClientId | None = None
    conversation_id: ConversationId | None = None


def make_known(session: Session, mail: ParsedMail, facts: Facts, choice: Choice, *, now: datetime) -> None:
    """What the decision says about the sender, as rows: from now on his mails need no decision."""
    if mail.sender is None:
        return
    address = chosen_address(facts)
    if choice.verb in {Verb.ADDRESS, Verb.MINE} and address is not None and address.participant is not None:
        if choice.verb is Verb.ADDRESS and address.participant.side is Side.FIRM:
            return  # nobody vouches for a colleague
        if any(each.is_case_manager for each in facts.senders):
            return  # a colleague's own address stays his
        person_id = address.participant.person_id
        addresses.add_address(session, person_id, written=mail.sender, normal=mail.sender, is_primary=False, now=now)
    if choice.verb is Verb.CONTACT:
        client_id = address.conversation.client_id if address and address.conversation else choice.client_id
        if client_id is not None and not any(each.is_case_manager for each in facts.senders):
            add_contact(session, mail, facts, client_id, now=now)


def add_contact(session: Session, mail: ParsedMail, facts: Facts, client_id: ClientId, *, now: datetime) -> None:
    """Somebody who has this address already, or a new person under the name his mail bears; he gets no requests."""
    known = facts.senders[0].person.id if facts.senders else None
    if known is None:
        colleagues = people.contacts_of(session, client_id)
        language = colleagues[0].language if colleagues else NOBODYS_LANGUAGE
        name = mail.sender_name or mail.sender or ""
        known = people.add_person(session, name=name, language=language, now=now)
        written = mail.sender or ""
        addresses.add_address(session, known, written=written, normal=written, is_primary=True, now=now)
    people.add_contact(session, client_id, known, gets_requests=False, now=now)


def vouched(session: Session, facts: Facts, choice: Choice) -> Decision | None:
    """Where the rules hold the mail, what the word of whoever decides makes of it."""
    match choice.verb:
        case Verb.MOVE:
            return moved(session, facts, choice)
        case Verb.CLIENT:
            return about_client(session, facts, choice)
        case Verb.MINE | Verb.FOR_ME:
            again = decide(replace(facts, trust=Trust.PASS))
        case _:
            again = decide(replace(facts, trust=Trust.NONE))
    if isinstance(again, (Posts, Opens)):
        return again
    if choice.verb is Verb.CONTACT:
        return as_contact(session, facts) or about_client(session, facts, choice)
    return as_participant(session, facts, also_firm=choice.verb in {Verb.MINE, Verb.FOR_ME})


def as_participant(session: Session, facts: Facts, *, also_firm: bool) -> Posts | None:
    """As the participant whose address it came to. Nobody vouches for a colleague: a forged one would write to clients
    in the firm's name; he himself may, at his registered address.
    """
    address = chosen_address(facts)
    if address is None or address.conversation is None or address.participant is None:
        return None
    if address.participant.side is Side.FIRM and not also_firm:
        return None
    note = address.participant.side is Side.FIRM and address.row.kind is AddressKind.NOTE
    return Posts(
        conversation=address.conversation,
        person=there(people.person(session, address.participant.person_id)),
        participant=address.participant,
        visibility=Visibility.INTERNAL if note else Visibility.SHARED,
        why=Why.ACCEPTED,
    )


def as_contact(session: Session, facts: Facts) -> Posts | None:
    """A contact of the client who writes at another contact's address: as himself, in that conversation."""
    address = chosen_address(facts)
    if address is None or address.conversation is None or address.participant is None:
        return None
    if address.participant.side is Side.FIRM:
        return None
    client_id = address.conversation.client_id
    writer = next((each.person for each in facts.senders if any(it.id == client_id for it in each.clients)), None)
    return posts_as(writer or people.person(session, address.participant.person_id), address.participant, facts)


def posts_as(person: Person | None, participant: Participant, facts: Facts) -> Posts | None:
    address = chosen_address(facts)
    if person is None or address is None or address.conversation is None:
        return None
    return Posts(
        conversation=address.conversation,
        person=person,
        participant=participant,
        visibility=Visibility.SHARED,
        why=Why.ACCEPTED,
    )


def about_client(session: Session, facts: Facts, choice: Choice) -> Opens | None:
    """A new conversation of the client that was named, when the sender is a contact of it."""
    client = people.client(session, choice.client_id) if choice.client_id else None
    if client is None:
        return None
    writer = next((each.person for each in facts.senders if any(it.id == client.id for it in each.clients)), None)
    return None if writer is None else Opens(client=client, person=writer, verified=choice.verb is Verb.CLIENT)


def moved(session: Session, facts: Facts, choice: Choice) -> Posts | None:
    """Into the conversation that was named, as its client's contact: the sender himself, or whose address he used."""
    target = conversations.lock_conversation(session, choice.conversation_id) if choice.conversation_id else None
    if target is None:
        return None
    address = chosen_address(facts)
    theirs = [each.person.id for each in facts.senders]
    theirs += [address.participant.person_id] if address and address.participant else []
    writer = next((each for each in theirs if people.is_contact(session, target.client_id, each)), None)
    if writer is None:
        return None
    participant = conversations.participant_of(session, target.id, writer) or stand_in(session, target.id, writer)
    if participant is None or participant.side is Side.FIRM:
        return None
    return Posts(
        conversation=target,
        person=there(people.person(session, writer)),
        participant=participant,
        visibility=Visibility.SHARED,
        why=Why.ACCEPTED,
    )


def stand_in(session: Session, conversation_id: ConversationId, writer: PersonId) -> Participant | None:
    """Any contact in the conversation, beside whom the writer joins by writing."""
    there_are = conversations.participants_of(session, conversation_id)
    return next((each for each in there_are if each.side is Side.CLIENT and each.person_id != writer), None)
