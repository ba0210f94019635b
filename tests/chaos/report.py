"""docs/chaos.md has a section for each kind of run; a run writes its own and leaves the others."""

from pathlib import Path

REPORT = Path(__file__).parent.parent.parent / "docs" / "chaos.md"
TITLE = "# Chaos\n\nWritten by `make chaos`; a difference in any count fails the run.\n"


def write_section(title: str, text: str) -> None:
    old = REPORT.read_text(encoding="utf-8").split("\n## ")[1:] if REPORT.exists() else []
    sections = {each.partition("\n")[0]: each.partition("\n")[2].strip() for each in old} | {title: text.strip()}
    told = "".join(f"\n## {name}\n\n{sections[name]}\n" for name in sorted(sections, reverse=True))
    REPORT.write_text(TITLE + told, encoding="utf-8")
