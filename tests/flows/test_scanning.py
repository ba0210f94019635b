"""Files that wait for the virus scanner: served and mailed when clean, shelved and told to both sides when not."""

from dataclasses import replace
from datetime import timedelta

import pytest

from storage import attached, file_facts, operation
from storage.records import Attachment, PersonId
from storage.states import AsideReason, ChangeKind, MailKind, MailState, ScanState
from tests.conftest import Firm, HandClock, with_policy
from tests.flows.outgoing import Post
from tests.flows.scanner import CANNOT_SAY, DOWN, INFECTED, ScriptedScanner
from tests.flows.test_portal import view
from tests.flows.test_undo_window import mails
from worker.core.refusals import No, Refused
from worker.flows.conversations import NewFile, Started, start_conversation
from worker.flows.house import House
from worker.flows.scanning import scan_waiting
from worker.flows.serving import ServedFile, serve_file


@pytest.fixture
def scanner() -> ScriptedScanner:
    return ScriptedScanner()


@pytest.fixture
def hooked(out: Post) -> Post:
    """With the hook on."""
    return replace(out, house=with_policy(out.house, scans_files=True))


def with_file(house: House, firm: Firm, *, by: PersonId | None = None, content: bytes = b"%PDF-1.4") -> Started:
    answer = start_conversation(
        house,
        by=by or firm.anne,
        client_id=firm.bakery,
        subject="Extrait",
        text="Voici l'extrait.",
        to=[firm.sophie] if by is None else None,
        files=[NewFile(name="extrait.pdf", content=content, media_type="application/pdf")],
    )
    assert isinstance(answer, Started)
    return answer


def file_of(house: House, started: Started) -> Attachment:
    with house.database.reading() as session:
        (found,) = attached.attachments_of(session, [started.message_id])
    return found


def served(house: House, started: Started, by: PersonId) -> bytes | No:
    answer = serve_file(house, file_of(house, started).public_id, by=by)
    return answer.reason if isinstance(answer, Refused) else answer.content


def refusals(house: House, started: Started, person: PersonId) -> list[dict[str, object]]:
    return [
        each.details or {}
        for each in mails(house, started.conversation_id, person)
        if each.kind is MailKind.REFUSED_FILES
    ]


def test_a_file_is_served_and_mailed_when_it_is_clean_and_not_before(
    hooked: Post, firm: Firm, clock: HandClock, scanner: ScriptedScanner
) -> None:
    started = with_file(hooked.house, firm)
    clock.forward(seconds=60)
    assert hooked.run() == [None]
    assert served(hooked.house, started, firm.sophie) is No.NOT_SCANNED_YET
    assert scan_waiting(hooked.house, scanner) == 1
    assert scanner.seen == [b"%PDF-1.4"]
    assert served(hooked.house, started, firm.sophie) == b"%PDF-1.4"
    clock.forward(seconds=15)
    assert hooked.run() == [MailState.ACCEPTED]
    (part,) = hooked.parsed().iter_attachments()
    assert part.get_filename() == "extrait.pdf"


def test_without_the_hook_nothing_waits(out: Post, firm: Firm, clock: HandClock) -> None:
    started = with_file(out.house, firm)
    clock.forward(seconds=60)
    assert out.run() == [MailState.ACCEPTED]
    assert served(out.house, started, firm.sophie) == b"%PDF-1.4"


def test_waiting_for_the_scanner_is_no_try(hooked: Post, firm: Firm, clock: HandClock) -> None:
    started = with_file(hooked.house, firm)
    for _ in range(5):
        clock.forward(seconds=60)
        hooked.run()
    (mail,) = mails(hooked.house, started.conversation_id, firm.sophie)
    assert (mail.state, mail.tries, mail.may_be_doubled) == (MailState.QUEUED, 0, False)


