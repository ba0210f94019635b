"""`navette import -`: into a container that nothing can be copied into."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
SAMPLE = ROOT / "docs" / "import-sample.csv"


def imported(folder: Path, *words: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "worker", "import", "-", *words],
        input=SAMPLE.read_bytes(),
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "NAVETTE_DEMO": "true"},
        cwd=folder,
        capture_output=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.decode()


def test_an_import_reads_standard_input(tmp_path: Path) -> None:
    assert "nothing was written (dry run)" in imported(tmp_path, "--dry-run")
    assert "written" in imported(tmp_path)
    assert "0 difference(s)" in imported(tmp_path), "all of it was written before"


@pytest.mark.parametrize("document", sorted((ROOT / "docs").glob("*.md")), ids=lambda each: each.name)
def test_no_document_copies_into_a_container_or_owns_a_whole_folder(document: Path) -> None:
    """Read-only containers refuse the one; the other takes the tree when it is run in another folder than meant."""
    told = document.read_text(encoding="utf-8")

    assert "docker compose cp" not in told
    assert not [
        line for line in told.splitlines() if ("chown" in line or "chmod" in line) and line.rstrip("`").endswith("*")
    ]
    assert "0400 *" not in told
