"""What a sender asks of us about reports: the DSN parameters of MAIL and RCPT (RFC 3461), decoded and checked.

``MAIL FROM:<a> RET=FULL|HDRS ENVID=xtext`` and ``RCPT TO:<b> NOTIFY=NEVER|SUCCESS,FAILURE,DELAY ORCPT=rfc822;xtext``.
xtext writes ``+``, ``=`` and what is not printable as ``+HH``. A sender that forgets this is refused here with the
fault named, where a real relay would carry a mangled address back in its report.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

XTEXT = re.compile(r"(?:[!-*,-<>-~]|\+[0-9A-F]{2})+")
CODED = re.compile(rb"\+([0-9A-F]{2})")
CONTROL = re.compile(r"[\x00-\x1f\x7f]")
LONGEST_ENVELOPE_ID = 100  # RFC 3461 4.4
LONGEST_ORIGINAL = 500  # RFC 3461 4.2


class Malformed(Exception):  # noqa: N818 - named by the reaction
    """A parameter that breaks RFC 3461; the text may be told to the peer."""


class Returns(StrEnum):
    """How much of a mail that failed comes back."""

    FULL = "FULL"
    HEADERS = "HDRS"


class Notify(StrEnum):
    NEVER = "NEVER"
    SUCCESS = "SUCCESS"
    FAILURE = "FAILURE"
    DELAY = "DELAY"


UNASKED = frozenset({Notify.FAILURE, Notify.DELAY})
"""What is reported when NOTIFY was not given (RFC 3461 4.1 leaves the delay to us; relays do report it)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MailAsk:
    """Of MAIL: ``envelope_id`` decoded."""

    envelope_id: str | None = None
    returns: Returns | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RcptAsk:
    """Of RCPT: ``original_recipient`` decoded, with its type: ``rfc822;r+token@firm.example``."""

    notify: frozenset[Notify] | None = None
    original_recipient: str | None = None

    def wants(self, what: Notify) -> bool:
        return what in (UNASKED if self.notify is None else self.notify)


def read_mail_words(words: Sequence[str]) -> tuple[MailAsk, list[str]]:
    """The DSN parameters among the words after the address, and the words that are others'."""
    found, others = split_words(words, ("ENVID", "RET"))
    envelope_id = returns = None
    if "ENVID" in found:
        if len(found["ENVID"]) > LONGEST_ENVELOPE_ID:
            raise Malformed("ENVID is longer than 100 characters")
        envelope_id = from_xtext(found["ENVID"])
    if "RET" in found:
        if found["RET"].upper() not in set(Returns):
            raise Malformed("RET is FULL or HDRS")
        returns = Returns(found["RET"].upper())
    return MailAsk(envelope_id=envelope_id, returns=returns), others


def read_rcpt_words(words: Sequence[str]) -> tuple[RcptAsk, list[str]]:
    found, others = split_words(words, ("NOTIFY", "ORCPT"))
    notify = read_notify(found["NOTIFY"]) if "NOTIFY" in found else None
    original = read_original(found["ORCPT"]) if "ORCPT" in found else None
    return RcptAsk(notify=notify, original_recipient=original), others


def read_notify(value: str) -> frozenset[Notify]:
    words = value.upper().split(",")
    if not set(words) <= set(Notify) or (Notify.NEVER in words and len(words) > 1):
        raise Malformed("NOTIFY is NEVER, or some of SUCCESS,FAILURE,DELAY")
    return frozenset(Notify(word) for word in words)


def read_original(value: str) -> str:
    kind, semicolon, address = value.partition(";")
    if not semicolon or not kind.isascii() or not kind.replace("-", "").isalnum() or len(value) > LONGEST_ORIGINAL:
        raise Malformed("ORCPT is a type, a semicolon and an address in xtext")
    return f"{kind.lower()};{from_xtext(address)}"


def split_words(words: Sequence[str], ours: Sequence[str]) -> tuple[dict[str, str], list[str]]:
    found: dict[str, str] = {}
    others = []
    for word in words:
        name, equals, value = word.partition("=")
        if name.upper() not in ours:
            others.append(word)
        elif not equals or not value or name.upper() in found:
            raise Malformed(f"{name.upper()} wants one value, once")
        else:
            found[name.upper()] = value
    return found, others


def from_xtext(written: str) -> str:
    """RFC 3461 section 4, strict: ``+`` alone is a fault, not a plus."""
    if not XTEXT.fullmatch(written):
        raise Malformed("not xtext: write + as +2B and = as +3D")
    raw = CODED.sub(lambda hit: bytes([int(hit[1], 16)]), written.encode("ascii"))
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError as fault:
        raise Malformed("xtext that is not UTF-8") from fault
    if CONTROL.search(text):
        raise Malformed("control characters in xtext")
    return text
