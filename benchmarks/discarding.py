"""A Postfix that takes mail for one domain, durably as it always does, and then discards it. Needs root."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.servers.postfix import Postfix


@contextmanager
def discarding(domain: str) -> Iterator[Postfix]:
    with tempfile.TemporaryDirectory(prefix="navette-postfix-") as folder:
        relay = Postfix(Path(folder), {domain: "discard:"}, {})
        services = relay.configuration / "master.cf"
        services.write_text(services.read_text() + "discard unix - - n - - discard\n")
        relay.start()
        try:
            yield relay
        finally:
            relay.stop()
