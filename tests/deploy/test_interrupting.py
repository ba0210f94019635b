"""Ctrl-C while a command is still being read in."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
INTERRUPTED_AT = """
import os, signal, sys

class Finder:
    def find_spec(self, name, path=None, target=None):
        if name == WHERE:
            os.kill(os.getpid(), signal.SIGINT)

WHERE = sys.argv[1]
sys.argv[1:] = ["run"]
sys.meta_path.insert(0, Finder())
from worker.__main__ import main
main()
"""


def interrupted(where: str, folder: Path) -> "subprocess.CompletedProcess[str]":
    """`navette run` with a Ctrl-C when the module ``where`` is read."""
    return subprocess.run(
        [sys.executable, "-c", INTERRUPTED_AT, where],
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "NAVETTE_DEMO": "true"},
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


@pytest.mark.parametrize("where", ["worker.cli", "sqlalchemy.orm", "worker.wiring", "worker.supervisor"])
def test_who_interrupts_the_start_gets_a_sentence(tmp_path: Path, where: str) -> None:
    done = interrupted(where, tmp_path)

    assert done.returncode == 128 + signal.SIGINT
    assert (done.stdout, done.stderr) == ("", "navette: interrupted\n")
