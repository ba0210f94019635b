"""Key rings as an operator writes them."""

from worker.core.signed_addresses import KeyRing

SHORTEST_SECRET = 24


def read_keys(text: str) -> KeyRing:
    """``1:secret,2:older`` to a key ring; ValueError says what is wrong."""
    keys: list[tuple[int, bytes]] = []
    for entry in filter(None, (part.strip() for part in text.split(","))):
        number, colon, secret = entry.partition(":")
        if not colon or not number.isdigit() or int(number) > 15:
            raise ValueError("each key is `id:secret` with an id from 0 to 15; `navette keys new` makes one")
        if len(secret) < SHORTEST_SECRET:
            raise ValueError(
                f"key {number} is too short: {SHORTEST_SECRET} characters at least; see `navette keys new`"
            )
        keys.append((int(number), secret.encode()))
    if not keys:
        raise ValueError("at least one key is needed; `navette keys new` makes one")
    if len({number for number, _ in keys}) < len(keys):
        raise ValueError("a key id is given twice")
    return KeyRing(tuple(keys))
