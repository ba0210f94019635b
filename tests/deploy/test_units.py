"""systemd's and the mail servers' own tools on what we hand out, and the documents against commands and settings."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.deploy.test_compose import commands, parse
from worker.settings import Settings, known_names
from worker.supervisor import STOP_GRACE_S

ROOT = Path(__file__).parent.parent.parent
UNITS = sorted((ROOT / "docs/systemd").iterdir())
DOCUMENTS = sorted(ROOT.glob("docs/*deploy*.md")) + [ROOT / "docs" / name for name in ("backup.md", "upgrade.md")]


@pytest.mark.parametrize("unit", UNITS, ids=lambda each: each.name)
def test_systemd_takes_the_unit(unit: Path, tmp_path: Path, systemd_analyze: str) -> None:
    for each in UNITS:
        told = each.read_text(encoding="utf-8").replace("/opt/navette/venv/bin/navette", f"{sys.executable} -m worker")
        (tmp_path / each.name).write_text(told.replace("file:///opt/navette/docs/", f"file://{ROOT}/docs/"))
    done = subprocess.run(
        [systemd_analyze, "verify", "--man=no", str(tmp_path / unit.name)], capture_output=True, text=True, check=False
    )

    assert (done.returncode, done.stderr) == (0, "")


RUN_NAVETTE = [each for each in UNITS if each.suffix == ".service" and each.name != "navette-failed@.service"]


@pytest.mark.parametrize("unit", RUN_NAVETTE, ids=lambda each: each.name)
def test_a_unit_runs_a_command_that_parses_as_nobodys_root(unit: Path) -> None:
    told = unit.read_text(encoding="utf-8")

    (line,) = re.findall(r"^ExecStart=(.*)$", told, re.MULTILINE)
    words = re.findall(r"/opt/navette/venv/bin/navette (\w+)", line)
    assert words
    if words != ["backup"]:
        parse(words)
    assert "User=navette" in told
    assert "ProtectSystem=strict" in told
    assert "NoNewPrivileges=yes" in told
    assert (ROOT / "docs" / re.findall(r"Documentation=file:///opt/navette/docs/(\S+)", told)[0]).exists()


def test_a_unit_waits_longer_than_what_is_draining() -> None:
    """Else systemd kills in the middle of the last mail."""
    task_s = Settings.model_fields["task_seconds"].default
    for name, needed in (("navette", task_s + STOP_GRACE_S), ("navette-worker", task_s)):
        told = (ROOT / f"docs/systemd/{name}.service").read_text(encoding="utf-8")
        assert int(re.findall(r"^TimeoutStopSec=(\d+)$", told, re.MULTILINE)[0]) > needed, name
        assert "KillMode=mixed" in told, "the supervisor or worker alone is asked, and asks what is below it"


def test_the_nightly_backup_takes_the_last_finished_one_along(tmp_path: Path) -> None:
    """The line of the unit, run by the shell as systemd hands it over."""
    (line,) = re.findall(
        r"^ExecStart=/bin/sh -ec '(.*)'$", (ROOT / "docs/systemd/navette-backup.service").read_text(), re.MULTILINE
    )
    (tmp_path / "navette").write_text('#!/bin/sh\nfor each; do echo "$each"; done\n')
    (tmp_path / "navette").chmod(0o755)
    script = (
        line.replace("$$", "$").replace("%%", "%").replace("/opt/navette/venv/bin/navette", str(tmp_path / "navette"))
    )

    def words() -> list[str]:
        done = subprocess.run(["/bin/sh", "-ec", script], cwd=tmp_path, capture_output=True, text=True, check=True)
        return done.stdout.splitlines()

    assert re.fullmatch(r"backup 20\d\d-\d\d-\d\d-\d{4}", " ".join(words()))
    for name in ("2026-11-22-0230", "2026-11-23-0230", "2026-11-24-0230"):
        (tmp_path / name).mkdir()
    for name in ("2026-11-22-0230", "2026-11-23-0230"):
        (tmp_path / name / "backup.json").touch()
    assert words()[2:] == ["--linked-to", "2026-11-23-0230"]


def test_a_backup_that_fails_is_mailed_to_the_operator(tmp_path: Path) -> None:
    """The line of the unit, run by the shell as systemd hands it over."""
    assert "OnFailure=navette-failed@%n.service" in (ROOT / "docs/systemd/navette-backup.service").read_text()
    unit = (ROOT / "docs/systemd/navette-failed@.service").read_text()
    (line,) = re.findall(r"^ExecStart=/bin/sh -ec '(.*)'$", unit, re.MULTILINE)
    for name, does in (("sendmail", 'echo "$@"; cat'), ("journalctl", 'echo "log $1"')):
        (tmp_path / name).write_text(f"#!/bin/sh\n{does}\n")
        (tmp_path / name).chmod(0o755)
    script = line.replace("\\\\", "\\").replace("$$", "$").replace("%%", "\0").replace("%i", "navette-backup.service")
    script = script.replace("%H", "mail").replace("\0", "%").replace("/usr/sbin/", f"{tmp_path}/")

    told = subprocess.run(
        ["/bin/sh", "-ec", script],
        env={"PATH": f"{tmp_path}:/usr/bin:/bin", "NAVETTE_OPERATOR_ADDRESS": "operator@firm.example"},
        capture_output=True,
        text=True,
        check=True,
    )

    assert told.stdout.splitlines() == [
        "-t",
        "To: operator@firm.example",
        "Subject: navette-backup.service failed on mail",
        "",
        "log --unit=navette-backup.service",
    ]


def test_postfix_takes_our_lines(tmp_path: Path, postconf: str) -> None:
    for number, path in enumerate(("docs/postfix/main.cf", "docs/try/main.cf")):
        folder = tmp_path / str(number)
        folder.mkdir()
        shutil.copy(ROOT / path, folder / "main.cf")
        (folder / "master.cf").write_text("lmtp unix - - n - - lmtp\n")
        done = subprocess.run([postconf, "-c", str(folder), "-n"], capture_output=True, text=True, check=False)
        assert (done.returncode, done.stderr) == (0, ""), path
        assert "lmtp:inet:" in done.stdout


def test_dovecot_takes_our_lines(doveconf: str) -> None:
    done = subprocess.run(
        [doveconf, "-n", "-c", str(ROOT / "docs/try/dovecot.conf")],
        capture_output=True,
        text=True,
        check=False,
    )

    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda each: each.name)
def test_a_document_names_commands_and_settings_that_are_there(document: Path) -> None:
    told = document.read_text(encoding="utf-8")

    for command in re.findall(r"(?:^|[`/ ])navette ([a-z]+)\b(?!-)", told, re.MULTILINE):
        assert command in commands(), command
    for name in re.findall(r"\bNAVETTE_[A-Z_]+[A-Z]\b", told):
        assert name in known_names(), name
    for link in re.findall(r"\]\(([^)#]+)\)", told):
        assert link.startswith("https://") or (document.parent / link).exists(), link
    for path in re.findall(r"`(docs/[\w./-]+)`", told):
        assert (ROOT / path).exists(), path
