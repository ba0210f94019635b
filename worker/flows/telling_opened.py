"""Telling a verified writer that his mail opened a conversation of its own, for its subject was another one.

The mail belongs to the new conversation: an answer to it goes there, and it threads under his own mail. One for each
conversation that was opened; of answers about one old conversation at most ``brake_from`` go to one person within
``brake_window`` (DESIGN.md invariant 12).
"""

from dataclasses import replace
from datetime import datetime

from sqlalchemy.orm import Session

from storage import addresses, conversations, held, outbox
from storage.records import ConversationId, OutgoingMail, OutgoingMailId, Person
from storage.states import MailKind, MailState, Reach, Visibility
from worker.core.filing_facts import Opens
from worker.core.letters import Letter, Opened
from worker.flows.bare_letters import bare_letter
from worker.flows.filing_work import Work
from worker.flows.house import House, there
from worker.flows.planning import PRIORITY
from worker.flows.talk import Talk


def tell_opened(
    session: Session,
    work: Work,
    decision: Opens,
    conversation_id: ConversationId,
) -> tuple[OutgoingMailId, ...]:
    """Plan the mail to the address he wrote from; none to a machine, a null sender or who has not proven himself."""
    person, old = decision.person, decision.linked_to
    facts, now = work.facts, work.now
    may_answer = decision.proven and facts.automatic.may_answer and not facts.null_sender
    if old is None or not may_answer or not is_reached(session, person, facts.mail.sender):
        return ()
    if answered_lately(session, work.house, person, old, now=now) >= work.house.policy.brake_from:
        return ()
    mail_id = outbox.add_mail(
        session,
        kind=MailKind.OPENED_NOTICE,
        visibility=Visibility.SHARED,
        language=person.language,
        person_id=person.id,
        address=there(facts.mail.sender),
        priority=PRIORITY[MailKind.OPENED_NOTICE],
        opened_at=now,
        due_at=now,
        now=now,
        state=MailState.QUEUED,
        client_id=decision.client.id,
        conversation_id=conversation_id,
        answers_inbound_id=work.arrival.inbound_mail_id,
        details={"about": old},
    )
    return (mail_id,)


def is_reached(session: Session, person: Person, sender: str | None) -> bool:
    return sender is not None and person.reach is Reach.MAIL and not addresses.is_suppressed(session, sender)


def answered_lately(session: Session, house: House, person: Person, old: ConversationId, *, now: datetime) -> int:
    since = now - house.policy.brake_window
    return held.answers_since(session, person.id, old, since=since, kind=MailKind.OPENED_NOTICE)


def opened_letter(
    session: Session,
    house: House,
    mail: OutgoingMail,
    talk: Talk,
    *,
    reader: Person,
    reply_address: str | None,
    note_address: str | None,
) -> Letter:
    old = there(conversations.conversation(session, ConversationId((mail.details or {})["about"])))
    return replace(
        bare_letter(house, mail, talk, reader),
        reply_address=reply_address,
        note_address=note_address,
        opened=Opened(old=old.subject),
    )
