"""VAT numbers as people write them, checked and brought to one form: ``BE0123456749``.

Belgian ones by their check digits: ten digits, the first 0 or 1, the last two 97 minus the first eight modulo 97.
Of others only the shape is known here: the country's two letters, then 2 to 12 letters, digits, ``+`` or ``*``
(Directive 2006/112/EC article 215; the shapes are those of VIES).
"""

import re

SHAPE = re.compile(r"[A-Z]{2}[0-9A-Z+*]{2,12}")
BELGIAN = re.compile(r"BE[01][0-9]{9}")
SEPARATORS = str.maketrans("", "", " .-/\u00a0\u202f")


def read_vat_number(written: str) -> str:
    """ValueError says what is wrong and what to do."""
    number = written.upper().translate(SEPARATORS)
    if not SHAPE.fullmatch(number):
        raise ValueError(
            f"{written!r} is no VAT number: write the country's two letters and 2 to 12 characters, like BE0123456749"
        )
    if number.startswith("BE"):
        refuse_wrong_belgian(written, number)
    return number


def refuse_wrong_belgian(written: str, number: str) -> None:
    if not BELGIAN.fullmatch(number):
        raise ValueError(
            f"{written!r} is no Belgian VAT number: write BE and ten digits that begin with 0 or 1; put a 0 before "
            "an old number of nine"
        )
    if 97 - int(number[2:10]) % 97 != int(number[10:]):
        raise ValueError(
            f"{written!r} is no Belgian VAT number, its last two digits do not fit: look for a digit that was "
            "mistyped or swapped"
        )
