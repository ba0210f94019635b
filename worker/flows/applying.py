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
from worker.core.filing_facts import Commands, Decision, Facts, Holds, Ignores, Moves, Opens, Posts, Proves
from worker.core.new_text import Cut
from worker.core.sending import Event
from worker.flows.evidence import about_recipient, apply_report, deliver
from worker.flows.filing_work import Applied, Work, note
from worker.flows.house import House
from worker.flows.posting import StoredFile
from worker.flows.posting_mail import open_new, post
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
        case Moves(mail=mail):
            return move_tick(session, work, mail)
        case Proves(mail=mail, evidence=evidence):
            deliver(session, mail, Event.REPORT_GOOD, evidence, now=now)
            note(session, work, "evidence", outgoing_mail_id=mail.id)
            return Applied(outcome=Outcome.IGNORED, due=())
        case Ignores(why=why):
            note(session, work, "ignored", details={"why": why})
            return Applied(outcome=Outcome.IGNORED, due=())
        case Holds():
            return hold(session, work, decision)
        case Commands():
            note(session, work, "command", details={"verbs": [each.written for each in decision.orders]})
            return Applied(outcome=Outcome.COMMAND, due=())
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
