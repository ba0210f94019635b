"""Addresses as people write them, in the one form they are compared in, and local parts made from names."""

import re
import unicodedata
from encodings.idna import nameprep

# RFC 5321 4.5.3.1: 64 octets of local part, 255 of domain.
MOST_LOCAL, MOST_DOMAIN = 64, 255
LONGEST_LABEL = 63
PLAIN = re.compile(r"[^\s@<>()\[\],;:\"\\\x00-\x1f\x7f]+@[^\s@<>()\[\],;:\"\\\x00-\x1f\x7f]+")


# Letters whose NFC or lower case is an ASCII letter: the Kelvin sign is no k, nor is the Turkish İ an i.
LOOK_ALIKES = re.compile("([\u037e\u1fef\u212a\u0130])")
DOTS = re.compile("[.\u3002\uff0e\uff61]")
DEVIATIONS = re.compile("([\u00df\u03c2])")


def normal_address(written: str) -> str:
    """The form in which addresses are compared: NFC, lower case, no white space around, domain in ASCII (IDNA)."""
    local, at, domain = written.strip().rpartition("@")
    return normal_local(local) + at + ascii_domain(domain)


def normal_local(local: str) -> str:
    kept = LOOK_ALIKES.split(local)
    return "".join(each if LOOK_ALIKES.fullmatch(each) else unicodedata.normalize("NFC", each).lower() for each in kept)


def ascii_domain(domain: str) -> str:
    """The name that DNS is asked for, in lower case (UTS 46, nontransitional: ``straße`` is not ``strasse``); as it is
    where no name can be made of it.
    """
    labels = DOTS.split(unicodedata.normalize("NFC", domain).replace("\u1e9e", "\u00df"))
    try:
        return ".".join(ascii_label(each) for each in labels).lower()
    except UnicodeError:
        return domain.lower()


def ascii_label(label: str) -> str:
    """Python's codec is IDNA 2003, which writes ß as ss and ς as σ: both are letters of their own since 2008."""
    if not label or DEVIATIONS.search(label) is None:
        return label.encode("idna").decode("ascii")
    prepared = "".join(each if DEVIATIONS.fullmatch(each) else nameprep(each) for each in DEVIATIONS.split(label))
    ascii_name = f"xn--{prepared.encode('punycode').decode('ascii')}"
    if len(ascii_name) > LONGEST_LABEL:
        raise UnicodeError
    return ascii_name


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
