"""``navette run`` is told to stop at the worst moment."""

import os
import signal
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
STOPPED_IN_THE_MIDDLE_OF_A_LINE = """
import os, signal, sys
import structlog
from worker.settings import Settings
from worker.supervisor import Child, Supervisor

class Interrupted:
    def write(self, line):
        if "stopping" in line:
            os.kill(os.getpid(), signal.SIGINT)   # its handler runs before the next line of this program
        sys.stdout.write(line)
    def flush(self):
        sys.stdout.flush()

structlog.configure(logger_factory=structlog.WriteLoggerFactory(Interrupted()))
deaf = "import signal, time; signal.signal(signal.SIGINT, signal.SIG_IGN); print('deaf', flush=True); time.sleep(600)"
supervisor = Supervisor(Settings(demo=True, data_dir=sys.argv[1]))
supervisor.children = [Child("worker", [sys.executable, "-c", deaf])]
supervisor.run()
"""


def test_a_second_signal_in_the_middle_of_a_log_line_ends_run(tmp_path: Path) -> None:
    """The line's lock is held then: whoever writes another one in the handler waits for himself."""
    run = subprocess.Popen(
        [sys.executable, "-c", STOPPED_IN_THE_MIDDLE_OF_A_LINE, str(tmp_path)],
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
    )
    try:
        assert run.stdout is not None
        assert next(line for line in run.stdout if "deaf" in line)
        run.send_signal(signal.SIGINT)
        told = run.communicate(timeout=30)[0]
    finally:
        run.kill()
    assert "child_killed" in told
    assert run.returncode == 0
