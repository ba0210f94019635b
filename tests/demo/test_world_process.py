"""The mail world as a process: it tells its port, its events, and ends when it is told to or its starter is gone."""

import json
import smtplib
import subprocess
import sys
from pathlib import Path

import pytest

from worker.demo.world_journal import Happened
from worker.demo.world_mailboxes import Mailboxes
from worker.demo.world_process import WorldProcess, main

SOPHIE = "sophie@boulangerie.example"
FIRM = "mail.firm.example"
MAIL = b"Subject: Test\r\n\r\nBonjour\r\n"


def test_the_process_tells_its_port_takes_mail_and_stops_cleanly(tmp_path: Path) -> None:
    process = WorldProcess(tmp_path, FIRM, options=["--person", SOPHIE])
    with smtplib.SMTP(process.host, process.port, local_hostname="firm.example", timeout=10) as connection:
        connection.sendmail(f"b+token@{FIRM}", [SOPHIE], MAIL)
    process.wait_for(lambda seen: seen.count(Happened.STORED, SOPHIE) == 1)
    assert process.stop() == 0
    assert process.mails_of(SOPHIE)[0].endswith(MAIL)


def test_two_worlds_one_the_next_hop_of_the_other(tmp_path: Path) -> None:
    address = f"anne@{FIRM}"
    with WorldProcess(tmp_path / "firm", "other.example", options=["--person", address]) as firm:
        options = ["--next-hop", f"{firm.host}:{firm.port}"]
        with (
            WorldProcess(tmp_path / "people", FIRM, options=options) as world,
            smtplib.SMTP(world.host, world.port, local_hostname="x.example", timeout=10) as connection,
        ):
            connection.sendmail(SOPHIE, [address], MAIL)
            firm.wait_for(lambda seen: seen.count(Happened.STORED, address) == 1)


def test_maildirs_that_are_there_belong_to_people(tmp_path: Path) -> None:
    Mailboxes(tmp_path).add_person(SOPHIE)
    with (
        WorldProcess(tmp_path, FIRM, options=["--behave", f"{SOPHIE}=greylist:1"]) as process,
        smtplib.SMTP(process.host, process.port, local_hostname="x.example", timeout=10) as connection,
    ):
        connection.ehlo()
        connection.mail("a@x.example")
        assert [connection.rcpt(SOPHIE)[0] for _ in range(2)] == [450, 250]
        connection.data(MAIL)
        process.wait_for(lambda seen: seen.count(Happened.STORED, SOPHIE) == 1)


def test_it_ends_when_whoever_started_it_is_gone(tmp_path: Path) -> None:
    process = WorldProcess(tmp_path, FIRM)
    assert process.process.stdin is not None
    process.process.stdin.close()
    assert process.process.wait(20) == 0
    assert process.stop() == 0


def test_without_events_it_prints_one_line(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "worker.demo.world", "--maildirs", str(tmp_path), "--domain", FIRM]
    with subprocess.Popen([*command, "--person", SOPHIE], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        ready = json.loads(process.stdout.readline())
        with smtplib.SMTP(ready["host"], ready["port"], local_hostname="x.example", timeout=10) as connection:
            connection.sendmail("a@x.example", [SOPHIE], MAIL)
        process.terminate()
        assert process.stdout.read() == ""
    assert process.returncode == 0


@pytest.mark.parametrize(
    "options",
    [
        ["--behave", "sophie"],
        ["--behave", f"{SOPHIE}=sulk"],
        ["--next-hop", "nowhere"],
        ["--next-hop", ":25"],
        ["--port", "many"],
    ],
)
def test_what_cannot_be_read_is_refused_with_a_reason(
    tmp_path: Path, options: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as left:
        main(["--maildirs", str(tmp_path), "--domain", FIRM, *options])
    assert left.value.code == 2
    assert options[1].split("=")[0] in capsys.readouterr().err


def test_a_world_that_cannot_start_says_so(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    with WorldProcess(tmp_path / "one", FIRM) as first, pytest.raises(RuntimeError, match="did not start"):
        WorldProcess(tmp_path / "two", FIRM, options=["--port", str(first.port)])
    said = capfd.readouterr().err
    assert said.startswith(f"the mail world cannot listen on 127.0.0.1 port {first.port}: ")
    assert said.count("\n") == 1
