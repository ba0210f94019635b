r"""What is said to a relay for one mail: MAIL, RCPT and DATA with what the relay offers.

Reports are asked for with RFC 3461. Its *xtext* writes ``+``, ``=``, control and non-ASCII characters as ``+HH``: a
plain ``+`` in ORCPT comes back mangled (STACK.md), and all our signed addresses have one. An address with non-ASCII
characters has its own form there, ``utf-8;`` with ``\x{HEX}`` (RFC 6533 3).

SMTPUTF8 (RFC 6531) is used for a local part that is not ASCII, and for nothing else: a domain has an ASCII form.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from worker.core.relaying import Never, SealedMail
from worker.mail.relay_answers import Step
from worker.mail.wire_text import Measures, measures_of

Offers = Mapping[str, str]
"""EHLO keyword in capitals to its parameters."""

NOT_IN_ADDRESSES = re.compile(r"[\s\x00-\x20<>\x7f-\x9f\ud800-\udfff]")
BAD_RECIPIENT, BAD_SENDER, NEEDS_UTF8 = "5.1.3", "5.1.7", "5.6.7"
"""RFC 3463 and RFC 6531 3.5: what the relay would have said, had we asked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Commands:
    """``lines``: MAIL, RCPT and DATA in order, each with CRLF."""

    lines: Mapping[Step, bytes]
    reports_asked: bool


def commands_for(mail: SealedMail, offers: Offers) -> Commands | Never:
    sender, recipient = wire_address(mail.envelope_from), wire_address(mail.recipient)
    if sender is None:
        return Never(reply="not sent: the return path is no mail address", status=BAD_SENDER)
    if not recipient:
        return Never(reply="not sent: the recipient is no mail address", status=BAD_RECIPIENT)
    needs_utf8 = not (sender.isascii() and recipient.isascii())
    if needs_utf8 and "SMTPUTF8" not in offers:
        return Never(
            reply="not sent: the address has letters outside ASCII and the relay does not offer SMTPUTF8",
            status=NEEDS_UTF8,
        )
    lines = {
        Step.MAIL: mail_line(sender, mail.envelope_id, measures_of(mail.content), offers, needs_utf8=needs_utf8),
        Step.RCPT: rcpt_line(recipient, offers),
        Step.DATA: b"DATA\r\n",
    }
    return Commands(lines=lines, reports_asked="DSN" in offers)


def wire_address(written: str) -> str | None:
    """As it goes on the wire; empty for the null sender, None for what would break the command."""
    local, at, domain = written.rpartition("@")
    if written and (not local or not domain or NOT_IN_ADDRESSES.search(written)):
        return None
    if domain.isascii():
        return written
    try:
        return local + at + domain.encode("idna").decode("ascii")
    except UnicodeError:
        return None


def mail_line(sender: str, envelope_id: str, text: Measures, offers: Offers, *, needs_utf8: bool) -> bytes:
    words = [f"MAIL FROM:<{sender}>"]
    if "SIZE" in offers:
        words.append(f"SIZE={text.size}")
    if "8BITMIME" in offers and not text.is_ascii:
        words.append("BODY=8BITMIME")
    if needs_utf8:
        words.append("SMTPUTF8")
    if "DSN" in offers:
        words.append("RET=HDRS")
        if envelope_id:
            words.append(f"ENVID={xtext(envelope_id)}")
    return line(words)


def rcpt_line(recipient: str, offers: Offers) -> bytes:
    words = [f"RCPT TO:<{recipient}>"]
    if "DSN" in offers:
        original = f"rfc822;{xtext(recipient)}" if recipient.isascii() else f"utf-8;{utf8_xtext(recipient)}"
        words += ["NOTIFY=SUCCESS,FAILURE,DELAY", f"ORCPT={original}"]
    return line(words)


def line(words: list[str]) -> bytes:
    return " ".join(words).encode("utf-8") + b"\r\n"


def xtext(text: str) -> str:
    """RFC 3461 section 4."""
    return "".join(
        chr(byte) if 33 <= byte <= 126 and byte not in b"+=" else f"+{byte:02X}"
        for byte in text.encode("utf-8", "replace")
    )


def utf8_xtext(text: str) -> str:
    """utf-8-addr-xtext of RFC 6533 section 3."""
    return "".join(
        char if 33 <= ord(char) <= 126 and char not in "+=\\" else f"\\x{{{ord(char):02X}}}" for char in text
    )
