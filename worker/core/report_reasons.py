"""Why a mail was not delivered, and whether trying again is useless: from status code and diagnostic text, as data.

The words are those of the field (Sisimai's list). A specific status code decides alone; a vague one (x.0.0, most of
x.7.x) leaves it to the text, and has the last word where the text says nothing. Texts are compared in lower case with
single spaces, in the order of ``PHRASES``: the more specific reasons stand first ("mailbox full" before "rejected").
"""

import re

# RFC 3463 and its registry, without the class: what these say is never vague.
SPECIFIC = {
    "1.1": "userunknown",
    "1.2": "hostunknown",
    "1.3": "userunknown",
    "1.6": "hasmoved",
    "1.7": "rejected",
    "1.8": "rejected",
    "1.10": "notaccept",  # null MX (RFC 7505)
    "1.351": "userunknown",  # Exchange Online: the remote server says so
    "2.2": "mailboxfull",
    "3.1": "systemfull",
    "3.2": "notaccept",
    "3.4": "mesgtoobig",
    "4.4": "hostunknown",
    "4.6": "networkerror",  # routing loop
    "4.7": "expired",
    "7.8": "securityerror",
    "7.13": "suspend",
    "7.17": "hasmoved",
    "7.20": "authfailure",  # DKIM (RFC 7372)
    "7.21": "authfailure",
    "7.22": "authfailure",
    "7.23": "authfailure",  # SPF
    "7.24": "authfailure",
    "7.25": "requireptr",
    "7.26": "authfailure",
    "7.27": "notaccept",
    "7.28": "ratelimited",
    "7.509": "authfailure",  # Exchange Online: DMARC
}

# What is left when the text says nothing.
VAGUE = {
    "1": "userunknown",
    "2.0": "filtered",
    "2.1": "suspend",
    "2.3": "exceedlimit",
    "2": "filtered",
    "3": "systemerror",
    "4.1": "expired",
    "4.2": "expired",
    "4.3": "systemerror",
    "4": "networkerror",
    "5": "mailererror",
    "6": "contenterror",
    "7.1": "rejected",
    "7": "securityerror",
}

