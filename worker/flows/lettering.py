"""From claimed mails to letters: what each says and how it is addressed, gathered in one reading transaction.

Rendering happens afterwards, outside any transaction, from these values alone.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
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
from storage.states import AddressKind, AsideReason, MailKind, MailState, Side, Visibility
from worker.core.desk import DESK_KINDS
from worker.core.file_rules import REFUSED, may_be_shown
from worker.core.letters import Failure, Heading, Letter, LetterMessage, Refusal, RefusedFile
from worker.flows.alarming import alarm_letter
from worker.flows.bare_letters import bare_letter
from worker.flows.claiming import Taking
from worker.flows.desk_letters import closing_address, desk_letter, shows_closing
from worker.flows.heading import heading_of, mail_token, return_path, signed_address
from worker.flows.house import House, there
from worker.flows.notices import brake_letter
from worker.flows.papers import Papers, read_papers
from worker.flows.rejecting import rejection_letter
from worker.flows.talk import Talk
from worker.flows.telling_opened import opened_letter

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


def gather(house: House, takings: Sequence[Taking]) -> list[Claimed]:
    """Everything the printer and the relay need for these mails."""
    with house.database.reading() as session:
        papers = read_papers(session, takings)
        made = {
            each.mail.id: claimed_of(session, house, each, papers)
            for each in takings
            if not shows_links(session, each, papers)
        }
    linked = [each for each in takings if each.mail.id not in made]
    if linked:  # few: each link is an address of its own
        with house.database.writing() as session:
            made |= {each.mail.id: claimed_of(session, house, each, papers) for each in linked}
    return [made[each.mail.id] for each in takings]


def shows_links(session: Session, taking: Taking, papers: Papers) -> bool:
    """Whether the letter shows one-click addresses, which must be written down while it is made."""
    talk = papers.talk_of(taking)
    return taking.mail.kind in DESK_KINDS or (talk is not None and shows_closing(session, taking.mail, talk))


def claimed_of(session: Session, house: House, taking: Taking, papers: Papers) -> Claimed:
    talk = papers.talk_of(taking)
    letter, files = letter_of(session, house, taking, papers)
    token = mail_token(house, taking)
    return Claimed(
        mail=taking.mail,
        letter=letter,
        heading=heading_of(house, taking, papers, letter=letter, token=token),
        files=tuple(files),
        client_public_id=talk.client.public_id if talk else None,
        envelope_from="" if taking.mail.kind is MailKind.REJECTION else return_path(house, token),
        envelope_id=token,
    )


def letter_of(session: Session, house: House, taking: Taking, papers: Papers) -> tuple[Letter, list[Attachment]]:
    mail, talk = taking.mail, papers.talk_of(taking)
    person = papers.people.get(mail.person_id) if mail.person_id else None
    if mail.kind is MailKind.ALARM:
        return alarm_letter(house, mail), []
    if mail.kind is MailKind.NOTICE:
        note = signed_address(house, taking, AddressKind.NOTE) if talk else None
        return brake_letter(session, house, mail, person, note_address=note), []
    if mail.kind in DESK_KINDS:
        return desk_letter(session, house, mail, person), []
    if mail.kind is MailKind.REFUSED_FILES and talk is not None and person is not None:
        return refusal_letter(session, house, taking, talk, person), []
    if mail.kind is MailKind.FAILURE_NOTICE or talk is None or person is None:
        note = signed_address(house, taking, AddressKind.NOTE) if talk and person else None
        return notice_letter(session, house, mail, person, note_address=note), []
    if mail.kind is MailKind.REJECTION:
        again = signed_address(house, taking, AddressKind.REPLY)
        return rejection_letter(house, mail, talk, reply_address=again, reader=person), []
    if mail.kind is MailKind.OPENED_NOTICE:
        reply, note = (signed_address(house, taking, each) for each in (AddressKind.REPLY, AddressKind.NOTE))
        return opened_letter(session, house, mail, talk, reader=person, reply_address=reply, note_address=note), []
    zone = ZoneInfo(person.time_zone)
    carried = papers.carried_by(taking.carried)
    said = {message.id for message, _ in carried}
    files = [each for each in papers.attachments if each.message_id in said]
    shown = [each for each in files if is_attached(house, each)]
    author = papers.people.get(mail.author_id) if mail.author_id else None
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
        messages=tuple(with_files(house, letter_message(each, papers.people, zone), each, files) for each in carried),
        earlier=earlier_messages(session, taking, talk, papers, zone) if mail.kind is MailKind.MESSAGE else (),
        about=about_of(talk.conversation),
        reply_address=signed_address(house, taking, AddressKind.REPLY),
        note_address=signed_address(house, taking, AddressKind.NOTE),
        answer_wanted=any(message.answer_wanted for message, _ in carried),
        close_address=closing_address(session, house, mail, person, talk),
    )
    return letter, shown if mail.kind is MailKind.MESSAGE else []


def is_attached(house: House, file: Attachment) -> bool:
    return not file.set_aside and may_be_shown(file.scan_state, file.aside_why, hook_is_on=house.policy.scans_files)


def with_files(
    house: House, letter: LetterMessage, carried: tuple[Message, Revision], files: Sequence[Attachment]
) -> LetterMessage:
    """Names what is attached, and what is not and why; images without meaning are not named."""
    own = [each for each in files if each.message_id == carried[0].id]
    refused = [(each.name, each.aside_why) for each in own if each.aside_why is not None]
    return replace(
        letter,
        files=tuple(each.name for each in own if is_attached(house, each)),
        files_unscanned=tuple(each.name for each in own if not each.set_aside and not is_attached(house, each)),
        files_refused=tuple(RefusedFile(name=name, why=why) for name, why in refused if why in REFUSED),
    )


def refusal_letter(session: Session, house: House, taking: Taking, talk: Talk, reader: Person) -> Letter:
    """What the answer about refused files says: to their sender, or to the firm about somebody else's."""
    mail, details = taking.mail, taking.mail.details or {}
    author = people.person(session, PersonId(details["author"])) if details.get("author") else None
    return replace(
        bare_letter(house, mail, talk, reader),
        reply_address=signed_address(house, taking, AddressKind.REPLY),
        note_address=signed_address(house, taking, AddressKind.NOTE),
        refusal=Refusal(
            author=author.name if author else "",
            files=tuple(RefusedFile(name=name, why=AsideReason(why)) for name, why in details["refused"]),
        ),
    )


