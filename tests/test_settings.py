"""Settings are refused with a sentence that says what to do; documentation and code name the same ones."""

from dataclasses import fields, replace
from pathlib import Path

import pytest

from worker.core.file_rules import PROGRAMS
from worker.core.key_rings import read_keys
from worker.mail.limited.questions import ReaderLimits
from worker.mail.limits import Limits
from worker.settings import Settings, load_settings
from worker.settings_sources import BadSettings
from worker.wiring import build_reader, build_relay, build_scanner, policy_of, reader_limits

KEY = "1:a-secret-of-the-tests-long-enough"


@pytest.fixture(autouse=True)
def _clean(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    for name in list(__import__("os").environ):
        if name.startswith("NAVETTE_"):
            monkeypatch.delenv(name)


def test_a_misspelled_name_is_refused_with_the_nearest_right_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NAVETTE_KEYS", KEY)
    monkeypatch.setenv("NAVETTE_RELAY_HOTS", "x")

    with pytest.raises(BadSettings, match="NAVETTE_RELAY_HOTS is not a setting; did you mean NAVETTE_RELAY_HOST"):
        load_settings()


def test_a_misspelled_name_in_the_env_file_is_refused_too(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text(f"NAVETTE_KEYS={KEY}\nNAVETTE_SINK_PROT=25\n")

    with pytest.raises(BadSettings, match="NAVETTE_SINK_PORT"):
        load_settings()


def test_the_demos_secret_is_refused_outside_the_demo(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(BadSettings, match="navette keys new"):
        load_settings()
    monkeypatch.setenv("NAVETTE_DEMO", "true")
    assert load_settings().demo


def test_a_secret_can_come_from_a_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "keys").write_text(KEY + "\n")
    monkeypatch.setenv("NAVETTE_KEYS_FILE", str(tmp_path / "keys"))

    assert load_settings().keys.get_secret_value() == KEY


def test_a_missing_secret_file_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("NAVETTE_KEYS_FILE", str(tmp_path / "nowhere"))

    with pytest.raises(BadSettings, match="NAVETTE_KEYS_FILE: cannot read"):
        load_settings()


def test_environment_wins_over_the_env_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / ".env").write_text(f"NAVETTE_KEYS={KEY}\nNAVETTE_UNDO_SECONDS=10\n")
    monkeypatch.setenv("NAVETTE_UNDO_SECONDS", "20")

    assert load_settings().undo_seconds == 20


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("UNDO_SECONDS", "soon", "NAVETTE_UNDO_SECONDS"),
        ("RELAY_TLS", "maybe", "NAVETTE_RELAY_TLS"),
        ("SENDING", "yes", "NAVETTE_SENDING"),
        ("KEYS", "1:short", "too short"),
        ("KEYS", "a-secret-without-an-id-but-long", "id:secret"),
        ("KEYS", f"{KEY},{KEY}", "twice"),
        ("REDIRECT_ALL_TO", "everybody", "mail address"),
        ("FROM_STYLE", "mailbox", "NAVETTE_MAILBOX_ADDRESS"),
        ("UNDO_MAX_SECONDS", "5", "at least undo_seconds"),
    ],
)
def test_a_wrong_value_says_which_and_why(monkeypatch: pytest.MonkeyPatch, name: str, value: str, told: str) -> None:
    monkeypatch.setenv("NAVETTE_KEYS", KEY)
    monkeypatch.setenv(f"NAVETTE_{name}", value)

    with pytest.raises(BadSettings, match=told):
        load_settings()


def test_no_fault_prints_a_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NAVETTE_KEYS", "1:tooshort99")
    with pytest.raises(BadSettings) as told:
        load_settings()

    assert "tooshort99" not in str(told.value)


def test_the_key_ring_keeps_its_order() -> None:
    assert [number for number, _ in read_keys("2:newest-secret-of-the-ring-xx,1:older-secret-of-the-ring-xx").keys] == [
        2,
        1,
    ]


def test_readme_lists_every_setting_and_no_other() -> None:
    readme = (Path(__file__).parent.parent / "README.md").read_text(encoding="utf-8")
    table = {line.split("`")[1] for line in readme.splitlines() if line.startswith("| `NAVETTE_")}

    assert table == {f"NAVETTE_{name.upper()}" for name in Settings.model_fields}


@pytest.mark.parametrize("seconds", ["2", "30", "330", "3000"])
def test_a_lease_outlasts_the_hard_limit_of_a_task(monkeypatch: pytest.MonkeyPatch, seconds: str) -> None:
    monkeypatch.setenv("NAVETTE_KEYS", KEY)
    monkeypatch.setenv("NAVETTE_TASK_SECONDS", seconds)
    policy = policy_of(load_settings())

    assert min(policy.send_lease, policy.file_lease).total_seconds() >= int(seconds) + 2


def test_every_limit_of_the_parser_is_a_setting_with_the_same_default(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NAVETTE_KEYS", KEY)
    names = {name.removeprefix("parse_") for name in Settings.model_fields if name.startswith("parse_")}

    assert names == {each.name for each in fields(Limits)}
    assert build_reader(load_settings()).limits == Limits()


def test_a_limit_of_the_parser_is_what_is_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NAVETTE_KEYS", KEY)
    monkeypatch.setenv("NAVETTE_PARSE_PARTS", "12")

    assert build_reader(load_settings()).limits == Limits(parts=12)


@pytest.mark.parametrize("url", ["clamd:3310", "tcp://clamd", "http://clamd:3310", "unix:clamd.sock"])
def test_a_scanner_that_leads_nowhere_is_refused(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    monkeypatch.setenv("NAVETTE_KEYS", KEY)
    monkeypatch.setenv("NAVETTE_ANTIVIRUS_URL", url)

    with pytest.raises(BadSettings, match="NAVETTE_ANTIVIRUS_URL"):
        load_settings()


def test_a_scanner_that_is_set_is_used_and_files_wait_for_it() -> None:
    with_scanner = Settings(demo=True, antivirus_url="tcp://127.0.0.1:3310")

    assert policy_of(with_scanner).scans_files
    assert build_scanner(with_scanner) is not None
    assert not policy_of(Settings(demo=True)).scans_files
    assert build_scanner(Settings(demo=True)) is None


def test_types_that_are_refused_are_endings_and_programs_when_none_is_set(monkeypatch: pytest.MonkeyPatch) -> None:
    assert policy_of(Settings(demo=True)).file_rules.refused_types == PROGRAMS
    assert policy_of(Settings(demo=True, refused_file_types="EXE, html")).file_rules.refused_types == {"exe", "html"}
    monkeypatch.setenv("NAVETTE_KEYS", KEY)
    monkeypatch.setenv("NAVETTE_REFUSED_FILE_TYPES", "*.exe")
    with pytest.raises(BadSettings, match="NAVETTE_REFUSED_FILE_TYPES"):
        load_settings()


def test_the_readers_limits_are_settings_with_the_same_defaults() -> None:
    # In code nobody is asked for keys; as shipped the system's name server is.
    assert reader_limits(Settings(demo=True)) == replace(ReaderLimits(), name_server="")


def test_a_relay_user_needs_a_password_or_oauth() -> None:
    with pytest.raises(ValueError, match="NAVETTE_OAUTH_TOKEN_URL"):
        Settings(demo=True, relay_user="navette@firm.example")

    with_tokens = {"oauth_token_url": "https://login.firm.example/token", "oauth_client_id": "navette"}
    relay = build_relay(Settings.model_validate({"demo": True, "relay_user": "navette@firm.example"} | with_tokens))
    assert relay.options.tokens is not None
