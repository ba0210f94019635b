"""A Postfix that takes mail for one domain, durably as it always does, and then discards it. Needs root."""

import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.servers.postfix import Postfix

QUEUES = ("maildrop", "incoming", "active", "deferred")
PATIENCE_S = 120


@contextmanager
def discarding(domain: str, *, reports: bool = True) -> Iterator[Postfix]:
    """``reports`` False: it offers no DSN, and so has no reports to write for those who ask for them."""
    settings = {} if reports else {"smtpd_discard_ehlo_keywords": "dsn"}
    with tempfile.TemporaryDirectory(prefix="navette-postfix-") as folder:
        relay = Postfix(Path(folder), {domain: "discard:"}, settings)
        services = relay.configuration / "master.cf"
        services.write_text(services.read_text() + "discard unix - - n - - discard\n")
        relay.start()
        try:
            yield relay
        finally:
            relay.stop()


def settle(relay: Postfix) -> None:
    """Wait until its queue is empty: what it has taken it still works at, on the cores that are measured next."""
    until = time.monotonic() + PATIENCE_S
    while any(each.is_file() for name in QUEUES for each in (relay.folder / "queue" / name).rglob("*")):
        if time.monotonic() > until:
            raise RuntimeError("Postfix's queue does not become empty")
        time.sleep(0.2)
