"""``navette collect`` as a process: it wakes when a mail comes, comes back when the server does, and says what it must."""

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from storage import outbox
from storage.database import Database
from storage.inbox import list_arrivals
from storage.states import MailKind, MailState
from tests.conftest import HeardBell
from tests.flows.collected import mail
from tests.servers.dovecot import Dovecot, password_of, running_dovecot
from worker.collector import collect_once
from worker.settings import Settings, load_settings
from worker.settings_sources import BadSettings
from worker.supervisor import children_of

OFFICE, VAT = "office@firm.example", "vat@firm.example"
ROOT = Path(__file__).parent.parent.parent
PATIENCE_S = 60.0


class Collector:
    """One process and what it logs."""

    def __init__(
        self, folder: Path, dovecot: Dovecot, *words: str, users: tuple[str, ...] = (OFFICE,), **more: str
    ) -> None:
        self.changed = threading.Condition()
        self.log: list[dict[str, Any]] = []
        self.lines: list[str] = []
        environment = {key: value for key, value in os.environ.items() if not key.startswith("NAVETTE_")} | {
            "NAVETTE_KEYS": "1:a-secret-of-the-tests-long-enough",
            "NAVETTE_DATA_DIR": str(folder),
            "NAVETTE_MAILBOXES": urls(dovecot, *users),
            "NAVETTE_MAILBOX_PASSWORDS": ",".join(quote(password_of(user), safe="") for user in users),
            "PYTHONPATH": str(ROOT),
        }
        self.process = subprocess.Popen(
            [sys.executable, "-m", "worker", "collect", *words],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            env=environment | more,
            cwd=folder,
        )
        self.reader = threading.Thread(target=self.read_log, daemon=True)
        self.reader.start()

    def read_log(self) -> None:
        assert self.process.stderr is not None
        with self.process.stderr as lines:
            for line in lines:
                with self.changed:
                    self.lines.append(line)
                    if line.startswith("{"):
                        self.log.append(json.loads(line))
                    self.changed.notify_all()

    def told(self, event: str, **values: object) -> list[dict[str, Any]]:
        return [
            each
            for each in list(self.log)
            if each["event"] == event and all(each.get(key) == value for key, value in values.items())
        ]

    def wait_for(self, event: str, times: int = 1, **values: object) -> None:
        end = time.monotonic() + PATIENCE_S
        with self.changed:
            while len(self.told(event, **values)) < times:
                if not self.changed.wait(end - time.monotonic()):
                    raise AssertionError(f"not told {times} times: {event}\n" + "".join(self.lines[-40:]))

    def wait(self) -> int:
        code = self.process.wait(PATIENCE_S)
        self.reader.join(10)
        return code

    def stop(self) -> int:
        if self.process.poll() is None:
            self.process.terminate()
        return self.wait()


def urls(dovecot: Dovecot, *users: str) -> str:
    return ",".join(f"imap+plain://{quote(user, safe='')}@127.0.0.1:{dovecot.imap_port}" for user in users)


@pytest.fixture
def dovecot() -> Iterator[Dovecot]:
    with running_dovecot((OFFICE, VAT)) as running:
        yield running


@pytest.fixture
def collect(tmp_path: Path, dovecot: Dovecot, redis_url: str) -> Iterator[Callable[..., Collector]]:
    with ExitStack() as stack:

        def begin(*words: str, users: tuple[str, ...] = (OFFICE,), **more: str) -> Collector:
            made = Collector(tmp_path, dovecot, *words, users=users, NAVETTE_BROKER_URL=redis_url, **more)
            stack.callback(made.stop)
            return made

        yield begin


Collect = Callable[..., Collector]


def kept_in(folder: Path) -> int:
    database = Database(f"sqlite:///{folder}/navette.db")
    with database.reading() as session:
        found = len(list_arrivals(session))
    database.close()
    return found


def test_it_wakes_when_a_mail_comes_and_comes_back_when_the_server_does(
    collect: Collect, dovecot: Dovecot, tmp_path: Path
) -> None:
    collector = collect(NAVETTE_MAILBOX_ALARM_MINUTES="0.1")
    collector.wait_for("first_sight", times=2)

    dovecot.put(OFFICE, mail("one"))
    collector.wait_for("kept")
    dovecot.kill()
    collector.wait_for("session_ended")
    collector.wait_for("mailbox_not_read")
    dovecot.start()
    collector.wait_for("mailbox_recovered")
    dovecot.put(OFFICE, mail("two"))
    collector.wait_for("kept", times=2)

    assert collector.stop() == 0
    assert collector.told("stopped")
    assert kept_in(tmp_path) == 2
    assert len(collector.told("mailbox_not_read")) == 1
    assert not collector.told("collecting_broke")
    assert "firm.example" not in "".join(collector.lines)


