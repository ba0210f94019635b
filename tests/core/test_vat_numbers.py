"""VAT numbers: Belgian ones by their check digits, others by their shape."""

import pytest

from worker.core.import_rows import Fault, read_sheet
from worker.core.vat_numbers import read_vat_number


@pytest.mark.parametrize(
    ("written", "number"),
    [
        ("BE0123456749", "BE0123456749"),
        ("BE 0123.456.749", "BE0123456749"),
        ("be 0123-456-749", "BE0123456749"),
        ("BE1000000021", "BE1000000021"),
        ("FR12345678901", "FR12345678901"),
        ("NL123456789B01", "NL123456789B01"),
        ("RO12", "RO12"),
    ],
)
def test_a_good_number_gets_one_form(written: str, number: str) -> None:
    assert read_vat_number(written) == number


@pytest.mark.parametrize(
    ("written", "advice"),
    [
        ("BE0123456794", "mistyped or swapped"),
        ("BE0123465749", "mistyped or swapped"),
        ("BE2123456749", "begin with 0 or 1"),
        ("BE123456749", "put a 0 before"),
        ("BE01234567490", "ten digits"),
        ("0123456749", "the country's two letters"),
        ("FR1", "2 to 12 characters"),
        ("FR1234567890123", "2 to 12 characters"),
        ("BE٠123456749", "the country's two letters"),
        ("B", "the country's two letters"),
    ],
)
def test_a_wrong_number_says_what_to_do(written: str, advice: str) -> None:
    with pytest.raises(ValueError, match=advice) as refused:
        read_vat_number(written)

    assert repr(written) in str(refused.value)


def test_import_names_line_and_column_of_a_wrong_number() -> None:
    rows = ("role;name;email;client_code;vat_number", "contact;Sophie;s@b.example;B1;BE0123456794")
    sheet = read_sheet("\n".join(rows).encode())

    assert sheet.faults == [Fault(2, "vat_number", sheet.faults[0].what)]
    assert "mistyped or swapped" in sheet.faults[0].what


def test_import_brings_a_number_to_one_form_and_leaves_an_empty_cell_alone() -> None:
    rows = (
        "role;name;email;client_code;vat_number",
        "contact;Sophie;s@b.example;B1;BE 0123.456.749",
        "contact;Luc;l@b.example;B1;",
    )

    assert [each.vat_number for each in read_sheet("\n".join(rows).encode()).clients] == ["BE0123456749", None]
