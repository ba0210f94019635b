"""swaks, a mail client of the command line: writes the mail itself and says what the server answered."""

import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.servers.presence import SWAKS, program, want

PATIENCE_S = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class Dialogue:
    """``taken``: the server said 250 to the whole mail. ``text``: both sides, line by line."""

    taken: bool
    text: str


@dataclass(frozen=True, slots=True)
class Swaks:
    command: str
    folder: Path

    def send(
        self, port: int, text: str, *, sender: str, to: str, headers: Mapping[str, str], shown: str = ""
    ) -> Dialogue:
        """Send a mail to a loopback port. ``sender``: of the envelope; ``shown``: From, when it differs."""
        body = self.folder / "body.txt"
        body.write_text(text, encoding="utf-8")
        written = {
            "From": shown or sender,
            "MIME-Version": "1.0",
            "Content-Type": "text/plain; charset=utf-8",
            "Content-Transfer-Encoding": "8bit",
        } | dict(headers)
        words = [self.command, "--server", f"127.0.0.1:{port}", "--from", sender, "--to", to, "--body", f"@{body}"]
        for name, value in written.items():
            words += ["--header", f"{name}: {value}"]
        ended = subprocess.run(
            words, capture_output=True, text=True, timeout=PATIENCE_S, stdin=subprocess.DEVNULL, check=False
        )
        return Dialogue(taken=ended.returncode == 0, text=ended.stdout + ended.stderr)


@pytest.fixture
def swaks(request: pytest.FixtureRequest, tmp_path: Path) -> Swaks:
    want(request)
    return Swaks(program(SWAKS), tmp_path)
