"""What DKIM (RFC 6376) says of an original that somebody passed on as an attached mail (DESIGN.md section 5).

It tells a case manager whether the mail he was given is the mail that was sent; it is nobody's identity.
"""

from dataclasses import dataclass
from enum import StrEnum


class SignatureState(StrEnum):
    """VALID: of the domain in its From, over the whole mail; FOREIGN: of another domain; INVALID: changed on its way,
    or never what it claims to be; UNSIGNED: its program or its forwarder left none; UNCHECKED: no key could be asked.
    """

    VALID = "valid"
    FOREIGN = "foreign"
    INVALID = "invalid"
    UNSIGNED = "unsigned"
    UNCHECKED = "unchecked"


@dataclass(frozen=True, slots=True, kw_only=True)
class OriginalSignature:
    """``domain``: who signed, where that was seen."""

    state: SignatureState
    domain: str | None = None

    def __str__(self) -> str:
        return f"{self.state} {self.domain}" if self.domain else self.state.value


UNCHECKED = OriginalSignature(state=SignatureState.UNCHECKED)


def is_aligned(domain: str, sender_domain: str) -> bool:
    """The signer is the sender's domain or one above it (relaxed, RFC 7489 3.1.1, without a list of public suffixes:
    nobody can have a key published at a public suffix).
    """
    signer, sender = domain.lower().rstrip("."), sender_domain.lower().rstrip(".")
    return bool(signer) and (sender == signer or sender.endswith(f".{signer}"))
