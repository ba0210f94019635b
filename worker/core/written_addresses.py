"""Signed addresses as they are written in the head of a mail that nobody could or would parse.

Total and linear: the lines of the beginning up to the first empty one. Only what stands in a header that says where a
mail was sent to counts, never the text. A mailbox tells no envelope (RFC 3501), so this is all there is of a collected
mail that went into quarantine.
"""

import re

WRITTEN_TO = frozenset({"to", "cc", "resent-to", "resent-cc", "apparently-to"})
WRITTEN_DOWN = frozenset({"delivered-to", "x-original-to", "envelope-to", "x-forwarded-to"})
SIGNED = re.compile(r"[A-Za-z][^\s@<>,;:\"'()\[\]]?[A-Za-z2-7]{32}@[A-Za-z0-9.-]+")
"""A signed address wherever it stands in a header, also where no program would take it for an address."""
MOST_BYTES = 256 * 1024
"""Of the beginning of a mail."""


def signed_addresses_in(beginning: bytes) -> tuple[str, ...]:
    """What looks like one, in order; whether it is ours its MAC says."""
    found: list[str] = []
    is_wanted = False
    for line in beginning[:MOST_BYTES].decode("latin-1").splitlines():
        if not line:
            break
        if not line.startswith((" ", "\t")):
            is_wanted = line.partition(":")[0].strip().lower() in WRITTEN_TO | WRITTEN_DOWN
        if is_wanted:
            found += SIGNED.findall(line)
    return tuple(dict.fromkeys(found))
