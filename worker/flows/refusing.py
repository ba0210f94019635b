"""The answer about files that were not taken over: to their sender, and of an infected one to the firm.

One answer names all files of a mail, and all that come within the window after it join one more; of a braked sender
within the window of the brake. At most ``brake_from`` answers of ours go to one person in a conversation per
``brake_window`` (DESIGN.md invariant 12); the files are set aside and shown to the firm in any case.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from storage import addresses, conversations, outbox, people
from storage.records import Conversation, OutgoingMail, OutgoingMailId, Person, PersonId
from storage.states import AsideReason, MailKind, MailState, Reach, Side, Visibility
from worker.core.letters import RefusedFile
from worker.flows.house import House
from worker.flows.planning import PRIORITY

ANSWERS = frozenset({MailKind.REFUSED_FILES, MailKind.RECEIPT, MailKind.REJECTION, MailKind.QUESTION})


@dataclass(frozen=True, slots=True, kw_only=True)
class RefusedOf:
    """Files of one message. ``author_id``: who sent it, on which side; ``joined``: the brake is on."""

    conversation: Conversation
    author_id: PersonId
    author_side: Side
    files: tuple[RefusedFile, ...]
    joined: bool = False


def tell_sender(session: Session, house: House, refused: RefusedOf, *, now: datetime) -> OutgoingMailId | None:
    """Plan or extend the answer; the mail's id when it is due at once. The caller knows that he may be answered."""
    person = people.person(session, refused.author_id)
    if person is None or not refused.files:
        return None
    return tell(session, house, refused, person, side=refused.author_side, now=now)


def tell_firm(session: Session, house: House, refused: RefusedOf, *, now: datetime) -> list[OutgoingMailId]:
    """Of infected files the case managers hear as well, whoever sent them."""
    infected = tuple(each for each in refused.files if each.why is AsideReason.INFECTED)
    if not infected:
        return []
    told = RefusedOf(
        conversation=refused.conversation,
        author_id=refused.author_id,
        author_side=refused.author_side,
        files=infected,
        joined=refused.joined,
    )
    readers = conversations.participants_of(session, refused.conversation.id)
    keys = [each.person_id for each in readers if each.side is Side.FIRM and each.person_id != refused.author_id]
    others = people.people_by_ids(session, keys).values()
    due = [tell(session, house, told, each, side=Side.FIRM, now=now) for each in others]
    return [each for each in due if each is not None]


def tell(
    session: Session, house: House, refused: RefusedOf, person: Person, *, side: Side, now: datetime
) -> OutgoingMailId | None:
    address = addresses.mail_address_of(session, person.id)
    if address is None or person.reach is not Reach.MAIL:
        return None
    earlier = [
        each
        for each in outbox.mails_to(session, refused.conversation.id, person.id)
        if each.kind in ANSWERS and each.created_at > now - house.policy.brake_window
    ]
    if joined(session, refused, earlier, person, now=now) or len(earlier) >= house.policy.brake_from:
        return None
    inbound = timedelta(seconds=house.policy.windows.join_inbound_seconds)
    window = house.policy.brake_window if refused.joined else inbound
    last = max((each.created_at for each in earlier if each.kind is MailKind.REFUSED_FILES), default=now - window)
    due_at = max(now, last + window)
    mail_id = outbox.add_mail(
        session,
        kind=MailKind.REFUSED_FILES,
        visibility=Visibility.INTERNAL if side is Side.FIRM else Visibility.SHARED,
        language=person.language,
        person_id=person.id,
        address=address.normal,
        priority=PRIORITY[MailKind.REFUSED_FILES],
        opened_at=now,
        due_at=due_at,
        now=now,
        state=MailState.WAITING if due_at > now else MailState.QUEUED,
        client_id=refused.conversation.client_id,
        conversation_id=refused.conversation.id,
        details={"refused": told_files(refused.files), "author": author_told(refused, person)},
    )
    return mail_id if due_at <= now else None


def joined(
    session: Session, refused: RefusedOf, earlier: Sequence[OutgoingMail], person: Person, *, now: datetime
) -> bool:
    """Into the answer that waits for the end of its window, when there is one about the same author."""
    for each in earlier:
        details = each.details or {}
        same = each.kind is MailKind.REFUSED_FILES and details.get("author") == author_told(refused, person)
        if same and each.state is MailState.WAITING and each.due_at > now:
            files = [*details["refused"], *told_files(refused.files)]
            values = {"details": {**details, "refused": files}}
            return outbox.update_mail(session, each.id, {MailState.WAITING}, **values)
    return False


def author_told(refused: RefusedOf, person: Person) -> PersonId | None:
    """Nobody, when the reader sent the files himself."""
    return None if person.id == refused.author_id else refused.author_id


def told_files(files: Sequence[RefusedFile]) -> list[list[str]]:
    return [[each.name, each.why] for each in files]
