"""Deciding about held mails: prepared outside any transaction (parse, cut, store files), decided inside one.

The mails of one sender in one conversation, held for one reason, are decided together by a case manager; what somebody
says about his own is said about that mail alone. Each is weighed again by what is true in the deciding
transaction; where only the sender was in doubt, the word of whoever decides stands for him, and the message is marked
"sender not verified". What repeats an internal message is never accepted: write it anew.

::

    accept, for me    once, as the participant that the signed address belongs to
    address, mine     the address becomes one of that person's; then filed as his
    contact           the sender becomes a contact of the client; then filed as his
    client            the person has said which of his clients it is about
    move              to another conversation of a client whose contact the writer is
    refuse, not me, block    kept as it came, never posted
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy.orm import Session

from storage import attention, conversations, held, inbox, people
from storage.records import Arrival, Client, ClientId, Filing, MessageId, OutgoingMailId, PersonId
from storage.states import Outcome, Side
from worker.core.commands import Verb
from worker.core.filing_facts import Decision, Facts, Opens, Posts, Why
from worker.core.filing_rules import chosen_address
from worker.core.held_rules import CONFIRMABLE
from worker.core.new_text import Cut
from worker.core.parsed import ParsedMail
from worker.core.refusals import No, Refused
from worker.flows.applying import apply_decision
from worker.flows.asking import commands_in
from worker.flows.attached_texts import Attached, read_attached, with_signature
from worker.flows.conversation_texts import sent_to
from worker.flows.conversations import side_in
from worker.flows.examining import examine
from worker.flows.finding import gather_facts
from worker.flows.findings import outcome_of
from worker.flows.held_commands import as_commands, may_be_obeyed, obey_accepted, without_commands
from worker.flows.held_vouching import Choice, as_participant, make_known, vouched
from worker.flows.house import House, there
from worker.flows.ports import Reader
from worker.flows.posting import StoredFile
from worker.flows.raw_mails import raw_of
from worker.flows.weighing import Look, cut_of, look, reconsider

REFUSALS = frozenset({Verb.REFUSE, Verb.NOT_ME, Verb.BLOCK})
OWN_WORD = frozenset({Verb.MINE, Verb.FOR_ME, Verb.NOT_ME, Verb.CLIENT})
"""Said by the person himself at his registered address, and not by a case manager."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """One held mail, ready to be decided about. ``cut`` and what follows only when it may be posted."""

    filing: Filing
    arrival: Arrival
    mail: ParsedMail | None = None
    cut: Cut | None = None
    attached: Attached | None = None
    files: tuple[StoredFile, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Decided:
    """``due``: outgoing mails to ring for after the commit."""

    message_ids: tuple[MessageId, ...] = ()
    refused: int = 0
    due: tuple[OutgoingMailId, ...] = ()


def prepare(house: House, reader: Reader, filing: Filing, choice: Choice) -> list[Prepared] | Refused:
    """This mail first, then the others that are decided with it."""
    with house.database.reading() as session:
        # His own word is about the mail that he was asked about: of another one in his name he knows nothing.
        alone = choice.verb in OWN_WORD
        group = [Prepared(filing=filing, arrival=arrival_of(session, filing))] if alone else group_of(session, filing)
    if choice.verb in REFUSALS:
        return group
    first, *others = [prepare_one(house, reader, each.filing, each.arrival, choice) for each in group]
    return Refused(No.NOT_ACCEPTABLE) if first is None else [first, *(each for each in others if each is not None)]


def group_of(session: Session, filing: Filing) -> list[Prepared]:
    """What is decided together; enough to refuse it, for which nothing is read: it may be broken."""
    others = [each for each in held.waiting_of_sender(session, filing) if each.id != filing.id]
    return [Prepared(filing=each, arrival=arrival_of(session, each)) for each in [filing, *others]]


def arrival_of(session: Session, filing: Filing) -> Arrival:
    arrivals = inbox.arrivals_of(session, filing.inbound_mail_id)
    return next((each for each in arrivals if each.filing_id == filing.id), arrivals[0])


def prepare_one(house: House, reader: Reader, filing: Filing, arrival: Arrival, choice: Choice) -> Prepared | None:
    """None when it cannot be told whose store its files would go to, or its bytes are no more."""
    with house.database.reading() as session:
        kept = there(inbox.inbound_mail(session, filing.inbound_mail_id))
    if kept.raw is None and kept.raw_path is None:
        return None
    mail = reader.parse(raw_of(house, kept))
    with house.database.reading() as session:
        seen = as_if(session, house, arrival, mail, choice)
        client = client_meant(session, seen, choice)
    if client is None:
        return None
    return Prepared(
        filing=filing,
        arrival=arrival,
        mail=mail,
        cut=cut_of(seen, mail),
        attached=with_signature(reader, mail, read_attached(reader, mail)),
        files=examine(house, reader, client, mail),
    )


def as_if(session: Session, house: House, arrival: Arrival, mail: ParsedMail, choice: Choice) -> Look:
    """The mail as if its sender were who the signed address says, for the cut: what he may be quoting."""
    seen = look(session, house, arrival, mail, now=house.now(session))
    if isinstance(seen.decision, (Posts, Opens)):
        return seen
    decision = vouched(session, seen.facts, choice)
    if not isinstance(decision, Posts):
        return seen if decision is None else replace(seen, decision=decision)
    return replace(seen, decision=decision, sent=sent_to(session, house, decision.conversation, decision.participant))


def client_meant(session: Session, seen: Look, choice: Choice) -> Client | None:
    match seen.decision:
        case Posts(conversation=conversation):
            client_id: ClientId | None = conversation.client_id
        case Opens(client=client):
            client_id = client.id
        case _:
            address = chosen_address(seen.facts)
            there_is = address.conversation if address else None
            client_id = there_is.client_id if there_is else choice.client_id
    if choice.conversation_id is not None:
        target = conversations.conversation(session, choice.conversation_id)
        client_id = target.client_id if target else None
    return people.client(session, client_id) if client_id else None


def decide_in(
    session: Session, house: House, prepared: Sequence[Prepared], choice: Choice, *, by: PersonId, now: datetime
) -> Decided | Refused:
    """All of the group; the answer is that about the first. The rights of ``by`` are asked by the caller for links of
    his own word, and here for case managers.
    """
    lock_group(session, prepared, choice)
    first: Decided | Refused = Refused(No.NOT_HELD)
    total = Decided()
    for at, each in enumerate(prepared):
        answer = decide_one(session, house, each, choice, by=by, now=now)
        first = answer if at == 0 else first
        if isinstance(answer, Decided):
            total = Decided(
                message_ids=total.message_ids + answer.message_ids,
                refused=total.refused + answer.refused,
                due=total.due + answer.due,
            )
        elif at == 0:
            return answer
    return total if isinstance(first, Decided) else first


def lock_group(session: Session, prepared: Sequence[Prepared], choice: Choice) -> None:
    """Two who decide about one mail at once wait for each other, wherever they want it: it becomes one message. The
    conversations first, as everybody locks them, then the filings.
    """
    places = {each.filing.conversation_id for each in prepared} | {choice.conversation_id}
    conversations.lock_conversations(session, {each for each in places if each is not None})
    held.lock_filings(session, [each.filing.id for each in prepared])


def decide_one(
    session: Session, house: House, ready: Prepared, choice: Choice, *, by: PersonId, now: datetime
) -> Decided | Refused:
    """Under the locks of ``lock_group``: what the filing says now is what the first one made of it."""
    filing = inbox.filing(session, ready.filing.id)
    if filing is None or filing.outcome is not Outcome.HELD or filing.settled_at is not None:
        return decided_already(session, filing)
    if choice.verb not in OWN_WORD and not may_decide(session, filing, by):
        return Refused(No.FIRM_ONLY)
    if choice.verb in REFUSALS:
        if choice.verb is Verb.BLOCK and filing.sender is not None:
            held.block_sender(session, filing.sender, by_id=by, now=now)
        settle(session, filing, by, SETTLED_AS[choice.verb], now=now)
        return Decided(refused=1)
    nested = session.begin_nested()  # what is written about the sender stays only when his mail is filed
    answer = post_one(session, house, ready, filing, choice, by=by, now=now)
    if isinstance(answer, Refused):
        nested.rollback()
    else:
        nested.commit()
    return answer


def decided_already(session: Session, filing: Filing | None) -> Refused:
    """Who asks too late hears who was first."""
    first = people.person(session, filing.settled_by_id) if filing and filing.settled_by_id else None
    return Refused(No.NOT_HELD, who=first.name if first else "")


SETTLED_AS = {Verb.REFUSE: "refused", Verb.NOT_ME: "not_me", Verb.BLOCK: "blocked"}


def post_one(
    session: Session, house: House, ready: Prepared, filing: Filing, choice: Choice, *, by: PersonId, now: datetime
) -> Decided | Refused:
    assert ready.mail is not None
    assert ready.cut is not None
    assert ready.attached is not None
    make_known(session, ready.mail, gather_facts(session, house, ready.arrival, ready.mail, now=now), choice, now=now)
    seen = look(session, house, ready.arrival, ready.mail, now=now)
    decision: Decision | None = seen.decision
    if choice.verb is Verb.MOVE or not isinstance(decision, (Posts, Opens)):
        decision = vouched(session, seen.facts, choice)
    if decision is None:
        return Refused(No.NOT_ACCEPTABLE)
    named = in_named_conversation(session, seen.facts, filing, choice, decision)
    chosen = replace(seen, decision=named or decision)
    asked = commands_in(house, chosen, ready.cut)
    if asked is not None and not may_be_obeyed(asked, choice.verb, seen):
        return Refused(No.HOLDS_COMMANDS)
    cut = without_commands(ready.cut, asked)
    decision = reconsider(session, house, chosen, cut if cut.new_text else ready.cut, ready.attached)
    if named is not None and isinstance(decision, Opens):
        decision = named
    if not isinstance(decision, (Posts, Opens)):
        return Refused(No.NOT_ACCEPTABLE)
    decision = as_commands(decision, asked)
    inbox.update_filing(session, filing.id, outcome=outcome_of(decision), reason=reason_for(choice))
    settle(session, filing, by, "accepted", now=now)
    applied = apply_decision(
        session,
        house,
        ready.arrival,
        decision,
        filing_id=filing.id,
        facts=seen.facts,
        cut=cut,
        files=ready.files,
        now=now,
    )
    answers = obey_accepted(session, decision, asked, filing.id, now=now) if asked else ()
    message_id = there(inbox.filing(session, filing.id)).message_id
    return Decided(message_ids=(message_id,) if message_id else (), due=(*applied.due, *answers))


def in_named_conversation(
    session: Session, facts: Facts, filing: Filing, choice: Choice, decision: Decision
) -> Posts | None:
    """Whoever was asked about the mail was told in answer to what: there it goes, whatever its subject is, and though
    its address ran out meanwhile. None where nobody was told of a conversation.
    """
    if filing.reason not in CONFIRMABLE or filing.conversation_id is None or choice.verb is Verb.MOVE:
        return None
    if isinstance(decision, Opens):
        decision = as_participant(session, facts, also_firm=choice.verb in OWN_WORD) or decision
    is_there = isinstance(decision, Posts) and decision.conversation.id == filing.conversation_id
    return decision if is_there and isinstance(decision, Posts) else None


def reason_for(choice: Choice) -> Why:
    return Why.CONFIRMED if choice.verb in OWN_WORD else Why.ACCEPTED


def may_decide(session: Session, filing: Filing, by: PersonId) -> bool:
    """A case manager of the firm; where the client is known, one who speaks for the firm about him."""
    conversation = conversations.conversation(session, filing.conversation_id) if filing.conversation_id else None
    client_id = conversation.client_id if conversation else filing.client_id
    if client_id is None:
        return people.is_case_manager(session, by)
    return side_in(session, client_id, by) is Side.FIRM


def settle(session: Session, filing: Filing, by: PersonId, how: str, *, now: datetime) -> None:
    """What was shown of the mail for the decision goes with it; the raw mail stays."""
    inbox.update_filing(session, filing.id, settled_at=now, settled_by_id=by, settled_as=how, excerpt=None)
    if filing.conversation_id is not None:
        attention.close_filing(session, filing.conversation_id, filing.id, now=now, why=how, by_id=by)
