"""What the house itself writes about mails that came in, gathered when its mail is claimed: items, one-click addresses.

Each link is a signed address of its own (act, confirm or ask): one action on one held mail by the person the letter is
for. What was decided about meanwhile is left out of a list.
"""

from dataclasses import dataclass
from datetime import timedelta
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from storage import conversations, held, inbox, outbox, people, signed
from storage.records import ConversationId, Filing, FilingId, OutgoingMail, Person
from storage.states import AddressKind, MailKind, Outcome, Side, Visibility
from worker.core.commands import Verb
from worker.core.desk import FOR_THE_FIRM, AnswerLine, Desk, HeldItem, Link
from worker.core.held_rules import offers_for
from worker.core.letters import Letter
from worker.flows.heading import full_address
from worker.flows.house import House
from worker.flows.talk import Talk

LIFE = timedelta(days=60)
"""Of a link; the held mail stays, and can be decided about by `navette inbox` and in the portal."""
NOBODYS_ZONE = "Europe/Brussels"


def desk_letter(session: Session, house: House, mail: OutgoingMail, person: Person | None) -> Letter:
    told = mail.details or {}
    filing = inbox.filing(session, FilingId(told["filing"])) if "filing" in told else None
    conversation = (
        conversations.conversation(session, filing.conversation_id) if filing and filing.conversation_id else None
    )
    to_the_firm = mail.kind in FOR_THE_FIRM
    return Letter(
        kind=mail.kind,
        language=mail.language,
        side=Side.FIRM if to_the_firm or (person and people.is_case_manager(session, person.id)) else Side.CLIENT,
        visibility=Visibility.INTERNAL if to_the_firm else Visibility.SHARED,
        firm_name=house.policy.firm_name,
        client_name="",
        # Only towards whom the conversation belongs to: a stranger is told nothing of it.
        subject=conversation.subject if conversation and mail.kind is MailKind.CONFIRMATION else house.policy.firm_name,
        reader=person.name if person else "",
        signer=house.policy.firm_name,
        messages=(),
        desk=desk_of(session, house, mail, person, filing),
    )


def desk_of(session: Session, house: House, mail: OutgoingMail, person: Person | None, filing: Filing | None) -> Desk:
    told = mail.details or {}
    zone = ZoneInfo(person.time_zone if person else NOBODYS_ZONE)
    writing = Writing(house=house, mail=mail, person=person) if person else None
    if mail.kind is MailKind.COMMAND_ANSWER:
        lines = tuple(AnswerLine(key=key, values=tuple(values.items())) for key, values in told["lines"])
        return Desk(intro=told["intro"], lines=lines, text=told["text"])
    if filing is not None:
        return Desk(
            intro=told["intro"],
            at=filing.filed_at.astimezone(zone),
            sender=filing.sender or "",
            links=links_for_writer(session, writing, filing) if writing else (),
        )
    waiting = [
        each
        for each in held.filings_by_ids(session, told["filings"])
        if each.settled_at is None and each.outcome is Outcome.HELD
    ]
    return Desk(
        intro=told["intro"],
        items=tuple(held_item(session, writing, each) for each in waiting if writing is not None),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Writing:
    """The letter that is being written, and to whom."""

    house: House
    mail: OutgoingMail
    person: Person

    def link(self, session: Session, kind: AddressKind, filing: Filing, action: str) -> str:
        """An address that does this one thing with this mail, for this person, once."""
        return self.address(session, kind, action, filing_id=filing.id, conversation_id=filing.conversation_id)

    def address(
        self,
        session: Session,
        kind: AddressKind,
        action: str,
        *,
        filing_id: FilingId | None = None,
        conversation_id: ConversationId | None,
    ) -> str:
        row = signed.add_signed_address(
            session,
            kind,
            now=self.mail.opened_at,
            person_id=self.person.id,
            filing_id=filing_id,
            conversation_id=conversation_id,
            outgoing_mail_id=self.mail.id,
            action=action,
            expires_at=self.mail.opened_at + LIFE,
        )
        return full_address(self.house, kind, self.house.keys.sign(kind, row.public_id))


def closing_address(session: Session, house: House, mail: OutgoingMail, person: Person, talk: Talk) -> str | None:
    """For a contact, in the first mail of a conversation that his side started: "this is settled"."""
    if not shows_closing(session, mail, talk):
        return None
    writing = Writing(house=house, mail=mail, person=person)
    return writing.address(session, AddressKind.ACT, Verb.CLOSE, conversation_id=talk.conversation.id)


def shows_closing(session: Session, mail: OutgoingMail, talk: Talk) -> bool:
    theirs = talk.reader.side is Side.CLIENT and talk.conversation.starter_side is Side.CLIENT
    if not theirs or mail.kind is not MailKind.MESSAGE or mail.visibility is not Visibility.SHARED:
        return False
    return outbox.mails_to(session, talk.conversation.id, talk.reader.person_id)[0].id == mail.id


def held_item(session: Session, writing: Writing, filing: Filing) -> HeldItem:
    client = people.client(session, filing.client_id) if filing.client_id else None
    offered = offers_for(filing.reason, in_conversation=filing.conversation_id is not None)
    links = []
    for verb in offered:
        action = f"{verb}:{client.code}" if verb is Verb.CONTACT and client else str(verb)
        key = "contact_of" if verb is Verb.CONTACT and client is None else verb
        links.append(Link(key=key, address=writing.link(session, AddressKind.ACT, filing, action)))
    return HeldItem(
        number=f"i{filing.inbound_mail_id}",
        sender=filing.sender or "",
        sender_name=filing.sender_name or "",
        at=filing.filed_at.astimezone(ZoneInfo(writing.person.time_zone)),
        subject=filing.subject or "",
        why=filing.reason or "",
        excerpt=filing.excerpt or "",
        client_name=client.name if client else "",
        links=tuple(links),
    )


def links_for_writer(session: Session, writing: Writing, filing: Filing) -> tuple[Link, ...]:
    """One per client of his, to choose from; or the three answers to: was it you?"""
    if writing.mail.kind is MailKind.WAITING_NOTICE:
        return ()
    if writing.mail.kind is MailKind.QUESTION:
        return tuple(
            Link(
                key="client",
                name=each.name,
                address=writing.link(session, AddressKind.ASK, filing, f"{Verb.CLIENT}:{each.code}"),
            )
            for each in people.clients_of_contact(session, writing.person.id)
        )
    return tuple(
        Link(key=verb, address=writing.link(session, AddressKind.CONFIRM, filing, verb))
        for verb in (Verb.MINE, Verb.FOR_ME, Verb.NOT_ME)
    )
