"""Why a mail failed, and which failures end the trying."""

import pytest

from worker.core.report_reasons import is_hard, reason_of


@pytest.mark.parametrize(
    ("status", "diagnostic", "reason", "hard"),
    [
        ("5.1.1", "", "userunknown", True),
        ("5.1.2", "", "hostunknown", True),
        ("5.1.3", "", "userunknown", True),
        ("5.1.6", "", "hasmoved", True),
        ("5.1.10", "", "notaccept", True),
        ("5.2.1", "", "suspend", True),
        ("5.2.1", "550 user unknown", "userunknown", True),
        ("5.2.2", "550 user unknown", "mailboxfull", False),
        ("5.0.0", "552 Requested mail action aborted: exceeded storage allocation, mailbox full", "mailboxfull", False),
        ("4.1.1", "450 user unknown", "userunknown", False),
        ("5.0.0", "550 No such user here", "userunknown", True),
        ("5.0.0", "550 Adresse inconnue: destinataire inconnu", "userunknown", True),
        ("5.0.0", "550 Deze mailbox bestaat niet", "userunknown", True),
        ("", "550 Empfänger unbekannt", "userunknown", True),
        ("5.4.4", "", "hostunknown", True),
        ("5.0.0", "Host or domain name not found. Name service error", "hostunknown", True),
        ("4.4.1", "connect to mx: Connection timed out", "expired", False),
        ("4.4.7", "", "expired", False),
        ("5.3.4", "", "mesgtoobig", False),
        ("5.2.3", "message too large for this recipient", "mesgtoobig", False),
        ("5.2.3", "message length exceeds limit", "exceedlimit", False),
        ("5.7.1", "550 message considered spam", "spamdetected", False),
        ("5.7.1", "550 blocked by our DNSBL", "blocked", False),
        ("5.7.1", "554 relay access denied", "norelaying", False),
        ("5.7.1", "", "rejected", False),
        ("5.7.26", "", "authfailure", False),
        ("5.0.0", "550 SPF check failed", "authfailure", False),
        ("5.7.0", "552 content presents a potential security issue", "policyviolation", False),
        ("5.7.9", "550 rejected", "securityerror", False),
        ("5.1.8", "", "rejected", False),
        ("5.4.6", "", "networkerror", False),
        ("5.0.0", "554 virus found", "virusdetected", False),
        ("4.7.0", "421 too many connections", "ratelimited", False),
        ("5.0.0", "550 Mailbox is frozen", "suspend", False),
        ("5.0.0", "550 Rejected", "rejected", False),
        ("5.0.0", "", "undefined", False),
        ("", "", "undefined", False),
        ("2.0.0", "250 ok", "delivered", False),
    ],
)
def test_status_and_text_give_a_reason(status: str, diagnostic: str, reason: str, hard: bool) -> None:
    assert reason_of(status, diagnostic) == reason
    assert is_hard(status, reason) is hard
