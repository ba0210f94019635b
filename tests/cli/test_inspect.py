"""navette inspect: one object for every line, whatever it holds, without settings and without a database."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from tests.mail.written import HEAD, mail, multipart, part, report_mail
from worker.cli import app

KEYS = [
    "file",
    "size",
    "quarantine",
    "sender",
    "subject",
    "automatic",
    "report",
    "text",
    "new_text",
    "quoted_text",
    "method",
    "confidence",
    "attachments",
    "findings",
]
ANSWER = "Oui, c'est payé.\n\nLe lun. 23 nov. 2026 à 9:00, Anne a écrit :\n> Bonjour Sophie,\n> la facture est-elle payée ?\n"


@pytest.fixture
def answer(tmp_path: Path) -> Path:
    path = tmp_path / "answer.eml"
    path.write_bytes(mail("text/plain; charset=utf-8", ANSWER))
    return path


@pytest.fixture
def sent(tmp_path: Path) -> Path:
    path = tmp_path / "sent.eml"
    path.write_bytes(mail("text/plain; charset=utf-8", "Bonjour Sophie,\nla facture est-elle payée ?\n"))
    return path


def run(*arguments: str, lines: bytes = b"") -> Result:
    return CliRunner().invoke(app, ["inspect", *arguments], input=lines, catch_exceptions=False)


def objects(result: Result) -> list[dict[str, Any]]:
    return [json.loads(line) for line in result.stdout_bytes.splitlines()]


def test_an_answer_is_shown_as_the_worker_takes_it(answer: Path, sent: Path) -> None:
    (found,) = objects(run("--json", "--sent", str(sent), str(answer)))
    assert list(found) == KEYS
    assert (found["file"], found["size"], found["quarantine"]) == (str(answer), answer.stat().st_size, None)
    assert (found["sender"], found["subject"]) == ("sophie@boulangerie.example", "Re: Facture 2024-118")
    assert (found["automatic"], found["report"]) == (None, None)
    assert found["text"].startswith("Oui, c'est payé.")
    assert found["new_text"].startswith("Oui, c'est payé.")
    assert all(": " in finding for finding in found["findings"])


def test_what_we_sent_is_cut_from_the_answer(answer: Path, sent: Path) -> None:
    (found,) = objects(run("--json", "--sent", str(sent), str(answer)))
    assert found["new_text"] == "Oui, c'est payé."
    assert "la facture est-elle payée" in found["quoted_text"]


def test_a_report_and_a_file_are_shown(tmp_path: Path) -> None:
    fields = "Original-Envelope-Id: t\n\nFinal-Recipient: rfc822; a@b.example\nAction: failed\nStatus: 5.1.1\n"
    bounce, scan = tmp_path / "bounce.eml", tmp_path / "scan.eml"
    bounce.write_bytes(report_mail(fields))
    scan.write_bytes(
        multipart("mixed", part("text/plain", "voici"), part("application/pdf; name=a.pdf", "%PDF-1.4"), head=HEAD)
    )
    first, second = objects(run("--json", str(bounce), str(scan)))
    assert first["automatic"] == "null sender"
    assert first["report"] == {
        "envelope_id": "t",
        "original_message_id": "token-1@mail.fiduciaire.example",
        "recipients": [
            {"address": "a@b.example", "action": "failed", "status": "5.1.1", "reason": "userunknown", "hard": True}
        ],
    }
    (file,) = second["attachments"]
    assert (file["name"], file["type"], file["size"], len(file["sha256"])) == ("a.pdf", "application/pdf", 8, 64)


def test_every_line_gives_one_object_in_order(answer: Path, tmp_path: Path) -> None:
    (tmp_path / "empty.eml").write_bytes(b"")
    lines = [
        json.dumps({"file": str(answer)}).encode(),
        b"no json",
        b"",
        b"[" * 100_000,
        b"\xff\xfe",
        b'{"file": 3}',
        b'{"file": "x", "sent": 3}',
        b'{"sent": "x"}',
        b"null",
        json.dumps({"file": str(tmp_path / "missing.eml")}).encode(),
        json.dumps({"file": str(tmp_path)}).encode(),
        b'{"file": "a\\u0000b"}',
        b'{"file": "\\ud800"}',
        json.dumps({"file": "/dev/zero"}).encode(),
        json.dumps({"file": str(tmp_path / "empty.eml"), "sent": None}).encode(),
        json.dumps({"file": str(answer), "sent": str(tmp_path / "missing.eml")}).encode(),
    ]
    result = run("--jsonl", lines=b"\n".join(lines))
    found = objects(result)
    assert result.exit_code == 0
    assert all(list(each) == KEYS for each in found)
    assert [each["quarantine"] for each in found] == [
        None,
        *["bad line"] * 8,
        "cannot be read: FileNotFoundError",
        "not a file",
        "not a file",
        "not a file",
        "not a file",
        None,
        None,
    ]
    assert "sent: cannot be read: FileNotFoundError" in found[-1]["findings"]


def test_a_mail_over_a_limit_says_which(tmp_path: Path) -> None:
    path = tmp_path / "hostile.eml"
    path.write_bytes(b"Content-Type: text/plain" + b";" * 40_000 + b"\n\nx")
    (found,) = objects(run("--json", str(path)))
    assert (found["quarantine"], found["text"], found["size"]) == ("parameters", "", path.stat().st_size)


def test_a_person_can_read_the_view(answer: Path, tmp_path: Path) -> None:
    result = run(str(answer), str(tmp_path / "missing.eml"))
    assert result.exit_code == 1, "one of them cannot be read"
    assert "sophie@boulangerie.example" in result.output
    assert "cannot be read: FileNotFoundError" in result.output


def test_markup_in_a_mail_is_text(tmp_path: Path) -> None:
    path = tmp_path / "markup.eml"
    path.write_bytes(b"Subject: [bold]x[/red]\n\n[/nothing] [link=x]y")
    assert "[/nothing] [link=x]y" in run(str(path)).output


def test_nothing_to_look_at_is_said() -> None:
    assert run().exit_code == 2


def test_it_answers_line_by_line_without_settings_or_database(answer: Path, tmp_path: Path) -> None:
    """A bad setting in the environment would stop every command that loads settings."""
    environment = {
        **os.environ,
        "NAVETTE_NO_SUCH_SETTING": "x",
        "PYTHONPATH": str(Path(__file__).parents[2]),
        "LC_ALL": "C",
    }
    command = [sys.executable, "-m", "worker", "inspect", "--jsonl"]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=tmp_path, env=environment
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        for _ in range(3):
            process.stdin.write(json.dumps({"file": str(answer)}).encode() + b"\n")
            process.stdin.flush()
            assert json.loads(process.stdout.readline())["subject"] == "Re: Facture 2024-118"
        process.stdin.close()
        assert process.wait(20) == 0
    assert list(tmp_path.iterdir()) == [answer]
