"""What is learnt about an outgoing mail after it went: reports, answers, refusals. The tick moves on evidence only.

A failure opens attention and is told by mail: a case manager's failed mail to its author; a contact's failed mail (to a
case manager) to the client's other case managers and the operator, never to the contact. A notice about a failure never
makes a notice.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from storage import addresses, attention, operation, outbox, people
from storage.records import Client, OutgoingMail, OutgoingMailId, Person, PersonId
from storage.states import (
    AddressState,
    AttentionReason,
    ChangeKind,
    Evidence,
    FailureClass,
    Language,
    MailKind,
    MailState,
    Reach,
    Side,
    Visibility,
)
from worker.core.mail_addresses import normal_address
from worker.core.policy import RelayedCounts
from worker.core.reports import Action, RecipientReport
from worker.core.sending import Event, next_state
from worker.flows.house import House, there
from worker.flows.planning import PRIORITY

SUPPRESS_AT_ONCE = frozenset({"5.1.1", "5.1.2", "5.1.3", "5.1.6", "5.1.10", "5.2.1"})
SUPPRESS_AFTER = 3
TELLS_NOBODY = frozenset({MailKind.FAILURE_NOTICE, MailKind.NOTICE, MailKind.REJECTION, MailKind.OPENED_NOTICE})
"""When one of these fails nobody is told: a notice never makes a notice, and no message is missed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FailureFacts:
    """Why a mail failed. ``status``: enhanced code or empty; ``reason``: one word of the field's list or a sentence."""

    kind: FailureClass
    status: str
    reason: str


def apply_report(
    session: Session, house: House, mail: OutgoingMail, report: RecipientReport, *, now: datetime
) -> Event:
    """Move a mail by one recipient block of a report; what it meant."""
    event = meaning_of(house, report)
    theirs = is_about(house, mail, report)
    if event in {Event.REPORT_FAILED, Event.REPORT_FAILED_SOFTLY}:
        kind = FailureClass.HARD if report.hard and theirs else FailureClass.EXHAUSTED
        status = report.status if theirs else ""
        fail(session, house, mail, FailureFacts(kind=kind, status=status, reason=report.reason), event, now=now)
    elif not theirs:
        return event  # good news about somebody behind the recipient is no evidence
    elif event is Event.REPORT_GOOD:
        found = Evidence.REPORT_DELIVERED if report.action is Action.DELIVERED else Evidence.REPORT_RELAYED
        deliver(session, mail, event, found, now=now)
    elif event is Event.REPORT_DELAYED:
        move(session, mail, event, now=now)
    return event


def is_about(house: House, mail: OutgoingMail, report: RecipientReport) -> bool:
    """Does the block speak of the address we wrote to, and not of somebody behind it (a forward, a list)?"""
    ours = {mail.address, normal_address(house.policy.redirect_all_to or mail.address)}
    named = {normal_address(each) for each in (report.address, report.original_address) if each}
    return bool(ours & named)


def about_recipient(house: House, mail: OutgoingMail, blocks: Sequence[RecipientReport]) -> list[RecipientReport]:
    """The blocks about the mail's own recipient; all of them when none names him."""
    own = [each for each in blocks if is_about(house, mail, each)]
    return own or list(blocks)


def meaning_of(house: House, report: RecipientReport) -> Event:
    """``relayed`` and ``expanded`` are evidence only when the host that took the mail is not one of our own relays."""
    match report.action:
        case Action.DELIVERED:
            return Event.REPORT_GOOD
        case Action.FAILED:
            return Event.REPORT_FAILED_SOFTLY if report.status.startswith("4.") else Event.REPORT_FAILED
        case Action.DELAYED:
            return Event.REPORT_DELAYED
        case Action.RELAYED | Action.EXPANDED:
            return Event.REPORT_GOOD if relayed_counts(house, report.remote_mta) else Event.RELAY_TOOK_IT


def relayed_counts(house: House, remote_mta: str | None) -> bool:
    match house.policy.relayed_counts:
        case RelayedCounts.YES:
            return True
        case RelayedCounts.NO:
            return False
        case RelayedCounts.AUTO:
            return remote_mta is not None and remote_mta.lower() not in house.policy.own_relays


def deliver(session: Session, mail: OutgoingMail, event: Event, found: Evidence, *, now: datetime) -> bool:
    """Evidence: the tick turns blue. True when it changed something."""
    if not move(session, mail, event, now=now, delivered_at=now, evidence=found):
        return False
    if mail.conversation_id is not None:
        reasons = (AttentionReason.MAIL_FAILED,)
        attention.close_attention(
            session,
            mail.conversation_id,
            Side.FIRM,
            reasons,
            now=now,
            why="it arrived after all",
            outgoing_mail_id=mail.id,
        )
    return True


def move(session: Session, mail: OutgoingMail, event: Event, *, now: datetime, **values: object) -> bool:
    """Write the next state, if the event means anything in the present one. Ends a lease: the try has lost the mail."""
    fresh = there(outbox.mail(session, mail.id))
    to = next_state(fresh.state, event)
    if to is fresh.state:
        return False
    if not outbox.update_mail(session, mail.id, {fresh.state}, state=to, lease_until=None, **values):
        return False
    note_tick(session, mail, event, to, now=now)
    return True


