"""What signals do to ``navette run``, whenever they come."""

import signal
import subprocess
from collections.abc import Iterator

import pytest
import structlog

from worker.settings import Settings
from worker.supervisor import Child, Supervisor

GIVEN = {"keys": "1:a-secret-of-the-tests-long-enough", "broker_url": "redis://127.0.0.1:1/0"}


@pytest.fixture
def sleeper() -> Iterator["subprocess.Popen[bytes]"]:
    process = subprocess.Popen(["sleep", "60"], start_new_session=True)  # as start_tethered makes it: its own group
    yield process
    process.kill()
    process.wait()


class Writer:
    """Writes a log as standard output does: a signal's handler may run in the middle of it, and then nothing can be
    written until it has ended. ``told``: what was written; ``entered_twice``: what came in the middle.
    """

    def __init__(self, supervisor: Supervisor) -> None:
        self.supervisor = supervisor
        self.is_writing = False
        self.told: list[str] = []
        self.entered_twice: list[str] = []

    def __call__(self, _logger: object, _method: str, event: structlog.typing.EventDict) -> str:
        if self.is_writing:
            self.entered_twice.append(event["event"])
            raise structlog.DropEvent
        self.is_writing = True
        self.supervisor.count(signal.SIGTERM, None)
        self.is_writing = False
        self.told.append(event["event"])
        raise structlog.DropEvent


@pytest.mark.parametrize("signals_before", [0, 1])
def test_a_signal_that_comes_while_a_log_is_written_writes_none(
    sleeper: "subprocess.Popen[bytes]", signals_before: int
) -> None:
    """One more comes while ``stopping`` is written, and again with each further line."""
    supervisor = Supervisor(Settings.model_validate(GIVEN))
    supervisor.children = [Child("sink", ["sleep", "60"], process=sleeper)]
    before = [(number, signal.getsignal(number)) for number in (signal.SIGTERM, signal.SIGINT)]
    writer = Writer(supervisor)
    kept = structlog.get_config()
    structlog.configure(processors=[writer])
    try:
        for _ in range(1 + signals_before):
            supervisor.count(signal.SIGTERM, None)
        supervisor.run()
    finally:
        structlog.configure(**kept)
        for number, handler in before:
            signal.signal(number, handler)

    assert writer.entered_twice == []
    assert writer.told == ["stopping", "child_killed", "stopped"]
    assert sleeper.returncode == -signal.SIGKILL
