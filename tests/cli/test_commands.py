"""The commands an operator types, run as he runs them.

A little longer than a module: one house is filled once, and every group of commands is tried on it.
"""

import json
import os
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest
from pydantic import SecretStr

from storage import addresses
from storage.inbox import KeptMail, keep_mail, write_arrival
from storage.out_of_office import OutOfOffice, keep_answer
from storage.records import InboundMailId
from storage.states import ArrivalState, Way
from worker.cli.terminal import NoBell
from worker.settings import Settings
from worker.wiring import build_house

ROOT = Path(__file__).parent.parent.parent


class Shell:
    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.environment = {key: value for key, value in os.environ.items() if not key.startswith("NAVETTE_")}
        self.environment |= {
            "NAVETTE_KEYS": "1:a-secret-of-the-tests-long-enough",
            "NAVETTE_DATA_DIR": str(folder),
            "COLUMNS": "200",
        }

    def run(self, *words: str, code: int = 0) -> str:
        done = subprocess.run(
            [sys.executable, "-m", "worker", *words],
            capture_output=True,
            text=True,
            cwd=self.folder,
            env=self.environment | {"PYTHONPATH": str(ROOT)},
            timeout=60,
            check=False,
        )
        assert done.returncode == code, done.stdout + done.stderr
        assert "Traceback" not in done.stderr
        return done.stdout + done.stderr


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    return Shell(tmp_path)


def test_a_conversation_from_import_to_close(shell: Shell) -> None:
    shell.run("import", str(ROOT / "docs/import-sample.csv"))
    started = shell.run(
        "conversation", "start", "B001", "Facture 114", "Bonjour, et cette facture ?", "--by", "anne@fiduciaire.example"
    )
    assert "conversation c1 started with message m1" in started

    shell.run("message", "post", "c1", "C'est le four", "--by", "sophie@boulangerie.example")
    listed = shell.run("conversation", "list", "--by", "anne@fiduciaire.example")
    assert "Facture 114" in listed
    assert "needs action from you: 1" in listed

    refused = shell.run("conversation", "close", "c1", "--by", "sophie@boulangerie.example", code=1)
    assert "firm_started_it" in refused
    shell.run("message", "edit", "m1", "Bonjour, et cette facture 115 ?", "--by", "anne@fiduciaire.example")
    shown = shell.run("conversation", "show", "c1", "--by", "anne@fiduciaire.example")
    assert "et cette facture 115" in shown
    assert "waits for the firm: wrote" in shown
    shell.run("conversation", "close", "c1", "--by", "anne@fiduciaire.example")
    assert "closed" in shell.run("conversation", "list", "--by", "sophie@boulangerie.example", "--which", "all")


def test_import_faults_are_told_by_line_and_column(shell: Shell, tmp_path: Path) -> None:
    (tmp_path / "bad.csv").write_text("role;name;email;client_code;client_name\ncontact;X;nope;B1;Y\n")
    told = shell.run("import", "bad.csv", code=1)

    assert "line 2, email: 'nope' is no mail address" in told
    assert "nothing was written" in told


def test_wrong_ids_and_names_say_what_to_type(shell: Shell) -> None:
    assert "navette person list" in shell.run("conversation", "list", "--by", "nobody@x.example", code=2)
    shell.run("person", "add", "Anne", "--email", "a@x.example", "--case-manager")
    assert "ids look like c12" in shell.run("conversation", "show", "seven", "--by", "a@x.example", code=2)
    assert "no client" in shell.run("conversation", "start", "ZZ", "s", "t", "--by", "a@x.example", code=2)


def test_a_shared_address_must_be_said_more_precisely(shell: Shell) -> None:
    shell.run("client", "add", "M1", "Maes")
    for name in ("Jan Maes", "Els Maes"):
        shell.run("person", "add", name, "--email", "maes@thuis.example", "--client", "M1")

    assert "p1 Jan Maes, p2 Els Maes: say which" in shell.run(
        "conversation", "list", "--by", "maes@thuis.example", code=2
    )


def test_a_missing_key_says_how_to_make_one(shell: Shell) -> None:
    del shell.environment["NAVETTE_KEYS"]

    assert "navette keys new" in shell.run("client", "list", code=2)
    assert shell.run("keys", "new").startswith("1:")


def test_an_unknown_setting_stops_every_command(shell: Shell) -> None:
    shell.environment["NAVETTE_DOMAN"] = "x"

    assert "did you mean NAVETTE_DOMAIN" in shell.run("client", "list", code=2)


def test_a_database_that_does_not_answer_is_told_in_a_sentence(shell: Shell) -> None:
    shell.environment["NAVETTE_DATABASE_URL"] = "postgresql://nobody@127.0.0.1:1/none"

    assert "the database does not answer" in shell.run("client", "list", code=3)


