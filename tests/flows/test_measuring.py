"""Figures are numbers, never names."""

import re
from pathlib import Path

from storage import mailboxes
from tests.conftest import Firm, HandClock
from tests.flows.test_portal import ask
from worker.flows.house import House
from worker.flows.measuring import METRICS, measure


def test_every_line_is_of_the_text_format_and_of_a_known_metric(house: House, firm: Firm) -> None:
    ask(house, firm)
    text = measure(house)

    for line in text.splitlines():
        assert re.fullmatch(r"# (HELP|TYPE) \w+ .+|\w+(\{\w+=\"\w+\"\})? [\d.e+]+", line), line
    for name in METRICS:
        assert f"# TYPE {name} gauge" in text
    assert 'navette_outgoing_mails{state="waiting"} 2' in text


def test_lateness_counts_from_when_it_was_due(house: House, firm: Firm, clock: HandClock) -> None:
    ask(house, firm)
    assert 'navette_oldest_due_seconds{work="outgoing"} 0' in measure(house)
    clock.forward(seconds=100)

    assert 'navette_oldest_due_seconds{work="outgoing"} 40' in measure(house)


def test_a_mailbox_ages_from_when_it_was_last_read(house: House, clock: HandClock) -> None:
    with house.database.writing() as session:
        mailboxes.watch(session, "office@firm.example@imap.firm.example", now=house.now(session))
    clock.forward(seconds=100)

    told = measure(house, ["never@firm.example@imap.firm.example", "office@firm.example@imap.firm.example"])

    assert 'navette_mailbox_age_seconds{mailbox="2"} 100' in told.splitlines()
    assert "@" not in told


def test_a_mailbox_that_left_the_settings_does_not_age(house: House, clock: HandClock) -> None:
    with house.database.writing() as session:
        mailboxes.watch(session, "left@firm.example@imap.firm.example", now=house.now(session))
    clock.forward(seconds=100)

    assert "navette_mailbox_age_seconds{" not in measure(house, ["office@firm.example@imap.firm.example"])


def test_figures_name_nobody(house: House, firm: Firm) -> None:
    ask(house, firm)
    text = measure(house)

    assert not [word for word in ("Sophie", "Martin", "facture", "@", "example") if word in text]


def test_the_documents_name_every_metric() -> None:
    documents = "".join(path.read_text(encoding="utf-8") for path in Path("docs").glob("*.md"))

    assert [name for name in METRICS if name not in documents] == []
