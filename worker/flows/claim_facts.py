"""What decides whether claimed mails may go, and what each carries: read for a whole batch by a few statements."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from storage import addresses, conversations, messages, outbox, people
from storage.records import (
    Address,
    ClientId,
    ConversationId,
    Delivery,
    MessageId,
    OutgoingMail,
    OutgoingMailId,
    Participant,
    PersonId,
    RevisionId,
)
from storage.states import AddressState, Side
from worker.core.desk import FOR_THE_FIRM


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimFacts:
    """As they are in the claiming transaction. ``open``: the deliveries of each mail that were not dropped;
    ``newest``: of each message, its newest revision and whether that is a tombstone.
    """

    addresses: dict[PersonId, list[Address]]
    suppressed: set[str]
    readers: dict[tuple[ConversationId, PersonId], Participant]
    contacts: set[tuple[ClientId, PersonId]]
    case_managers: set[PersonId]
    open: dict[OutgoingMailId, list[Delivery]]
    newest: dict[MessageId, tuple[RevisionId, bool]]

    def in_use(self, person_id: PersonId) -> list[str]:
        return [each.normal for each in self.addresses[person_id] if each.state is AddressState.ACTIVE]

    def is_nobodys(self, mail: OutgoingMail) -> bool:
        """The person has this address no more, and no other one that works."""
        if mail.person_id is None:
            return False
        return all(
            each.normal != mail.address or each.state is AddressState.RETIRED for each in self.addresses[mail.person_id]
        )

    def reader_of(self, mail: OutgoingMail) -> Participant | None:
        if mail.conversation_id is None or mail.person_id is None:
            return None
        return self.readers.get((mail.conversation_id, mail.person_id))

    def reader_is_there(self, mail: OutgoingMail) -> bool:
        """Who left the client or the firm while the mail waited does not get it."""
        if mail.kind in FOR_THE_FIRM and mail.person_id is not None:
            return mail.person_id in self.case_managers
        if mail.conversation_id is None or mail.person_id is None or mail.client_id is None:
            return True
        reader = self.reader_of(mail)
        if reader is None or reader.side is Side.FIRM:
            return mail.person_id in self.case_managers and (reader is None or reader.left_at is None)
        return reader.left_at is None and (mail.client_id, mail.person_id) in self.contacts


def facts_of(session: Session, mails: Sequence[OutgoingMail]) -> ClaimFacts:
    persons = {each.person_id for each in mails if each.person_id is not None}
    talks = {each.conversation_id for each in mails if each.conversation_id is not None}
    theirs = addresses.addresses_of_many(session, persons)
    normals = {each.address for each in mails} | {each.normal for some in theirs.values() for each in some}
    carried = [each for each in outbox.deliveries_in(session, [each.id for each in mails]) if each.dropped_at is None]
    by_mail: dict[OutgoingMailId, list[Delivery]] = {each.id: [] for each in mails}
    for each in carried:
        by_mail[each.outgoing_mail_id].append(each)
    return ClaimFacts(
        addresses=theirs,
        suppressed=addresses.suppressed_among(session, normals),
        readers=conversations.participants_among(session, talks, persons),
        contacts=people.contacts_among(session, persons),
        case_managers=people.case_managers_among(session, persons),
        open=by_mail,
        newest=messages.newest_revisions(session, {each.message_id for each in carried}),
    )