def test_what_people_wrote_is_printed_as_it_is(shell: Shell) -> None:
    """Square brackets are no markup, and nobody's text moves the operator's cursor."""
    shell.run("import", str(ROOT / "docs/import-sample.csv"))
    subject = "[bold]Facture[/bold] 114 [/y] \x1b[2J\x1b]0;pwn\x07"
    shell.run("conversation", "start", "B001", subject, "Bonjour", "--by", "anne@fiduciaire.example")
    for command in (["conversation", "list"], ["conversation", "show", "c1"]):
        told = shell.run(*command, "--by", "anne@fiduciaire.example")
        assert "[bold]Facture[/bold] 114 [/y]" in told
        assert "\x1b" not in told


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["client", "add", "B001", "Again"], "already"),
        (["conversation", "show", "c99999999999999999999999", "--by", "p1"], "ids look like c12"),
        (["conversation", "start", "B001", "s", "t", "--by", "p1", "--invoice", "1", "--amount", "douze"], "1234.50"),
        (["person", "address", "p3", "anne@fiduciaire.example"], "cannot share it"),
    ],
)
def test_ordinary_mistakes_get_a_sentence(shell: Shell, words: list[str], told: str) -> None:
    shell.run("import", str(ROOT / "docs/import-sample.csv"))

    assert told in shell.run(*words, code=2)


def test_a_belgian_amount_is_an_amount(shell: Shell) -> None:
    shell.run("import", str(ROOT / "docs/import-sample.csv"))
    shell.run("conversation", "start", "B001", "s", "t", "--by", "p1", "--invoice", "1", "--amount", "12,50")


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("DATABASE_URL", "foo", "NAVETTE_DATABASE_URL: write it like"),
        ("DATABASE_URL", "mysql://x/y", "NAVETTE_DATABASE_URL: mysql is not served"),
        ("DATA_DIR", "/proc/x", "NAVETTE_DATA_DIR: cannot use"),
        ("BROKER_URL", "http://x", "NAVETTE_BROKER_URL: must begin with redis://"),
        ("DOMAIN", "bad domain", "NAVETTE_DOMAIN: must be a mail domain"),
        ("SENDING_LISTED", "foo bar", "NAVETTE_SENDING_LISTED: foo bar is neither"),
        ("RELAY_CA_FILE", "/nope", "NAVETTE_RELAY_CA_FILE: there is no file"),
        ("SEPARATOR", "@", "NAVETTE_SEPARATOR: must be one of"),
    ],
)
def test_nonsense_settings_are_refused(shell: Shell, name: str, value: str, told: str) -> None:
    shell.environment[f"NAVETTE_{name}"] = value

    assert told in shell.run("client", "list", code=2)


def test_a_held_back_mail_says_why(shell: Shell) -> None:
    shell.run("import", str(ROOT / "docs/import-sample.csv"))
    shell.run("conversation", "start", "B001", "s", "t", "--by", "p1")
    assert "held back: sending is off" in shell.run("conversation", "show", "c1", "--by", "p1")
    shell.environment |= {"NAVETTE_SENDING": "only-listed", "NAVETTE_SENDING_LISTED": "sophie@boulangerie.example"}

    told = shell.run("conversation", "show", "c1", "--by", "p1")
    assert "Marc Janssens: waiting held back: this address is not on the list" in told
    assert "Sophie Martin: waiting held" not in told


def test_the_database_is_nobody_elses(shell: Shell) -> None:
    shell.run("client", "list")

    assert (shell.folder / "navette.db").stat().st_mode & 0o077 == 0


def test_a_person_is_shown_with_his_absence(shell: Shell) -> None:
    shell.run("import", str(ROOT / "docs/import-sample.csv"))
    house = build_house(Settings(keys=SecretStr(shell.environment["NAVETTE_KEYS"]), data_dir=shell.folder), NoBell())
    with house.database.writing() as session:
        now = house.now(session)
        sophie = addresses.people_at(session, "sophie@boulangerie.example")[0].id
        mail = KeptMail(
            sha256="0", size=1, raw=b"x", raw_path=None, way=Way.SMTP, envelope_from="", recipients=("b@x.example",)
        )
        keep_mail(session, mail, now=now)
        paul = {"name": "Paul Petit", "address": "", "phone": "02 123 45 67"}
        until = now.date() + timedelta(days=3)
        keep_answer(
            session,
            OutOfOffice(
                person_id=sophie,
                inbound_mail_id=InboundMailId(1),
                from_on=None,
                until_on=until,
                back_on=None,
                replacements=[paul],
                came_at=now,
            ),
        )
    house.database.close()

    shown = shell.run("person", "show", "sophie@boulangerie.example")
    assert f"away until {until}; replaced by Paul Petit, 02 123 45 67 (says i1" in shown
    assert "contact of B001" in shown
    assert "no person" in shell.run("person", "show", "p99", code=2)


