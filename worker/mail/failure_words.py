"""Which sentence explains a failure: the field's words for reasons (of reports), joined where people do the same.

A word that is not here, of a newer list or a rare server, gets the sentence for an unclear reason: a notice never stays
unsent for want of a word.
"""

UNDEFINED, NO_ADDRESS = "undefined", "no_address"

SENTENCES = {
    "address_unknown": "userunknown",
    "domain_unknown": "hostunknown notaccept",
    "moved": "hasmoved",
    "closed": "suspend",
    "mailbox_full": "mailboxfull",
    "too_big": "mesgtoobig exceedlimit",
    "spam": "spamdetected contenterror filtered",
    "virus": "virusdetected",
    "refused": (
        "rejected blocked policyviolation authfailure badreputation norelaying notcompliantrfc requireptr "
        "securityerror failedstarttls syntaxerror"
    ),
    "unreachable": "expired networkerror systemerror systemfull mailererror toomanyconn ratelimited speeding onhold",
    "suppressed": "suppressed",
    NO_ADDRESS: "noaddress",
    UNDEFINED: "undefined",
}

SENTENCE_OF = {reason: sentence for sentence, reasons in SENTENCES.items() for reason in reasons.split()}


def sentence_for(reason: str) -> str:
    """The key under ``[why]`` and ``[todo]`` of the words."""
    return SENTENCE_OF.get(reason.strip().lower().replace("_", "").replace("-", ""), UNDEFINED)
