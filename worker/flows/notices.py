"""Notices to a case manager that the brake joins somebody's mails: planned with the filing, a letter when sent."""

from dataclasses import asdict
from datetime import datetime

from sqlalchemy.orm import Session

from storage import addresses, conversations, outbox, people
from storage.records import Client, ConversationId, OutgoingMail, OutgoingMailId, Person
from storage.states import MailKind, MailState, Reach, Side, Visibility
from worker.core.letters import Letter, Notice
from worker.flows.house import House, there
from worker.flows.planning import PRIORITY


def tell_case_manager(
    session: Session, conversation_id: ConversationId, notice: Notice, *, now: datetime
) -> OutgoingMailId | None:
    """One mail to the client's manager, else to the deputy, else to the supervisor: the first that mail reaches."""
    conversation = there(conversations.conversation(session, conversation_id))
    client = there(people.client(session, conversation.client_id))
    for reader in responsible_for(session, client):
        address = addresses.mail_address_of(session, reader.id)
        if address is None or reader.reach is not Reach.MAIL:
            continue
        return outbox.add_mail(
            session,
            kind=MailKind.NOTICE,
            visibility=Visibility.INTERNAL,
            language=reader.language,
            person_id=reader.id,
            address=address.normal,
            priority=PRIORITY[MailKind.NOTICE],
            opened_at=now,
            due_at=now,
            now=now,
            state=MailState.QUEUED,
            client_id=client.id,
            conversation_id=conversation_id,
            details={"notice": asdict(notice)},
        )
    return None


def responsible_for(session: Session, client: Client) -> list[Person]:
    keys = [key for key in (client.manager_id, client.deputy_id, client.supervisor_id) if key is not None]
    known = people.people_by_ids(session, keys)
    return [known[each] for each in dict.fromkeys(keys)]


def brake_letter(
    session: Session, house: House, mail: OutgoingMail, person: Person | None, *, note_address: str | None
) -> Letter:
    told = (mail.details or {})["notice"]
    conversation = conversations.conversation(session, mail.conversation_id) if mail.conversation_id else None
    client = people.client(session, mail.client_id) if mail.client_id else None
    return Letter(
        kind=MailKind.NOTICE,
        language=mail.language,
        side=Side.FIRM,
        visibility=Visibility.INTERNAL,
        firm_name=house.policy.firm_name,
        client_name=client.name if client else "",
        subject=conversation.subject if conversation else "",
        reader=person.name if person else "",
        signer=house.policy.firm_name,
        messages=(),
        note_address=note_address,
        notice=Notice(**told),
    )
