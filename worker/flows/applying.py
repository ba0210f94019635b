"""Writing what a filing became: one branch per decision, all inside the filing's transaction."""

from datetime import datetime
from typing import assert_never

from sqlalchemy.orm import Session

from storage import attention, inbox, operation
from storage.records import (
    Arrival,
    FilingId,
    OutgoingMail,
)
from storage.states import AttentionReason, ChangeKind, Outcome, Side
from worker.core.filing_facts import (
    Commands,
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
)
from worker.core.letters import Alarm, AlarmKind
from worker.core.new_text import Cut
from worker.core.rejections import Rejection
from worker.core.sending import Event
from worker.flows.absences import note_absence
from worker.flows.alarming import alarm_operator
from worker.flows.evidence import about_recipient, apply_report, deliver
from worker.flows.filing_work import Applied, Work, note
from worker.flows.house import House
from worker.flows.posting import StoredFile
from worker.flows.posting_mail import open_new, post
from worker.flows.rejecting import reject
from worker.flows.telling_held import HeldMail, tell_about_held


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
        case Commands():
            note(session, work, "command", details={"verbs": [each.written for each in decision.orders]})
            return Applied(outcome=Outcome.COMMAND, due=())
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
    told = HeldMail(filing_id=work.filing_id, arrival=work.arrival, facts=work.facts, decision=decision, now=work.now)
    return Applied(outcome=Outcome.HELD, due=tuple(tell_about_held(session, told)))


def refuse(session: Session, work: Work, decision: Rejects) -> Applied:
    """Told to its writer, at most once a day; nothing is posted."""
    ids = {"conversation_id": decision.conversation.id, "person_id": decision.person.id}
    inbox.update_filing(session, work.filing_id, **ids)
    due = reject(session, work.arrival, work.facts.mail, decision, Rejection.EMPTY, now=work.now)
    note(session, work, "rejected", conversation_id=decision.conversation.id, details={"why": decision.why})
    return Applied(outcome=Outcome.REJECTED, due=due)
