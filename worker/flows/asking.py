"""Is an inbound mail a command? One-click addresses say so themselves; a case manager's text may hold some."""

from storage.states import Side, Visibility
from worker.core.commands import Asked, asked_in
from worker.core.filing_facts import Commands, Opens, Posts
from worker.core.new_text import Cut
from worker.core.subjects import is_forward
from worker.flows.house import House
from worker.flows.weighing import Look, side_of


def commands_in(house: House, seen: Look, cut: Cut) -> Asked | None:
    """Never of a contact: what he writes after a slash is his message."""
    if is_forward(seen.facts.mail.subject) and side_of(seen.decision) is Side.FIRM and not reaches_client(seen):
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
    return asked_in(cut.new_text, at_note_address=at_note, names=(person.name, house.policy.firm_name))


def reaches_client(seen: Look) -> bool:
    """A forward to the reply address is a message like any other."""
    return isinstance(seen.decision, Posts) and seen.decision.visibility is Visibility.SHARED
