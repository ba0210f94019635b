"""A virus scanner that says what the test wrote down; the fake of the port."""

from dataclasses import dataclass, field
from pathlib import Path

from storage.states import ScanState
from worker.core.scanning import Scanned

CLEAN = Scanned(state=ScanState.CLEAN)
INFECTED = Scanned(state=ScanState.INFECTED, signature="Eicar")
DOWN = Scanned(state=ScanState.UNSCANNED, is_down=True, why="ConnectionRefusedError")
CANNOT_SAY = Scanned(state=ScanState.UNSCANNED, why="INSTREAM size limit exceeded. ERROR")


@dataclass
class ScriptedScanner:
    """``says``: for every file; ``about``: for those whose content begins so."""

    says: Scanned = CLEAN
    about: dict[bytes, Scanned] = field(default_factory=dict)
    seen: list[bytes] = field(default_factory=list)

    def scan(self, path: Path) -> Scanned:
        content = path.read_bytes()
        self.seen.append(content)
        return next((said for start, said in self.about.items() if content.startswith(start)), self.says)
