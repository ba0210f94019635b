"""Mailboxes as they are set: what is wrong is said by number, and never by what was typed."""

import pytest

from worker.core.mailbox_accounts import MailboxTls, read_accounts

OFFICE = "imaps://office%40firm.example@imap.firm.example"


def test_several_mailboxes_have_their_passwords_in_order() -> None:
    office, vat = read_accounts(f"{OFFICE}, imap://vat@mail.example:1143", "a%2Cb%25, c ", has_oauth=False)

    assert (office.number, office.user, office.host, office.port) == (
        1,
        "office@firm.example",
        "imap.firm.example",
        993,
    )
    assert (office.tls, office.password) == (MailboxTls.IMPLICIT, "a,b%")
    assert (vat.number, vat.port, vat.tls, vat.password) == (2, 1143, MailboxTls.STARTTLS, "c")


def test_a_name_outlives_a_change_of_port_and_encryption() -> None:
    before = read_accounts(OFFICE, "x", has_oauth=False)[0]
    after = read_accounts("imap://Office%40firm.example@IMAP.firm.example:1143", "x", has_oauth=False)[0]

    assert before.name == after.name == "office@firm.example@imap.firm.example"


def test_with_oauth_no_password_is_needed() -> None:
    first, second = read_accounts(f"{OFFICE},imaps://vat@b.example", "", has_oauth=True)
    assert (first.password, second.password) == ("", "")
    assert [each.password for each in read_accounts(f"{OFFICE},imaps://v@b.example", ",x", has_oauth=True)] == ["", "x"]


@pytest.mark.parametrize(
    ("urls", "passwords", "told"),
    [
        (OFFICE, "", "NAVETTE_MAILBOX_PASSWORDS"),
        (OFFICE, "one,two", "1 mailboxes and 2 passwords"),
        (f"{OFFICE},{OFFICE}", "a,b", "twice"),
        ("pop3://a@b.example", "secret", "mailbox 1: begin with imaps://"),
        ("imaps://a:secret@b.example", "secret", "no password in the URL"),
        ("imaps://b.example", "secret", "%40"),
        ("imaps://a@b.example/Posteingang", "secret", "nothing may follow"),
        ("imaps://a@b.example:99999", "secret", "host or port"),
        ("imaps://a@b.example:0", "secret", "host or port"),
        ("imaps://a@[b.example", "secret", "host or port"),
        ("imap+plain://a@imap.firm.example", "secret", "this machine itself"),
    ],
)
def test_a_wrong_mailbox_is_told_without_its_secrets(urls: str, passwords: str, told: str) -> None:
    with pytest.raises(ValueError, match=told) as fault:
        read_accounts(urls, passwords, has_oauth=False)

    assert "secret" not in str(fault.value)
    assert "secret" not in repr(fault.value.__cause__)


def test_an_account_does_not_print_its_password() -> None:
    assert "geheim" not in repr(read_accounts(OFFICE, "geheim", has_oauth=False))
