"""Out-of-office answers that did not come to a return path, where RFC 3834 sends them: some answer to Reply-To.

They prove the mail they name, as those at the return path do, and tell of the person's absence; they are never posted.
A vacation program that names no mail of ours proves nothing, but tells the same.
"""

from storage.records import PersonId
from storage.states import Evidence
from worker.core.delivery_words import reads_as_failure, says_received
from worker.core.filing_facts import Decision, Facts, Holds, Ignores, Proves, Why
from worker.core.out_of_office import says_absence


def about_absences(facts: Facts) -> Decision | None:
    """For an automatic mail that is no report; from the person that the signed address or the named mail is of."""
    if facts.automatic.is_message or facts.is_report:
        return None
    answered = next((each for each in facts.answered if facts.mail.sender in each.addresses), None)
    if reads_as_failure(facts.mail.subject, own_text(facts)):
        # In the name of the mailbox that did not take it.
        failed = answered.conversation if answered is not None else None
        return Holds(why=Why.UNREAD_REPORT, conversation_id=failed.id) if failed is not None else None
    if not says_absence(facts.mail.subject, own_text(facts)):
        return None
    if answered is not None:
        return Proves(mail=answered.mail, evidence=Evidence.OUT_OF_OFFICE, why=Why.OUT_OF_OFFICE)
    if any(facts.mail.sender in each.addresses for each in facts.found):
        return Ignores(why=Why.OUT_OF_OFFICE)
    return None


def says_it_is_there(facts: Facts) -> bool:
    """Does an answer of a person's mailbox prove that our mail lies in it? In doubt it proves nothing."""
    subject, text = facts.mail.subject, own_text(facts)
    return not reads_as_failure(subject, text) and (says_absence(subject, text) or says_received(subject, text))


def who_is_away(facts: Facts, decision: Decision) -> PersonId | None:
    """The person whose absence a decided mail tells of."""
    match decision:
        case Proves(mail=mail, why=Why.OUT_OF_OFFICE):
            return mail.person_id
        case Ignores(why=Why.OUT_OF_OFFICE):
            theirs = [each.participant for each in facts.found if facts.mail.sender in each.addresses]
            return next((each.person_id for each in theirs if each is not None), None)
        case _:
            return None


def own_text(facts: Facts) -> str:
    """Without what it quotes."""
    return "\n".join(line.text for line in facts.mail.lines if line.depth == 0)
