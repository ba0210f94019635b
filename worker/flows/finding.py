"""Gathers the facts about an arrival: addresses of ours in it, mails of ours it names, who its sender is."""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy.orm import Session

from storage import addresses, conversations, held, inbox, outbox, people, signed
from storage.reading_ahead import remembered_among
from storage.records import (
    Arrival,
    ClientId,
    OutgoingMail,
    OutgoingMailId,
    Participant,
    PersonId,
    SignedAddress,
)
from storage.states import AddressKind, Way
from worker.core.authentication_results import Trust, trust_of
from worker.core.automatic import is_report, judge
from worker.core.filing_facts import Answered, Facts, FoundAddress, KnownSender
from worker.core.parsed import ParsedMail
from worker.core.policy import SinkRole
from worker.core.signed_addresses import Token, token_in
from worker.core.written_addresses import SIGNED, WRITTEN_TO
from worker.flows.house import House

MOST_TOKENS = 100
MOST_REFERENCES = 30


def gather_facts(session: Session, house: House, arrival: Arrival, mail: ParsedMail, *, now: datetime) -> Facts:
    rows, orphan = signed_rows(session, house, arrival, mail)
    # The envelope tells; a Return-Path is believed only where there is none (a mailbox), for anybody can write one.
    null_sender = arrival.envelope_from == "" if arrival.envelope_from is not None else mail.return_path == ""
    reported = reported_mail(session, house, mail, [row for row, _ in rows])
    meant = house_client(session, house, arrival, mail)
    senders = known_senders(session, mail.sender)
    found = tuple(found_address(session, row, where, now=now) for row, where in rows)
    return Facts(
        mail=mail,
        null_sender=null_sender,
        automatic=judge(mail, null_sender=null_sender),
        is_own=is_own(house, mail),
        found=meant_here(found, client_at(session, house, arrival.envelope_to)),
        orphan=orphan,
        broken=has_broken(session, house, arrival, mail),
        is_report=is_report(mail, null_sender=null_sender),
        reported=reported,
        reported_addresses=addresses_of_person(session, reported.person_id) if reported else (),
        answered=tuple(answered(session, each) for each in answered_mails(session, house, mail)),
        senders=senders,
        house_client=meant,
        client=people.client(session, meant) if meant else None,
        blocked=not senders and mail.sender is not None and held.is_blocked(session, mail.sender),
        trust=trust_in(house, arrival, mail),
    )


def trust_in(house: House, arrival: Arrival, mail: ParsedMail) -> Trust:
    """At the border nobody stood before our sink who could have taken forged results away."""
    if arrival.way is Way.SMTP and house.policy.sink_role is SinkRole.BORDER:
        return Trust.NONE
    return trust_of(mail.authentication_results, house.policy.authserv_ids, mail.sender)


def addressed(session: Session, arrival: Arrival, mail: ParsedMail) -> list[tuple[str, str]]:
    """(where, address) of everything the mail may be addressed to, the surest first.

    Blind copies of the same bytes count too, since a mail that also went to a note address is a note.
    """
    told = [("envelope", arrival.envelope_to)] if arrival.envelope_to else []
    told += [("delivered-to", each) for each in mail.recipients_hint]
    told += [("to", each) for each in mail.to] + [("cc", each) for each in mail.cc]
    told += [("written", each) for name, value in mail.headers if name in WRITTEN_TO for each in SIGNED.findall(value)]
    others = inbox.arrivals_of(session, arrival.inbound_mail_id)
    return told + [("other envelope", each.envelope_to) for each in others if each.id != arrival.id]


def has_broken(session: Session, house: House, arrival: Arrival, mail: ParsedMail) -> bool:
    tokens = (
        token_in(address, house.policy.domain, house.policy.separator)
        for _, address in addressed(session, arrival, mail)
    )
    return any(token and verified(house, token) is None for token in tokens)


def signed_rows(
    session: Session, house: House, arrival: Arrival, mail: ParsedMail
) -> tuple[list[tuple[SignedAddress, str]], bool]:
    """Rows of the signed addresses it is addressed to, and whether one had a good MAC but no row."""
    rows: list[tuple[SignedAddress, str]] = []
    orphan = False
    tokens = [
        (where, token)
        for where, address in addressed(session, arrival, mail)
        if (token := verified(house, token_in(address, house.policy.domain, house.policy.separator)))
    ]
    for where, token in tokens[:MOST_TOKENS]:
        row = signed.signed_address(session, token.public_id)
        if row is None or row.kind is not token.kind:
            orphan = True
        elif all(known.id != row.id for known, _ in rows):
            rows.append((row, where))
    return rows, orphan


def verified(house: House, token: str | None) -> Token | None:
    return house.keys.verify(token) if token else None


