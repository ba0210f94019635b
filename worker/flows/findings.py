"""What is written about a filing: outcome, reason, chain of findings. Ids, counts, names of rules, never text."""

from dataclasses import dataclass
from typing import Any, assert_never

from storage.states import Outcome, Side
from worker.core.filing_facts import (
    Commands,
    Complains,
    Decision,
    Facts,
    Holds,
    Ignores,
    Moves,
    Opens,
    Posts,
    Proves,
    Rejects,
    Why,
)
from worker.core.filing_rules import chosen_address
from worker.core.new_text import Cut
from worker.flows.posting import StoredFile


@dataclass(frozen=True, slots=True, kw_only=True)
class Ready:
    """A decision with what it takes to apply it: the cut text and the files in the client's store."""

    decision: Decision
    facts: Facts
    cut: Cut
    files: tuple[StoredFile, ...]


def signed_address_of(facts: Facts) -> str:
    """The address found, as filings are unique on it; a report is filed once per mail it came about. Without one, the
    client whose own address it was sent to: one mail to two clients is filed at both.
    """
    address = chosen_address(facts) or next(iter(facts.found), None)
    if address is not None:
        return f"{address.row.public_id:016x}"
    return "none" if facts.house_client is None else f"c{facts.house_client}"


def outcome_of(decision: Decision) -> Outcome:
    match decision:
        case Posts():
            return Outcome.POSTED
        case Opens():
            return Outcome.NEW_CONVERSATION
        case Moves() | Complains():
            return Outcome.REPORT
        case Proves() | Ignores():
            return Outcome.IGNORED
        case Holds():
            return Outcome.HELD
        case Commands():
            return Outcome.COMMAND
        case Rejects():
            return Outcome.REJECTED
        case _:
            assert_never(decision)


def reason_of(decision: Decision) -> str:
    match decision:
        case Moves():
            return Why.REPORT
        case Complains():
            return Why.COMPLAINT
        case Opens(side=Side.FIRM):
            return Why.TRUSTED_SENDER
        case Opens():
            return Why.KNOWN_SENDER
        case (
            Posts(why=why) | Proves(why=why) | Ignores(why=why) | Holds(why=why) | Commands(why=why) | Rejects(why=why)
        ):
            return why
        case _:
            assert_never(decision)


def findings_of(ready: Ready) -> list[dict[str, Any]]:
    """The chain that ``explain`` prints: ids, counts and names of rules, never text."""
    facts = ready.facts
    told = [{"step": each.step, "found": each.found} for each in facts.mail.findings]
    told.append({"step": "automatic", "found": facts.automatic.why or "no"})
    told += [{"step": "address", "found": f"{each.row.kind} address in {each.where}"} for each in facts.found]
    told += [{"step": "references", "found": f"answers o{each.mail.id}"} for each in facts.answered]
    senders = ", ".join(f"p{each.person.id}" for each in facts.senders) or "nobody known"
    told.append({"step": "identity", "found": senders if facts.mail.sender else "no readable sender"})
    told.append({"step": "authentication", "found": facts.trust})
    told.append({"step": "new text", "found": f"{ready.cut.method}, confidence {ready.cut.confidence:.2f}"})
    told.append({"step": "decide", "found": reason_of(ready.decision)})
    return told
