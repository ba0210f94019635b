"""All that claimed mails say and are addressed by, read for a batch in one moment and by a handful of statements.

What a mail carries was fixed when it was claimed: its messages come in those revisions, whatever was written since.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from storage import addresses, attached, conversations, messages, people, threads
from storage.records import (
    Attachment,
    Client,
    ClientId,
    Conversation,
    ConversationId,
    Delivery,
    Message,
    MessageId,
    OutgoingMail,
    Person,
    PersonId,
    Revision,
    RevisionId,
)
from storage.threads import OwnLink, SentLink
from worker.flows.claiming import Taking
from worker.flows.talk import Talk


@dataclass(frozen=True, slots=True, kw_only=True)
class Papers:
    """``first``: the oldest message of each conversation; ``locals_of_*``: house addresses without the domain."""

    people: Mapping[PersonId, Person]
    conversations: Mapping[ConversationId, Conversation]
    clients: Mapping[ClientId, Client]
    messages: Mapping[MessageId, Message]
    revisions: Mapping[RevisionId, Revision]
    attachments: Sequence[Attachment]
    first: Mapping[ConversationId, MessageId]
    locals_of_people: Mapping[PersonId, str]
    locals_of_clients: Mapping[ClientId, str]
    sent: Mapping[tuple[ConversationId, PersonId], Sequence[SentLink]]
    own: Mapping[tuple[ConversationId, PersonId], OwnLink]

    def talk_of(self, taking: Taking) -> Talk | None:
        mail, reader = taking.mail, taking.reader
        if mail.conversation_id is None or reader is None:
            return None
        conversation = self.conversations[mail.conversation_id]
        return Talk(conversation=conversation, client=self.clients[conversation.client_id], reader=reader)

    def carried_by(self, deliveries: Sequence[Delivery]) -> list[tuple[Message, Revision]]:
        """The messages of a mail with the revisions that were fixed for it, in order."""
        return [
            (self.messages[each.message_id], self.revisions[each.revision_id])
            for each in deliveries
            if each.revision_id is not None
        ]


def read_papers(session: Session, takings: Sequence[Taking]) -> Papers:
    mails = [each.mail for each in takings]
    carried = [each for taking in takings for each in taking.carried]
    message_ids = list({each.message_id for each in carried})
    said = messages.messages_by_ids(session, message_ids)
    talks = {(each.conversation_id, each.person_id) for each in mails if each.conversation_id and each.person_id}
    of_talks = conversations.conversations_by_ids(session, {each[0] for each in talks})
    writers = {each.author_id for each in said.values()} | {each.author_id for each in mails}
    writing = {each for each in writers if each is not None}
    client_ids = client_ids_of(mails, of_talks.values())
    locals_of_people, locals_of_clients = addresses.local_parts_among(session, writing, client_ids)
    return Papers(
        people=people.people_by_ids(session, list(writing | {each.person_id for each in mails if each.person_id})),
        conversations=of_talks,
        clients=people.clients_by_ids(session, client_ids),
        messages=said,
        revisions=messages.revisions_by_ids(session, [each.revision_id for each in carried if each.revision_id]),
        attachments=attached.attachments_of(session, message_ids),
        first=messages.first_messages(session, of_talks),
        locals_of_people=locals_of_people,
        locals_of_clients=locals_of_clients,
        sent=threads.sent_links(session, talks),
        own=threads.own_links(session, talks),
    )


def client_ids_of(mails: Sequence[OutgoingMail], of_talks: Collection[Conversation]) -> set[ClientId]:
    named = {each.client_id for each in mails if each.client_id is not None}
    return named | {each.client_id for each in of_talks}
