"""Logs carry ids, never words: also when something breaks."""

import json
import logging
from collections.abc import Iterator

import pytest
import structlog

from worker.logs import set_up_logs


@pytest.fixture(autouse=True)
def _put_back() -> Iterator[None]:
    handlers, level = logging.root.handlers[:], logging.root.level
    yield
    structlog.reset_defaults()
    logging.root.handlers[:], logging.root.level = handlers, level


def break_with(words: str) -> None:
    raise ValueError(words)


def test_an_exception_is_logged_without_its_message_and_variables(capsys: pytest.CaptureFixture[str]) -> None:
    set_up_logs("info")
    try:
        break_with("sophie@boulangerie.example a écrit")
    except ValueError:
        structlog.get_logger("navette.test").exception("broke", mail=7)

    line = capsys.readouterr().err
    assert "sophie" not in line
    told = json.loads(line)
    assert (told["event"], told["mail"], told["exception"]) == ("broke", 7, "ValueError")
    assert any("break_with" in place for place in told["places"])


def test_a_librarys_exception_is_logged_without_its_message(capsys: pytest.CaptureFixture[str]) -> None:
    set_up_logs("info")
    try:
        break_with("Key (address)=(sophie@boulangerie.example) exists")
    except ValueError:
        logging.getLogger("celery.app.trace").exception("Task raised ValueError(sophie)")

    line = capsys.readouterr().err
    assert "sophie" not in line
    assert json.loads(line)["exception"] == "ValueError"


def test_the_level_of_the_settings_counts(capsys: pytest.CaptureFixture[str]) -> None:
    set_up_logs("warning")
    structlog.get_logger("navette.test").info("sent", mail=1)
    structlog.get_logger("navette.test").warning("late", mail=1)

    assert [json.loads(line)["event"] for line in capsys.readouterr().err.splitlines()] == ["late"]
