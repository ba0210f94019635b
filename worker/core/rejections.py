"""When a mail is answered with a rejection (DESIGN.md invariants 8, 12): a business reason, told to a verified writer.

============ =====================================================================================
empty        a reply without any text and without files: nothing can be passed on
too_large    over the limit of size: kept whole, in quarantine
unreadable   over another limit of the parser: kept whole, in quarantine
============ =====================================================================================

Never for a fault of ours, never to a null sender, an automatic mail, or a From that neither a signed address of its
participant nor a trusted pass of DMARC proves. Where trying again makes sense the rejection carries the same
reply address. What a border can say in the SMTP dialogue (no such address, too large for the sink) is said there and
never reaches this module.
"""

from enum import StrEnum

from storage.states import Visibility
from worker.core.authentication_results import Trust
from worker.core.file_rules import is_decoration
from worker.core.filing_facts import Facts, Posts, Rejects, Why


class Rejection(StrEnum):
    EMPTY = "empty"
    TOO_LARGE = "too_large"
    UNREADABLE = "unreadable"


TRY_AGAIN = frozenset({Rejection.EMPTY, Rejection.TOO_LARGE})


def may_reject(facts: Facts, decision: Posts) -> bool:
    """``automatic`` knows null senders, reports and every other sign of a machine. A colleague who writes at somebody
    else's address has none of his own yet that he could try again with: his mail is held.
    """
    mail = facts.mail
    if mail.sender is None or not facts.automatic.may_answer or facts.trust is Trust.FAIL:
        return False
    if decision.person.id != decision.participant.person_id:
        return False
    by_address = any(mail.sender in each.addresses and not each.spent for each in facts.found)
    return by_address or facts.trust is Trust.PASS


def rejected_as_empty(facts: Facts, decision: Posts) -> Rejects | None:
    """Of a reply that holds nothing at all; a note is held, and what quotes something is not empty."""
    mail = facts.mail
    if mail.text.strip() or not all(is_decoration(each) for each in mail.files):
        return None
    if decision.visibility is Visibility.INTERNAL or not may_reject(facts, decision):
        return None
    return Rejects(
        why=Why.NOTHING_IN_IT,
        conversation=decision.conversation,
        person=decision.person,
        participant=decision.participant,
    )


def rejection_of_limit(limit: str) -> Rejection | None:
    """Of a quarantined mail by the limit it passed; an error of our code is never told to the sender."""
    if limit.startswith("error:"):
        return None
    return Rejection.TOO_LARGE if limit == "size" else Rejection.UNREADABLE