def test_each_mailbox_is_read_though_another_cannot_be(collect: Collect, dovecot: Dovecot) -> None:
    passwords = f"wrong,{quote(password_of(VAT), safe='')}"
    collector = collect(users=(OFFICE, VAT), NAVETTE_MAILBOX_PASSWORDS=passwords)

    collector.wait_for("first_sight", times=2, mailbox=2)
    dovecot.put(VAT, mail("one"))
    collector.wait_for("kept", mailbox=2)
    collector.wait_for("session_ended", mailbox=1)

    assert {each["why"] for each in collector.told("session_ended", mailbox=1)} == {
        "the mailbox's server refuses our login"
    }
    assert "wrong" not in "".join(collector.lines)


def test_a_refused_login_of_a_running_collector_is_mailed_to_the_operator_once(
    collect: Collect, tmp_path: Path
) -> None:
    collector = collect(NAVETTE_MAILBOX_PASSWORDS="wrong", NAVETTE_OPERATOR_ADDRESS="operator@firm.example")
    collector.wait_for("session_ended", times=2)
    collector.stop()

    assert len(collector.told("login_refused", mailbox=1)) == 1
    with Database(f"sqlite:///{tmp_path / 'navette.db'}").reading() as session:
        (alarm,) = outbox.mails_in(session, set(MailState))
    assert (alarm.kind, alarm.address) == (MailKind.ALARM, "operator@firm.example")


def test_a_second_process_takes_over_from_one_that_stops(collect: Collect, dovecot: Dovecot) -> None:
    first = collect()
    first.wait_for("first_sight", times=2)
    second = collect()
    second.wait_for("collecting")

    dovecot.put(OFFICE, mail("one"))
    first.wait_for("kept")
    assert first.stop() == 0
    second.wait_for("connected")
    dovecot.put(OFFICE, mail("two"))
    second.wait_for("kept")

    assert not second.told("first_sight")


def test_without_a_mailbox_it_says_what_to_set(collect: Collect) -> None:
    collector = collect(NAVETTE_MAILBOXES="", NAVETTE_MAILBOX_PASSWORDS="")

    assert collector.wait() == 2
    assert "NAVETTE_MAILBOXES=imaps://" in "".join(collector.lines)


def test_one_round_takes_older_mail_when_asked_and_says_what_failed(dovecot: Dovecot, tmp_path: Path) -> None:
    bell = HeardBell()
    given = {"mailboxes": urls(dovecot, OFFICE), "data_dir": str(tmp_path)}
    good = settings_with(**given, mailbox_passwords=quote(password_of(OFFICE), safe=""))
    dovecot.put(OFFICE, mail("old"))

    assert collect_once(good, bell) == []
    assert kept_in(tmp_path) == 0
    assert collect_once(good, bell, since=datetime(2020, 1, 1, tzinfo=UTC)) == []
    assert kept_in(tmp_path) == 1
    assert len(bell.inbound) == 1
    assert collect_once(settings_with(**given, mailbox_passwords="wrong"), bell) == [
        "mailbox 1: the mailbox's server refuses our login"
    ]


def settings_with(**given: str) -> Settings:
    return Settings.model_validate({"keys": "1:a-secret-of-the-tests-long-enough", "broker_url": "redis://x", **given})


def test_run_starts_the_collector_when_there_are_mailboxes() -> None:
    mailboxes = {"mailboxes": "imaps://office%40firm.example@imap.firm.example", "mailbox_passwords": "x"}

    assert [each.name for each in children_of(settings_with())] == ["worker", "beat", "sink"]
    assert [each.name for each in children_of(settings_with(**mailboxes))] == ["worker", "beat", "sink", "collect"]


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"mailboxes": "imaps://office@imap.firm.example"}, "NAVETTE_MAILBOX_PASSWORDS"),
        ({"mailbox_archive": "Inbox"}, "another folder"),
        ({"oauth_token_url": "http://login.example/token"}, "https://"),
        ({"oauth_token_url": "https://login.example/token"}, "NAVETTE_OAUTH_CLIENT_ID"),
        ({"mailbox_alarm_minutes": "0"}, "greater than 0"),
    ],
)
def test_wrong_settings_say_what_to_set(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, given: dict[str, str], told: str
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("NAVETTE_KEYS", "1:a-secret-of-the-tests-long-enough")
    for name, value in given.items():
        monkeypatch.setenv(f"NAVETTE_{name.upper()}", value)

    with pytest.raises(BadSettings, match=told):
        load_settings()
