"""Settings that do not fit together."""

from typing import Any

import pytest

from tests.checking.conftest import Make, levels, told
from worker.checking.contradictions import RULES, check_settings
from worker.settings import Settings

CASES: list[tuple[dict[str, Any], str, str]] = [
    ({"domain": "navette.invalid"}, "warning", "no domain"),
    ({"domain": "navette.invalid", "sending": "on"}, "fault", "nobody can answer"),
    ({"sending": "on", "redirect_all_to": "office@firm.example"}, "warning", "rehearsal"),
    ({"relay_host": "smtp.office365.com"}, "warning", "from_style is person"),
    ({"relay_host": "firm-be.mail.protection.outlook.com"}, "warning", "from_style is person"),
    ({"relay_host": "smtp.gmail.com."}, "warning", "from_style is person"),
    ({"relay_password": "geheim-genoeg"}, "warning", "without user"),
    ({"relay_user": "anne", "relay_password": "geheim-genoeg"}, "warning", "in plain text"),
    ({"sending": "on", "operator_address": ""}, "warning", "alarms"),
    ({"authserv_ids": "mx.firm.example"}, "warning", "at the border"),
]


@pytest.mark.parametrize(("changes", "level", "words"), CASES)
def test_a_contradiction_is_told(set_up: Make, changes: dict[str, Any], level: str, words: str) -> None:
    found = told(check_settings(set_up(**changes)))["settings"]

    assert found.level == level
    assert words in found.found


def test_every_rule_has_its_case(set_up: Make) -> None:
    used = {rule for rule in RULES for changes, _, _ in CASES if rule(set_up(**changes)) is not None}

    assert used == set(RULES)


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"sending": "on"},
        {"redirect_all_to": "office@firm.example"},
        {"sending": "only-listed", "sending_listed": "@firm.example"},
        {"relay_host": "gmail.com.firm.example"},
        {"relay_host": "smtp.office365.com", "from_style": "mailbox", "mailbox_address": "office@firm.example"},
        {"relay_user": "anne", "relay_password": "geheim-genoeg", "relay_tls": "starttls"},
        {"operator_address": ""},
        {"authserv_ids": "mx.firm.example", "sink_role": "behind_mx"},
    ],
)
def test_settings_that_fit_are_one_line(set_up: Make, changes: dict[str, Any]) -> None:
    settings: Settings = set_up(**changes)

    assert levels(check_settings(settings)) == {"settings": "ok"}
