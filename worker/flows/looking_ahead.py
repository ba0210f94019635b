"""Reads in a few statements what gathering the facts about many mails asks for; ``worker.flows.finding`` then finds it
remembered. What is not foreseen here is read when it is asked for, so this decides about speed alone.
"""

from collections.abc import Iterator, Sequence

from sqlalchemy.orm import Session

from storage import addresses, conversations, inbox, people, signed
from storage.records import Arrival, PublicId
from worker.core.parsed import ParsedMail
from worker.core.signed_addresses import token_in
from worker.flows.finding import MOST_REFERENCES, addressed, mails_of, token_of_message_id, verified
from worker.flows.house import House

Some = Sequence[tuple[Arrival, ParsedMail]]


def look_ahead(session: Session, house: House, some: Some) -> None:
    """Inside ``remembering(session)``."""
    inbox.read_arrivals_ahead(session, [arrival.inbound_mail_id for arrival, _ in some])
    told = {address for arrival, mail in some for _, address in addressed(session, arrival, mail)}
    tokens = {*tokens_of(house, told), *named_by(house, [mail for _, mail in some])}
    rows = signed.read_signed_ahead(session, tokens)
    mails = mails_of(session, [each.outgoing_mail_id for each in rows if each.outgoing_mail_id]).values()
    talks = {each.conversation_id for each in rows if each.conversation_id}
    talks |= {each.conversation_id for each in mails if each.conversation_id}
    there = conversations.read_conversations_ahead(session, talks)
    senders = addresses.read_people_at_ahead(session, {mail.sender for _, mail in some if mail.sender})
    persons = {each.person_id for each in there} | {each.person_id for each in mails if each.person_id}
    addresses.read_addresses_ahead(session, persons)
    people.people_by_ids(session, persons)
    known = [conversations.conversation(session, each) for each in talks]
    people.read_roles_ahead(session, {each.id for each in senders}, {each.client_id for each in known if each})
    addresses.read_house_addresses_ahead(session, set(house_parts(house, told)))


def tokens_of(house: House, told: set[str]) -> Iterator[PublicId]:
    for address in told:
        token = verified(house, token_in(address, house.policy.domain, house.policy.separator))
        if token is not None:
            yield token.public_id


def named_by(house: House, mails: Sequence[ParsedMail]) -> Iterator[PublicId]:
    """Mails of ours that are answered."""
    for mail in mails:
        for each in [*mail.in_reply_to, *reversed(mail.references)][:MOST_REFERENCES]:
            token = token_of_message_id(house, each)
            if token is not None:
                yield token.public_id


def house_parts(house: House, told: set[str]) -> Iterator[str]:
    for address in told:
        local, _, domain = address.rpartition("@")
        if domain.lower() == house.policy.domain:
            yield local.lower()
