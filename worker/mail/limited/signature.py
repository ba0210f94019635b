"""DKIM of a mail that was passed on as a file: ``{state, domain}`` (RFC 6376).

The keys are asked for at ``limits.name_server``: ``off`` (nothing is asked), ``host:port``, or empty for the system's.
A mail with two From headers is never valid: nobody can tell which one was signed. Neither is a signature over the
beginning of a body (``l=``), since anybody may have added the rest.
"""

from collections.abc import Callable
from email.utils import parseaddr
from pathlib import Path
from typing import Any

import dkim
import dns.exception
import dns.resolver
from dkim.util import InvalidTagValueList, parse_tag_value

from worker.core.original_signatures import SignatureState, is_aligned
from worker.mail.limited.questions import ReaderLimits

LARGEST = 10 * 1024 * 1024
MOST_SIGNATURES, DNS_SECONDS = 5, 3.0
RANK = (SignatureState.VALID, SignatureState.FOREIGN, SignatureState.UNCHECKED, SignatureState.INVALID)

Keys = Callable[..., bytes | None]
"""Of a name to its TXT record; None: there is none. Raises ``NobodyAnswers``."""


class NobodyAnswers(Exception):  # noqa: N818 - not a fault of the mail
    """No family of dkimpy's own, which it takes for a bad key."""


def answer(path: Path, out: Path | None, limits: ReaderLimits) -> dict[str, Any]:
    del out
    with path.open("rb") as file:
        raw = file.read(LARGEST + 1)
    if len(raw) > LARGEST or limits.name_server == "off":
        return {"state": SignatureState.UNCHECKED}
    return checked(raw, keys_from(limits.name_server))


def checked(raw: bytes, keys: Keys) -> dict[str, Any]:
    verifier = dkim.DKIM(raw, timeout=DNS_SECONDS)
    signatures = [value for name, value in verifier.headers if name.lower() == b"dkim-signature"]
    senders = [value for name, value in verifier.headers if name.lower() == b"from"]
    if not signatures:
        return {"state": SignatureState.UNSIGNED}
    sender = parseaddr(senders[0].decode("utf-8", "replace"))[1].rpartition("@")[2] if len(senders) == 1 else ""
    found = [one(verifier, number, tags_of(value), sender, keys) for number, value in enumerate(signatures)]
    state, domain = min(found[:MOST_SIGNATURES], key=lambda each: RANK.index(each[0]))
    return {"state": state, "domain": domain}


def tags_of(signature: bytes) -> dict[bytes, bytes]:
    try:
        return dict(parse_tag_value(signature))
    except InvalidTagValueList:
        return {}


def one(
    verifier: dkim.DKIM, number: int, tags: dict[bytes, bytes], sender: str, keys: Keys
) -> tuple[SignatureState, str]:
    domain = tags.get(b"d", b"").decode("ascii", "replace").lower()
    if not sender or b"l" in tags or number >= MOST_SIGNATURES:
        return SignatureState.INVALID, domain
    try:
        is_valid = verifier.verify(number, dnsfunc=keys)
    except NobodyAnswers:
        return SignatureState.UNCHECKED, domain
    except dkim.DKIMException:
        is_valid = False
    if not is_valid:
        return SignatureState.INVALID, domain
    return SignatureState.VALID if is_aligned(domain, sender) else SignatureState.FOREIGN, domain


def keys_from(name_server: str) -> Keys:
    resolver = dns.resolver.Resolver(configure=not name_server)
    if name_server:
        host, _, port = name_server.rpartition(":")
        resolver.nameservers, resolver.port = [host.strip("[]")], int(port)
    resolver.lifetime = DNS_SECONDS

    def key(name: bytes, timeout: float = DNS_SECONDS) -> bytes | None:
        del timeout
        try:
            for record in resolver.resolve(name.decode("ascii", "replace"), "TXT", search=False):
                return b"".join(record.strings)
        except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer):
            return None
        except dns.exception.DNSException as fault:
            raise NobodyAnswers(str(fault)) from None
        return None

    return key
