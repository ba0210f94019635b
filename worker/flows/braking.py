"""The brake between decisions and their filing: a flood or a loop is joined or held.

Asked for all mails of one commit together, under the locks of their conversations, so that mails filed side by side
count each other. What is held is told to the firm like every held mail; that copies join, by a notice of its own.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from hashlib import sha256

from sqlalchemy.orm import Session

from storage import brake_history, operation
from storage.brake_history import Lately, PostedMail, Writer
from storage.records import Arrival, PersonId
from worker.core.brake import TIMES, Brake, Past, PastMail, brake
from worker.core.file_rules import LARGEST_LOGO, is_content
from worker.core.filing_facts import Decision, Facts, Holds, Opens, Posts, Why
from worker.core.letters import Notice
from worker.flows.findings import Ready
from worker.flows.house import House
from worker.flows.notices import tell_case_manager

WHY = {
    Brake.TOO_MANY: Why.TOO_MANY_MAILS,
    Brake.REPEATS: Why.REPEATS_ONE_TEXT,
    Brake.QUICK: Why.ANSWERS_AT_ONCE,
}
HELD_FOR = tuple(WHY.values())


def brake_together(session: Session, house: House, some: Sequence[tuple[Arrival, Ready]]) -> list[Ready]:
    """Each with its decision, or what the brake makes of it. Of one conversation there is one mail among them."""
    writers = [writer_of(house, *each) for each in some]
    lately = brake_history.written_lately(session, [each for each in writers if each is not None], HELD_FOR)
    opened = Opened(session, house, some)
    braked = []
    for (arrival, ready), writer in zip(some, writers, strict=True):
        decision = ready.decision
        if writer is not None and isinstance(decision, Posts):
            decision = of_post(decision, brake_on(session, house, ready, writer, lately[writer]))
        elif isinstance(decision, Opens):
            decision = opened.judged(arrival, ready.facts, decision)
        braked.append(ready if decision is ready.decision else replace(ready, decision=decision))
    return braked


def writer_of(house: House, arrival: Arrival, ready: Ready) -> Writer | None:
    """Whose mails are counted; None where there is nothing to brake."""
    if not isinstance(ready.decision, Posts):
        return None
    return Writer(
        conversation_id=ready.decision.conversation.id,
        person_id=ready.decision.person.id,
        sender=ready.facts.mail.sender or "",
        since=arrival.happened_at - house.policy.brake_window,
        until=arrival.happened_at,
    )


def of_post(decision: Posts, found: Brake | None) -> Decision:
    if found is None:
        return decision
    if not found.holds:
        return replace(decision, joined=True)
    return Holds(why=WHY[found], conversation_id=decision.conversation.id)


def brake_on(session: Session, house: House, ready: Ready, writer: Writer, lately: Lately) -> Brake | None:
    """Texts and our mails are read only of somebody who wrote often enough to repeat himself."""
    last: list[PostedMail] = []
    ours: tuple[tuple[datetime, ...], ...] = ()
    if lately.posted >= TIMES - 1:
        last = brake_history.last_posted(session, writer, most=TIMES - 1, largest_logo=LARGEST_LOGO)
        ours = brake_history.ours_to(session, writer.conversation_id, writer.person_id, since=writer.since)
    past = Past(
        count=lately.posted + lately.held,
        last=tuple(PastMail(happened_at=each.happened_at, text=each.text, has_files=each.has_files) for each in last),
        ours=ours,
    )
    original = ready.decision.original if isinstance(ready.decision, Posts) else None
    text = original.text if original else ready.cut.new_text
    has_files = any(map(is_content, ready.facts.mail.files))
    present = PastMail(happened_at=writer.until, text=text, has_files=has_files)
    return brake(present, past, free=house.policy.brake_from, most=house.policy.hold_from, at_once=house.policy.at_once)


class Opened:
    """Conversations that senders opened lately, those of this commit included."""

    def __init__(self, session: Session, house: House, some: Sequence[tuple[Arrival, Ready]]) -> None:
        self.policy = house.policy
        opening = [(arrival, ready.decision) for arrival, ready in some if isinstance(ready.decision, Opens)]
        since = min((arrival.happened_at for arrival, _ in opening), default=None)
        self.known = (
            brake_history.opened_lately(
                session, {decision.person.id for _, decision in opening}, since=since - self.policy.brake_window
            )
            if since is not None
            else []
        )
        self.here: Counter[PersonId] = Counter()

    def judged(self, arrival: Arrival, facts: Facts, decision: Opens) -> Decision:
        why = self.why_not(arrival, facts, decision)
        if why is not None:
            return Holds(why=why, conversation_id=decision.linked_to)
        self.here[decision.person.id] += 1
        return decision

    def why_not(self, arrival: Arrival, facts: Facts, decision: Opens) -> Why | None:
        """Too many of one sender; or his third one, that again answers a mail to somebody else at once."""
        since, person_id = arrival.happened_at - self.policy.brake_window, decision.person.id
        opened = self.here[person_id] + sum(who == person_id and at > since for who, at in self.known)
        quick = self.policy.at_once
        at_once = any(is_at_once(arrival.happened_at, each.mail.dated_at, quick) for each in facts.answered)
        if at_once and not decision.verified and opened >= TIMES - 1:
            return Why.ANSWERS_AT_ONCE
        return Why.TOO_MANY_MAILS if opened >= self.policy.hold_from else None


def is_at_once(came_at: datetime, went_at: datetime | None, within: timedelta) -> bool:
    return went_at is not None and timedelta(0) < within and abs(came_at - went_at) <= within


def tell_brake(session: Session, house: House, facts: Facts, decision: Decision, *, now: datetime) -> None:
    """That copies join: one notice per sender, conversation and window to a case manager of the client."""
    if not isinstance(decision, Posts) or not decision.joined:
        return
    # no address in a key that nobody erases
    writer = sha256((facts.mail.sender or "").encode()).hexdigest()[:16]
    name = f"brake:c{decision.conversation.id}:{writer}"
    if not operation.begin_turn(session, name, now=now, every=house.policy.brake_window):
        return
    notice = Notice(
        person=facts.mail.sender_name or facts.mail.sender or "",
        count=house.policy.brake_from,
        minutes=int(house.policy.brake_window.total_seconds() // 60),
    )
    tell_case_manager(session, decision.conversation.id, notice, now=now)
