"""The signed address ``r+TOKEN@DOMAIN`` (DESIGN.md section 5).

TOKEN is base32 in lower case of exactly 20 bytes, 32 characters without padding or slack bits, so that an address has
one spelling; it is decoded whatever its case::

    byte 0      version (high 4 bits, 1) and key id (low 4 bits)
    byte 1      kind
    bytes 2-9   public id of the row behind it, random, big endian
    bytes 10-19 HMAC-SHA256 over bytes 0-9, cut to 10

A key ring signs with its first key and verifies with all: keys are retired, never removed. The MAC keeps guesses out of
the database; the row says what the address stands for.
"""

import base64
import binascii
import hashlib
import hmac
from dataclasses import dataclass

from storage.records import PublicId
from storage.states import AddressKind

VERSION = 1
TOKEN_LENGTH = 32
KIND_BYTES = {
    AddressKind.REPLY: 1,
    AddressKind.NOTE: 2,
    AddressKind.RETURN_PATH: 3,
    AddressKind.ACT: 4,
    AddressKind.ASK: 5,
    AddressKind.CONFIRM: 6,
    AddressKind.CANARY: 7,
}
KINDS = {byte: kind for kind, byte in KIND_BYTES.items()}
PREFIXES = {
    AddressKind.REPLY: "r",
    AddressKind.NOTE: "n",
    AddressKind.RETURN_PATH: "b",
    AddressKind.ACT: "a",
    AddressKind.ASK: "q",
    AddressKind.CONFIRM: "c",
    AddressKind.CANARY: "p",
}
"""For the eye only; the kind inside the token decides."""


@dataclass(frozen=True, slots=True)
class Token:
    kind: AddressKind
    public_id: PublicId


@dataclass(frozen=True, slots=True)
class KeyRing:
    """``keys``: (key id 0-15, secret bytes), the signing one first."""

    keys: tuple[tuple[int, bytes], ...]

    def sign(self, kind: AddressKind, public_id: PublicId) -> str:
        key_id, secret = self.keys[0]
        head = bytes([VERSION << 4 | key_id, KIND_BYTES[kind]]) + public_id.to_bytes(8, "big")
        return base64.b32encode(head + mac(secret, head)).decode("ascii").lower()

    def verify(self, token: str) -> Token | None:
        """What the token says when its MAC holds under one of our keys; None for everything else."""
        raw = decode(token)
        if raw is None or raw[0] >> 4 != VERSION:
            return None
        kind = KINDS.get(raw[1])
        secret = dict(self.keys).get(raw[0] & 0x0F)
        if kind is None or secret is None or not hmac.compare_digest(mac(secret, raw[:10]), raw[10:]):
            return None
        return Token(kind, PublicId(int.from_bytes(raw[2:10], "big")))


def mac(secret: bytes, head: bytes) -> bytes:
    return hmac.new(secret, head, hashlib.sha256).digest()[:10]


def decode(token: str) -> bytes | None:
    if len(token) != TOKEN_LENGTH or not token.isascii():
        return None
    try:
        return base64.b32decode(token.upper(), casefold=False)
    except binascii.Error:
        return None


def local_part(kind: AddressKind, token: str, separator: str = "+") -> str:
    return f"{PREFIXES[kind]}{separator}{token}"


def token_in(address: str, domain: str, separator: str = "+") -> str | None:
    """The token of an address at our domain, or None when it has not the shape of a signed address."""
    local, _, host = address.strip().strip("<>").rpartition("@")
    if host.lower() != domain.lower():
        return None
    _, found, token = local.rpartition(separator)
    return token.lower() if found and len(token) == TOKEN_LENGTH else None
