"""The blocks of settings in the documents, loaded as the part of the system that reads them would."""

import os
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from worker.settings import Settings, load_settings
from worker.wiring import build_relay, mailbox_accounts, policy_of

DOCUMENTS = Path(__file__).parent.parent.parent / "docs"
BLOCKS = {
    "deploy-one-machine.md": 1,
    "deploy-many.md": 1,
    "deploy-microsoft365.md": 1,
    "deploy-gmail.md": 1,
    "deploy-compose.md": 1,
}
COMPOSES_OWN = {"NAVETTE_RELAY_PASSWORD_FILE": "/etc/navette/relay_password"}
SECRETS = {
    "keys": "1:a-secret-of-the-tests-long-enough",
    "database_url": "postgresql://navette:x@db.internal/navette",
    "relay_password": "a password",
    "oauth_secret": "a secret",
    "oauth_refresh_token": "a token",
}


def blocks_of(document: str) -> list[str]:
    """The fenced blocks that are settings and nothing else: comments and NAME=VALUE."""
    fenced = re.findall(
        r"^```\n(.*?)^```$", (DOCUMENTS / document).read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE
    )
    return [each for each in fenced if all(re.match(r"#|[A-Z0-9_]+=", line) for line in each.splitlines())]


def as_systemd_reads(block: str) -> dict[str, str]:
    """systemd.exec(5), EnvironmentFile=: a comment is a line that begins with #; behind a value it is part of it."""
    lines = [line for line in block.splitlines() if not line.startswith(("#", ";"))]
    return {name: value.strip() for name, _, value in (line.partition("=") for line in lines)}


@pytest.fixture
def loaded(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[..., Settings]:
    monkeypatch.chdir(tmp_path)
    for name in [each for each in os.environ if each.startswith("NAVETTE_")]:
        monkeypatch.delenv(name)
    for name, secret in SECRETS.items():
        (tmp_path / name).write_text(secret + "\n")

    def load(block: str, **more: str) -> Settings:
        given = (
            {"NAVETTE_KEYS_FILE": "/etc/navette/keys", "NAVETTE_DOMAIN": "mail.firm.example"}
            | more
            | as_systemd_reads(block)
        )
        for name, value in given.items():
            monkeypatch.setenv(name, value.replace("/etc/navette", str(tmp_path)))
        return load_settings()

    return load


def test_every_deploying_document_is_looked_at() -> None:
    with_settings = {each.name for each in DOCUMENTS.glob("deploy*.md") if blocks_of(each.name)}

    assert with_settings == set(BLOCKS)


@pytest.mark.parametrize("document", BLOCKS)
def test_the_settings_of_a_document_are_taken(document: str, loaded: Callable[..., Settings]) -> None:
    blocks = blocks_of(document)
    assert len(blocks) == BLOCKS[document]
    for block in blocks:
        settings = loaded(block, **(COMPOSES_OWN if document == "deploy-compose.md" else {}))
        policy_of(settings)
        build_relay(settings)
        mailbox_accounts(settings)
        for name, value in as_systemd_reads(block).items():
            assert "#" not in value, name
