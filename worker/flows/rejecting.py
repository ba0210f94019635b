"""Telling a verified writer that his mail was not passed on: one mail per address, reason and day, in his language.

It goes from the null sender (RFC 3834 section 3.3), so that nothing can come back, to the address he wrote from.
"""

from dataclasses import replace
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from storage import held, outbox
from storage.records import Arrival, OutgoingMail, OutgoingMailId, Person
from storage.states import MailKind, MailState, Visibility
from worker.core.filing_facts import Posts, Rejects
from worker.core.filing_rules import decide
from worker.core.letters import Letter, Rejected
from worker.core.parsed import ParsedMail
from worker.core.rejections import TRY_AGAIN, Rejection, may_reject, rejection_of_limit
from worker.flows.bare_letters import bare_letter
from worker.flows.finding import gather_facts
from worker.flows.house import House
from worker.flows.planning import PRIORITY
from worker.flows.talk import Talk


def reject(
    session: Session,
    arrival: Arrival,
    mail: ParsedMail,
    decision: Posts | Rejects,
    reason: Rejection,
    *,
    now: datetime,
) -> tuple[OutgoingMailId, ...]:
    """Plan the mail; none when this writer was told the same today."""
    assert mail.sender is not None, "a rejection goes to a verified writer"
    if not held.may_answer_today(session, mail.sender, f"rejection:{reason}", now=now):
        return ()
    mail_id = outbox.add_mail(
        session,
        kind=MailKind.REJECTION,
        visibility=Visibility.SHARED,
        language=decision.person.language,
        person_id=decision.person.id,
        address=mail.sender,
        priority=PRIORITY[MailKind.REJECTION],
        opened_at=now,
        due_at=now,
        now=now,
        state=MailState.QUEUED,
        client_id=decision.conversation.client_id,
        conversation_id=decision.conversation.id,
        answers_inbound_id=arrival.inbound_mail_id,
        details={"rejection": reason, "came_at": arrival.happened_at.isoformat()},
    )
    return (mail_id,)


def reject_quarantined(
    session: Session, house: House, arrival: Arrival, mail: ParsedMail, *, now: datetime
) -> tuple[OutgoingMailId, ...]:
    """For a mail over a limit, whose head could be read: its writer hears that it was not passed on."""
    reason = rejection_of_limit(mail.quarantine or "")
    if reason is None or mail.sender is None:
        return ()
    facts = gather_facts(session, house, arrival, mail, now=now)
    decision = decide(facts)
    if not isinstance(decision, Posts) or not may_reject(facts, decision):
        return ()
    return reject(session, arrival, mail, decision, reason, now=now)


def rejection_letter(
    house: House, mail: OutgoingMail, talk: Talk, *, reply_address: str | None, reader: Person
) -> Letter:
    told = mail.details or {}
    reason = Rejection(told["rejection"])
    came_at = datetime.fromisoformat(told["came_at"]).astimezone(ZoneInfo(reader.time_zone))
    return replace(
        bare_letter(house, mail, talk, reader),
        reply_address=reply_address if reason in TRY_AGAIN else None,
        rejected=Rejected(reason=reason, came_at=came_at),
    )
