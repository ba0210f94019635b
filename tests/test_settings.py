"""Settings are refused with a sentence that says what to do; documentation and code name the same ones.

A little longer than a module, since it has a case for every setting that can be wrong.
"""

from dataclasses import fields, replace
from datetime import UTC, datetime
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


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DATA_DIR", "/srv/navette   # the shared volume"),
        ("DATA_DIR", "/srv/navette\t#shared"),
        ("DATABASE_URL", "postgresql://navette@db/navette # of the firm"),
        ("BROKER_URL", "redis://127.0.0.1:6379/0 # own"),
        ("RELAY_HOST", "smtp.firm.example # the relay"),
        ("SINK_HOST", "127.0.0.1 # here"),
        ("RELAY_CA_FILE", "/etc/ssl/own.pem # ours"),
        ("MAILBOX_CA_FILE", "/etc/ssl/own.pem # ours"),
        ("OAUTH_TOKEN_URL", "https://login.firm.example/token # theirs"),
        ("OAUTH_SCOPE", "https://mail.google.com/ # all"),
        ("ANTIVIRUS_URL", "unix:///run/clamd.ctl # local"),
        ("DKIM_NAME_SERVER", "127.0.0.1:53 # own"),
        ("MAILBOXES", "imaps://office%40firm.example@imap.firm.example # one"),
        ("OWN_RELAYS", "mx.firm.example # ours"),
        ("AUTHSERV_IDS", "mx.firm.example # ours"),
        ("RELAY_USER", "navette@firm.example # login"),
        ("KEYS_FILE", "/etc/navette/keys # the ring"),
    ],
)
def test_a_comment_behind_a_value_is_refused(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    monkeypatch.setenv("NAVETTE_KEYS", KEY)
    if name == "KEYS_FILE":
        monkeypatch.delenv("NAVETTE_KEYS")
    monkeypatch.setenv(f"NAVETTE_{name}", value)

    with pytest.raises(BadSettings, match=f"NAVETTE_{name}: .*comment.*line of its own"):
        load_settings()


def test_a_name_with_a_number_sign_is_no_comment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NAVETTE_KEYS", KEY)
    monkeypatch.setenv("NAVETTE_FIRM_NAME", "Fiduciaire # 1")
    monkeypatch.setenv("NAVETTE_DATA_DIR", "/srv/firm#1")

    assert (load_settings().firm_name, str(load_settings().data_dir)) == ("Fiduciaire # 1", "/srv/firm#1")


def test_a_value_and_a_file_of_it_are_one_too_many(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "keys").write_text("2:another-secret-of-the-tests-xx")
    monkeypatch.setenv("NAVETTE_KEYS", KEY)
    monkeypatch.setenv("NAVETTE_KEYS_FILE", str(tmp_path / "keys"))

    with pytest.raises(BadSettings, match="NAVETTE_KEYS and NAVETTE_KEYS_FILE are both set: keep one"):
        load_settings()


def test_an_empty_name_of_a_file_is_not_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NAVETTE_KEYS", KEY)
    monkeypatch.setenv("NAVETTE_KEYS_FILE", "")

    assert load_settings().keys.get_secret_value() == KEY


def test_an_empty_value_leaves_the_file_its_say(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "keys").write_text(KEY)
    monkeypatch.setenv("NAVETTE_KEYS", "")
    monkeypatch.setenv("NAVETTE_KEYS_FILE", str(tmp_path / "keys"))

    assert load_settings().keys.get_secret_value() == KEY


def test_the_env_file_may_name_a_file_too_and_the_environment_wins(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "keys").write_text(KEY)
    (tmp_path / ".env").write_text(f"NAVETTE_KEYS_FILE={tmp_path}/keys\n")
    assert load_settings().keys.get_secret_value() == KEY
    other = "2:another-secret-of-the-tests-xx"
    monkeypatch.setenv("NAVETTE_KEYS", other)
    assert load_settings().keys.get_secret_value() == other
    monkeypatch.delenv("NAVETTE_KEYS")
    (tmp_path / ".env").write_text(f"NAVETTE_KEYS={other}\nNAVETTE_KEYS_FILE={tmp_path}/keys\n")
    with pytest.raises(BadSettings, match="both set"):
        load_settings()


def test_a_file_of_a_setting_that_is_no_text_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "keys").write_bytes(b"1:\xff\xfe")
    monkeypatch.setenv("NAVETTE_KEYS_FILE", str(tmp_path / "keys"))

    with pytest.raises(BadSettings, match=r"NAVETTE_KEYS_FILE: .* is not UTF-8"):
        load_settings()


DURATION = ("_seconds", "_minutes", "_days", "_timeout")


@pytest.mark.parametrize("name", [each for each in Settings.model_fields if each.endswith(DURATION)])
@pytest.mark.parametrize("value", ["1000000000", "inf", "nan", "-1"])
def test_no_duration_is_longer_than_a_task_can_reckon_with(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv("NAVETTE_KEYS", KEY)
    monkeypatch.setenv(f"NAVETTE_{name.upper()}", value)

    with pytest.raises(BadSettings, match=f"NAVETTE_{name.upper()}: "):
        load_settings()


def test_the_longest_durations_can_be_reckoned_with() -> None:
    bounds = {name: field.metadata for name, field in Settings.model_fields.items() if name.endswith(DURATION)}
    longest = {name: next(each.le for each in told if hasattr(each, "le")) for name, told in bounds.items()}
    policy = policy_of(Settings.model_validate({"demo": True} | longest))
    now = datetime(2026, 11, 24, tzinfo=UTC)

    for each in (policy.give_up_after, policy.mailbox_alarm_after, policy.scan_patience, policy.send_lease):
        assert now - each < now < now + each


@pytest.mark.parametrize(
    ("name", "value"), [("AUTHSERV_IDS", "mx firm"), ("OWN_RELAYS", "mx.firm.example mx2.firm.example")]
)
def test_names_are_separated_by_commas_and_hold_no_blank(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv("NAVETTE_KEYS", KEY)
    monkeypatch.setenv(f"NAVETTE_{name}", value)

    with pytest.raises(BadSettings, match=f"NAVETTE_{name}: .*separated by commas"):
        load_settings()
