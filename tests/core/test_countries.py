"""Country codes are those of the standard."""

import pytest
from babel import Locale

from worker.core.countries import CODES, read_country

NO_COUNTRIES = set("AC CP CQ DG EA EU EZ IC QO TA UN XA XB XK ZZ".split())
"""What Unicode's list has beside ISO's: islands with post of their own, unions, test locales."""


def test_the_codes_are_those_of_the_standard() -> None:
    known = {code for code in map(str, Locale("en").territories) if len(code) == 2}
    assert known - NO_COUNTRIES == CODES


def test_a_code_is_read_in_capitals() -> None:
    assert read_country(" be") == "BE"


@pytest.mark.parametrize("written", ["ZZZ", "ZZ", "EU", "B", "", "België", "UK"])
def test_what_is_no_country_is_refused(written: str) -> None:
    with pytest.raises(ValueError, match="is no country code like BE"):
        read_country(written)