def found_address(session: Session, row: SignedAddress, where: str, *, now: datetime) -> FoundAddress:
    participant = conversations.participant(session, row.participant_id) if row.participant_id else None
    conversation = conversations.conversation(session, row.conversation_id) if row.conversation_id else None
    return FoundAddress(
        row=row,
        where=where,
        spent=row.revoked_at is not None or (row.expires_at is not None and row.expires_at <= now),
        conversation=conversation,
        participant=participant,
        addresses=addresses_of_person(session, row.person_id) or addresses_in_use(session, participant),
    )


def meant_here(found: tuple[FoundAddress, ...], envelope_client: ClientId | None) -> tuple[FoundAddress, ...]:
    """This copy went to a client's own address: reply addresses of other clients in its headers have their own copy.

    Not where one of them is a note address: then the whole mail is a note (DESIGN.md invariant 10).
    """
    if envelope_client is None or any(each.row.kind is AddressKind.NOTE for each in found):
        return found
    return tuple(each for each in found if each.conversation is None or each.conversation.client_id == envelope_client)


def addresses_in_use(session: Session, participant: Participant | None) -> tuple[str, ...]:
    return addresses_of_person(session, participant.person_id) if participant else ()


def addresses_of_person(session: Session, person_id: PersonId | None) -> tuple[str, ...]:
    if person_id is None:
        return ()
    return tuple(each.normal for each in addresses.addresses_of(session, person_id) if each.state != "retired")


def token_of_message_id(house: House, message_id: str) -> Token | None:
    """The token of a Message-ID of ours, ``TOKEN@DOMAIN``; of our return paths kind only."""
    local, _, domain = message_id.strip("<> ").rpartition("@")
    if domain.lower() != house.policy.domain:
        return None
    token = house.keys.verify(local.lower())
    return token if token and token.kind is AddressKind.RETURN_PATH else None


def is_own(house: House, mail: ParsedMail) -> bool:
    """A mail of ours that came back: a forward loop, a list, a mailbox that is ours."""
    return mail.message_id is not None and token_of_message_id(house, mail.message_id) is not None


def mail_of_token(session: Session, token: Token | None) -> OutgoingMail | None:
    row = signed.signed_address(session, token.public_id) if token else None
    return mail_of(session, row.outgoing_mail_id) if row and row.outgoing_mail_id else None


def mail_of(session: Session, mail_id: OutgoingMailId) -> OutgoingMail | None:
    return mails_of(session, [mail_id]).get(mail_id)


def mails_of(session: Session, mail_ids: Iterable[OutgoingMailId]) -> dict[OutgoingMailId, OutgoingMail]:
    return remembered_among(session, "outgoing mail", mail_ids, lambda ids: outbox.mails_by_ids(session, ids))


def reported_mail(session: Session, house: House, mail: ParsedMail, rows: list[SignedAddress]) -> OutgoingMail | None:
    """Which mail of ours it is about: by the signed return path; a report also by ENVID or the returned Message-ID."""
    for row in rows:
        if row.kind is AddressKind.RETURN_PATH and row.outgoing_mail_id is not None:
            return mail_of(session, row.outgoing_mail_id)
    if mail.report is None:
        return None
    by_envelope = house.keys.verify((mail.report.envelope_id or "").lower())
    by_message = token_of_message_id(house, mail.report.original_message_id or "")
    return mail_of_token(session, by_envelope) or mail_of_token(session, by_message)


def answered_mails(session: Session, house: House, mail: ParsedMail) -> list[OutgoingMail]:
    """Mails of ours that it names, the one it answers first."""
    named = [*mail.in_reply_to, *reversed(mail.references)][:MOST_REFERENCES]
    found = [mail_of_token(session, token_of_message_id(house, each)) for each in dict.fromkeys(named)]
    return [each for each in found if each is not None]


def answered(session: Session, mail: OutgoingMail) -> Answered:
    conversation = conversations.conversation(session, mail.conversation_id) if mail.conversation_id else None
    participant = None
    if conversation is not None and mail.person_id is not None:
        participant = conversations.participant_of(session, conversation.id, mail.person_id)
    return Answered(
        mail=mail,
        conversation=conversation,
        participant=participant,
        addresses=addresses_in_use(session, participant),
    )


def known_senders(session: Session, sender: str | None) -> tuple[KnownSender, ...]:
    if sender is None:
        return ()
    return tuple(
        KnownSender(
            person=each,
            clients=tuple(people.clients_of_contact(session, each.id)),
            is_case_manager=people.is_case_manager(session, each.id),
        )
        for each in addresses.people_at(session, sender)
    )


def house_client(session: Session, house: House, arrival: Arrival, mail: ParsedMail) -> ClientId | None:
    """The client whose own address on our domain it was sent to."""
    found = (client_at(session, house, address) for _, address in addressed(session, arrival, mail))
    return next((each for each in found if each is not None), None)


def client_at(session: Session, house: House, address: str) -> ClientId | None:
    """The client that this address on our domain is of."""
    local, _, domain = address.rpartition("@")
    if domain.lower() != house.policy.domain:
        return None
    found = addresses.house_address_of(session, local.lower())
    return found[1] if found else None