def test_after_a_while_the_mail_goes_without_the_file_and_names_it(
    hooked: Post, firm: Firm, clock: HandClock, scanner: ScriptedScanner
) -> None:
    scanner.says = DOWN
    with_file(hooked.house, firm)
    clock.forward(minutes=59)
    assert hooked.run() == [None]
    clock.forward(minutes=2)
    assert hooked.run() == [MailState.ACCEPTED]
    assert list(hooked.parsed().iter_attachments()) == []
    assert "portail : extrait.pdf" in hooked.text().replace("\u00a0", " ")


def test_a_scanner_that_is_down_loses_nothing_and_is_asked_again(
    hooked: Post, firm: Firm, clock: HandClock, scanner: ScriptedScanner
) -> None:
    started = with_file(hooked.house, firm)
    with_file(hooked.house, firm, content=b"another")
    scanner.says = DOWN
    assert scan_waiting(hooked.house, scanner) == 0
    assert len(scanner.seen) == 1
    assert scan_waiting(hooked.house, scanner) == 0
    assert len(scanner.seen) == 1
    clock.forward(seconds=30)
    scanner.says = ScriptedScanner().says
    assert scan_waiting(hooked.house, scanner) == 2
    assert served(hooked.house, started, firm.sophie) == b"%PDF-1.4"


def test_a_file_the_scanner_cannot_judge_is_asked_about_more_and_more_seldom(
    hooked: Post, firm: Firm, clock: HandClock, scanner: ScriptedScanner
) -> None:
    with_file(hooked.house, firm)
    scanner.says = CANNOT_SAY
    for _ in range(120):
        scan_waiting(hooked.house, scanner)
        clock.forward(minutes=1)
    assert 5 < len(scanner.seen) < 10


def test_one_file_the_scanner_cannot_judge_stops_no_other(hooked: Post, firm: Firm, scanner: ScriptedScanner) -> None:
    with_file(hooked.house, firm, content=b"strange")
    good = with_file(hooked.house, firm)
    scanner.about[b"strange"] = CANNOT_SAY
    assert scan_waiting(hooked.house, scanner) == 1
    assert served(hooked.house, good, firm.sophie) == b"%PDF-1.4"


def test_an_infected_file_is_shelved_and_told_to_both_sides(
    hooked: Post, firm: Firm, clock: HandClock, scanner: ScriptedScanner
) -> None:
    started = with_file(hooked.house, firm, by=firm.sophie)
    scanner.says = INFECTED
    assert scan_waiting(hooked.house, scanner) == 1
    file = file_of(hooked.house, started)
    assert (file.set_aside, file.aside_why, file.scan_state) == (True, AsideReason.INFECTED, ScanState.INFECTED)
    assert served(hooked.house, started, firm.anne) is No.NOT_CLEAN
    assert refusals(hooked.house, started, firm.sophie) == [{"refused": [["extrait.pdf", "infected"]], "author": None}]
    assert refusals(hooked.house, started, firm.anne) == [
        {"refused": [["extrait.pdf", "infected"]], "author": firm.sophie}
    ]
    clock.forward(minutes=5)
    hooked.run()
    hooked.run()
    told = [hooked.parsed(at) for at in range(len(hooked.relay.sent))]
    assert {str(each["To"]).partition(" ")[0] for each in told} == {"Sophie", "Anne"}
    assert not any(list(each.iter_attachments()) for each in told)
    texts = [hooked.text(at).replace("\u00a0", " ") for at in range(len(told))]
    assert any("Ce fichier de votre e-mail n'a pas pu être repris" in text for text in texts)
    assert any("Un fichier envoyé par Sophie Martin contient un virus" in text for text in texts)
    assert any("Non repris : extrait.pdf (virus détecté, fichier isolé)" in text for text in texts)


def test_the_answer_about_an_infected_file_says_that_no_person_wrote_it(
    hooked: Post, firm: Firm, scanner: ScriptedScanner
) -> None:
    with_file(hooked.house, firm, by=firm.sophie)
    scanner.says = INFECTED
    scan_waiting(hooked.house, scanner)
    hooked.run()
    told = [hooked.parsed(at) for at in range(len(hooked.relay.sent))]
    assert {each["Auto-Submitted"] for each in told} == {"auto-replied"}