PHRASES: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("virusdetected", ("virus", "malware", "infected")),
    ("notcompliantrfc", ("rfc 5322", "rfc5322", "rfc 2822", "multiple addresses in from", "addresses in from: header",
                         "missing from header", "duplicate header")),
    ("authfailure", ("spf ", "spf-", "spf:", "dkim", "dmarc", "unauthenticated email", "sender policy framework",
                     "authentication checks")),
    ("mailboxfull", ("mailbox full", "mailbox is full", "mailbox has exceeded", "quota", "full mailbox",
                     "mailbox size limit", "storage limit", "not enough space", "not enough storage",
                     "out of storage", "exceeded storage", "insufficient disk space", "boîte pleine", "boite pleine",
                     "mailbox vol", "postfach voll", "postfach ist voll", "inbox is full")),
    ("mesgtoobig", ("too large", "too big", "size exceeds", "exceeds size", "maximum message size", "recipsizelimit",
                    "message size", "size limit")),
    ("exceedlimit", ("length exceeds", "exceeds limit", "exceeded limit")),
    ("notaccept", ("does not accept mail", "not accept any mail", "null mx", "nullmx", "does not receive mail")),
    ("spamdetected", ("spam message", "as spam", "be spam", "is spam", "spam detected", "spam content", "spam score",
                      "spam filter", "spam-", "spam.", "ube,", " ube", "junk mail", "unsolicited", "content rejected",
                      "bulk mail", "considered spam")),
    ("badreputation", ("reputation",)),
    ("requireptr", ("reverse dns", "ptr record", "reverse mapping", "rdns", "cannot find your hostname",
                    "mismatches client ip")),
    ("ratelimited", ("rate limit", "too many messages", "too many connections", "too many emails", "throttl",
                     "unexpected volume", "too much mail", "too fast", "slow down", "rate exceeded",
                     "too many recipients", "greylist", "graylist")),
    ("norelaying", ("relay access denied", "relaying denied", "relay denied", "not permitted to relay",
                    "unable to relay", "relaying not allowed", "relay not permitted", "relaying prohibited",
                    "we do not relay", "no relaying", "email address is not verified")),
    ("blocked", ("blocked - see", "blocked by", "been blocked", "is blocked", "blacklist", "black list", "blocklist",
                 "block list", "dnsbl", "rbl", "spamhaus", "spamcop", "client host rejected", "access denied",
                 "banned", "your ip", "sending ip", "delivery temporarily suspended", "poor ip")),
    ("hasmoved", ("no longer on server", "has moved", "user moved", "address has changed", "new address",
                  "forwarding address")),
    ("suspend", ("suspended", "disabled", "deactivated", "frozen", "inactive", "mailbox locked", "account locked",
                 "discontinued", "account is closed", "been closed", "not active")),
    ("securityerror", ("smtp authentication", "authentication required", "unauthenticated senders", "must authenticate",
                       "not authenticated", "starttls", "must issue a starttls", "tls required", "not authorized",
                       "permission denied")),
    ("rejected", ("sender address rejected", "sender rejected", "sender denied", "bad sender", "purported responsible",
                  "sender verify failed", "invalid sender", "sender domain", "domain of sender", "sender is not")),
    ("hostunknown", ("host unknown", "unknown host", "host not found", "domain not found", "no such domain",
                     "no such host", "invalid domain", "domain is not reachable", "name service error", "nxdomain",
                     "domain does not exist", "domain doesn't exist",
                     "unrouteable address", "bad domain", "unknown domain", "could not be resolved", "no mx",
                     "name or service not known", "domain name not found", "all relevant mx records point to")),
    ("userunknown", ("user unknown", "unknown user", "no such user", "no such recipient", "no such mailbox",
                     "no such address", "no such person", "user not found", "recipient not found", "not found in",
                     "mailbox not found", "unknown recipient", "recipient unknown", "invalid recipient",
                     "invalid mailbox", "invalid user", "unknown address", "address unknown", "unknown mailbox",
                     "unknown local", "address does not exist", "does not exist", "doesn't exist", "no mailbox",
                     "mailbox unavailable", "user doesn't", "recipient address rejected", "recipient rejected",
                     "unrouteable mailbox", "not our customer", "no account", "account not found", "unrouteable user",
                     "is not a known user", "recipnotfound", "destinataire inconnu", "destinataire invalide",
                     "utilisateur inconnu", "onbekende gebruiker", "gebruiker onbekend", "bestaat niet",
                     "empfänger unbekannt", "unbekannter empfänger", "undeliverable address")),
    ("mailererror", ("command died", "command failed", "exit status", "exit code", "child process",
                     "local delivery failed",
                     "returned failure", "procmail", "pipe to", "failed with status", "unknown mailer error",
                     "generated from |", "return code")),
    ("networkerror", ("too many hops", "mail loop", "routing loop", "loops back", "mail forwarding loop",
                      "network is unreachable", "no route to host", "hop count")),
    ("expired", ("expired", "timed out", "timeout", "time out", "did not accept our requests", "connection refused",
                 "lost connection", "unable to connect", "could not connect", "too old", "retry time",
                 "delivery time", "been in queue", "undelivered for", "could not be delivered for")),
    ("policyviolation", ("policy", "potential security", "presents a potential", "attachment", "prohibited",
                         "dangerous")),
    ("systemfull", ("insufficient system", "disk full", "no space left", "insufficient storage")),
    ("systemerror", ("service unavailable", "currently unavailable", "temporarily unavailable", "internal error",
                     "server error", "configuration error", "config error", "could not load", "system error",
                     "local error", "resources temporarily", "try again later", "temporary failure", "lookup failure",
                     "server failure", "service not available", "temporarily deferred")),
    ("contenterror", ("mime", "header", "8bit", "8-bit", "charset", "message content")),
)  # fmt: skip

# Words that say little: after what a vague code says.
WEAK_PHRASES: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("spamdetected", ("spam",)),
    ("blocked", ("blocked", "denied")),
    ("filtered", ("filtered", "filter", "not allowed")),
    ("rejected", ("rejected", "refused")),
)

# Trying again is useless for this address. DESIGN.md section 4 also stops at once on the codes below.
HARD = frozenset({"userunknown", "hostunknown", "hasmoved", "notaccept"})
HARD_CODES = frozenset({"1.1", "1.2", "1.3", "1.6", "1.10", "2.1"})
LOOKED_AT = 4_000


def reason_of(status: str, diagnostic: str, *, after_data: bool = False) -> str:
    """One word. ``status``: like ``5.1.1`` or empty; ``diagnostic``: what the refusing server said, or empty.

    ``after_data``: refused after the whole mail was read. A server knows its users before that: then "user unknown" is
    a filter speaking, unless a code says otherwise.
    """
    detail = status.partition(".")[2]
    if detail in SPECIFIC:
        return SPECIFIC[detail]
    if status.startswith("2."):
        return "delivered"
    text = re.sub(r"\s+", " ", diagnostic[:LOOKED_AT].lower())
    found = reason_in_text(text, PHRASES)
    if found == "userunknown" and after_data:
        return "filtered"
    vague = VAGUE.get(detail) or VAGUE.get(detail.partition(".")[0])
    return found or vague or reason_in_text(text, WEAK_PHRASES) or "undefined"


def reason_in_text(text: str, listed: tuple[tuple[str, tuple[str, ...]], ...]) -> str | None:
    return next((reason for reason, phrases in listed if any(phrase in text for phrase in phrases)), None)


def is_hard(status: str, reason: str) -> bool:
    """Never for a temporary code (class 4), and never for a full mailbox."""
    if status[:1] in {"2", "4"} or reason == "mailboxfull":
        return False
    return reason in HARD or status.partition(".")[2] in HARD_CODES