def letter_message(
    carried: tuple[Message, Revision], names: Mapping[PersonId, Person], zone: ZoneInfo
) -> LetterMessage:
    message, revision = carried
    author = names.get(message.author_id) if message.author_id else None
    return LetterMessage(
        author=author.name if author else "",
        happened_at=message.happened_at.astimezone(zone),
        text=revision.text,
    )


def earlier_messages(
    session: Session, taking: Taking, talk: Talk, papers: Papers, zone: ZoneInfo
) -> tuple[LetterMessage, ...]:
    """The last earlier messages that this reader may read and has neither written, seen nor got by mail.

    A note is never quoted anywhere, since any mail may be forwarded; what a case manager passed on is not mailed to the
    client's side in any way.
    """
    first = min((each.message_id for each in taking.carried), default=MessageId(0))
    if papers.first.get(talk.conversation.id, first) >= first:
        return ()
    before = messages.quotable_before(
        session,
        talk.conversation.id,
        first,
        not_by=talk.reader.person_id,
        passed_on=talk.reader.side is Side.FIRM,
        most=EARLIER,
    )
    unseen = [each for each in before if not knows(session, each, talk)]
    latest = messages.latest_revisions(session, [each.id for each in unseen])
    names = people.people_by_ids(session, [each.author_id for each in unseen if each.author_id])
    return tuple(letter_message((each, latest[each.id]), names, zone) for each in reversed(unseen))


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


def carried_messages(session: Session, mail: OutgoingMail) -> list[tuple[Message, Revision]]:
    """The messages of a mail that went, with the revisions that were fixed for it, in order."""
    carried = [each for each in outbox.deliveries_in(session, [mail.id]) if each.dropped_at is None]
    named = messages.messages_by_ids(session, [each.message_id for each in carried])
    fixed = messages.revisions_by_ids(session, [each.revision_id for each in carried if each.revision_id])
    return [(named[each.message_id], fixed[each.revision_id]) for each in carried if each.revision_id]


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
        messages=tuple(letter_message(each, names, zone) for each in carried) if to_the_firm else (),
        note_address=note_address,
        failure=Failure(
            person=missed.name if missed else "",
            address=failed.address,
            reason=failed.failure_reason or failed.ended_why or "",
            status=failed.failure_status or "",
        ),
    )
