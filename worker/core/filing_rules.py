"""What an inbound mail becomes: report, probe, automatic, own, address, identity, in this order (DESIGN.md section 5).

Pure: the flow gathers ``Facts``, this module decides, the flow applies. In doubt a mail is held: not
posted, not dropped.
"""

from storage.records import (
    Client,
    Conversation,
    Participant,
    Person,
)
from storage.states import AddressKind, Evidence, Side, Visibility
from worker.core.absence_rules import about_absences, says_it_is_there
from worker.core.authentication_results import Trust
from worker.core.commands import Order, Verb
from worker.core.filing_facts import (
    Commands,
    Complains,
    Decision,
    Facts,
    FoundAddress,
    Holds,
    Ignores,
    KnownSender,
    Moves,
    Opens,
    Posts,
    Proves,
    Why,
)
from worker.core.parsed import ParsedMail


def decide(facts: Facts) -> Decision:
    """The outcome of one arrival. Every step has its say in the order of DESIGN.md."""
    return (
        about_reports(facts)
        or about_canaries(facts)
        or about_machines(facts)
        or about_forgeries(facts)
        or about_one_click(facts)
        or about_signed_addresses(facts)
        or about_references(facts)
        or about_senders(facts)
    )


def about_reports(facts: Facts) -> Decision | None:
    if facts.is_report and facts.mail.report is not None:
        return about_our_report(facts)
    if facts.reported is None or facts.automatic.is_message:
        return None
    if facts.mail.sender not in facts.reported_addresses:
        # A bounce in words, a spam filter, somebody else's absence: no evidence, and perhaps bad news.
        return Holds(why=Why.UNREAD_REPORT, conversation_id=facts.reported.conversation_id)
    if is_disposition(facts.mail):
        return Proves(mail=facts.reported, evidence=Evidence.READ_RECEIPT, why=Why.READ_RECEIPT)
    if not says_it_is_there(facts):
        return Holds(why=Why.UNREAD_REPORT, conversation_id=facts.reported.conversation_id)
    return Proves(mail=facts.reported, evidence=Evidence.OUT_OF_OFFICE, why=Why.OUT_OF_OFFICE)


def about_our_report(facts: Facts) -> Decision:
    """A report proves itself by what only the mail's way knows, and comes from nobody (RFC 3464 section 2)."""
    if facts.reported is None:
        return Ignores(why=Why.REPORT_ABOUT_NOTHING)
    if facts.mail.report is not None and facts.mail.report.feedback is not None:
        return Complains(mail=facts.reported, feedback=facts.mail.report.feedback)
    if not facts.null_sender:
        return Holds(why=Why.UNREAD_REPORT, conversation_id=facts.reported.conversation_id)
    return Moves(mail=facts.reported)


def is_disposition(mail: ParsedMail) -> bool:
    """RFC 8098: somebody's program says that the mail was displayed."""
    return "disposition-notification" in (mail.header("content-type") or "").lower()


def about_canaries(facts: Facts) -> Decision | None:
    """A probe of ours that came back: whoever sent it looks at its arrival. One with a reply address is no probe."""
    is_probe = any(each.row.kind is AddressKind.CANARY for each in facts.found)
    return Ignores(why=Why.CANARY) if is_probe and chosen_address(facts) is None else None


def about_machines(facts: Facts) -> Decision | None:
    if facts.is_own:
        return Ignores(why=Why.OWN_MAIL)
    if not facts.automatic.is_message:
        return about_absences(facts) or Ignores(why=Why.AUTOMATIC, detail=facts.automatic.why)
    return None


def about_forgeries(facts: Facts) -> Decision | None:
    """The domain in From says, by DMARC, that it did not send this: whoever's address it bears, it is held."""
    if facts.trust is not Trust.FAIL:
        return None
    address = chosen_address(facts)
    if address is None:
        return Ignores(why=Why.BLOCKED) if facts.blocked else Holds(why=Why.FORGED)
    return held(Why.FORGED, address)


