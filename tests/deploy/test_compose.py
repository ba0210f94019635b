"""docker-compose.yml and the Dockerfile against the specification, the settings, the commands and the tree."""

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr
from ruamel.yaml import YAML
from typer.main import get_command

from worker.cli import app
from worker.settings import DEMO_SECRET, Settings, known_names, load_settings
from worker.settings_sources import BadSettings

ROOT = Path(__file__).parent.parent.parent


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    loaded: dict[str, Any] = YAML(typ="safe", pure=True).load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))
    return loaded


def ours(compose: dict[str, Any]) -> dict[str, Any]:
    return {name: each for name, each in compose["services"].items() if "NAVETTE_KEYS_FILE" in str(each)}


def test_the_file_is_what_the_specification_says() -> None:
    words = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.compose-spec", "docker-compose.yml"]
    done = subprocess.run(words, capture_output=True, text=True, cwd=ROOT, check=False)

    assert done.returncode == 0, done.stdout + done.stderr


def test_all_parts_are_there(compose: dict[str, Any]) -> None:
    assert set(ours(compose)) == {"migrate", "worker", "beat", "sink", "collector"}
    assert set(compose["services"]) == {*ours(compose), "postgres", "redis", "postfix", "dovecot"}
    assert compose["services"]["worker"]["deploy"]["replicas"] == 2


def test_every_setting_is_one(compose: dict[str, Any]) -> None:
    for service in ours(compose).values():
        assert set(service["environment"]) <= known_names()
    for name in (
        named_in(ROOT / "docker-compose.yml") | named_in(ROOT / "Dockerfile") | named_in(ROOT / "docs/try/try.env")
    ):
        assert name in known_names(), name


def settings_of(
    service: dict[str, Any], env_file: dict[str, str], folder: Path, monkeypatch: pytest.MonkeyPatch
) -> Settings:
    """What a container of this service loads: its env_file (Compose's .env), what the file sets, its secrets."""
    assert [each["path"] for each in service["env_file"]] == ["${ENV_FILE:-.env}"]
    own = {name: filled(str(value), env_file) for name, value in service["environment"].items()}
    for name in [each for each in os.environ if each.startswith("NAVETTE_")]:
        monkeypatch.delenv(name)
    for name, value in (env_file | own).items():
        monkeypatch.setenv(name, value.replace("/run/secrets", str(folder)))
    return load_settings()


