"""What a rule moved away before it was collected is named, and the way back that is told works; on a real Dovecot."""

import time
from collections.abc import Iterator
from datetime import timedelta
from urllib.parse import quote

import pytest

from storage.records import PublicId
from storage.states import AddressKind
from tests.checking.conftest import DOMAIN, KEY, Make, fitting
from tests.checking.test_database import url_of
from tests.conftest import HandClock
from tests.flows.collected import Office, mail
from tests.servers.dovecot import Dovecot, password_of, running_dovecot
from worker.checking.elsewhere import look_elsewhere
from worker.checking.mailbox import check_mailboxes
from worker.core.signed_addresses import KeyRing, local_part
from worker.flows.house import House
from worker.settings import Settings

USERS = tuple(f"office{number}@firm.example" for number in range(1, 40))
LONG_AGO = timedelta(days=400)
RULES = "Clients.Boulangerie"
KEYS = KeyRing(((1, KEY.encode()),))


@pytest.fixture(scope="module")
def dovecot() -> Iterator[Dovecot]:
    with running_dovecot(USERS) as running:
        yield running


@pytest.fixture(scope="module")
def users() -> Iterator[str]:
    return iter(USERS)


@pytest.fixture
def user(users: Iterator[str]) -> str:
    return next(users)


@pytest.fixture
def settings(set_up: Make, house: House, dovecot: Dovecot, user: str) -> Settings:
    made: Settings = set_up(
        database_url=url_of(house.database),
        mailboxes=f"imap+plain://{quote(user, safe='')}@127.0.0.1:{dovecot.imap_port}",
        mailbox_passwords=quote(password_of(user), safe=""),
        mailbox_refused="Refused",
    )
    return made


@pytest.fixture
def office(house: House, settings: Settings, dovecot: Dovecot, user: str, clock: HandClock) -> Iterator[Office]:
    """Collected from for the first time, while it was empty; a rule has a folder there."""
    clock.at -= LONG_AGO
    made = Office(fitting(house, settings), dovecot, user)
    made.round()
    for folder in (RULES, "Archive"):
        make_folder(made, folder)
    yield made
    made.close()


def make_folder(office: Office, name: str) -> None:
    with office.dovecot.client(office.user) as person:
        assert person.create(name)[0] == "OK"


def to_us(number: int = 7) -> str:
    return f"{local_part(AddressKind.REPLY, KEYS.sign(AddressKind.REPLY, PublicId(number)))}@{DOMAIN}"


def message_id_of_ours(number: int = 9) -> str:
    return f"<{KEYS.sign(AddressKind.RETURN_PATH, PublicId(number))}@{DOMAIN}>"


def with_header(line: str, subject: str = "answer") -> bytes:
    return line.encode() + b"\r\n" + mail(subject)


def move(office: Office, folder: str, to: str) -> None:
    with office.dovecot.client(office.user) as person:
        assert person.select(folder)[0] == "OK"
        assert person.uid("MOVE", "1:*", to)[0] == "OK"


def told(settings: Settings) -> list[str]:
    """What the mailbox's line is followed by."""
    first, *others = check_mailboxes(settings)
    assert first.level == "ok"
    assert all(each.level == "warning" and each.about == "mailbox 1" for each in others)
    assert all("INBOX" in each.todo for each in others)
    return [each.found for each in others]


def test_what_a_rule_moved_away_is_named_by_folder_and_number(office: Office, settings: Settings) -> None:
    office.put(mail("one", to=to_us(1)), mail("two", to=to_us(2).upper()), folder=RULES)
    office.put(mail("private", to=f"someone@{DOMAIN}"), mail("other"), folder=RULES)

    (found,) = told(settings)

    assert f'2 mails for us moved to "{RULES}"' in found
    assert office.user not in found


def test_a_mail_that_answers_one_of_ours_is_named_though_its_address_is_not_signed(
    office: Office, settings: Settings
) -> None:
    office.put(with_header(f"In-Reply-To: {message_id_of_ours()}"), folder=RULES)

    (found,) = told(settings)

    assert "1 mail for us" in found


