"""Addresses as people write them, in the one form they are compared in, and local parts made from names."""

import re
import unicodedata

# RFC 5321 4.5.3.1: 64 octets of local part, 255 of domain.
MOST_LOCAL, MOST_DOMAIN = 64, 255
PLAIN = re.compile(r"[^\s@<>()\[\],;:\"\\\x00-\x1f\x7f]+@[^\s@<>()\[\],;:\"\\\x00-\x1f\x7f]+")


def normal_address(written: str) -> str:
    """The form in which addresses are compared: NFC, lower case, no white space around, domain in ASCII (IDNA)."""
    local, at, domain = unicodedata.normalize("NFC", written.strip()).rpartition("@")
    try:
        ascii_domain = domain.encode("idna").decode("ascii") if domain else ""
    except UnicodeError:
        ascii_domain = domain
    return (local + at + ascii_domain).lower()


def is_address(written: str) -> bool:
    """An addr-spec that one can mail to: no name, no quotes, a domain with a dot or ``localhost``."""
    if not PLAIN.fullmatch(written):
        return False
    local, _, domain = written.rpartition("@")
    if len(local.encode()) > MOST_LOCAL or len(domain) > MOST_DOMAIN or ".." in written:
        return False
    return not (local.startswith(".") or local.endswith(".") or domain.startswith(("-", ".")) or domain.endswith("."))


def local_part_candidates(name: str, *, most: int = 200) -> list[str]:
    """Local parts for a house address, best first: ``anne.dupont``, ``anne.dupont2``, …

    Never one that a signed address (with +) or a role (postmaster, new) could be.
    """
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    words = re.findall(r"[a-z0-9]+", plain) or ["dossier"]
    base = ".".join(words)[:40].strip(".")
    if base in RESERVED:
        base = f"{base}.dossier"
    return [base, *(f"{base}{number}" for number in range(2, most))]


RESERVED = frozenset({"postmaster", "abuse", "mailer-daemon", "new", "noreply", "hostmaster", "root", "navette"})


def hidden(address: str) -> str:
    """For logs: enough to tell two apart, too little to name anybody (DESIGN.md invariant 15)."""
    local, _, domain = address.rpartition("@")
    return f"{local[:1]}…@{domain[:1]}…" if domain else "…"
