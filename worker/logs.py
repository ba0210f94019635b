"""JSON logs, one event per unit of work, with ids only: never text, subjects or full addresses (invariant 15).

Libraries that print addresses or parameters are kept quiet here: aiosmtpd's ``mail.log`` prints envelopes at INFO.
"""

import logging
import sys

import structlog

QUIET = ("mail.log", "sqlalchemy", "kombu", "celery.redirected", "asyncio", "alembic")


def set_up_logs(level: str) -> None:
    number = logging.getLevelNamesMapping()[level.upper()]
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.dict_tracebacks,
            structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(number),
        logger_factory=structlog.WriteLoggerFactory(file=sys.stderr),
        cache_logger_on_first_use=False,
    )
    logging.basicConfig(
        level=logging.WARNING, stream=sys.stderr, format='{"logger": "%(name)s", "level": "%(levelname)s"}'
    )
    for name in QUIET:
        logging.getLogger(name).setLevel(logging.ERROR)