def test_a_stored_mail_is_replayed_and_refiled_by_its_error(shell: Shell) -> None:
    shell.run("import", str(ROOT / "docs/import-sample.csv"))
    house = build_house(Settings(keys=SecretStr(shell.environment["NAVETTE_KEYS"]), data_dir=shell.folder), NoBell())
    raw = b"From: sophie@boulangerie.example\r\nSubject: TVA\r\nMessage-ID: <1@x.example>\r\n\r\nPuis-je ?\r\n"
    mail = KeptMail(
        sha256="0",
        size=len(raw),
        raw=raw,
        raw_path=None,
        way=Way.SMTP,
        envelope_from="sophie@boulangerie.example",
        recipients=("new@navette.invalid",),
    )
    with house.database.writing() as session:
        now = house.now(session)
        (arrival,) = keep_mail(session, mail, now=now)
        write_arrival(session, arrival, 0, state=ArrivalState.QUARANTINED, error="error:ValueError", filed_at=now)
    house.database.close()

    assert shell.run("inbox", "export", "i1", "/proc/x.eml", code=2).startswith("navette: /proc/x.eml: ")
    shown = shell.run("inbox", "replay", "i1")
    assert "i1 a1" in shown
    assert "outcome: quarantined -> new_conversation" in shown
    assert "+Puis-je ?" in shown
    assert "outcome: quarantined" in shell.run(
        "inbox", "replay", "--error", "error:ValueError", "--as-of", "2026-11-24"
    )
    assert "there is no inbound mail i9" in shell.run("inbox", "replay", "i9", code=2)
    assert "say which" in shell.run("inbox", "replay", code=2)
    assert "quarantined" in shell.run("inbox", "list", "--state", "quarantined")
    assert "1 mail(s) will be filed again" in shell.run("inbox", "refile", "--error", "error:ValueError")


@pytest.mark.parametrize("url", ["garbage", "mysql://x", "postgresql://u:p@host:port/x", "postgresql+pg8000://x/y"])
@pytest.mark.parametrize("words", [["health"], ["migrate"], ["backup", "copy"], ["restore", "copy"], ["metrics"]])
def test_a_url_of_no_database_is_a_sentence_everywhere(shell: Shell, url: str, words: list[str]) -> None:
    shell.environment["NAVETTE_DATABASE_URL"] = url

    assert shell.run(*words, code=2).startswith("navette: NAVETTE_DATABASE_URL: ")


@pytest.mark.parametrize(
    "which", ["m99999999999999999999999", "o9999999999999999999", "i\N{SUPERSCRIPT TWO}", "c", "x1"]
)
def test_an_id_that_no_database_could_have_is_a_sentence(shell: Shell, which: str) -> None:
    assert f"{which} is no id: ids look like" in shell.run("explain", which, code=2)


@pytest.mark.parametrize("words", [["changes", "--after"], ["inbox", "list", "--most"]])
def test_a_number_that_no_database_takes_is_a_sentence(shell: Shell, words: list[str]) -> None:
    assert "Invalid value" in shell.run(*words, "99999999999999999999", code=2)


def test_house_addresses_are_listed_for_people_and_for_programs(shell: Shell) -> None:
    shell.environment["NAVETTE_DOMAIN"] = "mail.firm.example"
    shell.run("import", str(ROOT / "docs/import-sample.csv"))

    assert "anne.dupont@mail.firm.example" in shell.run("person", "list")
    assert "boulangerie.martin@mail.firm.example" in shell.run("client", "list")
    people = [json.loads(line) for line in shell.run("person", "list", "--json").splitlines()]
    assert {each["house_address"] for each in people if each["case_manager"]} >= {"anne.dupont@mail.firm.example"}
    assert {each["house_address"] for each in people if not each["case_manager"]} == {None}
    clients = [json.loads(line) for line in shell.run("client", "list", "--json").splitlines()]
    assert all(each["house_address"].endswith("@mail.firm.example") for each in clients)


def test_a_country_that_does_not_exist_is_refused(shell: Shell) -> None:
    assert "is no country code like BE" in shell.run("client", "add", "B1", "Bakery", "--country", "ZZZ", code=2)
    shell.run("client", "add", "B1", "Bakery", "--country", "nl")


def test_an_address_of_somebody_else_is_warned_of_and_can_be_taken_back(shell: Shell) -> None:
    shell.run("person", "add", "Anne Dupont", "--email", "anne@firm.example", "--case-manager")
    warned = shell.run("person", "add", "Bram Peeters", "--email", "Anne@firm.example", "--case-manager")
    assert "warning: Anne@firm.example belongs to p1 Anne Dupont already" in warned
    assert "say which" in shell.run("person", "show", "anne@firm.example", code=2)

    taken = shell.run("person", "retire-address", "p2", "Anne@firm.example")
    assert "no mail reaches p2 now" in taken
    assert "p1 Anne Dupont" in shell.run("person", "show", "anne@firm.example")
    assert "has no address" in shell.run("person", "retire-address", "p2", "anne@firm.example", code=2)
    assert "warning" not in shell.run("person", "address", "p2", "anne@firm.example", "--shared")
    assert "Anne@firm.example (primary, active)" in shell.run("person", "show", "p2")


def test_a_contact_is_not_added_at_a_case_managers_address(shell: Shell) -> None:
    shell.run("person", "add", "Anne Dupont", "--email", "anne@firm.example", "--case-manager")
    shell.run("client", "add", "B1", "Bakery")

    told = shell.run("person", "add", "Sophie", "--email", "anne@firm.example", "--client", "B1", code=2)
    assert "a contact and a case manager cannot share it" in told
    assert "Sophie" not in shell.run("person", "list")
