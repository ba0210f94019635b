"""docker-compose.yml and the Dockerfile against the specification, the settings, the commands and the tree."""

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML
from typer.main import get_command

from worker.cli import app
from worker.settings import DEMO_SECRET, Settings, known_names

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
        assert name in known_names() | {"NAVETTE_IMAGE"}, name


def test_the_settings_pass(compose: dict[str, Any], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """With the values that are the default in the file, and with those of the profile try."""
    monkeypatch.chdir(tmp_path)
    needed = {"NAVETTE_DOMAIN": "mail.firm.example", "NAVETTE_FIRM_NAME": "X", "NAVETTE_RELAY_HOST": "relay"}
    for given in (needed, read_env(ROOT / "docs/try/try.env")):
        for service in ours(compose).values():
            values = {name: filled(str(value), given) for name, value in service["environment"].items()}
            plain = {key.removeprefix("NAVETTE_").lower(): v for key, v in values.items() if not key.endswith("_FILE")}
            keys = DEMO_SECRET if given is not needed else "a-secret-of-the-tests-long-enough"
            assert Settings.model_validate(plain | {"keys": f"1:{keys}"}).sink_port == 2525


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


def test_the_secrets_of_the_try_profile_are_no_firms() -> None:
    for secret in ("database_url", "keys", "postgres_password", "relay_password", "mailbox_passwords"):
        assert (ROOT / "docs/try/secrets" / secret).exists()
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
