"""A mail that becomes a message: in the conversation it answers, in a new one, or passed on by a case manager.

All inside the filing's transaction. Nothing of what a case manager passes on is mailed to the client's side.
"""

from dataclasses import replace

from sqlalchemy.orm import Session

from storage import addresses, conversations, file_facts, inbox, people
from storage.records import (
    Client,
    ClientId,
    ConversationId,
    OutgoingMailId,
    PersonId,
)
from storage.states import Origin, Outcome, Side, Visibility
from worker.core.file_rules import REFUSED
from worker.core.filing_facts import Opens, Posts, Why
from worker.core.forwards import Original
from worker.core.letters import RefusedFile
from worker.core.subjects import strip_prefixes
from worker.flows.conversations import open_conversation
from worker.flows.evidence import person_answered
from worker.flows.examining import judge, logos_in
from worker.flows.filing_work import Applied, Work, note
from worker.flows.house import there
from worker.flows.posting import Draft, Put, StoredFile, put_message
from worker.flows.refusing import RefusedOf, tell_firm, tell_sender
from worker.flows.telling_opened import tell_opened

NO_SUBJECT = "(…)"
MAIL = "message/rfc822"


def post(session: Session, work: Work, decision: Posts) -> Applied:
    """A reply becomes a message; it proves that the mails it answers arrived."""
    if decision.original is not None:
        client = there(people.client(session, decision.conversation.client_id))
        return pass_on(
            session,
            work,
            decision.conversation.id,
            client,
            by=decision.person.id,
            original=decision.original,
            joined=decision.joined,
        )
    vouched = decision.why is Why.ACCEPTED
    if decision.person.id != decision.participant.person_id:  # a colleague joins by writing, as in the portal
        side = decision.participant.side
        conversations.add_participant(session, decision.conversation.id, decision.person.id, side, now=work.now)
    draft = draft_of(work, decision.person.id, decision.participant.side, decision=decision, unverified=vouched)
    draft = with_files(session, work, draft, decision.conversation.client_id)
    put = put_message(session, work.house, decision.conversation.id, draft, now=work.now)
    proven = [each.mail for each in work.facts.answered[:1] if each.mail.conversation_id == decision.conversation.id]
    if work.facts.mail.sender is not None and not vouched:
        person_answered(session, proven, decision.person.id, work.facts.mail.sender, now=work.now)
    finish(session, work, decision.conversation.id, put, decision.person.id)
    is_proven = decision.why in {Why.REPLY_ADDRESS, Why.NOTE_ADDRESS}
    told = tell_refused(session, work, decision.conversation.id, draft, is_proven=is_proven)
    return Applied(outcome=Outcome.POSTED, due=(*put.due, *told))


def draft_of(
    work: Work, person_id: PersonId, side: Side, *, decision: Posts | None = None, unverified: bool = False
) -> Draft:
    visibility = decision.visibility if decision else Visibility.SHARED
    return Draft(
        author_id=person_id,
        author_side=side,
        text=work.cut.new_text,
        origin=Origin.MAIL,
        happened_at=work.arrival.happened_at,
        visibility=visibility,
        answer_wanted=side is Side.FIRM and visibility is Visibility.SHARED,
        sender_unverified=unverified,
        files=work.files,
        inbound_mail_id=work.arrival.inbound_mail_id,
        quoted_text=work.cut.quoted_text or None,
        cut_rule=work.cut.method,
        cut_confidence=work.cut.confidence,
        copied_to=(*work.facts.mail.to, *work.facts.mail.cc) if side is Side.FIRM else (),
        joined=decision is not None and decision.joined,
    )


def open_new(session: Session, work: Work, decision: Opens) -> Applied:
    """A known sender without a signed address: a new conversation. A case manager's goes to the client's contacts."""
    mail = work.facts.mail
    if decision.original is not None:
        return pass_on_new(session, work, decision, decision.original)
    by_client = decision.side is Side.CLIENT
    conversation_id = open_conversation(
        session,
        work.house,
        decision.client,
        by=decision.person.id,
        side=decision.side,
        subject=strip_prefixes(mail.subject) or NO_SUBJECT,
        now=work.now,
        linked_to_id=decision.linked_to,
        thread_root=own_root(session, mail.message_id) if by_client else None,
        thread_index=mail.header("thread-index") if by_client else None,
    )
    for contact in [] if by_client else people.contacts_of(session, decision.client.id):
        conversations.add_participant(session, conversation_id, contact.id, Side.CLIENT, now=work.now)
    draft = draft_of(work, decision.person.id, decision.side, unverified=not decision.verified)
    draft = with_files(session, work, draft, decision.client.id)
    put = put_message(session, work.house, conversation_id, draft, now=work.now)
    finish(session, work, conversation_id, put, decision.person.id)
    told = tell_refused(session, work, conversation_id, draft, is_proven=decision.verified)
    opened = tell_opened(session, work, decision, conversation_id)
    return Applied(outcome=Outcome.NEW_CONVERSATION, due=(*put.due, *told, *opened))


def with_files(session: Session, work: Work, draft: Draft, client_id: ClientId) -> Draft:
    """The files judged; what this person's mails always show is remembered."""
    person_id = draft.author_id or draft.forwarded_by_id
    assert person_id is not None
    has_text = bool(draft.text.strip())
    files = judge(session, work.house, work.files, client_id=client_id, person_id=person_id, has_text=has_text)
    for sha256 in sorted(logos_in(files)):
        file_facts.note_seen(session, person_id, sha256, work.arrival.inbound_mail_id, now=work.now)
    return replace(draft, files=files)


