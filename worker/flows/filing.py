"""Filing one arrival: claim, read, decide, apply. What it becomes is a filing, unique per mail and signed address.

The mail was kept before anybody was told 250, so filing may fail, die and start again: errors of our code are counted,
and the third one puts the mail in quarantine, where an operator refiles it after the fix. A lease lost to a dead worker
counts apart. Temporary faults of the database or the disk never count.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import assert_never

import structlog
from sqlalchemy.orm import Session

from storage import conversations, inbox, people
from storage.database import DatabaseDown
from storage.files import FilesDown
from storage.reading_ahead import remembering
from storage.records import Arrival, ArrivalId, Client, ConversationId, FilingId
from storage.states import ArrivalState, Outcome, Side
from worker.core.failures import TemporaryFailure
from worker.core.filing_facts import (
    Commands,
    Complains,
    Decision,
    Holds,
    Ignores,
    Moves,
    Opens,
    Posts,
    Proves,
    Rejects,
)
from worker.core.new_text import Cut
from worker.core.subjects import is_forward
from worker.faults import reach
from worker.flows.applying import apply_decision
from worker.flows.asking import commands_in
from worker.flows.attached_texts import Attached, read_attached, with_signature
from worker.flows.braking import brake_together, tell_brake
from worker.flows.examining import examine
from worker.flows.filing_work import Applied
from worker.flows.findings import Ready, findings_of, outcome_of, reason_of, signed_address_of
from worker.flows.house import House, there
from worker.flows.looking_ahead import look_ahead
from worker.flows.note_guard import compare
from worker.flows.ports import Reader
from worker.flows.posting import StoredFile
from worker.flows.raw_mails import raw_of
from worker.flows.rejecting import reject_quarantined
from worker.flows.shelving import count_error, end_shelf_attention, put_off, quarantine
from worker.flows.weighing import Look, cut_of, is_the_same, look, reconsider, side_of, texts_for_clients

log = structlog.get_logger("navette.filing")

MOST_LOST_LEASES = 5


class DecisionChanged(Exception):  # noqa: N818 - a state of the world, named as one reads it
    """Somebody joined, left or closed between the two looks: weigh again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Weighed:
    """The first look with the cut that was made for it, the files that were stored for it and what stands in them."""

    look: Look
    cut: Cut
    attached: Attached
    files: tuple[StoredFile, ...]


class LeaseLost(Exception):  # noqa: N818 - a state of the world, named as one reads it
    """Another worker has the arrival by now: nothing of this try may stay."""


def file_arrival(house: House, reader: Reader, arrival_id: ArrivalId) -> Outcome | ArrivalState | None:
    """File one arrival; its outcome, ``quarantined``, or None when it was not ours to file (done, taken, put off)."""
    arrival = claim(house, arrival_id)
    if arrival is None:
        return None
    reach("file.after_claim")
    return file_alone(house, reader, arrival)


def file_alone(house: House, reader: Reader, arrival: Arrival) -> Outcome | ArrivalState | None:
    """File what was claimed, in a transaction of its own; whatever breaks it is this mail's alone."""
    try:
        outcome = file_claimed(house, reader, arrival)
    except (DatabaseDown, FilesDown, TemporaryFailure) as fault:
        log.warning("put_off", arrival=arrival.id, fault=type(fault).__name__)
        put_off(house, arrival)
        return None
    except DecisionChanged:
        put_off(house, arrival, pause=timedelta(0))
        return None
    except LeaseLost:
        log.warning("lease_lost", arrival=arrival.id)
        return None
    except Exception as fault:  # outermost: one mail that breaks our code stops no other
        log.exception("filing_broke", arrival=arrival.id)
        return count_error(house, arrival, type(fault).__name__)
    reach("file.after_commit")
    log.info("filed", arrival=arrival.id, inbound=arrival.inbound_mail_id, outcome=outcome)
    return outcome


def claim(house: House, arrival_id: ArrivalId) -> Arrival | None:
    with house.database.writing() as session:
        now = house.now(session)
        arrival = inbox.claim_arrival(session, arrival_id, now, lease=house.policy.file_lease)
        if arrival is not None and arrival.lost_leases >= MOST_LOST_LEASES:
            quarantine(session, house, arrival, "its worker died again and again", now=now)
            return None
        return arrival


