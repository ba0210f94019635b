"""Keys, files that hold secrets, and the veil over both."""

from pathlib import Path

import pytest

from tests.checking.conftest import KEY, KEYS, Make, levels, told
from worker.checking.secrets import check_files, check_keys, secret_words
from worker.settings import DEMO_SECRET


@pytest.mark.parametrize(
    ("keys", "level"),
    [
        (KEYS, "ok"),
        (f"2:another-secret-of-the-tests-long,{KEYS}", "ok"),
        (f"2:{KEY},{KEYS}", "warning"),
        ("1:" + "abc" * 10, "fault"),
        (f"{KEYS},2:" + "x" * 40, "fault"),
    ],
)
def test_keys_must_be_hard_to_guess_and_each_ones_own(set_up: Make, keys: str, level: str) -> None:
    assert levels(check_keys(set_up(keys=keys))) == {"keys": level}


def test_the_ring_is_told_by_its_ids(set_up: Make) -> None:
    ring = f"2:another-secret-of-the-tests-long,{KEYS}"

    assert told(check_keys(set_up(keys=ring)))["keys"].found == "key 2 signs, 1 still verifies"


def test_the_demos_secret_is_never_ok(set_up: Make) -> None:
    assert levels(check_keys(set_up(keys=f"1:{DEMO_SECRET}", demo=True))) == {"keys": "warning"}


@pytest.mark.parametrize(("mode", "level"), [(0o600, "ok"), (0o640, "ok"), (0o644, "fault"), (0o604, "fault")])
def test_a_secret_file_that_everybody_reads_is_a_fault(tmp_path: Path, mode: int, level: str) -> None:
    (tmp_path / "keys").write_text(KEYS)
    (tmp_path / "keys").chmod(mode)
    environment = {"NAVETTE_KEYS_FILE": str(tmp_path / "keys"), "OTHER_FILE": "/etc/hostname"}

    assert levels(check_files(environment=environment, env_file=tmp_path / ".env")) == {"secret files": level}


def test_an_env_file_that_everybody_reads_is_a_fault(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text(f"NAVETTE_KEYS={KEYS}\n")
    (tmp_path / ".env").chmod(0o644)

    assert levels(check_files(environment={}, env_file=tmp_path / ".env")) == {"secret files": "fault"}


@pytest.mark.parametrize("name", ["NAVETTE_RELAY_CA_FILE", "NAVETTE_MAILBOX_CA_FILE", "NAVETTE_DOMAIN_FILE"])
def test_a_file_that_holds_no_secret_may_be_everybodys_to_read(tmp_path: Path, name: str) -> None:
    (tmp_path / "authorities.pem").write_text("-----BEGIN CERTIFICATE-----")
    (tmp_path / "authorities.pem").chmod(0o644)
    environment = {name: str(tmp_path / "authorities.pem")}

    assert levels(check_files(environment=environment, env_file=tmp_path / ".env")) == {"secret files": "ok"}


@pytest.mark.parametrize("name", ["NAVETTE_OAUTH_CLIENT_SECRET_FILE", "NAVETTE_DATABASE_URL_FILE"])
def test_passwords_of_every_kind_are_secrets(tmp_path: Path, name: str) -> None:
    (tmp_path / "secret").write_text("geheim")
    (tmp_path / "secret").chmod(0o644)
    environment = {name: str(tmp_path / "secret")}

    found = told(check_files(environment=environment, env_file=tmp_path / ".env"))["secret files"]
    assert found.level == "fault"
    assert found.todo.startswith(f"chmod 600 {tmp_path / 'secret'}: from then on its owner alone reads it")


def test_nobody_is_told_to_close_a_file_that_is_another_users() -> None:
    environment = {"NAVETTE_KEYS_FILE": "/etc/hosts"}
    somebody_else = Path("/etc/hosts").stat().st_uid + 1

    (found,) = check_files(environment=environment, env_file=Path("/nowhere"), user=somebody_else)
    assert found.level == "fault"
    assert "chmod" not in found.todo
    assert "a copy of its own" in found.todo


def test_secrets_that_a_container_mounts_are_fine(tmp_path: Path) -> None:
    (tmp_path / "keys").write_text(KEYS)
    (tmp_path / "keys").chmod(0o444)
    environment = {"NAVETTE_KEYS_FILE": str(tmp_path / "keys")}

    found = check_files(environment=environment, env_file=tmp_path / ".env", containers=tmp_path)
    assert levels(found) == {"secret files": "ok"}


def test_every_secret_of_the_settings_is_veiled(set_up: Make) -> None:
    settings = set_up(
        keys=f"2:another-secret-of-the-tests-long,{KEYS}",
        relay_password="van de mailserver",
        database_url="postgresql://navette:p%40ssw%2Frd@127.0.0.1/firm",
        broker_url="redis://:rood-geheim@127.0.0.1/0",
    )

    wanted = {"another-secret-of-the-tests-long", KEY, "van de mailserver", "p%40ssw%2Frd", "p@ssw/rd", "rood-geheim"}
    assert wanted <= secret_words(settings)


def test_a_secret_of_three_letters_does_not_blind_the_doctor(set_up: Make) -> None:
    assert "the" not in secret_words(set_up(relay_password="the"))
