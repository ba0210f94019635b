"""Deciding about held mails from the command line."""

from pathlib import Path

import pytest

from storage.states import Outcome
from tests.cli.test_commands import ROOT, Shell
from tests.e2e.conftest import SilentBell
from tests.flows.mailroom import Mailroom
from worker.mail.parsing import MailReader
from worker.settings import Settings
from worker.wiring import build_house

ANNE = ("--by", "anne@fiduciaire.example")


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    """A firm with one held mail, i1, of somebody unknown."""
    shell = Shell(tmp_path)
    shell.run("import", str(ROOT / "docs/import-sample.csv"))
    given = Settings.model_validate({"keys": "1:a-secret-of-the-tests-long-enough", "data_dir": str(tmp_path)})
    house = build_house(given, SilentBell())
    raw = b"From: Luc <luc@new.example>\r\nSubject: x\r\nDate: Tue, 24 Nov 2026 10:00:00 +0100\r\nMessage-ID: <1@x>\r\n\r\nbonjour\r\n"
    assert Mailroom(house, MailReader(), None).file(raw, "new@navette.invalid") is Outcome.HELD
    house.database.close()
    return shell


def test_a_held_mail_is_listed_with_why_and_accepted_as_a_contact(shell: Shell) -> None:
    assert "the sender is unknown" in shell.run("inbox", "held", *ANNE)
    assert "held: the sender is unknown" in shell.run("inbox", "show", "i1")
    assert "which_client" in shell.run("inbox", "accept", "i1", "--as-contact", *ANNE, code=1)
    assert "not_acceptable" in shell.run("inbox", "accept", "i1", *ANNE, code=1)
    assert "posted as m1" in shell.run("inbox", "accept", "i1", "--client", "B001", *ANNE)
    assert "not_held" in shell.run("inbox", "refuse", "i1", *ANNE, code=1)


def test_a_held_mail_is_blocked(shell: Shell) -> None:
    assert "refused (1)" in shell.run("inbox", "block", "i1", *ANNE)
    assert "i1" not in shell.run("inbox", "held", *ANNE)
