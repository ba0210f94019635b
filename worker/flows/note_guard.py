"""Does what clients are about to read repeat one of the client's notes? (DESIGN.md invariant 10.)

What takes long is done before the transaction that files: files are compared with every note there is by then, and in
the transaction with those that came in the meantime. What both sides may read already is no secret.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from sqlalchemy.orm import Session

from storage import messages, outbox, signed
from storage.records import ClientId
from storage.states import AddressKind, Visibility
from worker.core.internal_guard import Run, Secrets, secrets_of, secrets_of_runs
from worker.core.original_ends import ADDRESS
from worker.core.signed_addresses import token_in
from worker.flows.attached_texts import Attached, Compared
from worker.flows.finding import token_of_message_id, verified
from worker.flows.house import House


def compare(house: House, client_id: ClientId, texts: Sequence[str], attached: Attached, *, writer: str) -> Attached:
    """Outside any transaction; only reading the notes takes one. ``texts``: of the mail, as far as clients will read
    them.
    """
    with house.database.reading() as session:
        notes = messages.internal_revisions(session, client_id)
    secrets = secrets_of(notes.values(), writer=writer)
    by_texts, by_files = found_in(secrets, texts), found_in(secrets, attached.all_texts())
    with house.database.reading() as session:
        compared = Compared(
            revisions=frozenset(notes),
            texts=frozenset(texts),
            told_by_texts=is_secret(session, client_id, by_texts),
            told_by_files=is_secret(session, client_id, by_files),
        )
    return replace(attached, compared=compared)


def tells_a_note(
    session: Session, house: House, client_id: ClientId, texts: Sequence[str], attached: Attached, *, writer: str
) -> bool:
    """Does a text that clients will read, or a file of it, repeat one of the client's internal messages? ``writer``:
    the name of who wrote it; his signature below a note is no secret.
    """
    if any(is_internal_mail(session, house, each) for each in attached.message_ids):
        return True
    compared = attached.compared
    were_read = compared.texts.issuperset(texts)
    if compared.told_by_files or (were_read and compared.told_by_texts):
        return True
    since = messages.internal_revisions(session, client_id, but=compared.revisions)
    hits = found_in(secrets_of(since.values(), writer=writer), attached.all_texts())
    notes = since if were_read else messages.internal_revisions(session, client_id)
    hits |= found_in(secrets_of(notes.values(), writer=writer), texts)
    return is_secret(session, client_id, hits)


def shows_note_address(house: House, text: str) -> bool:
    """Is a note address of ours written anywhere in it?"""
    policy = house.policy
    tokens = (verified(house, token_in(each, policy.domain, policy.separator)) for each in ADDRESS.findall(text))
    return any(each is not None and each.kind is AddressKind.NOTE for each in tokens)


def is_internal_mail(session: Session, house: House, message_id: str) -> bool:
    token = token_of_message_id(house, message_id)
    row = signed.signed_address(session, token.public_id) if token else None
    if row is None or row.kind is not AddressKind.RETURN_PATH or row.outgoing_mail_id is None:
        return False
    mail = outbox.mail(session, row.outgoing_mail_id)
    return mail is not None and mail.visibility is Visibility.INTERNAL


def found_in(secrets: Secrets, texts: Iterable[str]) -> set[Run]:
    if secrets.is_empty:
        return set()
    return {run for text in texts for run in secrets.found_in(text)}


def is_secret(session: Session, client_id: ClientId, hits: set[Run]) -> bool:
    """Whether any of these runs stands in nothing that the client may read."""
    if not hits:
        return False
    left = set(hits)
    for text in messages.shared_texts(session, client_id):
        left -= secrets_of_runs(left).found_in(text)
        if not left:
            return False
    return True
