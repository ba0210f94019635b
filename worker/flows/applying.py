"""Writing what a filing became: one branch per decision, all inside the filing's transaction."""

from dataclasses import dataclass
from datetime import datetime
from typing import assert_never

from sqlalchemy.orm import Session

from storage import attention, conversations, inbox, operation, people
from storage.records import Arrival, ConversationId, FilingId, MessageId, OutgoingMail, OutgoingMailId, PersonId
from storage.states import AttentionReason, ChangeKind, Origin, Outcome, Side, Visibility
from worker.core.filing_facts import (
    Complains,
    Decision,
    Facts,
    Holds,
    Ignores,
    Moves,
    Opens,
    Posts,
    Proves,
    Rejects,
    Why,
)
from worker.core.letters import Alarm, AlarmKind
from worker.core.new_text import Cut
from worker.core.rejections import Rejection
from worker.core.sending import Event
from worker.core.subjects import strip_prefixes
from worker.flows.absences import note_absence
from worker.flows.alarming import alarm_operator
from worker.flows.conversations import open_conversation
from worker.flows.evidence import about_recipient, apply_report, deliver, person_answered
from worker.flows.house import House
from worker.flows.posting import Draft, Put, StoredFile, put_message
from worker.flows.rejecting import reject

NO_SUBJECT = "(…)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Applied:
    """``due``: outgoing mails to ring for after the commit."""

    outcome: Outcome
    due: tuple[OutgoingMailId, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """What every branch needs."""

    house: House
    arrival: Arrival
    filing_id: FilingId
    facts: Facts
    cut: Cut
    files: tuple[StoredFile, ...]
    now: datetime


def apply_decision(
    session: Session,
    house: House,
    arrival: Arrival,
    decision: Decision,
    *,
    filing_id: FilingId,
    facts: Facts,
    cut: Cut,
    files: tuple[StoredFile, ...],
    now: datetime,
) -> Applied:
    work = Work(house=house, arrival=arrival, filing_id=filing_id, facts=facts, cut=cut, files=files, now=now)
    match decision:
        case Posts():
            return post(session, work, decision)
        case Opens():
            return open_new(session, work, decision)
        case Moves() | Complains() | Proves():
            return learn(session, work, decision)
        case Ignores(why=why):
            note_absence(session, arrival, facts, decision)
            note(session, work, "ignored", details={"why": why})
            return Applied(outcome=Outcome.IGNORED, due=())
        case Holds():
            return hold(session, work, decision)
        case Rejects():
            return refuse(session, work, decision)
        case _:
            assert_never(decision)


def learn(session: Session, work: Work, decision: Moves | Complains | Proves) -> Applied:
    """What a mail of ours is told about by this one."""
    match decision:
        case Moves(mail=mail):
            return move_tick(session, work, mail)
        case Complains(mail=mail, feedback=feedback):
            return pass_on(session, work, mail, feedback)
        case Proves(mail=mail, evidence=evidence):
            deliver(session, mail, Event.REPORT_GOOD, evidence, now=work.now)
            note_absence(session, work.arrival, work.facts, decision)
            note(session, work, "evidence", outgoing_mail_id=mail.id)
            return Applied(outcome=Outcome.IGNORED, due=())
        case _:
            assert_never(decision)


def post(session: Session, work: Work, decision: Posts) -> Applied:
    """A reply becomes a message; it proves that the mails it answers arrived."""
    vouched = decision.why is Why.ACCEPTED
    draft = draft_of(work, decision.person.id, decision.participant.side, decision=decision, unverified=vouched)
    put = put_message(session, work.house, decision.conversation.id, draft, now=work.now)
    proven = [each.mail for each in work.facts.answered[:1] if each.mail.conversation_id == decision.conversation.id]
    if work.facts.mail.sender is not None and not vouched:
        person_answered(session, proven, decision.person.id, work.facts.mail.sender, now=work.now)
    finish(session, work, decision.conversation.id, put, decision.person.id)
    return Applied(outcome=Outcome.POSTED, due=put.due)


def draft_of(
    work: Work, person_id: PersonId, side: Side, *, decision: Posts | None = None, unverified: bool = False
) -> Draft:
    visibility = decision.visibility if decision else Visibility.SHARED
    return Draft(
        author_id=person_id,
        author_side=side,
        text=work.cut.new_text,
        origin=Origin.MAIL,
        happened_at=work.arrival.happened_at,
        visibility=visibility,
        answer_wanted=side is Side.FIRM and visibility is Visibility.SHARED,
        sender_unverified=unverified,
        files=work.files,
        inbound_mail_id=work.arrival.inbound_mail_id,
        quoted_text=work.cut.quoted_text or None,
        cut_rule=work.cut.method,
        cut_confidence=work.cut.confidence,
        joined=decision is not None and decision.joined,
    )


def open_new(session: Session, work: Work, decision: Opens) -> Applied:
    """A known sender without a signed address: a new conversation, his name not proven."""
    mail = work.facts.mail
    conversation_id = open_conversation(
        session,
        work.house,
        decision.client,
        by=decision.person.id,
        side=Side.CLIENT,
        subject=strip_prefixes(mail.subject) or NO_SUBJECT,
        now=work.now,
        linked_to_id=decision.linked_to,
        thread_root=own_root(session, mail.message_id),
        thread_index=mail.header("thread-index"),
    )
    draft = draft_of(work, decision.person.id, Side.CLIENT, unverified=not decision.verified)
    put = put_message(session, work.house, conversation_id, draft, now=work.now)
    finish(session, work, conversation_id, put, decision.person.id)
    return Applied(outcome=Outcome.NEW_CONVERSATION, due=put.due)


def own_root(session: Session, message_id: str | None) -> str | None:
    """The client's own mail is the root of the thread, unless another conversation has it (ids are reused)."""
    return None if message_id is None or conversations.has_root(session, message_id) else message_id


def finish(session: Session, work: Work, conversation_id: ConversationId, put: Put, person_id: PersonId) -> None:
    inbox.update_filing(
        session, work.filing_id, conversation_id=conversation_id, message_id=put.message_id, person_id=person_id
    )
    people.update_person(session, person_id, last_wrote_at=work.now)
    note(session, work, "filed", conversation_id=conversation_id, message_id=put.message_id)


def move_tick(session: Session, work: Work, mail: OutgoingMail) -> Applied:
    report = work.facts.mail.report
    assert report is not None
    blocks = about_recipient(work.house, mail, report.recipients)
    meant = [str(apply_report(session, work.house, mail, each, now=work.now)) for each in blocks]
    inbox.update_filing(session, work.filing_id, outgoing_mail_id=mail.id, conversation_id=mail.conversation_id)
    note(session, work, "report", outgoing_mail_id=mail.id, details={"meant": meant})
    return Applied(outcome=Outcome.REPORT, due=())


def pass_on(session: Session, work: Work, mail: OutgoingMail, feedback: str) -> Applied:
    """A complaint moves no tick; the operator hears of it, and it stands in the mail's timeline."""
    inbox.update_filing(session, work.filing_id, outgoing_mail_id=mail.id, conversation_id=mail.conversation_id)
    alarm = Alarm(kind=AlarmKind.COMPLAINT, error=feedback, mail=f"o{mail.id}")
    alarm_operator(session, work.house, alarm, now=work.now)
    note(session, work, "complaint", outgoing_mail_id=mail.id, details={"type": feedback})
    return Applied(outcome=Outcome.REPORT, due=())


def hold(session: Session, work: Work, decision: Holds) -> Applied:
    """Shown to the firm with its reason; nothing is posted and nothing dropped."""
    inbox.update_filing(session, work.filing_id, conversation_id=decision.conversation_id)
    if decision.conversation_id is not None:
        attention.open_attention(
            session,
            decision.conversation_id,
            Side.FIRM,
            AttentionReason.HELD,
            now=work.now,
            filing_id=work.filing_id,
        )
    operation.note_change(session, ChangeKind.MAIL_HELD, now=work.now, conversation_id=decision.conversation_id)
    note(session, work, "held", conversation_id=decision.conversation_id, details={"why": decision.why})
    return Applied(outcome=Outcome.HELD, due=())


def refuse(session: Session, work: Work, decision: Rejects) -> Applied:
    """Told to its writer, at most once a day; nothing is posted."""
    ids = {"conversation_id": decision.conversation.id, "person_id": decision.person.id}
    inbox.update_filing(session, work.filing_id, **ids)
    due = reject(session, work.arrival, work.facts.mail, decision, Rejection.EMPTY, now=work.now)
    note(session, work, "rejected", conversation_id=decision.conversation.id, details={"why": decision.why})
    return Applied(outcome=Outcome.REJECTED, due=due)


def note(
    session: Session,
    work: Work,
    what: str,
    *,
    conversation_id: ConversationId | None = None,
    message_id: MessageId | None = None,
    outgoing_mail_id: OutgoingMailId | None = None,
    details: dict[str, object] | None = None,
) -> None:
    operation.note_event(
        session,
        what,
        now=work.now,
        conversation_id=conversation_id,
        message_id=message_id,
        outgoing_mail_id=outgoing_mail_id,
        inbound_mail_id=work.arrival.inbound_mail_id,
        details=details,
    )