def file_claimed(house: House, reader: Reader, arrival: Arrival) -> Outcome | ArrivalState:
    with house.database.reading() as session:
        kept = there(inbox.inbound_mail(session, arrival.inbound_mail_id))
    mail = reader.parse(raw_of(house, kept))
    if mail.quarantine is not None:
        with house.database.writing() as session:
            now = house.now(session)
            if not quarantine(session, house, arrival, mail.quarantine, now=now):
                raise LeaseLost
            due = reject_quarantined(session, house, arrival, mail, now=now)
        house.bell.ring_outgoing(due)
        return ArrivalState.QUARANTINED
    with house.database.reading() as session, remembering(session):
        look_ahead(session, house, [(arrival, mail)])
        first = look(session, house, arrival, mail, now=house.now(session))
        client = client_of(session, first.decision)
    weighed = weigh(house, reader, first, client)
    asked = commands_in(house, first, weighed.cut)
    if asked is not None:
        from worker.flows.commanding import file_command  # it files by what is in this module

        return file_command(house, reader, arrival, weighed, asked)
    reach("file.before_commit")
    with house.database.writing() as session:
        now = house.now(session)
        lock(session, [first])
        with remembering(session):
            look_ahead(session, house, [(arrival, mail)])
            ready = ready_to_file(session, house, arrival, weighed, now=now)
            (ready,) = brake_together(session, house, [(arrival, ready)])
        applied = file_in(session, house, arrival, ready, now=now)
    house.bell.ring_outgoing(applied.due)
    return applied.outcome


def weigh(house: House, reader: Reader, seen: Look, client: Client | None) -> Weighed:
    """What takes time, outside any transaction."""
    mail = seen.facts.mail
    files = examine(house, reader, client, mail) if client else ()
    cut = cut_of(seen, mail)
    by_the_firm = client is not None and side_of(seen.decision) is Side.FIRM
    attached = looked_into(house, reader, seen, cut, client) if client is not None and by_the_firm else Attached()
    return Weighed(look=seen, cut=cut, attached=attached, files=files)


def looked_into(house: House, reader: Reader, seen: Look, cut: Cut, client: Client) -> Attached:
    """The files of a case manager's mail, compared with the client's notes where clients will get them."""
    mail = seen.facts.mail
    attached = with_signature(reader, mail, read_attached(reader, mail))
    texts = texts_for_clients(seen.decision, mail, cut)
    writer = seen.decision.person.name if isinstance(seen.decision, (Posts, Opens)) else ""
    is_for_clients = bool(texts) or is_forward(mail.subject)
    return compare(house, client.id, texts, attached, writer=writer) if is_for_clients else attached


def lock(session: Session, seen: Sequence[Look]) -> None:
    """Whatever changes a conversation holds its lock first: mails are filed one after the other."""
    for conversation_id in sorted({place for each in seen for place in touched(each)}):
        conversations.lock_conversation(session, conversation_id)


def touched(seen: Look) -> set[ConversationId]:
    """The conversations that filing this mail may write to."""
    found = (
        seen.decision.conversation.id if isinstance(seen.decision, Posts) else None,
        seen.decision.conversation_id if isinstance(seen.decision, Holds) else None,
        seen.facts.reported.conversation_id if seen.facts.reported else None,
    )
    return {each for each in found if each is not None}


def ready_to_file(session: Session, house: House, arrival: Arrival, weighed: Weighed, *, now: datetime) -> Ready:
    """Look again, under the lock; the cut and the files hold only for the decision they were made for."""
    again = look(session, house, arrival, weighed.look.facts.mail, now=now, for_cut=False)
    if not is_the_same(again.decision, weighed.look.decision):
        raise DecisionChanged
    decision = reconsider(session, house, again, weighed.cut, weighed.attached)
    return Ready(decision=decision, facts=again.facts, cut=weighed.cut, files=weighed.files)


def client_of(session: Session, decision: Decision) -> Client | None:
    match decision:
        case Posts(conversation=conversation):
            return people.client(session, conversation.client_id)
        case Opens(client=client):
            return client
        case Moves() | Complains() | Proves() | Ignores() | Holds() | Commands() | Rejects():
            return None
        case _:
            assert_never(decision)


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
    first = inbox.filing_at(session, mail.fingerprint, at) if filing_id is None else None
    if first is not None and outcome_of(ready.decision) is not Outcome.IGNORED:
        # What came first was ignored for the way it came (a null sender): this way it is a message.
        filing_id = inbox.take_over_ignored(
            session,
            first.id,
            inbound_mail_id=arrival.inbound_mail_id,
            outcome=outcome_of(ready.decision),
            reason=reason_of(ready.decision),
            findings=findings_of(ready),
            filed_at=now,
        )
    if arrival.error is not None:
        end_shelf_attention(session, house, arrival, now=now)
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
    tell_brake(session, house, ready.facts, ready.decision, now=now)
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
