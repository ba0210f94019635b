"""The brake between a decision and its filing: a flood or a loop is joined or held, and a case manager is told once.

Counted under the conversation's lock, so that mails filed side by side count each other.
"""

from dataclasses import replace
from datetime import datetime
from hashlib import sha256

from sqlalchemy.orm import Session

from storage import brake_history, operation
from storage.records import Arrival, ConversationId
from worker.core.brake import QUICK, TIMES, Brake, Past, PastMail, brake
from worker.core.filing_facts import Decision, Facts, Holds, Opens, Posts, Why
from worker.core.letters import Notice
from worker.core.new_text import Cut
from worker.flows.house import House
from worker.flows.notices import tell_case_manager

WHY = {
    Brake.TOO_MANY: Why.TOO_MANY_MAILS,
    Brake.REPEATS: Why.REPEATS_ONE_TEXT,
    Brake.QUICK: Why.ANSWERS_AT_ONCE,
}
BRAKE_OF = {why: brake for brake, why in WHY.items()}


def braked(session: Session, house: House, arrival: Arrival, *, facts: Facts, decision: Decision, cut: Cut) -> Decision:
    """The decision, or what the brake makes of it."""
    if isinstance(decision, Posts):
        found = brake_on(session, house, arrival, facts=facts, decision=decision, cut=cut)
        if found is None:
            return decision
        if not found.holds:
            return replace(decision, joined=True)
        return Holds(why=WHY[found], conversation_id=decision.conversation.id)
    if isinstance(decision, Opens):
        why = why_not_opened(session, house, arrival, facts, decision)
        return decision if why is None else Holds(why=why, conversation_id=decision.linked_to)
    return decision


def brake_on(
    session: Session, house: House, arrival: Arrival, *, facts: Facts, decision: Posts, cut: Cut
) -> Brake | None:
    conversation_id, person_id = decision.conversation.id, decision.person.id
    since, until = arrival.happened_at - house.policy.brake_window, arrival.happened_at
    last = brake_history.last_posted(session, conversation_id, person_id, since=since, until=until, most=TIMES - 1)
    held = brake_history.count_held(session, conversation_id, facts.mail.sender or "", tuple(WHY.values()), since=since)
    count = brake_history.count_posted(session, conversation_id, person_id, since=since, until=until) + held
    past = Past(
        count=count,
        last=tuple(PastMail(happened_at=each.happened_at, text=each.text, has_files=each.has_files) for each in last),
        ours=brake_history.ours_to(session, conversation_id, person_id, since=since) if len(last) == TIMES - 1 else (),
    )
    present = PastMail(happened_at=arrival.happened_at, text=cut.new_text, has_files=bool(facts.mail.files))
    return brake(present, past, free=house.policy.brake_from, most=house.policy.hold_from)


def why_not_opened(session: Session, house: House, arrival: Arrival, facts: Facts, decision: Opens) -> Why | None:
    """Too many conversations of one sender; or his third one, that again answers a mail to somebody else at once."""
    since = arrival.happened_at - house.policy.brake_window
    opened = brake_history.count_opened(session, decision.person.id, since=since)
    at_once = any(is_at_once(arrival.happened_at, each.mail.dated_at) for each in facts.answered)
    if at_once and not decision.verified and opened >= TIMES - 1:
        return Why.ANSWERS_AT_ONCE
    return Why.TOO_MANY_MAILS if opened >= house.policy.hold_from else None


def is_at_once(came_at: datetime, went_at: datetime | None) -> bool:
    return went_at is not None and abs(came_at - went_at) <= QUICK


def tell_brake(session: Session, house: House, facts: Facts, decision: Decision, *, now: datetime) -> None:
    """One notice per sender, conversation, reason and window to a case manager of the client."""
    found, conversation_id = told_of(decision)
    if found is None or conversation_id is None:
        return
    # no address in a key that nobody erases
    writer = sha256((facts.mail.sender or "").encode()).hexdigest()[:16]
    name = f"brake:c{conversation_id}:{found}:{writer}"
    if not operation.begin_turn(session, name, now=now, every=house.policy.brake_window):
        return
    notice = Notice(
        kind=found,
        person=facts.mail.sender_name or facts.mail.sender or "",
        count=house.policy.hold_from if found is Brake.TOO_MANY else house.policy.brake_from,
        minutes=int(house.policy.brake_window.total_seconds() // 60),
    )
    tell_case_manager(session, conversation_id, notice, now=now)


def told_of(decision: Decision) -> tuple[Brake | None, ConversationId | None]:
    match decision:
        case Posts(joined=True, conversation=conversation):
            return Brake.MANY, conversation.id
        case Holds(why=why, conversation_id=conversation_id):
            return BRAKE_OF.get(why), conversation_id
        case _:
            return None, None
