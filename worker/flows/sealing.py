"""From claimed mails to sealed ones: their bytes made and stored, their ids fixed, the last guard asked.

::

    gathered → printed (at the first try) → stored, durably, together → sealed: one transaction for the batch

A fault of our own in one mail (a template, a name that cannot be printed) puts off that mail and stops no other. Only
mails that are sealed may be talked about with the relay, and only while an attempt of theirs is open (``recording``).
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import structlog
from sqlalchemy.orm import Session

from storage import messages, outbox, outbox_batches, outbox_claims
from storage.database import DatabaseDown
from storage.files import FilesDown, Shelf
from storage.records import OutgoingMail, OutgoingMailId
from storage.states import FailureClass, Visibility
from worker.core.internal_guard import why_internal
from worker.core.letter_rules import Unprintable
from worker.core.relaying import SealedMail
from worker.core.sending import Event
from worker.flows.claiming import REDIRECTED, Taking, lock_talks
from worker.flows.evidence import FailureFacts, fail
from worker.flows.house import House
from worker.flows.lettering import Claimed, gather
from worker.flows.ports import Printer, Relay
from worker.flows.printing import print_mail
from worker.flows.recording import again, stumble

log = structlog.get_logger("navette.sending")

INTERNAL_REASON = "internal_content"
GROUP = 10
"""So many attempts are opened ahead: what a crash can make us doubt, or send twice."""
MOST_IN_MEMORY = 64 * 1024
"""Larger mails are read from their file, a piece at a time, when it is their turn."""


class Remembered:
    """The pieces of a mail on their way to the store; of a small one, ``content`` is then what they were."""

    def __init__(self, pieces: Iterable[bytes]) -> None:
        self._pieces = pieces
        self.content: bytes | None = b""

    def __iter__(self) -> Iterator[bytes]:
        for piece in self._pieces:
            if self.content is not None:
                fits = len(self.content) + len(piece) <= MOST_IN_MEMORY
                self.content = self.content + piece if fits else None
            yield piece


@dataclass(frozen=True, slots=True, kw_only=True)
class Printed:
    """``content``: None when it is to be read from the file at ``path``."""

    claimed: Claimed
    path: str
    text: str
    content: bytes | None

    @property
    def mail(self) -> OutgoingMail:
        return self.claimed.mail


@dataclass(frozen=True, slots=True, kw_only=True)
class Sealed:
    """A mail with its bytes, ready for the relay under the fence of its claim."""

    mail: OutgoingMail
    envelope_from: str
    envelope_id: str
    recipient: str
    path: str
    content: bytes | None
    remade: bool
    """Its bytes were made for this try: until the relay is talked to, nothing holds them fast."""

    def for_relay(self, house: House) -> SealedMail:
        """Raises FilesDown."""
        return SealedMail(
            envelope_from=self.envelope_from,
            recipient=self.recipient,
            envelope_id=self.envelope_id,
            content=house.files.kept_outgoing(self.path) if self.content is None else self.content,
        )


def seal_or_stumble(house: House, relay: Relay, printer: Printer, takings: Sequence[Taking]) -> list[Sealed]:
    """Those that may go. A fault of our own is retried, and told to the author when it stays."""
    try:
        claimed = gather_or_stumble(house, takings)
        printed = print_and_store(house, relay, printer, claimed)
    except FilesDown:
        log.exception("files_down", mails=[each.mail.id for each in takings])
        put_all_off(house, [each.mail for each in takings])
        return []
    return seal(house, relay, printed) if printed else []


def gather_or_stumble(house: House, takings: Sequence[Taking]) -> list[Claimed]:
    """All at once; when that breaks, each alone."""
    try:
        return gather(house, takings)
    except DatabaseDown:
        raise
    except Exception:  # outermost: the other mails go on
        log.exception("not_gathered", mails=[each.mail.id for each in takings])
    if len(takings) > 1:
        return [claimed for each in takings for claimed in gather_or_stumble(house, [each])]
    put_off(house, takings[0].mail)
    return []


def put_all_off(house: House, mails: Sequence[OutgoingMail]) -> None:
    """Our disk is away: as with a relay that is away, soon again."""
    with house.database.writing() as session:
        lock_talks(session, mails)
        for each in mails:
            again(session, house, each, now=house.now(session), busy=True)


def put_off(house: House, mail: OutgoingMail) -> None:
    with house.database.writing() as session:
        lock_talks(session, [mail])
        stumble(session, house, mail, now=house.now(session))


def print_and_store(house: House, relay: Relay, printer: Printer, claimed: Sequence[Claimed]) -> list[Printed]:
    """Raises FilesDown."""
    with house.files.shelf() as shelf:
        printed = [print_or_stumble(house, relay, printer, each, shelf) for each in claimed]
    return [each for each in printed if each is not None]


def print_or_stumble(house: House, relay: Relay, printer: Printer, claimed: Claimed, shelf: Shelf) -> Printed | None:
    """Makes the bytes at the first try; at a later one reads them. What cannot be stored, or whose files
    cannot be read, waits; a large one that finds no room stops no small one.
    """
    mail = claimed.mail
    try:
        if mail.bytes_path is not None:
            kept = house.files.kept_outgoing(mail.bytes_path)
            content = kept[:] if len(kept) <= MOST_IN_MEMORY else None
            return Printed(claimed=claimed, path=mail.bytes_path, text=mail.sent_text or "", content=content)
        pieces, text = print_mail(house, relay, printer, claimed)
        written = Remembered(pieces)
        path = shelf.put_outgoing(mail.public_id, written, f"{claimed.heading.dated_at:%Y-%m}")
    except FilesDown:
        log.exception("files_down", mail=mail.id)
        put_all_off(house, [mail])
        return None
    except Unprintable:
        log.exception("unprintable", mail=mail.id)
        with house.database.writing() as session:
            lock_talks(session, [mail])
            facts = FailureFacts(kind=FailureClass.HARD, status="", reason="could_not_be_built")
            fail(session, house, mail, facts, Event.GAVE_UP, now=house.now(session))
        return None
    except Exception:  # outermost: whatever a template or a name does, the other mails go on
        log.exception("not_built", mail=mail.id, tries=mail.tries)
        put_off(house, mail)
        return None
    return Printed(claimed=claimed, path=path, text=text, content=written.content)


def seal(house: House, relay: Relay, printed: Sequence[Printed]) -> list[Sealed]:
    """Fix bytes and ids, ask the last guard (what it stops has failed), open the attempts of the first group."""
    with house.database.writing() as session:
        lock_talks(session, [each.mail for each in printed])
        mine = outbox_claims.still_claimed(session, {each.mail.id: each.mail.fence for each in printed})
        ours = [each for each in printed if each.mail.id in mine]
        for first_time in (True, False):
            fixed = [fixed_of(house, each) for each in ours if (each.mail.bytes_path is None) is first_time]
            outbox_batches.write_each(session, fixed)
        stopped = stopped_by_guard(session, house, ours)
        sealed = [sealed_of(house, each) for each in ours if each.mail.id not in stopped]
        first = [each.mail for each in sealed[:GROUP]]
        outbox_batches.open_attempts(session, first, relay.name, now=house.now(session))
    return sealed


def fixed_of(house: House, printed: Printed) -> dict[str, object]:
    mail, heading = printed.mail, printed.claimed.heading
    fixed: dict[str, object] = {
        "id": mail.id,
        "bytes_path": printed.path,
        "sent_text": printed.text,
        "message_id": heading.message_id,
        "envelope_id": printed.claimed.envelope_id,
        "details": {**(mail.details or {}), REDIRECTED: house.policy.redirect_all_to},
    }
    if mail.bytes_path is None:
        fixed |= {"dated_at": heading.dated_at, "thread_index": heading.thread_index}
    return fixed


def sealed_of(house: House, printed: Printed) -> Sealed:
    mail = printed.mail
    return Sealed(
        mail=mail,
        envelope_from=printed.claimed.envelope_from,
        envelope_id=printed.claimed.envelope_id,
        recipient=house.policy.redirect_all_to or mail.address,
        path=printed.path,
        content=printed.content,
        remade=mail.bytes_path is None,
    )


def stopped_by_guard(session: Session, house: House, printed: Sequence[Printed]) -> set[OutgoingMailId]:
    """The last check before the relay, on the finished texts and on what the database says is in the mails."""
    talks = {each.mail.conversation_id for each in printed if each.mail.conversation_id is not None}
    if not talks:
        return set()
    notes = messages.texts_of(session, talks, Visibility.INTERNAL)
    shared = messages.texts_of(session, notes, Visibility.SHARED)
    carried = kinds_carried(session, [each.mail.id for each in printed])
    stopped = set()
    for each in printed:
        talk = each.mail.conversation_id
        why = talk and why_internal(
            reader=each.claimed.letter.side,
            mail=each.mail.visibility,
            carried=carried.get(each.mail.id, []),
            text=each.text,
            notes=notes.get(talk, []),
            shared=shared.get(talk, []),
        )
        if why:
            stopped.add(each.mail.id)
            log.error("internal_content_stopped", mail=each.mail.id)
            facts = FailureFacts(kind=FailureClass.HARD, status="", reason=INTERNAL_REASON)
            fail(session, house, each.mail, facts, Event.GAVE_UP, now=house.now(session))
    return stopped


def kinds_carried(session: Session, ids: Sequence[OutgoingMailId]) -> dict[OutgoingMailId, list[Visibility]]:
    """Of each message in each mail, who may read it."""
    deliveries = [each for each in outbox.deliveries_in(session, ids) if each.dropped_at is None]
    kind = messages.visibilities_of(session, {each.message_id for each in deliveries})
    carried: dict[OutgoingMailId, list[Visibility]] = {}
    for each in deliveries:
        carried.setdefault(each.outgoing_mail_id, []).append(kind[each.message_id])
    return carried
