"""The virus scanner: does it answer, and does it call a harmless file clean?"""

import tempfile
from collections.abc import Iterator
from pathlib import Path

from worker.checking.verdicts import Verdict, fault, ok
from worker.core.scanning import CLEAN, read_scanner
from worker.mail.antivirus import ClamdScanner
from worker.settings import Settings

ABOUT = "antivirus"
HARMLESS = b"Navette asks whether anybody is there."


def check_antivirus(settings: Settings) -> Iterator[Verdict]:
    if not settings.antivirus_url:
        yield ok(ABOUT, "none is set up: files are served unscanned")
        return
    scanner = ClamdScanner(read_scanner(settings.antivirus_url), seconds=min(settings.antivirus_timeout, 20))
    with tempfile.TemporaryDirectory(prefix="navette-") as folder:
        path = Path(folder) / "harmless"
        path.write_bytes(HARMLESS)
        said = scanner.scan(path)
    if said == CLEAN:
        yield ok(ABOUT, f"{settings.antivirus_url} answers")
    else:
        yield fault(
            ABOUT,
            f"{settings.antivirus_url} does not scan: {said.why or said.signature}",
            "start clamd, or correct NAVETTE_ANTIVIRUS_URL; until then files wait, and mails with them",
        )
