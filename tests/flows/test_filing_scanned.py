"""The files of a mail and the virus scanner: clean, infected, not seen yet."""

from dataclasses import replace

from storage.states import AsideReason, Outcome, ScanState
from tests.conftest import Firm, with_policy
from tests.flows.mailroom import Asked, Mailroom, address_in
from tests.flows.scanner import CLEAN, DOWN, INFECTED, ScriptedScanner
from tests.flows.test_filing_files import answers, file, files_of, with_files
from worker.flows.scanning import scan_waiting


def hooked(room: Mailroom, scanner: ScriptedScanner) -> Mailroom:
    return replace(room, house=replace(with_policy(room.house, scans_files=True), scanner=scanner))


def test_files_are_scanned_before_they_are_posted(room: Mailroom, firm: Firm, asked: Asked) -> None:
    started, sent = asked
    scanning = hooked(room, ScriptedScanner(about={b"evil": INFECTED}))
    scanning.file(with_files(sent, file("a.pdf", b"good"), file("b.pdf", b"evil")), address_in(sent))
    found = files_of(scanning, firm, started)
    assert [(each.scan_state, each.aside_why) for each in found] == [
        (ScanState.CLEAN, None),
        (ScanState.INFECTED, AsideReason.INFECTED),
    ]
    assert answers(scanning, started, firm.sophie) == [[["b.pdf", "infected"]]]
    assert answers(scanning, started, firm.anne) == [[["b.pdf", "infected"]]]


def test_the_firm_hears_of_a_virus_also_where_the_sender_may_not_be_answered(
    room: Mailroom, firm: Firm, asked: Asked
) -> None:
    started, sent = asked
    scanning = hooked(room, ScriptedScanner(says=INFECTED))
    scanning.file(with_files(sent, file("b.pdf", b"evil"), extra="Precedence: bulk\r\n"), address_in(sent))
    assert answers(scanning, started, firm.sophie) == []
    assert answers(scanning, started, firm.anne) == [[["b.pdf", "infected"]]]


def test_a_scanner_that_is_down_stops_no_mail_and_its_files_are_scanned_later(
    room: Mailroom, firm: Firm, asked: Asked
) -> None:
    started, sent = asked
    scanner = ScriptedScanner(says=DOWN)
    scanning = hooked(room, scanner)
    mail = with_files(sent, file("a.pdf", b"one"), file("b.pdf", b"two"))
    assert scanning.file(mail, address_in(sent)) is Outcome.POSTED
    assert len(scanner.seen) == 1
    assert {each.scan_state for each in files_of(scanning, firm, started)} == {ScanState.UNSCANNED}
    scanner.says = CLEAN
    assert scan_waiting(scanning.house, scanner) == 2
    assert {each.scan_state for each in files_of(scanning, firm, started)} == {ScanState.CLEAN}


def test_late_news_of_a_virus_reach_the_machine_that_sent_it_never(room: Mailroom, firm: Firm, asked: Asked) -> None:
    started, sent = asked
    scanner = ScriptedScanner(says=DOWN)
    scanning = hooked(room, scanner)
    scanning.file(with_files(sent, file("a.pdf", b"one"), extra="Precedence: bulk\r\n"), address_in(sent))
    scanner.says = INFECTED
    scan_waiting(scanning.house, scanner)
    assert answers(scanning, started, firm.sophie) == []
    assert answers(scanning, started, firm.anne) == [[["a.pdf", "infected"]]]


def test_a_content_known_as_infected_is_infected_wherever_it_comes(room: Mailroom, firm: Firm, asked: Asked) -> None:
    """Also while the scanner is down."""
    started, sent = asked
    scanner = ScriptedScanner(says=INFECTED)
    scanning = hooked(room, scanner)
    scanning.file(with_files(sent, file("a.pdf", b"evil"), text="n. 1", number=1), address_in(sent))
    scanner.says = DOWN
    scanning.file(with_files(sent, file("a.pdf", b"evil"), text="n. 2", number=2), address_in(sent))
    assert [each.aside_why for each in files_of(scanning, firm, started)] == [AsideReason.INFECTED]
