"""Words in which machines say, in four languages, that a mail was not delivered, or not yet, or that it was received.

``bounce_texts`` reads reports out of them. Here they tell an answer of somebody's mailbox that proves a delivery from
one that says the contrary: some servers write "mailbox full" in the name of the full mailbox itself.
"""

import re

from worker.core.absence_formula import without_days
from worker.core.out_of_office import own_part

LONGEST = 4_000
SUBJECT = re.compile(
    r"undeliver|un-?deliverable|not deliver|delivery (?:status|failure|failed|notification|problem|report|has failed)|"
    r"mail delivery|returned (?:mail|message|to sender)|returning (?:message|to sender)|failure notice|"
    r"mail fail(?:ure|ed)|"
    r"failed delivery|mail (?:system )?error|delayed|warning: (?:could not send|message)|bounce|"
    r"non remis|non distribu|échec de (?:la )?(?:remise|distribution|l'envoi)|retour (?:de|du) (?:courrier|message)|"
    r"onbestelbaar|niet (?:bezorgd|afgeleverd)|kon niet worden (?:bezorgd|afgeleverd)|unzustellbar|nicht zustellbar|"
    r"zustellung",
    re.IGNORECASE,
)
FAILED = re.compile(
    # in the subject too
    r"undeliver|delivery fail|failure|failed|returned (?:mail|message|to sender)|returning (?:message|to sender)|"
    r"non remis|non distribu|échec|onbestelbaar|unzustellbar|"
    r"(?:could|can) ?not be deliver|couldn't be deliver|wasn't able to deliver|unable to deliver|not able to deliver|"
    r"permanent (?:fatal )?error|fatal errors|did not reach|not (?:been )?delivered|has been returned|unrouteable|"
    r"giving up|no such user|user unknown|unknown user|host unknown|unknown host|does not exist|"
    r"bounced|rejected|refused|"
    r"n'a pas (?:pu être|été) (?:remis|distribu|délivré|livré)|n'ont pas (?:pu être|été) (?:remis|distribu)|"
    r"kon niet (?:worden )?(?:bezorgd|afgeleverd)|niet (?:bezorgd|afgeleverd)|"
    r"nicht zugestellt|konnte nicht|\b5\d\d[ -]|\b5\.\d{1,3}\.\d{1,3}\b",
    re.IGNORECASE,
)
DELAYED = re.compile(
    r"will (?:be retried|keep trying|retry|continue|try again)|not need to (?:resend|take any)|no action is required|"
    r"has been delayed|is delayed|delivery (?:of your message )?(?:is |has been )?delayed|not yet been delivered|"
    r"warning message only|this is a warning|could not send message for past|still (?:trying|being)|"
    r"temporarily deferred|delivery attempts will continue|nouvelle tentative|retardée?|uitgesteld|vertraagd|verzögert|"
    r"weiterhin versucht",
    re.IGNORECASE,
)
NOT_RECEIVED = re.compile(
    r"quota|(?:mail|in)box (?:is |was )?(?:full|disabled|unavailable|closed)|"
    r"(?:boîte|messagerie).{0,40}(?:pleine|saturée)|"
    r"postfach.{0,40}voll\b|(?:postvak|mailbox|postbus).{0,40}\bvol\b|"
    r"\b(?:not|pas|nicht|niet)\s+(?:\w+\s+){0,2}(?:received|reçu\w*|erhalten|ontvangen|accepted|acceptée?|aangenomen)\b|"
    r"(?:no longer|plus) (?:valid|active|monitored|in use|valable|utilisée)|"
    r"nicht mehr gültig|niet meer (?:in gebruik|geldig)|"
    r"n'existe (?:pas|plus)|existiert nicht|bestaat niet|\b[45]\.[0-7]\.\d{1,3}\b|\b4\d\d[ -][45]\.",
    re.IGNORECASE,
)
RECEIVED = re.compile(
    r"\breçu\b|\breçue\b|enregistrée?|accus\w+ (?:de )?(?:bonne )?réception|merci (?:pour|de) votre|"
    r"\breceived\b|receipt of your|registered|thank(?:s| you) for (?:your|contacting|getting)|"
    r"ontvangen|ontvangst|geregistreerd|(?:bedankt|dank u) voor (?:uw|je)|"
    r"erhalten|eingegangen|registriert|dank für (?:ihre|deine)",
    re.IGNORECASE,
)


def reads_as_failure(subject: str, text: str) -> bool:
    """Days and phone numbers go first: "5.12.26" is no status code, and 550 stands in numbers too."""
    told = without_days(text[:LONGEST])
    own_subject = own_part(subject)
    if any(each.search(told) or each.search(own_subject) for each in (FAILED, NOT_RECEIVED)):
        return True
    return SUBJECT.search(own_subject) is not None and DELAYED.search(told) is not None


def says_received(subject: str, text: str) -> bool:
    """A person's mailbox, or the program that reads it, has the mail."""
    return RECEIVED.search(text[:LONGEST]) is not None or RECEIVED.search(own_part(subject)) is not None
