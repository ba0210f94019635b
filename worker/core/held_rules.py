"""What may be done with a held mail, who is asked about it, and who is told (DESIGN.md section 5, "Held").

========================== ============================ ================================ ==========================
held because               a case manager may           the registered address is asked  the sender is told
========================== ============================ ================================ ==========================
another sender, at a       accept once, add the         mine, for me, not me             once a day, when his
contact's address          address, add a contact                                        domain is authenticated
unreadable sender          accept once                  no                               no
case manager without proof refuse                       mine, for me, not me             no
dmarc=fail                 accept once                  mine, for me, not me             never
unknown                    make contact, block          nobody                           never
which client               make contact of one          asked which, by the person       by that question
the brake took hold        accept once                  nobody                           never
repeats a note and others  refuse                       no                               no
========================== ============================ ================================ ==========================

Refusing is always possible. Nothing internal and nothing of the held mail's text goes to the client's side.
"""

from worker.core.authentication_results import Trust
from worker.core.commands import Verb
from worker.core.filing_facts import Facts, Why
from worker.core.parsed import ParsedMail

LONGEST_EXCERPT = 600
CONFIRMABLE = frozenset({Why.OTHER_SENDER, Why.CASE_MANAGER_UNPROVEN, Why.FORGED})
HELD_REASONS = frozenset(
    {
        *(Why.UNREAD_REPORT, Why.AUTOMATIC, Why.NO_ROW, Why.OTHER_SENDER, Why.NO_SENDER, Why.LEFT, Why.BROKEN_ADDRESS),
        *(Why.NOTHING_NEW, Why.WHICH_CLIENT, Why.UNKNOWN_SENDER, Why.CASE_MANAGER_UNPROVEN, Why.REPEATS_A_NOTE),
        *(Why.TOO_MUCH_TO_READ, Why.EMPTY_NOTE, Why.NOTHING_IN_IT, Why.FORGED, Why.COLLEAGUES_MAIL),
        *(Why.TOO_MANY_MAILS, Why.REPEATS_ONE_TEXT, Why.ANSWERS_AT_ONCE),
    }
)
"""Every reason a mail is held for; each has words (``held_why.REASON``) in four languages."""
OFFERS = {
    Why.OTHER_SENDER: (Verb.ACCEPT, Verb.ADDRESS, Verb.CONTACT),
    Why.NO_SENDER: (Verb.ACCEPT,),
    Why.FORGED: (Verb.ACCEPT,),
    Why.LEFT: (Verb.ACCEPT, Verb.CONTACT),
    Why.UNKNOWN_SENDER: (Verb.CONTACT, Verb.BLOCK),
    Why.WHICH_CLIENT: (Verb.CONTACT,),
    Why.TOO_MANY_MAILS: (Verb.ACCEPT,),
    Why.REPEATS_ONE_TEXT: (Verb.ACCEPT,),
    Why.ANSWERS_AT_ONCE: (Verb.ACCEPT,),
}


def offers_for(why: str | None, *, in_conversation: bool) -> tuple[Verb, ...]:
    """The links of one held mail, the likeliest first; accepting and adding need to know where it belongs."""
    offered = OFFERS.get(Why(why), ()) if why in tuple(Why) else ()
    if not in_conversation:
        offered = tuple(each for each in offered if each not in {Verb.ACCEPT, Verb.ADDRESS})
    return (*offered, Verb.REFUSE)


def asks_for_confirmation(why: Why, facts: Facts) -> bool:
    """Whether somebody's registered address is asked if that was he; never because of a machine's mail."""
    return why in CONFIRMABLE and facts.automatic.may_answer and facts.mail.sender is not None


def tells_sender(why: Why, facts: Facts) -> bool:
    """The sender hears that his mail waits only where nobody can have forged him, and where he wrote to a person."""
    proven = facts.trust is Trust.PASS and facts.automatic.may_answer
    return proven and why is Why.OTHER_SENDER and facts.mail.sender is not None


def excerpt_of(mail: ParsedMail) -> str:
    """The beginning of the text, for whoever decides; never mailed to anybody but case managers."""
    text = mail.text.strip()
    return text if len(text) <= LONGEST_EXCERPT else text[:LONGEST_EXCERPT].rstrip() + " …"