def test_forged_signs_name_nothing(office: Office, settings: Settings) -> None:
    forged = KeyRing(((1, b"another secret of others, long enough"),))
    token = forged.sign(AddressKind.REPLY, PublicId(1))
    named = forged.sign(AddressKind.RETURN_PATH, PublicId(1))
    office.put(mail("one", to=f"r+{token}@{DOMAIN}"), folder=RULES)
    office.put(with_header(f"References: <{named}@{DOMAIN}>"), folder=RULES)

    assert told(settings) == []


def test_what_was_collected_and_then_moved_by_a_person_is_not_named(office: Office, settings: Settings) -> None:
    office.put(mail("one", to=to_us()))
    office.round()
    move(office, "Archive", RULES)

    assert office.kept() == ["one"]
    assert told(settings) == []


def test_our_own_mails_and_those_before_the_first_sight_are_not_named(
    office: Office, settings: Settings, clock: HandClock
) -> None:
    office.put(mail("before", to=to_us()), folder=RULES, at=clock.at - timedelta(minutes=5))
    office.put(with_header(f"Message-ID: {message_id_of_ours()}\r\nCc: {to_us()}"), folder=RULES)
    office.put(f"From: {office.user}\r\nTo: {to_us()}\r\n\r\nx\r\n".encode(), folder=RULES)

    assert told(settings) == []


def test_where_kept_and_refused_mail_goes_and_junk_is_not_looked_through(office: Office, settings: Settings) -> None:
    make_folder(office, "Refused")
    for folder in ("Archive", "Refused", "Junk", "INBOX"):
        office.put(mail(f"in {folder}", to=to_us()), folder=folder)

    assert told(settings) == []


def test_nothing_is_named_before_the_mailbox_was_collected(dovecot: Dovecot, user: str, settings: Settings) -> None:
    with dovecot.client(user) as person:
        assert person.create(RULES)[0] == "OK"
    dovecot.put(user, mail("one", to=to_us()), folder=RULES)

    assert told(settings) == []


def test_folders_that_are_not_reached_in_time_are_told_of(office: Office, settings: Settings) -> None:
    session = office.session()
    (found,) = look_elsewhere(settings, office.account, session, about="mailbox 1", ends_at=time.monotonic() - 1)

    assert found.level == "warning"
    assert found.found == "1 of 1 other folders were not looked through in time"


def test_looking_marks_and_moves_nothing(office: Office, settings: Settings) -> None:
    office.put(mail("one", to=to_us()), folder=RULES)
    before = office.dovecot.flags(office.user, RULES)

    assert len(told(settings)) == 1
    assert office.dovecot.flags(office.user, RULES) == before
    assert not any("Seen" in each for each in before)
    assert office.position().last_uid == 0


def test_moved_back_to_the_inbox_they_are_collected_and_named_no_more(office: Office, settings: Settings) -> None:
    office.put(mail("stayed"))
    office.round()
    office.put(mail("one", to=to_us(1)), with_header(f"References: {message_id_of_ours()}", "two"), folder=RULES)
    assert len(told(settings)) == 1

    move(office, RULES, "INBOX")
    office.round()

    assert office.kept() == ["stayed", "one", "two"]
    assert office.subjects() == []
    assert told(settings) == []


def test_a_rule_that_works_through_the_trash_or_a_folder_with_an_odd_name_is_named(
    office: Office, settings: Settings
) -> None:
    odd = '"Cl&AOk-s \\"(x)\\""'
    for number, folder in enumerate((odd, "Trash")):
        make_folder(office, folder)
        office.put(mail(f"mail {number}", to=to_us(number)), folder=folder)

    found = told(settings)

    assert len(found) == 2
    assert any('"Clés "(x)""' in each for each in found)
    assert any('"Trash"' in each for each in found)