def note_tick(session: Session, mail: OutgoingMail, event: Event, to: MailState, *, now: datetime) -> None:
    operation.note_event(
        session,
        f"mail_{event}",
        now=now,
        outgoing_mail_id=mail.id,
        conversation_id=mail.conversation_id,
        details={"state": to},
    )
    if mail.conversation_id is not None:
        operation.note_change(
            session,
            ChangeKind.TICK_MOVED,
            now=now,
            client_id=mail.client_id,
            conversation_id=mail.conversation_id,
            person_id=mail.person_id,
        )


def fail(
    session: Session, house: House, mail: OutgoingMail, facts: FailureFacts, event: Event, *, now: datetime
) -> bool:
    """The mail did not arrive: tick, attention, suppression, notices. True when that was news."""
    told = {
        "failed_at": now,
        "failure_class": facts.kind,
        "failure_status": facts.status,
        "failure_reason": facts.reason,
    }
    if not move(session, mail, event, now=now, **told):
        return False
    if house.policy.redirect_all_to is None:  # a rehearsal says nothing about the person's own address
        suppress_when_due(session, mail, facts, now=now)
    if mail.kind in TELLS_NOBODY:
        return True
    if mail.conversation_id is not None:
        attention.open_attention(
            session,
            mail.conversation_id,
            Side.FIRM,
            AttentionReason.MAIL_FAILED,
            now=now,
            outgoing_mail_id=mail.id,
        )
    for reader in readers_of_notice(session, mail):
        plan_notice(session, mail, reader, now=now)
    tell_operator(session, house, mail, now=now)
    return True


def suppress_when_due(session: Session, mail: OutgoingMail, facts: FailureFacts, *, now: datetime) -> None:
    """Stop mailing an address at once when it does not exist, else after three failures in a row."""
    failures = addresses.count_failure(session, mail.address)
    at_once = facts.kind is FailureClass.HARD and facts.status in SUPPRESS_AT_ONCE
    if at_once or failures >= SUPPRESS_AFTER:
        addresses.set_address_state(session, mail.address, AddressState.SUPPRESSED)
        addresses.add_suppression(
            session, mail.address, reason=facts.status or facts.reason, outgoing_mail_id=mail.id, now=now
        )


def readers_of_notice(session: Session, mail: OutgoingMail) -> list[Person]:
    """Who is told by mail: the case manager who wrote it, else the client's other case managers."""
    author = people.person(session, mail.author_id) if mail.author_id else None
    client = people.client(session, mail.client_id) if mail.client_id else None
    if author is not None and people.is_case_manager(session, author.id) and author.id != mail.person_id:
        return [author]
    return [each for each in case_managers_of(session, client) if each.id != mail.person_id]


def case_managers_of(session: Session, client: Client | None) -> list[Person]:
    if client is None:
        return []
    keys = dict.fromkeys(key for key in (client.manager_id, client.deputy_id, client.supervisor_id) if key is not None)
    return list(people.people_by_ids(session, list(keys)).values())


def plan_notice(session: Session, mail: OutgoingMail, reader: Person, *, now: datetime) -> None:
    address = addresses.mail_address_of(session, reader.id)
    if address is None or reader.reach is not Reach.MAIL:
        return
    add_notice(session, mail, address=address.normal, language=reader.language, person_id=reader.id, now=now)


def tell_operator(session: Session, house: House, mail: OutgoingMail, *, now: datetime) -> None:
    """The operator hears of a case manager whose mailbox fails."""
    to_the_firm = mail.person_id is not None and people.is_case_manager(session, mail.person_id)
    if house.policy.operator_address and to_the_firm:
        add_notice(
            session,
            mail,
            address=house.policy.operator_address,
            language=house.policy.operator_language,
            person_id=None,
            now=now,
        )


def add_notice(
    session: Session,
    mail: OutgoingMail,
    *,
    address: str,
    language: Language,
    person_id: PersonId | None,
    now: datetime,
) -> OutgoingMailId:
    return outbox.add_mail(
        session,
        kind=MailKind.FAILURE_NOTICE,
        visibility=Visibility.INTERNAL,
        language=language,
        person_id=person_id,
        address=address,
        priority=PRIORITY[MailKind.FAILURE_NOTICE],
        opened_at=now,
        due_at=now,
        now=now,
        state=MailState.QUEUED,
        client_id=mail.client_id,
        conversation_id=mail.conversation_id,
        details={"failed_mail": mail.id},
    )


def person_answered(
    session: Session, mails: Sequence[OutgoingMail], person_id: PersonId, normal: str, *, now: datetime
) -> int:
    """A reply proves that the mails it answers or quotes were delivered, and no others; how many ticks turned."""
    addresses.forget_failures(session, person_id, normal)
    addresses.lift_suppression(session, normal, now=now)
    return sum(
        deliver(session, each, Event.PERSON_ANSWERED, Evidence.REPLY, now=now)
        for each in mails
        if each.person_id == person_id
    )
