"""JSON logs, one event per unit of work, with ids only: never text, subjects or full addresses (invariant 15).

An exception is logged as its class and the places it came through; its message and the local variables are not, since
either may hold what people wrote or a full address. Libraries that print envelopes or parameters are kept quiet
(aiosmtpd's ``mail.log`` prints addresses at INFO).
"""

import json
import logging
import sys
import traceback
from typing import Any

import structlog
from structlog.typing import EventDict, WrappedLogger

QUIET = ("mail.log", "sqlalchemy", "kombu", "celery.redirected", "asyncio", "alembic")


def set_up_logs(level: str) -> None:
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            without_words,
            structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level.upper()]),
        logger_factory=structlog.WriteLoggerFactory(file=sys.stderr),
        cache_logger_on_first_use=False,
    )
    to_stderr = logging.StreamHandler(sys.stderr)
    to_stderr.setFormatter(LibraryLines())
    logging.basicConfig(level=logging.WARNING, handlers=[to_stderr], force=True)
    for name in QUIET:
        logging.getLogger(name).setLevel(logging.ERROR)


def without_words(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """``exc_info`` becomes class and places."""
    if event.pop("exc_info", None):
        event.update(told_of(sys.exc_info()))
    return event


def told_of(raised: Any) -> dict[str, Any]:
    kind, _, trace = raised
    if kind is None:
        return {}
    frames = traceback.extract_tb(trace)
    return {"exception": kind.__name__, "places": [f"{each.name} {each.filename}:{each.lineno}" for each in frames]}


class LibraryLines(logging.Formatter):
    """What libraries log, as JSON. With an exception the message goes too: it usually repeats the exception's."""

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, Any] = {"event": "library", "logger": record.name, "level": record.levelname.lower()}
        line |= told_of(record.exc_info) if record.exc_info else {"message": record.getMessage()}
        return json.dumps(line)
