"""Who hears of a held mail, in the transaction that holds it: the firm, the registered address, the sender.

Everything is planned as outgoing mails that carry ids; their words and one-click addresses are made when they are
claimed (desk_letters). At most one question or notice per address, reason and day (DESIGN.md invariant 12). A mail of
which nobody knows the client waits for the daily list (reminding_held).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from storage import addresses, conversations, held, inbox, outbox, people
from storage.records import Arrival, Client, FilingId, OutgoingMailId, Person, PersonId
from storage.states import Language, MailKind, MailState, Reach, Visibility
from worker.core.authentication_results import Trust
from worker.core.desk import FOR_THE_FIRM
from worker.core.filing_facts import Facts, Holds, Why
from worker.core.filing_rules import chosen_address
from worker.core.held_rules import asks_for_confirmation, excerpt_of, tells_sender
from worker.flows.house import there
from worker.flows.planning import PRIORITY

FIRM, CONFIRM, WHICH, WAITS = "held", "confirm", "which_client", "waits"


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldMail:
    """A mail that is being held, with what was found about it."""

    filing_id: FilingId
    arrival: Arrival
    facts: Facts
    decision: Holds
    now: datetime


def tell_about_held(session: Session, mail: HeldMail) -> list[OutgoingMailId]:
    """Write down what whoever decides must see, and plan the mails; those that are due at once."""
    client = client_of(session, mail)
    inbox.update_filing(
        session,
        mail.filing_id,
        client_id=client.id if client else None,
        sender_name=mail.facts.mail.sender_name or None,
        subject=mail.facts.mail.subject or None,
        excerpt=excerpt_of(mail.facts.mail) or None,
    )
    planned = [ask_writer(session, mail), ask_which_client(session, mail), tell_sender(session, mail)]
    planned += tell_firm(session, mail, client) if client else []
    return [each for each in planned if each is not None]


def client_of(session: Session, mail: HeldMail) -> Client | None:
    """Of the conversation, of the house address, or the one whose only contact the sender is."""
    if mail.decision.conversation_id is not None:
        conversation = there(conversations.conversation(session, mail.decision.conversation_id))
        return people.client(session, conversation.client_id)
    if mail.facts.client is not None:
        return mail.facts.client
    theirs = {each.id: each for sender in mail.facts.senders for each in sender.clients}
    return next(iter(theirs.values())) if len(theirs) == 1 and mail.facts.trust is not Trust.FAIL else None


def case_managers_for(session: Session, client: Client | None, *, now: datetime, also_deputy: bool) -> list[Person]:
    """The client's manager, or who stands in for him; else the deputy, the supervisor, and in the end everybody."""
    if client is None:
        return people.all_case_managers(session)
    asked = [client.manager_id, client.deputy_id, client.supervisor_id]
    found = [standing_in(session, each, now=now) for each in asked if each is not None]
    there_are = [each for each in found if each is not None and people.is_case_manager(session, each.id)]
    if not there_are:
        return people.all_case_managers(session)
    first, *others = there_are
    deputy = next((each for each in others if each.id != first.id), None) if client.deputy_id else None
    return [first, deputy] if also_deputy and deputy else [first]


def standing_in(session: Session, person_id: PersonId, *, now: datetime) -> Person | None:
    return people.person(session, people.substitute_of(session, person_id, now.date()) or person_id)


def tell_firm(session: Session, mail: HeldMail, client: Client) -> list[OutgoingMailId | None]:
    """One mail for what is decided together; what comes after a decision is told anew, a few times a day. Whatever
    nobody was told of is left for the daily list.
    """
    if is_told_with_another(session, mail):
        held.note_told(session, [mail.filing_id], now=mail.now)
        return []
    about = f"{FIRM}:{mail.decision.conversation_id or client.id}:{mail.facts.mail.sender or '-'}"
    told = case_managers_for(session, client, now=mail.now, also_deputy=False)
    planned: list[OutgoingMailId | None] = []
    for person in told:
        keys = (f"{about}:{each}" for each in range(MOST_A_DAY))
        each_day = (plan_list(session, person, [mail.filing_id], "held_new", key=key, now=mail.now) for key in keys)
        planned.append(next((each for each in each_day if each is not None), None))
    if any(planned):
        held.note_told(session, [mail.filing_id], now=mail.now)
    return planned


