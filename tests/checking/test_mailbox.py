"""What a check finds out about the mailboxes, from a real Dovecot."""

import ssl
from collections.abc import Iterator
from urllib.parse import quote

import pytest

from tests.checking.conftest import Make, levels, told
from tests.servers.dovecot import Dovecot, password_of, running_dovecot
from worker.checking.mailbox import check_mailboxes, todo_about
from worker.core.collecting_rules import ConnectionLost

OFFICE = "office@firm.example"


@pytest.fixture(scope="module")
def dovecot() -> Iterator[Dovecot]:
    with running_dovecot(users=(OFFICE,)) as running:
        yield running


def url(dovecot: Dovecot) -> str:
    return f"imap+plain://office%40firm.example@127.0.0.1:{dovecot.imap_port}"


def test_a_mailbox_that_works_is_one_line(set_up: Make, dovecot: Dovecot) -> None:
    found = told(check_mailboxes(set_up(mailboxes=url(dovecot), mailbox_passwords=quote(password_of(OFFICE), safe=""))))

    assert {name: each.level for name, each in found.items()} == {"mailbox 1": "ok"}
    assert "INBOX" in found["mailbox 1"].found
    assert OFFICE not in found["mailbox 1"].found


def test_a_refused_login_is_a_fault_that_names_the_setting(set_up: Make, dovecot: Dovecot) -> None:
    found = told(check_mailboxes(set_up(mailboxes=url(dovecot), mailbox_passwords="wrong-one")))["mailbox 1"]

    assert found.level == "fault"
    assert "NAVETTE_MAILBOX_PASSWORDS" in found.todo
    assert "wrong-one" not in found.found + found.todo


def test_a_server_that_is_not_there_is_a_fault(set_up: Make) -> None:
    nowhere = "imap+plain://office%40firm.example@127.0.0.1:1"

    assert levels(check_mailboxes(set_up(mailboxes=nowhere, mailbox_passwords="x"))) == {"mailbox 1": "fault"}


def test_a_server_that_can_do_little_is_told_of(set_up: Make) -> None:
    with running_dovecot(users=(OFFICE,), settings=("imap_capability = IMAP4rev1",)) as little:
        found = list(
            check_mailboxes(set_up(mailboxes=url(little), mailbox_passwords=quote(password_of(OFFICE), safe="")))
        )

    assert [each.level for each in found] == ["ok", "warning", "warning"]
    assert "IDLE" in found[1].found
    assert "MOVE" in found[2].found


def test_no_mailbox_is_nothing_to_look_at(set_up: Make) -> None:
    assert list(check_mailboxes(set_up())) == []


@pytest.mark.parametrize(("code", "setting"), [(19, "NAVETTE_MAILBOX_CA_FILE"), (62, "NAVETTE_MAILBOXES")])
def test_a_certificate_that_does_not_hold_names_the_setting(code: int, setting: str) -> None:
    why = ssl.SSLCertVerificationError()
    why.verify_code = code
    lost = ConnectionLost("the mailbox server's certificate does not hold")
    lost.__cause__ = why

    assert setting in todo_about(lost)
    assert "NAVETTE_RELAY" not in todo_about(lost)
