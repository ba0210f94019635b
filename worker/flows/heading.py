"""How an outgoing mail is addressed: who it is from, where answers go, its place in the mail thread.

One signed token per mail stands in its Message-ID, ENVID and return path; a participant's reply and note address stand.
"""

from dataclasses import replace
from datetime import datetime

from storage.records import Conversation, OutgoingMail
from storage.states import AddressKind, Side, Visibility
from worker.core.letter_rules import answer_address
from worker.core.letters import Heading, Letter
from worker.core.policy import FromStyle
from worker.core.senders import Sender, auto_headers, sender_of
from worker.core.signed_addresses import local_part
from worker.core.threading_headers import ThreadLink, extend_thread_index, thread_index, thread_of
from worker.flows.claiming import Taking
from worker.flows.house import House
from worker.flows.papers import Papers
from worker.flows.talk import Talk


def signed_address(house: House, taking: Taking, kind: AddressKind) -> str | None:
    """The reader's address of this kind, where the mail may show one."""
    public_id = taking.signed.get(kind)
    return None if public_id is None else full_address(house, kind, house.keys.sign(kind, public_id))


def full_address(house: House, kind: AddressKind, token: str) -> str:
    return f"{local_part(kind, token, house.policy.separator)}@{house.policy.domain}"


def mail_token(house: House, taking: Taking) -> str:
    """The signed token of this mail: in its Message-ID, ENVID and return path. The same at every try."""
    return house.keys.sign(AddressKind.RETURN_PATH, taking.signed[AddressKind.RETURN_PATH])


def return_path(house: House, token: str) -> str:
    """Signed per mail; a relay that sends only as one mailbox gets that one, and reports are matched by ENVID."""
    if house.policy.from_style is FromStyle.MAILBOX and house.policy.mailbox_address:
        return house.policy.mailbox_address
    return full_address(house, AddressKind.RETURN_PATH, token)


def heading_of(house: House, taking: Taking, papers: Papers, *, letter: Letter, token: str) -> Heading:
    mail, talk = taking.mail, papers.talk_of(taking)
    person = papers.people.get(mail.person_id) if mail.person_id is not None else None
    sender = sender_for(house, taking, talk, papers, letter)
    automatic = auto_headers(mail.kind)
    heading = Heading(
        from_name=sender.name,
        from_address=sender.address,
        to_name=person.name if person else "",
        to_address=mail.address,
        reply_to=answer_address(letter),
        message_id=f"{token}@{house.policy.domain}",
        dated_at=taking.at,
        auto_submitted=automatic.auto_submitted,
        suppress_responses=automatic.suppress,
        language=mail.language,
    )
    if house.policy.redirect_all_to:
        shown = mail.address.replace("@", " at ")
        heading = replace(heading, to_name=f"{heading.to_name} ({shown})", to_address=house.policy.redirect_all_to)
    return with_thread(mail, talk, papers, heading) if talk else heading


def with_thread(mail: OutgoingMail, talk: Talk, papers: Papers, heading: Heading) -> Heading:
    """One mail thread per conversation and person; notes thread among themselves."""
    thread_key = (talk.conversation.id, talk.reader.person_id)
    known = [
        (each.at, each.message_id)
        for each in papers.sent.get(thread_key, ())
        if each.mail_id < mail.id and each.visibility is mail.visibility
    ]
    own = papers.own.get(thread_key)
    if own is not None:
        known.append((own.at, own.message_id))
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


def sender_for(house: House, taking: Taking, talk: Talk | None, papers: Papers, letter: Letter) -> Sender:
    mail = taking.mail
    carried = [papers.messages[each.message_id] for each in taking.carried]
    return sender_of(
        house.policy,
        side=talk.reader.side if talk else Side.FIRM,
        by_firm=mail.visibility is Visibility.INTERNAL or any(each.author_side is Side.FIRM for each in carried),
        author_name=letter.signer if talk else None,
        author_house_local=papers.locals_of_people.get(mail.author_id) if mail.author_id else None,
        client_name=letter.client_name if talk else None,
        client_house_local=papers.locals_of_clients.get(mail.client_id) if mail.client_id else None,
        reply_address=letter.reply_address or letter.note_address,
    )