@pytest.fixture
def secrets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder as docs/deploy-compose.md makes it: empty where a firm has none."""
    monkeypatch.chdir(tmp_path)
    for each in (ROOT / "docs/try/secrets").iterdir():
        (tmp_path / each.name).write_text("")
    (tmp_path / "keys").write_text("1:a-secret-of-the-tests-long-enough")
    (tmp_path / "database_url").write_text("postgresql://navette:x@postgres/navette")
    return tmp_path


NEEDED = {"NAVETTE_DOMAIN": "mail.firm.example", "NAVETTE_FIRM_NAME": "X", "NAVETTE_RELAY_HOST": "relay"}


def test_the_settings_pass(compose: dict[str, Any], monkeypatch: pytest.MonkeyPatch, secrets: Path) -> None:
    """With what is needed, and with those of the profile try."""
    for service in ours(compose).values():
        assert settings_of(service, NEEDED, secrets, monkeypatch).sink_port == 2525
    (secrets / "keys").write_text((ROOT / "docs/try/secrets/keys").read_text())
    tried = read_env(ROOT / "docs/try/try.env")
    assert (ROOT / tried["ENV_FILE"]).samefile(ROOT / "docs/try/try.env")
    for service in ours(compose).values():
        assert settings_of(service, tried, secrets, monkeypatch).relay_host == "postfix"


FIXED = {"data_dir", "broker_url", "database_url", "keys"}
"""By the file itself, or a secret that has a test of its own."""
OTHERS = {
    "demo": "true",
    "domain": "mail.other.example",
    "from_style": "reply_address",
    "separator": "-",
    "sending": "on",
    "sending_listed": "@other.example",
    "relay_tls": "implicit",
    "relayed_counts": "yes",
    "operator_language": "nl",
    "sink_protocol": "lmtp",
    "sink_role": "behind_mx",
    "mailboxes": "imaps://office%40firm.example@imap.firm.example",
    "mailbox_flag": "seen",
    "oauth_token_url": "https://login.firm.example/token",
    "antivirus_url": "tcp://clamd:3310",
    "refused_file_types": "exe",
    "log_level": "debug",
    "sink_max_bytes": "2048",
    "reader_memory_bytes": str(2**28),
}


def other_value(name: str, secrets: Path) -> str:
    """One that differs from the default."""
    field = Settings.model_fields[name]
    if name in OTHERS:
        return OTHERS[name]
    if name.endswith("_ca_file"):
        return str(secrets / "keys")
    if name.endswith(("_address", "_to")):
        return "somebody@firm.example"
    if field.annotation is bool:
        return "true"
    return str(int(field.default) + 1) if isinstance(field.default, int | float) else "other"


def test_every_setting_of_the_env_file_reaches_every_part(
    compose: dict[str, Any], monkeypatch: pytest.MonkeyPatch, secrets: Path
) -> None:
    secret = {name for name, field in Settings.model_fields.items() if field.annotation is SecretStr}
    names = set(Settings.model_fields) - FIXED - secret
    said = {f"NAVETTE_{name.upper()}": other_value(name, secrets) for name in names}
    for part, service in ours(compose).items():
        loaded = settings_of(service, NEEDED | said, secrets, monkeypatch)
        bound = {"sink_host", "sink_port"} if part == "sink" else set()
        for name in names - bound:
            assert getattr(loaded, name) != Settings.model_fields[name].default, (part, name)


def test_every_secret_reaches_every_part(
    compose: dict[str, Any], monkeypatch: pytest.MonkeyPatch, secrets: Path
) -> None:
    """The mailboxes' too: who watches them, and `check` in any container, must know them."""
    said = {"NAVETTE_MAILBOXES": "imaps://a@imap.firm.example", "NAVETTE_RELAY_USER": "navette"}
    for name in ("relay_password", "mailbox_passwords", "oauth_client_secret", "oauth_refresh_token"):
        (secrets / name).write_text(f"the {name}\n")
    for part, service in ours(compose).items():
        loaded = settings_of(service, NEEDED | said, secrets, monkeypatch)
        for name in ("relay_password", "mailbox_passwords", "oauth_client_secret", "oauth_refresh_token"):
            assert getattr(loaded, name).get_secret_value() == f"the {name}", part


def test_a_misspelled_name_in_the_env_file_is_refused_by_every_part(
    compose: dict[str, Any], monkeypatch: pytest.MonkeyPatch, secrets: Path
) -> None:
    for service in ours(compose).values():
        with pytest.raises(BadSettings, match="NAVETTE_SENDNG is not a setting"):
            settings_of(service, NEEDED | {"NAVETTE_SENDNG": "on"}, secrets, monkeypatch)
        monkeypatch.delenv("NAVETTE_SENDNG")


def test_every_command_is_one_that_parses(compose: dict[str, Any]) -> None:
    for name, service in ours(compose).items():
        parse(service["command"])
        health = service["healthcheck"]
        if not health.get("disable"):
            assert health["test"][:2] == ["CMD", "navette"], name
            parse(health["test"][2:])
    for line in re.findall(r"(?:CMD|ENTRYPOINT) (\[.*\])", (ROOT / "Dockerfile").read_text()):
        words = YAML(typ="safe", pure=True).load(line)
        parse([word for word in words if word != "navette"])


def commands() -> dict[str, Any]:
    found: Any = get_command(app)
    return dict(found.commands)


def parse(words: list[str]) -> None:
    if not words:
        return
    assert words[0] in commands(), words
    commands()[words[0]].make_context(words[0], list(words[1:]))


def test_every_secret_is_a_file_that_a_setting_reads(compose: dict[str, Any]) -> None:
    for name, service in compose["services"].items():
        for setting, value in service.get("environment", {}).items():
            if setting.endswith("_FILE"):
                secret = value.removeprefix("/run/secrets/")
                assert secret in service["secrets"], (name, setting)
                assert secret in compose["secrets"]
    secret_settings = {each for each, field in Settings.model_fields.items() if "SecretStr" in str(field.annotation)}
    for service in ours(compose).values():
        given = {each.removeprefix("NAVETTE_").lower() for each in service["environment"]}
        assert not given & secret_settings, "a secret stands in the environment"