def tell_refused(
    session: Session, work: Work, conversation_id: ConversationId, draft: Draft, *, is_proven: bool
) -> list[OutgoingMailId]:
    """One answer about the files that were not taken over, to a writer who is who he says and no machine."""
    files = tuple(RefusedFile(name=each.name, why=each.aside_why) for each in draft.files if each.aside_why in REFUSED)
    if not files or draft.author_id is None:
        return []
    refused = RefusedOf(
        conversation=there(conversations.conversation(session, conversation_id)),
        author_id=draft.author_id,
        author_side=draft.author_side,
        files=files,
        joined=draft.joined,
    )
    note(session, work, "files_refused", conversation_id=conversation_id, details={"why": [each.why for each in files]})
    due = tell_firm(session, work.house, refused, now=work.now)
    may_answer = is_proven and work.facts.automatic.may_answer and not work.facts.null_sender
    own = tell_sender(session, work.house, refused, now=work.now) if may_answer else None
    return due if own is None else [*due, own]


def pass_on_new(session: Session, work: Work, decision: Opens, original: Original) -> Applied:
    """What a case manager passed on to the client's own address: a conversation that the client's side started, or,
    where it is for colleagues, one that he started and whose subject tells the client nothing.
    """
    is_internal = original.visibility is Visibility.INTERNAL
    subject = strip_prefixes(work.facts.mail.subject) or NO_SUBJECT
    conversation_id = open_conversation(
        session,
        work.house,
        decision.client,
        by=decision.person.id if is_internal else writer_of(session, decision.client, original),
        side=Side.FIRM if is_internal else Side.CLIENT,
        subject=NO_SUBJECT if is_internal else subject,
        now=work.now,
    )
    if is_internal:
        original = replace(original, text=f"{subject}\n\n{original.text}".strip())
        for contact in people.contacts_of(session, decision.client.id):
            conversations.add_participant(session, conversation_id, contact.id, Side.CLIENT, now=work.now)
    done = pass_on(session, work, conversation_id, decision.client, by=decision.person.id, original=original)
    return Applied(outcome=Outcome.NEW_CONVERSATION, due=done.due)


def pass_on(
    session: Session,
    work: Work,
    conversation_id: ConversationId,
    client: Client,
    *,
    by: PersonId,
    original: Original,
    joined: bool = False,
) -> Applied:
    """A contact's own message, "forwarded by"; what anybody else wrote is a note of the case manager's. His own lines
    and files stand beside it as a note. Nothing of it is mailed to the client's side.
    """
    is_shared = original.visibility is Visibility.SHARED
    conversations.add_participant(session, conversation_id, by, Side.FIRM, now=work.now)
    draft = Draft(
        author_id=writer_of(session, client, original) if is_shared else by,
        author_side=Side.CLIENT if is_shared else Side.FIRM,
        text=original.text,
        origin=Origin.MAIL,
        happened_at=work.arrival.happened_at,
        visibility=original.visibility,
        sender_unverified=is_shared,
        files=work.files,
        inbound_mail_id=work.arrival.inbound_mail_id,
        forwarded_by_id=by,
        original_from=original.sender,
        original_at=original.sent_at,
        original_signature=str(original.signature) if original.signature else None,
        joined=joined,
    )
    draft = with_files(session, work, draft, client.id)
    own = own_files(draft, original)
    draft = replace(draft, files=tuple(each for each in draft.files if each not in own))
    put = put_message(session, work.house, conversation_id, draft, now=work.now)
    due = put.due
    if original.comment or own:
        beside = Draft(
            author_id=by,
            author_side=Side.FIRM,
            text=original.comment,
            origin=Origin.MAIL,
            happened_at=work.arrival.happened_at,
            visibility=Visibility.INTERNAL,
            files=own,
            inbound_mail_id=work.arrival.inbound_mail_id,
            joined=joined,
        )
        due += put_message(session, work.house, conversation_id, beside, now=work.now).due
    finish(session, work, conversation_id, put, by)
    return Applied(outcome=Outcome.POSTED, due=due)


def own_files(draft: Draft, original: Original) -> tuple[StoredFile, ...]:
    """The files that stay with colleagues: what came beside an attached original; inline, mails that are attached."""
    if draft.visibility is Visibility.INTERNAL:
        return ()
    own = tuple(each for each in draft.files if (each.media_type == MAIL) is not original.is_file)
    return own if any(not each.set_aside for each in own) else ()


def writer_of(session: Session, client: Client, original: Original) -> PersonId | None:
    """The contact who has the original's address; otherwise nobody of ours wrote it, and its From says who."""
    found = addresses.people_at(session, original.sender) if original.sender else []
    return next((each.id for each in found if people.is_contact(session, client.id, each.id)), None)


def own_root(session: Session, message_id: str | None) -> str | None:
    """The client's own mail is the root of the thread, unless another conversation has it (ids are reused)."""
    return None if message_id is None or conversations.has_root(session, message_id) else message_id


def finish(session: Session, work: Work, conversation_id: ConversationId, put: Put, person_id: PersonId) -> None:
    inbox.update_filing(
        session, work.filing_id, conversation_id=conversation_id, message_id=put.message_id, person_id=person_id
    )
    people.update_person(session, person_id, last_wrote_at=work.now)
    note(session, work, "filed", conversation_id=conversation_id, message_id=put.message_id)
