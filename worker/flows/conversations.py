"""The portal's interface: start a conversation, post into one; messages, closing, reading have the rest.

Every function is one use case: it says yes with a value or no with a ``Refused``; it raises only when the database or
the disk is down (``DatabaseDown``, ``FilesDown``), and then nothing was written. Files are stored before the rows that
name them.
"""

import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import wraps
from typing import ParamSpec, TypeVar

from sqlalchemy.orm import Session

from storage import conversations, messages, people
from storage.database import AlreadyThere
from storage.records import (
    About,
    Client,
    ClientId,
    ConversationId,
    MessageId,
    PersonId,
    PublicId,
)
from storage.states import ChangeKind, Origin, Side, Visibility
from worker.core import portal_rules
from worker.core.participants_rules import firm_people, strangers
from worker.core.refusals import No, Refused
from worker.flows.house import House, there
from worker.flows.posting import Draft, StoredFile, put_message, told

Asked = ParamSpec("Asked")
Answer = TypeVar("Answer")


@dataclass(frozen=True, slots=True, kw_only=True)
class NewFile:
    """A file as it is handed over. ``media_type`` as declared, or None."""

    name: str
    content: bytes
    media_type: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Started:
    conversation_id: ConversationId
    message_id: MessageId


@dataclass(frozen=True, slots=True, kw_only=True)
class Posted:
    """``again``: the external id was known, nothing was written a second time. ``reopened``: it had been closed."""

    message_id: MessageId
    again: bool
    reopened: bool


def again_when_there(flow: Callable[Asked, Answer]) -> Callable[Asked, Answer]:
    """Two calls with the same external id at the same moment: the second finds what the first has written."""

    @wraps(flow)
    def twice(*words: Asked.args, **names: Asked.kwargs) -> Answer:
        try:
            return flow(*words, **names)
        except AlreadyThere:
            return flow(*words, **names)

    return twice


@again_when_there
def start_conversation(
    house: House,
    *,
    by: PersonId,
    client_id: ClientId,
    subject: str,
    text: str,
    to: Sequence[PersonId] | None = None,
    about: About | None = None,
    files: Sequence[NewFile] = (),
    answer_wanted: bool = True,
    external_id: str | None = None,
) -> Started | Refused:
    """Open a conversation about one client with its first message, visible to both sides.

    ``to``: the contacts (or colleagues) addressed; None addresses every contact of the client. A repeated call with the
    same ``external_id`` finds what the first one made.
    """
    with house.database.reading() as session:
        client = people.client(session, client_id)
    if client is None:
        return Refused(No.UNKNOWN)
    stored = store_files(house, client.public_id, files)
    with house.database.writing() as session:
        now = house.now(session)
        known = external_id and conversations.conversation_by_external_id(session, external_id)
        if known and (known.client_id, known.starter_id) != (client_id, by):
            return Refused(No.OTHER_CONTENT)
        if known:
            return Started(conversation_id=known.id, message_id=messages.messages_of(session, known.id)[0].id)
        side = side_in(session, client_id, by)
        no = portal_rules.may_post(
            side, Visibility.SHARED, has_content=bool(subject.strip() and (text.strip() or stored))
        )
        if no:
            return no
        assert side is not None
        addressed = addressees(session, client, side, to)
        if isinstance(addressed, Refused):
            return addressed
        conversation_id = open_conversation(
            session,
            house,
            client,
            by=by,
            side=side,
            subject=subject.strip(),
            about=about,
            external_id=external_id,
            now=now,
        )
        for person_id, their_side in addressed:
            conversations.add_participant(session, conversation_id, person_id, their_side, now=now)
        draft = draft_of(by, side, text, files=stored, now=now, answer_wanted=answer_wanted)
        put = put_message(session, house, conversation_id, draft, now=now)
    house.bell.ring_outgoing(put.due)
    return Started(conversation_id=conversation_id, message_id=put.message_id)


def addressees(
    session: Session, client: Client, side: Side, to: Sequence[PersonId] | None
) -> list[tuple[PersonId, Side]] | Refused:
    contacts = [each.id for each in people.contacts_of(session, client.id)]
    wanted = list(to) if to is not None else (contacts if side is Side.FIRM else [])
    unknown = [each for each in strangers(wanted, contacts) if not people.is_case_manager(session, each)]
    if unknown:
        return Refused(No.NOT_A_CONTACT)
    if side is Side.FIRM and not any(each in contacts for each in wanted):
        return Refused(No.NO_CONTACTS)
    return [(each, Side.CLIENT if each in contacts else Side.FIRM) for each in wanted]