def test_the_secrets_of_the_try_profile_are_no_firms(compose: dict[str, Any]) -> None:
    for name, secret in compose["secrets"].items():
        assert secret["file"].endswith(f"/{name}")
        assert (ROOT / "docs/try/secrets" / name).exists()
    assert DEMO_SECRET in (ROOT / "docs/try/secrets/keys").read_text()


def test_images_have_versions_and_what_is_named_is_there(compose: dict[str, Any]) -> None:
    for name, service in compose["services"].items():
        image = service["image"].replace("${NAVETTE_IMAGE:-", "").rstrip("}")
        assert re.search(r":\d", image), name
        for volume in service.get("volumes", []):
            assert volume.split(":")[0] in compose["volumes"]
        for network in service["networks"]:
            assert network in compose["networks"]
        for each in service.get("configs", []):
            assert each["source"] in compose["configs"]
    for config in compose["configs"].values():
        assert (ROOT / config["file"]).is_file()


def test_stopping_waits_for_what_was_begun(compose: dict[str, Any]) -> None:
    worker = compose["services"]["worker"]

    assert worker["stop_signal"] == "SIGINT"
    assert int(worker["stop_grace_period"].removesuffix("s")) > Settings.model_fields["task_seconds"].default
    for name, service in compose["services"].items():
        assert name == "migrate" or "stop_grace_period" in service, name


def test_every_part_waits_for_the_migration_and_can_write_nowhere_else(compose: dict[str, Any]) -> None:
    for name, service in ours(compose).items():
        needs = service["depends_on"]
        assert needs["postgres"]["condition"] == "service_healthy"
        if name != "migrate":
            assert needs["migrate"]["condition"] == "service_completed_successfully"
        assert service["read_only"]
        assert service["cap_drop"] == ["ALL"]
    assert compose["networks"]["inside"]["internal"]
    assert "ports" not in compose["services"]["postgres"] | compose["services"]["redis"]


def test_what_the_dockerfile_copies_is_there_and_let_through() -> None:
    ignored = (ROOT / ".dockerignore").read_text().splitlines()
    assert "*" in ignored
    copied = re.findall(r"^COPY (?!--from)(.+) \S+$", (ROOT / "Dockerfile").read_text(), re.MULTILINE)
    for source in " ".join(copied).split():
        assert (ROOT / source).exists(), source
        assert f"!{source}" in ignored


def test_the_images_pg_dump_is_of_the_servers_major_version(compose: dict[str, Any]) -> None:
    (client,) = re.findall(r"postgresql-client-(\d+)", (ROOT / "Dockerfile").read_text())

    assert compose["services"]["postgres"]["image"].startswith(f"postgres:{client}.")


def test_the_image_is_slim_pinned_and_nobodys_root() -> None:
    dockerfile = (ROOT / "Dockerfile").read_text()

    assert len(set(re.findall(r"^FROM (python:3\.\d+\.\d+-slim-\w+)", dockerfile, re.MULTILINE))) == 1
    assert "--constraint constraints.txt" in dockerfile
    assert "[dev]" not in dockerfile
    assert dockerfile.rindex("USER 10001") < dockerfile.index("ENTRYPOINT")
    assert "HEALTHCHECK" in dockerfile
    assert "STOPSIGNAL" in dockerfile


def named_in(path: Path) -> set[str]:
    return set(re.findall(r"\bNAVETTE_[A-Z_]+", path.read_text(encoding="utf-8")))


def read_env(path: Path) -> dict[str, str]:
    lines = [line for line in path.read_text(encoding="utf-8").splitlines() if line and not line.startswith("#")]
    return dict(line.split("=", 1) for line in lines)


def filled(value: str, given: dict[str, str]) -> str:
    """As Compose fills ``${NAME:-default}`` and ``${NAME:?what is missing}``."""
    found = re.fullmatch(r"\$\{(\w+):([-?])(.*)\}", value)
    if found is None:
        return value
    name, kind, default = found.groups()
    assert kind == "-" or name in given, name
    return given.get(name) or default