ONE_CLICK = frozenset({AddressKind.ACT, AddressKind.ASK, AddressKind.CONFIRM})


def about_one_click(facts: Facts) -> Decision | None:
    """One action on one object by one person, once. Not of a machine: a scanner or a filter may open every link. A mail
    that also goes to a reply or note address is read as a message.
    """
    address = next((each for each in facts.found if each.row.kind in ONE_CLICK), None)
    if address is None or chosen_address(facts) is not None:
        return None
    if not facts.automatic.may_answer:
        return Ignores(why=Why.AUTOMATIC, detail=facts.automatic.why)
    person = next((each.person for each in facts.senders if each.person.id == address.row.person_id), None)
    if person is None or facts.mail.sender not in address.addresses:
        return held(Why.OTHER_SENDER, address)
    spent = address.spent or address.row.used_at is not None
    return Commands(
        person=person, orders=(order_of(address),), conversation=address.conversation, row=address.row, spent=spent
    )


def order_of(address: FoundAddress) -> Order:
    verb, *arguments = (address.row.action or "").split(":")
    return Order(verb=Verb(verb) if verb in tuple(Verb) else None, written=verb, arguments=tuple(arguments))


def about_signed_addresses(facts: Facts) -> Decision | None:
    """The reply or note address and From together; a mail to both kinds is a note."""
    address = chosen_address(facts)
    if address is None:
        return Holds(why=Why.NO_ROW) if facts.orphan else None
    if address.spent:
        # Expired or revoked: with its participant's From it counts as no address at all.
        return None if facts.mail.sender in address.addresses else held(Why.OTHER_SENDER, address)
    if address.conversation is None or address.participant is None:
        return Holds(why=Why.NO_ROW)
    return posted_or_held(facts, address)


def chosen_address(facts: Facts) -> FoundAddress | None:
    """The address that decides: the surest one, but a note before a reply. Filings are unique on it."""
    leading = [each for each in facts.found if each.row.kind in {AddressKind.REPLY, AddressKind.NOTE}]
    noted = [each for each in leading if each.row.kind is AddressKind.NOTE]
    return next(iter(noted or leading), None)


def posted_or_held(facts: Facts, address: FoundAddress) -> Decision:
    assert address.conversation is not None
    assert address.participant is not None
    if facts.mail.sender is None:
        return held(Why.NO_SENDER, address)
    if address.participant.left_at is not None:
        return held(Why.LEFT, address)
    author = author_at(facts, address)
    if author is None:
        return held(Why.OTHER_SENDER, address)
    if not is_still_there(author, address.participant, address.conversation):
        return held(Why.LEFT, address)
    note = address.row.kind is AddressKind.NOTE
    if facts.broken and not note and address.participant.side is Side.FIRM:
        # A note address with a typing error, perhaps: clients would read what colleagues were meant to.
        return held(Why.BROKEN_ADDRESS, address)
    if note and address.participant.side is not Side.FIRM:
        return held(Why.OTHER_SENDER, address)
    return Posts(
        conversation=address.conversation,
        person=author.person,
        participant=address.participant,
        visibility=Visibility.INTERNAL if note else Visibility.SHARED,
        why=why_posted(author, address, note=note),
    )


def author_at(facts: Facts, address: FoundAddress) -> KnownSender | None:
    """The address's own participant by his From; or, at a case manager's address, a colleague who is authenticated."""
    assert address.participant is not None
    if facts.mail.sender in address.addresses:
        return next((each for each in facts.senders if each.person.id == address.participant.person_id), None)
    colleagues = [each for each in facts.senders if each.is_case_manager]
    if address.participant.side is Side.FIRM and facts.trust is Trust.PASS and len(colleagues) == 1:
        return colleagues[0]
    return None


def why_posted(author: KnownSender, address: FoundAddress, *, note: bool) -> Why:
    if address.participant is not None and author.person.id != address.participant.person_id:
        return Why.COLLEAGUE
    return Why.NOTE_ADDRESS if note else Why.REPLY_ADDRESS


