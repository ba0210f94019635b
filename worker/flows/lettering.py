"""Gathers what an outgoing mail says and how it is addressed, in the transaction that claimed it.

What goes is fixed here: each delivery gets the revision that it carries, the mail its Message-ID, date, ENVID and
return path. Rendering happens afterwards, outside the transaction, from these values alone.
"""

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from storage import conversations, messages, outbox, people
from storage.records import (
    About,
    Attachment,
    Conversation,
    Message,
    MessageId,
    OutgoingMail,
    Person,
    PersonId,
    PublicId,
    Revision,
)
from storage.states import AddressKind, MailKind, MailState, Side, Visibility
from worker.core.letters import Failure, Heading, Letter, LetterMessage
from worker.flows.alarming import alarm_letter
from worker.flows.heading import heading_of, mail_token, participant_address, return_path
from worker.flows.house import House, there
from worker.flows.notices import brake_letter
from worker.flows.rejecting import rejection_letter
from worker.flows.talk import Talk, talk_of

EARLIER = 2
"""How many earlier messages are quoted below when the reader has not seen them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Claimed:
    """A claimed mail with all it takes to make its bytes. ``fixed``: the bytes exist, from an earlier try."""

    mail: OutgoingMail
    letter: Letter
    heading: Heading
    files: tuple[Attachment, ...]
    client_public_id: PublicId | None
    envelope_from: str
    envelope_id: str


def gather(session: Session, house: House, mail: OutgoingMail, *, now: datetime) -> Claimed:
    """Everything the printer and the relay need for this mail."""
    person = people.person(session, mail.person_id) if mail.person_id else None
    talk = talk_of(session, mail)
    letter, files = letter_of(session, house, mail, person, talk)
    token = mail_token(session, house, mail, now=now)
    return Claimed(
        mail=mail,
        letter=letter,
        heading=heading_of(session, house, mail, person, talk, letter=letter, token=token, now=now),
        files=tuple(files),
        client_public_id=talk.client.public_id if talk else None,
        envelope_from="" if mail.kind is MailKind.REJECTION else return_path(house, token),
        envelope_id=token,
    )


def letter_of(
    session: Session, house: House, mail: OutgoingMail, person: Person | None, talk: Talk | None
) -> tuple[Letter, list[Attachment]]:
    if mail.kind is MailKind.ALARM:
        return alarm_letter(house, mail), []
    if mail.kind is MailKind.NOTICE:
        note = participant_address(session, house, talk, AddressKind.NOTE) if talk else None
        return brake_letter(session, house, mail, person, note_address=note), []
    if mail.kind is MailKind.FAILURE_NOTICE or talk is None or person is None:
        note = participant_address(session, house, talk, AddressKind.NOTE) if talk and person else None
        return notice_letter(session, house, mail, person, note_address=note), []
    if mail.kind is MailKind.REJECTION:
        again = participant_address(session, house, talk, AddressKind.REPLY)
        return rejection_letter(house, mail, talk, reply_address=again, reader=person), []
    zone = ZoneInfo(person.time_zone)
    carried = carried_messages(session, mail)
    files = messages.attachments_of(session, [message.id for message, _ in carried])
    shown = [each for each in files if not each.set_aside]
    names = people.people_by_ids(session, [message.author_id for message, _ in carried if message.author_id])
    author = names.get(mail.author_id) if mail.author_id else None
    firm_reader = talk.reader.side is Side.FIRM
    shared = mail.visibility is Visibility.SHARED
    letter = Letter(
        kind=mail.kind,
        language=mail.language,
        side=talk.reader.side,
        visibility=mail.visibility,
        firm_name=house.policy.firm_name,
        client_name=talk.client.name,
        subject=talk.conversation.subject,
        reader=person.name,
        signer=author.name if author else house.policy.firm_name,
        messages=tuple(letter_message(each, names, zone, shown) for each in carried),
        earlier=earlier_messages(session, mail, talk, zone) if mail.kind is MailKind.MESSAGE else (),
        about=about_of(talk.conversation),
        reply_address=participant_address(session, house, talk, AddressKind.REPLY) if shared else None,
        note_address=participant_address(session, house, talk, AddressKind.NOTE) if firm_reader else None,
        answer_wanted=any(message.answer_wanted for message, _ in carried),
    )
    return letter, shown if mail.kind is MailKind.MESSAGE else []


def carried_messages(session: Session, mail: OutgoingMail) -> list[tuple[Message, Revision]]:
    """The messages of a mail with the revisions that were fixed for it, in order."""
    carried = [each for each in outbox.deliveries_in(session, [mail.id]) if each.dropped_at is None]
    named = messages.messages_by_ids(session, [each.message_id for each in carried])
    fixed = messages.revisions_by_ids(session, [each.revision_id for each in carried if each.revision_id])
    return [(named[each.message_id], fixed[each.revision_id]) for each in carried if each.revision_id]


def fix_revisions(session: Session, mail: OutgoingMail) -> int:
    """Fix what each delivery carries, until the bytes are made; how many messages are left to carry."""
    open_ones = [each for each in outbox.deliveries_in(session, [mail.id]) if each.dropped_at is None]
    latest = messages.latest_revisions(session, [each.message_id for each in open_ones])
    for each in open_ones:
        if each.revision_id is None or mail.bytes_path is None:
            outbox.update_delivery(session, each.id, revision_id=latest[each.message_id].id)
    return len(open_ones)


def letter_message(
    carried: tuple[Message, Revision], names: dict[PersonId, Person], zone: ZoneInfo, files: list[Attachment]
) -> LetterMessage:
    message, revision = carried
    author = names.get(message.author_id) if message.author_id else None
    return LetterMessage(
        author=author.name if author else "",
        happened_at=message.happened_at.astimezone(zone),
        text=revision.text,
        files=tuple(each.name for each in files if each.message_id == message.id),
    )


def earlier_messages(session: Session, mail: OutgoingMail, talk: Talk, zone: ZoneInfo) -> tuple[LetterMessage, ...]:
    """The last earlier messages that this reader may read and has neither written, seen nor got by mail."""
    carried = {each.message_id for each in outbox.deliveries_in(session, [mail.id])}
    first = min(carried, default=MessageId(0))
    recent = messages.last_messages(session, talk.conversation.id, most=50)
    before = [each for each in recent if each.id < first and may_be_quoted(each, talk)][:EARLIER]
    unseen = [each for each in before if not knows(session, each, talk)]
    latest = messages.latest_revisions(session, [each.id for each in unseen])
    names = people.people_by_ids(session, [each.author_id for each in unseen if each.author_id])
    return tuple(letter_message((each, latest[each.id]), names, zone, []) for each in reversed(unseen))


def may_be_quoted(message: Message, talk: Talk) -> bool:
    """Shared and not deleted; a note is never quoted anywhere, since any mail may be forwarded."""
    return (
        message.visibility is Visibility.SHARED
        and message.deleted_at is None
        and message.author_id != talk.reader.person_id
    )


WENT = frozenset({MailState.ACCEPTED, MailState.DELAYED, MailState.DELIVERED, MailState.SENDING})


def knows(session: Session, message: Message, talk: Talk) -> bool:
    if talk.reader.seen_message_id is not None and message.id <= talk.reader.seen_message_id:
        return True
    deliveries = [each for each in outbox.deliveries_of(session, [message.id]) if each.participant_id == talk.reader.id]
    mails = outbox.mails_by_ids(session, [each.outgoing_mail_id for each in deliveries])
    return any(each.evidence is not None or mails[each.outgoing_mail_id].state in WENT for each in deliveries)


def about_of(conversation: Conversation) -> About | None:
    if conversation.about_kind is None:
        return None
    return About(
        kind=conversation.about_kind,
        number=conversation.about_number,
        on=conversation.about_on,
        amount=conversation.about_amount,
        currency=conversation.about_currency or "EUR",
        counterparty=conversation.about_counterparty,
    )


def notice_letter(
    session: Session, house: House, mail: OutgoingMail, person: Person | None, *, note_address: str | None
) -> Letter:
    """The letter of a failure notice: who was not reached, why, and what had been written."""
    failed = there(outbox.mail(session, (mail.details or {})["failed_mail"]))
    missed = people.person(session, failed.person_id) if failed.person_id else None
    conversation = conversations.conversation(session, failed.conversation_id) if failed.conversation_id else None
    client = people.client(session, failed.client_id) if failed.client_id else None
    zone = ZoneInfo(person.time_zone if person else "Europe/Brussels")
    carried = carried_messages(session, failed)
    names = people.people_by_ids(session, [message.author_id for message, _ in carried if message.author_id])
    to_the_firm = person is not None
    return Letter(
        kind=MailKind.FAILURE_NOTICE,
        language=mail.language,
        side=Side.FIRM,
        visibility=Visibility.INTERNAL,
        firm_name=house.policy.firm_name,
        client_name=client.name if client else "",
        subject=conversation.subject if conversation else "",
        reader=person.name if person else "",
        signer=house.policy.firm_name,
        messages=tuple(letter_message(each, names, zone, []) for each in carried) if to_the_firm else (),
        note_address=note_address,
        failure=Failure(
            person=missed.name if missed else "",
            address=failed.address,
            reason=failed.failure_reason or failed.ended_why or "",
            status=failed.failure_status or "",
        ),
    )
