"""The commands an operator types, run as he runs them."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

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
