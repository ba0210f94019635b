"""How an outgoing mail is addressed: who it is from, where answers go, its place in the mail thread.

One signed token per mail stands in its Message-ID, ENVID and return path; a participant's reply and note address stand.
"""

from dataclasses import replace
from datetime import datetime

from sqlalchemy.orm import Session

from storage import addresses, inbox, outbox, signed
from storage.records import Conversation, OutgoingMail, Person
from storage.states import AddressKind, Side
from worker.core.letter_rules import answer_address
from worker.core.letters import Heading, Letter
from worker.core.policy import FromStyle
from worker.core.senders import Sender, auto_headers, sender_of
from worker.core.signed_addresses import local_part
from worker.core.threading_headers import ThreadLink, extend_thread_index, thread_index, thread_of
from worker.flows.house import House
from worker.flows.talk import Talk


def participant_address(session: Session, house: House, talk: Talk, kind: AddressKind) -> str:
    row = signed.address_of_participant(
        session, talk.conversation.id, talk.reader.id, kind, now=talk.conversation.opened_at
    )
    return full_address(house, kind, house.keys.sign(kind, row.public_id))


def full_address(house: House, kind: AddressKind, token: str) -> str:
    return f"{local_part(kind, token, house.policy.separator)}@{house.policy.domain}"


def mail_token(session: Session, house: House, mail: OutgoingMail, *, now: datetime) -> str:
    """The signed token of this mail: in its Message-ID, ENVID and return path. Made once."""
    known = [each for each in signed.addresses_of_mail(session, mail.id) if each.kind is AddressKind.RETURN_PATH]
    row = (
        known[0]
        if known
        else signed.add_signed_address(
            session, AddressKind.RETURN_PATH, now=now, conversation_id=mail.conversation_id, outgoing_mail_id=mail.id
        )
    )
    return house.keys.sign(AddressKind.RETURN_PATH, row.public_id)


def return_path(house: House, token: str) -> str:
    """Signed per mail; a relay that sends only as one mailbox gets that one, and reports are matched by ENVID."""
    if house.policy.from_style is FromStyle.MAILBOX and house.policy.mailbox_address:
        return house.policy.mailbox_address
    return full_address(house, AddressKind.RETURN_PATH, token)


def heading_of(
    session: Session,
    house: House,
    mail: OutgoingMail,
    person: Person | None,
    talk: Talk | None,
    *,
    letter: Letter,
    token: str,
    now: datetime,
) -> Heading:
    sender = sender_for(session, house, mail, talk, letter)
    automatic = auto_headers(mail.kind)
    reply_to = answer_address(letter)
    heading = Heading(
        from_name=sender.name,
        from_address=sender.address,
        to_name=person.name if person else "",
        to_address=mail.address,
        reply_to=reply_to,
        message_id=f"{token}@{house.policy.domain}",
        dated_at=now,
        auto_submitted=automatic.auto_submitted,
        suppress_responses=automatic.suppress,
        language=mail.language,
    )
    if house.policy.redirect_all_to:
        shown = mail.address.replace("@", " at ")
        heading = replace(heading, to_name=f"{heading.to_name} ({shown})", to_address=house.policy.redirect_all_to)
    return with_thread(session, mail, talk, heading) if talk else heading


def with_thread(session: Session, mail: OutgoingMail, talk: Talk, heading: Heading) -> Heading:
    """One mail thread per conversation and person; notes thread among themselves."""
    earlier = [
        each
        for each in outbox.mails_to(session, talk.conversation.id, talk.reader.person_id)
        if each.id < mail.id and each.message_id and each.visibility is mail.visibility
    ]
    known = [(each.dated_at or each.opened_at, each.message_id or "") for each in earlier]
    own = inbox.mail_of_person_in(session, talk.conversation.id, talk.reader.person_id)
    if own is not None and own.mail_message_id:
        known.append((own.filed_at, own.mail_message_id))
    thread = thread_of(talk.conversation.thread_root, [ThreadLink(message_id=name) for _, name in sorted(known)])
    return replace(
        heading,
        in_reply_to=thread.in_reply_to,
        references=thread.references,
        thread_topic=talk.conversation.subject,
        thread_index=outlook_index(talk.conversation, sorted(at for at, _ in known), now=heading.dated_at),
    )


def outlook_index(conversation: Conversation, earlier: list[datetime], *, now: datetime) -> str:
    """Continues the client's own Thread-Index when he started the conversation; else ours."""
    theirs = extend_thread_index(conversation.thread_index, now) if conversation.thread_index else None
    replies = [*earlier, now] if earlier else []
    return theirs or thread_index(conversation.public_id, conversation.opened_at, replies)


def sender_for(session: Session, house: House, mail: OutgoingMail, talk: Talk | None, letter: Letter) -> Sender:
    author_local = addresses.local_part_of(session, person_id=mail.author_id) if mail.author_id else None
    client_local = addresses.local_part_of(session, client_id=mail.client_id) if mail.client_id else None
    return sender_of(
        house.policy,
        side=talk.reader.side if talk else Side.FIRM,
        author_name=letter.signer if talk else None,
        author_house_local=author_local,
        client_name=letter.client_name if talk else None,
        client_house_local=client_local,
        reply_address=letter.reply_address or letter.note_address,
    )