def test_a_note_address_and_no_way_to_the_client_stands_in_what_the_firm_is_told(
    hooked: Post, firm: Firm, scanner: ScriptedScanner
) -> None:
    started = with_file(hooked.house, firm, by=firm.sophie)
    scanner.says = INFECTED
    scan_waiting(hooked.house, scanner)
    hooked.run()
    (at,) = [at for at in range(len(hooked.relay.sent)) if str(hooked.parsed(at)["To"]).startswith("Anne")]
    assert str(hooked.parsed(at)["Reply-To"]).partition("<")[2].startswith("n+")
    assert "r+" not in hooked.text(at)
    assert view(hooked.house, firm.sophie, started.conversation_id).messages[0].text == "Voici l'extrait."


def test_a_case_manager_hears_of_his_own_infected_file_and_the_client_gets_the_rest(
    hooked: Post, firm: Firm, clock: HandClock, scanner: ScriptedScanner
) -> None:
    started = with_file(hooked.house, firm)
    scanner.says = INFECTED
    scan_waiting(hooked.house, scanner)
    assert refusals(hooked.house, started, firm.sophie) == []
    assert [each["author"] for each in refusals(hooked.house, started, firm.anne)] == [None]
    clock.forward(seconds=60)
    hooked.run()
    (at,) = [at for at in range(len(hooked.relay.sent)) if str(hooked.parsed(at)["To"]).startswith("Sophie")]
    assert list(hooked.parsed(at).iter_attachments()) == []
    assert "Non repris : extrait.pdf" in hooked.text(at).replace("\u00a0", " ")


def test_what_is_scanned_twice_is_told_once(hooked: Post, firm: Firm, scanner: ScriptedScanner) -> None:
    started = with_file(hooked.house, firm, by=firm.sophie)
    scanner.says = INFECTED
    with hooked.house.database.writing() as session:
        taken = file_facts.take_scans(session, hooked.house.now(session), most=1, lease=timedelta(0))
    assert len(taken) == 1
    assert scan_waiting(hooked.house, scanner) == 1
    assert scan_waiting(hooked.house, scanner) == 0
    assert len(refusals(hooked.house, started, firm.sophie)) == 1


def test_the_same_content_is_scanned_once_for_all_messages_that_carry_it(
    hooked: Post, firm: Firm, scanner: ScriptedScanner
) -> None:
    both = [with_file(hooked.house, firm, by=firm.sophie) for _ in range(2)]
    scanner.says = INFECTED
    assert scan_waiting(hooked.house, scanner) == 1
    assert len(scanner.seen) == 1
    assert all(file_of(hooked.house, each).set_aside for each in both)


def test_the_portal_hears_that_a_file_was_scanned(hooked: Post, firm: Firm, scanner: ScriptedScanner) -> None:
    started = with_file(hooked.house, firm)
    scan_waiting(hooked.house, scanner)
    with hooked.house.database.writing() as session:
        operation.number_changes(session)
        found = [each for each in operation.changes_after(session, 0) if each.kind is ChangeKind.FILE_SCANNED]
    assert [each.message_id for each in found] == [started.message_id]


def test_a_file_is_served_to_those_who_may_read_its_message(out: Post, firm: Firm) -> None:
    started = with_file(out.house, firm)
    assert served(out.house, started, firm.marc) == b"%PDF-1.4"
    assert served(out.house, started, firm.greta) is No.UNKNOWN
    answer = serve_file(out.house, file_of(out.house, started).public_id, by=firm.anne)
    assert isinstance(answer, ServedFile)
    unknown = serve_file(out.house, type(file_of(out.house, started).public_id)(1), by=firm.anne)
    assert isinstance(unknown, Refused)
