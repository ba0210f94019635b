"""A demo knows nothing of the firm whose shell or folder it is started in: it sends and makes people up."""

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from worker.demo.stage import forget_firm
from worker.settings import Settings

ROOT = Path(__file__).parent.parent.parent
NOBODY = "redis://127.0.0.1:1/0"


@pytest.fixture
def firm(tmp_path: Path, sqlite_template: Path) -> Path:
    """A folder with a firm's database, and a .env that would lead the demo there and break it."""
    shutil.copy(sqlite_template, tmp_path / "firm.db")
    (tmp_path / ".env").write_text(
        f"NAVETTE_DATABASE_URL=sqlite:///{tmp_path}/firm.db\nNAVETTE_BROKER_URL={NOBODY}\n"
        "NAVETTE_SENDING=off\nNAVETTE_RELAY_USER=navette@firm.example\nNAVETTE_SINK_PORTT=25\n"
    )
    return tmp_path


def shell_of(firm: Path) -> dict[str, str]:
    """What an operator has exported; pydantic takes names in lower case too."""
    return {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(ROOT),
        "NAVETTE_DATABASE_URL": f"sqlite:///{firm}/firm.db",
        "navette_database_url": f"sqlite:///{firm}/firm.db",
        "NAVETTE_BROKER_URL": NOBODY,
        "NAVETTE_KEYS_FILE": str(firm / "nowhere"),
        "NAVETTE_SENDING": "off",
        "NAVETTE_REDIRECT_ALL_TO": "rehearsal@firm.example",
        "NAVETTE_AUTHSERV_IDS": "mx.firm.example",
        "NAVETTE_OWN_RELAYS": "localhost,127.0.0.1,mail world",
        "NAVETTE_RELAYED_COUNTS": "no",
        "NAVETTE_SINK_PROTOCOL": "lmtp",
        "NAVETTE_SINK_HOST": "192.0.2.1",
        "NAVETTE_SEPARATOR": "-",
        "NAVETTE_ANTIVIRUS_URL": "tcp://127.0.0.1:1",
        "NAVETTE_MAILBOXES": "imaps://office%40firm.example@imap.firm.example",
        "NAVETTE_NO_SUCH_SETTING": "1",
    }


def navette(firm: Path, *words: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "worker", "demo", *words, "--folder", "house"],
        env=shell_of(firm),
        cwd=firm,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture
def kept_demo(firm: Path) -> Iterator["subprocess.Popen[str]"]:
    """`navette demo run --keep` in the firm's folder and shell, after its story."""
    process = subprocess.Popen(
        [sys.executable, "-m", "worker", "demo", "run", "--keep", "--folder", "house"],
        env=shell_of(firm),
        cwd=firm,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert process.stdout is not None
    try:
        told = ""
        while "navette demo show" not in told:
            line = process.stdout.readline()
            assert line, told
            told += line
        yield process
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


def test_a_demo_in_a_firms_shell_and_folder_is_a_house_of_its_own(
    firm: Path, kept_demo: "subprocess.Popen[str]"
) -> None:
    before = (firm / "firm.db").read_bytes()

    assert "sent" in navette(firm, "reply", "Voici l'extrait.")
    assert "Boulangerie" in navette(firm, "show")
    kept_demo.send_signal(signal.SIGINT)

    assert kept_demo.wait(60) == 0
    assert (firm / "house" / "data" / "navette.db").exists()
    assert (firm / "firm.db").read_bytes() == before
    assert {each.name for each in firm.iterdir()} == {".env", "firm.db", "house"}


def test_a_demo_forgets_every_setting_however_it_is_spelled(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [each for each in os.environ if each.upper().startswith("NAVETTE_")]:
        monkeypatch.delenv(name)
    for name in Settings.model_fields:
        monkeypatch.setenv(f"NAVETTE_{name.upper()}", "of the firm")
        monkeypatch.setenv(f"NAVETTE_{name.upper()}_FILE", "/of/the/firm")
        monkeypatch.setenv(f"navette_{name}", "of the firm")

    forget_firm({"NAVETTE_DEMO": "true"})
    left = {name: value for name, value in os.environ.items() if name.upper().startswith("NAVETTE_")}
    del os.environ["NAVETTE_DEMO"]

    assert left == {"NAVETTE_DEMO": "true"}