def is_told_with_another(session: Session, mail: HeldMail) -> bool:
    """Somebody was told of one that still waits, and decides about this one with it."""
    filing = there(inbox.filing(session, mail.filing_id))
    together = held.waiting_of_sender(session, filing)
    return any(each.id != filing.id and each.told_at is not None for each in together)


def plan_list(
    session: Session, person: Person, filing_ids: Sequence[FilingId], intro: str, *, key: str, now: datetime
) -> OutgoingMailId | None:
    address = mailable(session, person)
    if address is None or not held.may_answer_today(session, address, key, now=now):
        return None
    details = {"intro": intro, "filings": list(filing_ids)}
    return plan(session, MailKind.HELD_NOTICE, address, person.language, person.id, details=details, now=now)


def ask_writer(session: Session, mail: HeldMail) -> OutgoingMailId | None:
    """Whoever's name the mail was written in is asked at his registered address: by the signed address it came to, or
    by the From of a case manager.
    """
    if not asks_for_confirmation(mail.decision.why, mail.facts):
        return None
    address = chosen_address(mail.facts)
    if address is not None and address.participant is not None:
        person = people.person(session, address.participant.person_id)
    else:
        managers = [each.person for each in mail.facts.senders if each.is_case_manager]
        person = managers[0] if len(managers) == 1 else None
    if person is None:
        return None
    where = mailable(session, person)
    if where is None or not held.may_answer_today(session, where, f"{CONFIRM}:{mail.facts.mail.sender}", now=mail.now):
        return None
    is_his = where == mail.facts.mail.sender or address is None
    details = {"intro": "confirmation_unproven" if is_his else "confirmation", "filing": mail.filing_id}
    return plan(session, MailKind.CONFIRMATION, where, person.language, person.id, details=details, now=mail.now)


def ask_which_client(session: Session, mail: HeldMail) -> OutgoingMailId | None:
    """A contact of several clients, at his own address. Of two people with one mailbox the first is asked."""
    contacts = [each for each in mail.facts.senders if each.clients and not each.is_case_manager]
    if mail.decision.why is not Why.WHICH_CLIENT or not contacts or not mail.facts.automatic.may_answer:
        return None
    person, sender = contacts[0].person, mail.facts.mail.sender
    if sender is None or person.reach is not Reach.MAIL or addresses.is_suppressed(session, sender):
        return None
    # One question a mail: each has its own answer. How many a day is bounded below.
    if not any(held.may_answer_today(session, sender, f"{WHICH}:{each}", now=mail.now) for each in range(MOST_A_DAY)):
        return None
    details = {"intro": "question", "filing": mail.filing_id}
    return plan(session, MailKind.QUESTION, sender, person.language, person.id, details=details, now=mail.now)


MOST_A_DAY = 5


def tell_sender(session: Session, mail: HeldMail) -> OutgoingMailId | None:
    """That his mail waits: once a day, and only where his own domain vouches for him."""
    sender = mail.facts.mail.sender
    if not tells_sender(mail.decision.why, mail.facts) or sender is None:
        return None
    if addresses.is_suppressed(session, sender) or not held.may_answer_today(session, sender, WAITS, now=mail.now):
        return None
    address = chosen_address(mail.facts)
    person = people.person(session, address.participant.person_id) if address and address.participant else None
    language = person.language if person else Language.FR
    details = {"intro": "waiting", "filing": mail.filing_id}
    return plan(session, MailKind.WAITING_NOTICE, sender, language, None, details=details, now=mail.now)


def mailable(session: Session, person: Person) -> str | None:
    address = addresses.mail_address_of(session, person.id)
    return address.normal if address is not None and person.reach is Reach.MAIL else None


def plan(
    session: Session,
    kind: MailKind,
    address: str,
    language: Language,
    person_id: PersonId | None,
    *,
    details: Mapping[str, object],
    now: datetime,
) -> OutgoingMailId:
    """Of no conversation: nothing in it may thread with, or be answered into, what client and firm write."""
    return outbox.add_mail(
        session,
        kind=kind,
        visibility=Visibility.INTERNAL if kind in FOR_THE_FIRM else Visibility.SHARED,
        language=language,
        person_id=person_id,
        address=address,
        priority=PRIORITY[kind],
        opened_at=now,
        due_at=now,
        now=now,
        state=MailState.QUEUED,
        details=dict(details),
    )
