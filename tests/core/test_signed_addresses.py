"""A signed address has one spelling, survives any case and no change."""

from hypothesis import given
from hypothesis import strategies as st

from storage.records import PublicId
from storage.states import AddressKind
from worker.core.signed_addresses import PREFIXES, KeyRing, local_part, token_in

RING = KeyRing(((1, b"first secret of the ring"), (2, b"an older one, still valid")))
kinds = st.sampled_from(AddressKind)
numbers = st.integers(min_value=0, max_value=2**64 - 1).map(PublicId)
ALPHABET = "abcdefghijklmnopqrstuvwxyz234567"


@given(kinds, numbers)
def test_what_was_signed_is_read_back(kind: AddressKind, number: PublicId) -> None:
    token = RING.sign(kind, number)
    found = RING.verify(token)

    assert found is not None
    assert (found.kind, found.public_id) == (kind, number)
    assert len(token) == 32
    assert token == token.lower()


@given(kinds, numbers, st.integers(0, 31), st.sampled_from(ALPHABET))
def test_every_change_of_one_character_is_rejected(kind: AddressKind, number: PublicId, at: int, new: str) -> None:
    token = RING.sign(kind, number)
    changed = token[:at] + new + token[at + 1 :]

    assert (RING.verify(changed) is None) == (changed != token)


@given(kinds, numbers, st.randoms(use_true_random=False))
def test_the_case_of_the_address_does_not_matter(kind: AddressKind, number: PublicId, chance: object) -> None:
    token = RING.sign(kind, number)
    address = f"{local_part(kind, token)}@mail.firm.example"
    mixed = "".join(each.upper() if hash((each, at, str(chance))) % 2 else each for at, each in enumerate(address))

    found = token_in(mixed, "MAIL.firm.example")

    assert found is not None
    assert RING.verify(found) == RING.verify(token)


@given(st.text(max_size=80))
def test_any_text_is_either_an_address_of_ours_or_nothing(text: str) -> None:
    token = token_in(text, "mail.firm.example")

    assert token is None or RING.verify(token) is None or len(token) == 32


def test_truncated_lengthened_and_foreign_tokens_are_nothing() -> None:
    token = RING.sign(AddressKind.REPLY, PublicId(5))

    assert RING.verify(token[:-1]) is None
    assert RING.verify(token + "a") is None
    assert token_in(f"r+{token}@elsewhere.example", "mail.firm.example") is None
    assert token_in(f"{token}@mail.firm.example", "mail.firm.example") is None


def test_a_retired_key_still_verifies_and_an_unknown_one_does_not() -> None:
    old = KeyRing(((2, b"an older one, still valid"),)).sign(AddressKind.REPLY, PublicId(9))
    foreign = KeyRing(((2, b"somebody else's secret here"),)).sign(AddressKind.REPLY, PublicId(9))

    assert RING.verify(old) is not None
    assert RING.verify(foreign) is None
    assert RING.sign(AddressKind.REPLY, PublicId(9)) != old


def test_the_kind_inside_decides_not_the_prefix() -> None:
    token = RING.sign(AddressKind.NOTE, PublicId(1))
    disguised = token_in(f"{PREFIXES[AddressKind.REPLY]}+{token}@mail.firm.example", "mail.firm.example")

    assert disguised is not None
    found = RING.verify(disguised)
    assert found is not None
    assert found.kind is AddressKind.NOTE
