"""Filing one arrival: claim, read, decide, apply. What it becomes is a filing, unique per mail and signed address.

The mail was kept before anybody was told 250, so filing may fail, die and start again: errors of our code are counted,
and the third one puts the mail in quarantine, where an operator refiles it after the fix. A lease lost to a dead worker
counts apart. Temporary faults of the database or the disk never count.
"""

from datetime import datetime, timedelta
from typing import assert_never

import structlog
from sqlalchemy.orm import Session

from storage import conversations, inbox, people
from storage.database import DatabaseDown
from storage.files import FilesDown
from storage.records import Arrival, ArrivalId, Client, FilingId, InboundMail
from storage.states import ArrivalState, Outcome, Visibility
from worker.core.filing_rules import (
    Decision,
    Holds,
    Ignores,
    Moves,
    Opens,
    Posts,
    Proves,
    Why,
    decide,
)
from worker.core.internal_guard import repeats_a_note
from worker.core.new_text import Cut, cut_reply
from worker.core.parsed import ParsedMail
from worker.faults import reach
from worker.flows.applying import Applied, apply_decision
from worker.flows.conversation_texts import note_texts, sent_to
from worker.flows.finding import gather_facts
from worker.flows.findings import Ready, findings_of, outcome_of, reason_of, signed_address_of
from worker.flows.house import House, there
from worker.flows.ports import Reader
from worker.flows.posting import StoredFile

log = structlog.get_logger("navette.filing")

MOST_ERRORS = 3
MOST_LOST_LEASES = 5
FIRST_PAUSE = timedelta(seconds=30)


class LeaseLost(Exception):  # noqa: N818 - a state of the world, named as one reads it
    """Another worker has the arrival by now: nothing of this try may stay."""


def file_arrival(house: House, reader: Reader, arrival_id: ArrivalId) -> Outcome | ArrivalState | None:
    """File one arrival; its outcome, ``quarantined``, or None when it was not ours to file (done, taken, put off)."""
    arrival = claim(house, arrival_id)
    if arrival is None:
        return None
    reach("file.after_claim")
    try:
        outcome = file_claimed(house, reader, arrival)
    except (DatabaseDown, FilesDown) as fault:
        log.warning("put_off", arrival=arrival_id, fault=type(fault).__name__)
        put_off(house, arrival)
        return None
    except LeaseLost:
        log.warning("lease_lost", arrival=arrival_id)
        return None
    except Exception as fault:  # outermost: one mail that breaks our code stops no other
        log.exception("filing_broke", arrival=arrival_id)
        return count_error(house, arrival, type(fault).__name__)
    reach("file.after_commit")
    log.info("filed", arrival=arrival_id, inbound=arrival.inbound_mail_id, outcome=outcome)
    return outcome


def claim(house: House, arrival_id: ArrivalId) -> Arrival | None:
    with house.database.writing() as session:
        now = house.now(session)
        arrival = inbox.claim_arrival(session, arrival_id, now, lease=house.policy.file_lease)
        if arrival is not None and arrival.lost_leases >= MOST_LOST_LEASES:
            quarantine(session, arrival, "its worker died again and again", now=now)
            return None
        return arrival


def file_claimed(house: House, reader: Reader, arrival: Arrival) -> Outcome | ArrivalState:
    with house.database.reading() as session:
        kept = there(inbox.inbound_mail(session, arrival.inbound_mail_id))
    mail = reader.parse(raw_of(house, kept))
    if mail.quarantine is not None:
        with house.database.writing() as session:
            quarantine(session, arrival, mail.quarantine, now=house.now(session))
        return ArrivalState.QUARANTINED
    with house.database.reading() as session:
        ready = make_ready(session, house, arrival, mail, files=())
        client = client_of(session, ready.decision)
    files = store_files(house, client, mail) if client else ()
    reach("file.before_commit")
    with house.database.writing() as session:
        lock(session, ready.decision)
        ready = make_ready(session, house, arrival, mail, files=files)
        applied = file_in(session, house, arrival, ready, now=house.now(session))
    house.bell.ring_outgoing(applied.due)
    return applied.outcome


def lock(session: Session, decision: Decision) -> None:
    """Two mails into one conversation are filed one after the other."""
    if isinstance(decision, Posts):
        conversations.lock_conversation(session, decision.conversation.id)


def raw_of(house: House, kept: InboundMail) -> bytes:
    if kept.raw is not None:
        return kept.raw
    if kept.raw_path is None:
        raise ValueError("this mail's bytes were purged")
    return house.files.read(kept.raw_path)


def make_ready(
    session: Session, house: House, arrival: Arrival, mail: ParsedMail, *, files: tuple[StoredFile, ...]
) -> Ready:
    """Gather and decide; then look at the text that would be posted."""
    facts = gather_facts(session, house, arrival, mail, now=house.now(session))
    decision = decide(facts)
    sent = sent_to(session, house, decision.conversation, decision.person.id) if isinstance(decision, Posts) else None
    cut = kept_whole_when_empty(cut_reply(mail.lines, mail.html_lines, sent), mail, decision)
    if isinstance(decision, Posts):
        decision = reconsider(session, decision, mail, cut)
    elif isinstance(decision, Opens) and not cut.new_text.strip() and not mail.files:
        decision = Ignores(why=Why.NOTHING_IN_IT)
    return Ready(decision=decision, facts=facts, cut=cut, files=files)


