"""Is an inbound mail a command? One-click addresses say so themselves; a case manager's text may hold some."""

from collections.abc import Collection
from dataclasses import replace

from storage.states import Side, Visibility
from worker.core.commands import Asked, Order, asked_in
from worker.core.filing_facts import Commands, Opens, Posts
from worker.core.new_text import Cut
from worker.core.own_lines import above_original
from worker.core.parsed import ParsedMail
from worker.core.subjects import is_forward
from worker.flows.attached_texts import MAIL
from worker.flows.house import House
from worker.flows.weighing import Look, side_of


def commands_in(house: House, seen: Look, cut: Cut) -> Asked | None:
    """Never of a contact: what he writes after a slash is his message."""
    mail = seen.facts.mail
    if is_forward(mail.subject) and side_of(seen.decision) is Side.FIRM and not reaches_client(seen):
        return None  # what is passed on is somebody else's text
    match seen.decision:
        case Commands(orders=orders):
            return Asked(orders=orders, message="", below=False)
        case Posts(person=person, visibility=visibility) if side_of(seen.decision) is Side.FIRM:
            at_note = visibility is Visibility.INTERNAL
        case Opens(person=person, side=Side.FIRM):
            at_note = False
        case _:
            return None
    return asked_by_himself(mail, cut.new_text, at_note=at_note, names=(person.name, house.policy.firm_name))


def reaches_client(seen: Look) -> bool:
    """A forward to the reply address is a message like any other."""
    return isinstance(seen.decision, Posts) and seen.decision.visibility is Visibility.SHARED


def asked_by_himself(mail: ParsedMail, text: str, *, at_note: bool, names: Collection[str]) -> Asked | None:
    """Below the beginning of a mail that he passed on or pasted nothing is his command. Where a forward's original
    begins nobody knows where, or a command stands below one in an answer, nothing is done and nothing is posted: it may
    be his, and it may be anybody's.
    """
    passed_on, own = is_forward(mail.subject), above_original(text)
    if own is None:
        asked = asked_in(text, at_note_address=at_note, names=names)
        is_his = not passed_on or any(each.media_type == MAIL for each in mail.files)
        return asked if asked is None or is_his else nobodys(asked)
    asked = asked_in(own, at_note_address=False)
    if asked is not None:
        return replace(asked, below=True)
    below = None if passed_on else asked_in(text, at_note_address=False)
    return None if below is None else nobodys(below)


def nobodys(asked: Asked) -> Asked:
    """As a command that nobody knows: answered, not done, and not posted."""
    return Asked(orders=(Order(verb=None, written=asked.orders[0].written),), message="", below=asked.below)