def is_still_there(author: KnownSender, participant: Participant, conversation: Conversation) -> bool:
    """Who left the client or the firm writes in nobody's name any more."""
    if participant.side is Side.FIRM:
        return author.is_case_manager
    return any(each.id == conversation.client_id for each in author.clients)


def held(why: Why, address: FoundAddress) -> Holds:
    return Holds(why=why, conversation_id=address.conversation.id if address.conversation else None)


def about_references(facts: Facts) -> Decision | None:
    """Our ids in References count only from the person that mail went to, and never from a case manager."""
    for answered in facts.answered:
        if answered.conversation is None or answered.participant is None or answered.participant.left_at is not None:
            continue
        if facts.house_client not in {None, answered.conversation.client_id}:
            continue  # he writes to another client's address: that client is meant
        author = [each for each in facts.senders if each.person.id == answered.participant.person_id]
        if facts.mail.sender not in answered.addresses or not author:
            continue
        if not is_still_there(author[0], answered.participant, answered.conversation):
            return Holds(why=Why.LEFT, conversation_id=answered.conversation.id)
        if answered.participant.side is Side.FIRM and facts.trust is not Trust.PASS:
            # Ids are seen by whoever gets a forward: they prove no case manager.
            return Holds(why=Why.CASE_MANAGER_UNPROVEN, conversation_id=answered.conversation.id)
        if answered.participant.side is Side.FIRM and facts.broken:
            return Holds(why=Why.BROKEN_ADDRESS, conversation_id=answered.conversation.id)
        return Posts(
            conversation=answered.conversation,
            person=author[0].person,
            participant=answered.participant,
            # An answer to a note, or to a failure notice, without its address: still for colleagues alone.
            visibility=answered.mail.visibility if answered.participant.side is Side.FIRM else Visibility.SHARED,
            why=Why.REFERENCES,
        )
    return None


def about_senders(facts: Facts) -> Decision:
    """No address that leads anywhere: a known contact of one client opens a conversation, everybody else is held."""
    if facts.mail.sender is None:
        return Holds(why=Why.NO_SENDER)
    if any(each.is_case_manager for each in facts.senders):
        return about_case_managers(facts)
    clients = {client.id: client for each in facts.senders for client in each.clients}
    if not clients:
        return Ignores(why=Why.BLOCKED) if facts.blocked else Holds(why=Why.UNKNOWN_SENDER)
    wanted = clients.get(facts.house_client) if facts.house_client else None
    if wanted is None and len(clients) > 1:
        return Holds(why=Why.WHICH_CLIENT)
    client = wanted or next(iter(clients.values()))
    if not facts.automatic.may_answer:
        return Holds(why=Why.AUTOMATIC)
    return Opens(client=client, person=writer_of(facts, client), verified=facts.trust is Trust.PASS)


def about_case_managers(facts: Facts) -> Decision:
    """Without a signed address only a trusted, aligned pass proves one; then the client's own address says to whom."""
    managers = [each for each in facts.senders if each.is_case_manager]
    if facts.trust is not Trust.PASS or len(managers) != 1 or facts.broken:
        return Holds(why=Why.CASE_MANAGER_UNPROVEN)
    if not facts.automatic.may_answer:
        return Holds(why=Why.AUTOMATIC)
    if facts.house_client is None or facts.client is None:
        return Holds(why=Why.WHICH_CLIENT)
    theirs = facts.client in managers[0].clients  # somebody who is both speaks as contact of his own company
    side = Side.CLIENT if theirs else Side.FIRM
    return Opens(client=facts.client, person=managers[0].person, verified=True, side=side)


def writer_of(facts: Facts, client: Client) -> Person:
    """Of several people with one mailbox, the one whose name the mail bears; else the first of them."""
    theirs = [each.person for each in facts.senders if client in each.clients]
    named = [each for each in theirs if each.name.casefold() == facts.mail.sender_name.casefold()]
    return (named or theirs)[0]