def kept_whole_when_empty(cut: Cut, mail: ParsedMail, decision: Decision) -> Cut:
    """If the cut would leave nothing, keep everything; but a note is then held (DESIGN.md invariant 13)."""
    is_note = isinstance(decision, Posts) and decision.visibility is Visibility.INTERNAL
    if cut.new_text.strip() or mail.files or is_note or not mail.text.strip():
        return cut
    return Cut(new_text=mail.text.strip(), quoted_text="", method="kept everything", confidence=0.0)


def reconsider(session: Session, decision: Posts, mail: ParsedMail, cut: Cut) -> Decision:
    """Nothing to post is no message; a case manager's mail that repeats a note is held before clients read it."""
    if not cut.new_text.strip() and not mail.files:
        noted = decision.visibility is Visibility.INTERNAL
        why = Why.EMPTY_NOTE if noted else Why.NOTHING_IN_IT
        return Holds(why=why, conversation_id=decision.conversation.id)
    read_by_clients = decision.visibility is Visibility.SHARED and people.is_case_manager(session, decision.person.id)
    if read_by_clients and repeats_a_note(cut.new_text, note_texts(session, decision.conversation.id)):
        return Holds(why=Why.REPEATS_A_NOTE, conversation_id=decision.conversation.id)
    return decision


def client_of(session: Session, decision: Decision) -> Client | None:
    match decision:
        case Posts(conversation=conversation):
            return people.client(session, conversation.client_id)
        case Opens(client=client):
            return client
        case Moves() | Proves() | Ignores() | Holds():
            return None
        case _:
            assert_never(decision)


def store_files(house: House, client: Client, mail: ParsedMail) -> tuple[StoredFile, ...]:
    return tuple(
        StoredFile(
            name=each.name,
            sha256=house.files.put_attachment(client.public_id, each.content),
            size=each.size,
            media_type=each.media_type,
        )
        for each in mail.files
    )


def file_in(session: Session, house: House, arrival: Arrival, ready: Ready, *, now: datetime) -> Applied:
    """Write the filing first: whoever writes it owns the outcome; for everybody else the mail is a duplicate."""
    mail = ready.facts.mail
    at = signed_address_of(ready.facts)
    filing_id = inbox.add_filing(
        session,
        inbound_id=arrival.inbound_mail_id,
        fingerprint=mail.fingerprint,
        signed_address=at,
        outcome=outcome_of(ready.decision),
        reason=reason_of(ready.decision),
        sender=mail.sender,
        mail_message_id=mail.message_id,
        findings=findings_of(ready),
        now=now,
    )
    if filing_id is None:
        first = there(inbox.filing_at(session, mail.fingerprint, at))
        end(session, arrival, first.id, mail.fingerprint, why=f"duplicate of f{first.id}", now=now)
        return Applied(outcome=Outcome.IGNORED, due=())
    applied = apply_decision(
        session,
        house,
        arrival,
        ready.decision,
        filing_id=filing_id,
        facts=ready.facts,
        cut=ready.cut,
        files=ready.files,
        now=now,
    )
    end(session, arrival, filing_id, mail.fingerprint, why=None, now=now)
    return applied


def end(
    session: Session, arrival: Arrival, filing_id: FilingId, fingerprint: str, *, why: str | None, now: datetime
) -> None:
    done = inbox.write_arrival(
        session,
        arrival.id,
        arrival.fence,
        state=ArrivalState.FILED,
        filing_id=filing_id,
        fingerprint=fingerprint,
        ended_why=why,
        filed_at=now,
    )
    if not done:
        raise LeaseLost


def put_off(house: House, arrival: Arrival) -> None:
    """Give the arrival back for a later try; when the database is down the lease runs out by itself."""
    try:
        with house.database.writing() as session:
            inbox.write_arrival(session, arrival.id, arrival.fence, due_at=house.now(session) + FIRST_PAUSE)
    except DatabaseDown:
        log.warning("lease_left_to_run_out", arrival=arrival.id)


def count_error(house: House, arrival: Arrival, error: str) -> ArrivalState | None:
    with house.database.writing() as session:
        now = house.now(session)
        errors = arrival.errors + 1
        if errors >= MOST_ERRORS:
            quarantine(session, arrival, f"error:{error}", now=now, errors=errors)
            return ArrivalState.QUARANTINED
        pause = FIRST_PAUSE * 4 ** (errors - 1)
        inbox.write_arrival(session, arrival.id, arrival.fence, errors=errors, error=error, due_at=now + pause)
        return None


def quarantine(session: Session, arrival: Arrival, error: str, *, now: datetime, errors: int | None = None) -> None:
    values = {"state": ArrivalState.QUARANTINED, "error": error, "filed_at": now}
    inbox.write_arrival(session, arrival.id, arrival.fence, **values, **({"errors": errors} if errors else {}))
    log.error("quarantined", arrival=arrival.id, error=error)
