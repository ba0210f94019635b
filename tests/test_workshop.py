"""What the parent of a pool builds for its children, and what a child may not share with it."""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]

PARENT = r"""
import os, sys
from sqlalchemy import text
from worker import app
from worker.settings import load_settings

def rows():
    with app.workshop().house.database.reading() as session:
        return session.execute(text("SELECT count(*) FROM people")).scalar_one()

app.build_for_children(load_settings())
built = app.workshop()
assert built.house.database.engine.pool.checkedin() == 0, "no connection is there to be inherited"
assert rows() == 0  # now one is: the parent of another firm's children may have worked
inherited = built.house.database.engine.pool
assert inherited.checkedin() == 1
child = os.fork()
if child == 0:
    app.after_fork()
    done = app.workshop() is built and built.house.database.engine.pool is not inherited and rows() == 0
    os._exit(0 if done else 1)
_, status = os.waitpid(child, 0)
assert os.waitstatus_to_exitcode(status) == 0
assert rows() == 0 and inherited.checkedin() == 1
"""


def test_a_child_works_with_what_its_parent_built_and_with_connections_of_its_own(tmp_path: Path) -> None:
    """Built once, its pages are one copy for all processes of a worker."""
    environment = {
        **os.environ,
        "PYTHONPATH": str(ROOT),
        "NAVETTE_KEYS": "1:a-secret-of-this-test-that-is-long",
        "NAVETTE_DATA_DIR": str(tmp_path),
    }
    ended = subprocess.run(
        [sys.executable, "-c", PARENT],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert ended.returncode == 0, ended.stderr