def open_conversation(
    session: Session,
    house: House,
    client: Client,
    *,
    by: PersonId | None,
    side: Side,
    subject: str,
    now: datetime,
    about: About | None = None,
    external_id: str | None = None,
    linked_to_id: ConversationId | None = None,
    thread_root: str | None = None,
    thread_index: str | None = None,
) -> ConversationId:
    """The conversation's row, its starter and the case managers who take part.

    ``thread_root`` and ``thread_index``: of the client's own mail, when he started it by mail.
    """
    conversation_id = conversations.add_conversation(
        session,
        client_id=client.id,
        subject=subject,
        starter_id=by,
        starter_side=side,
        thread_root=thread_root or f"{secrets.token_hex(12)}@{house.policy.domain}",
        now=now,
        about=about,
        external_id=external_id,
        linked_to_id=linked_to_id,
        thread_index=thread_index,
    )
    if by is not None:
        conversations.add_participant(session, conversation_id, by, side, now=now)
    manager = client.manager_id
    substitute = people.substitute_of(session, manager, now.date()) if manager else None
    for person_id in firm_people(client, by if side is Side.FIRM else None, substitute):
        conversations.add_participant(session, conversation_id, person_id, Side.FIRM, now=now)
    conversation = there(conversations.conversation(session, conversation_id))
    told(session, conversation, ChangeKind.CONVERSATION_STARTED, "started", by_id=by, now=now)
    return conversation_id


@again_when_there
def post_message(
    house: House,
    *,
    by: PersonId,
    conversation_id: ConversationId,
    text: str,
    visibility: Visibility = Visibility.SHARED,
    files: Sequence[NewFile] = (),
    answer_wanted: bool = True,
    external_id: str | None = None,
) -> Posted | Refused:
    """Post from the portal. ``answer_wanted`` counts for messages of the firm; a contact's message always waits for it.

    The same ``external_id`` posts once, however often it is called.
    """
    with house.database.reading() as session:
        conversation = conversations.conversation(session, conversation_id)
        client = conversation and people.client(session, conversation.client_id)
    if conversation is None or client is None:
        return Refused(No.UNKNOWN)
    stored = store_files(house, client.public_id, files)
    with house.database.writing() as session:
        conversation = there(conversations.lock_conversation(session, conversation_id))
        again = posted_before(session, external_id, conversation_id, by)
        if again is not None:
            return again
        side = side_in(session, conversation.client_id, by)
        no = portal_rules.may_post(side, visibility, has_content=bool(text.strip() or stored))
        if no:
            return no
        assert side is not None
        now = house.now(session)
        conversations.add_participant(session, conversation_id, by, side, now=now)
        draft = draft_of(
            by,
            side,
            text,
            files=stored,
            now=now,
            answer_wanted=answer_wanted,
            visibility=visibility,
            external_id=external_id,
        )
        put = put_message(session, house, conversation_id, draft, now=now)
    house.bell.ring_outgoing(put.due)
    return Posted(message_id=put.message_id, again=False, reopened=put.reopened)


def posted_before(
    session: Session, external_id: str | None, conversation_id: ConversationId, by: PersonId
) -> Posted | Refused | None:
    known = messages.message_by_external_id(session, external_id) if external_id else None
    if known is None:
        return None
    if (known.conversation_id, known.author_id) != (conversation_id, by):
        return Refused(No.OTHER_CONTENT)
    return Posted(message_id=known.id, again=True, reopened=False)


def draft_of(
    by: PersonId,
    side: Side,
    text: str,
    *,
    files: tuple[StoredFile, ...],
    now: datetime,
    answer_wanted: bool,
    visibility: Visibility = Visibility.SHARED,
    external_id: str | None = None,
) -> Draft:
    return Draft(
        author_id=by,
        author_side=side,
        text=text.strip(),
        origin=Origin.PORTAL,
        happened_at=now,
        visibility=visibility,
        answer_wanted=answer_wanted and side is Side.FIRM and visibility is Visibility.SHARED,
        files=files,
        external_id=external_id,
    )


def store_files(house: House, client: PublicId, files: Sequence[NewFile]) -> tuple[StoredFile, ...]:
    return tuple(
        StoredFile(
            name=each.name,
            sha256=house.files.put_attachment(client, each.content),
            size=len(each.content),
            media_type=each.media_type or "application/octet-stream",
        )
        for each in files
    )


def side_in(session: Session, client_id: ClientId, person_id: PersonId) -> Side | None:
    contacts = people.contacts_of(session, client_id)
    return portal_rules.side_of(
        is_contact=any(each.id == person_id for each in contacts),
        is_case_manager=people.is_case_manager(session, person_id),
    )
