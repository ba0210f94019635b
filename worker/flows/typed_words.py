"""What a contact typed into the mail of a one-click link is his message, like any other: in the conversation that the
link is about, after the click has done its thing. Anything but thanks opens again what the click closed.
"""

from dataclasses import replace
from datetime import datetime

from sqlalchemy.orm import Session

from storage import conversations, inbox, people
from storage.records import Arrival, Client, Conversation, OutgoingMailId
from storage.states import Visibility
from worker.core.filing_facts import Commands, Posts, Why
from worker.core.new_text import Cut
from worker.core.ready_words import typed_beside
from worker.flows.filing_work import Work
from worker.flows.findings import signed_address_of
from worker.flows.house import House, there
from worker.flows.posting import StoredFile
from worker.flows.posting_mail import post
from worker.flows.weighing import Look


def client_clicked(session: Session, seen: Look) -> Client | None:
    """In whose store the files of a contact's click belong."""
    place = place_of(session, seen.decision) if isinstance(seen.decision, Commands) else None
    return people.client(session, place.client_id) if place else None


def place_of(session: Session, decision: Commands) -> Conversation | None:
    """The link's own, or that of the held mail it decided about; None of a case manager: he is answered by mail."""
    if decision.row is None or people.is_case_manager(session, decision.person.id):
        return None
    filing = inbox.filing(session, decision.row.filing_id) if decision.row.filing_id else None
    number = decision.row.conversation_id or (filing.conversation_id if filing else None)
    return conversations.conversation(session, number) if number else None


def post_typed(
    session: Session,
    house: House,
    arrival: Arrival,
    seen: Look,
    cut: Cut,
    *,
    files: tuple[StoredFile, ...],
    now: datetime,
) -> tuple[OutgoingMailId, ...]:
    """What is due of it; nothing where nothing was typed."""
    decision = seen.decision
    place = place_of(session, decision) if isinstance(decision, Commands) else None
    if place is None or not isinstance(decision, Commands):
        return ()
    client = there(people.client(session, place.client_id))
    typed = typed_beside(cut.new_text, (decision.person.name, client.name, house.policy.firm_name))
    participant = conversations.participant_of(session, place.id, decision.person.id)
    filing = inbox.filing_at(session, seen.facts.mail.fingerprint, signed_address_of(seen.facts))
    if (not typed and not files) or participant is None or filing is None:
        return ()
    work = Work(
        house=house,
        arrival=arrival,
        filing_id=filing.id,
        facts=seen.facts,
        cut=replace(cut, new_text=typed),
        files=files,
        now=now,
    )
    said = Posts(
        conversation=place,
        person=decision.person,
        participant=participant,
        visibility=Visibility.SHARED,
        why=Why.COMMAND,
    )
    return post(session, work, said).due
