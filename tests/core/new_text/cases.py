"""Reads the replies of tests/corpus/replies (its README has the format), and the one that rules are tried on."""

import re
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from worker.core.new_text import Cut, Sent, cut_reply
from worker.core.parsed import BodyLine

FOLDER = Path(__file__).parents[2] / "corpus" / "replies"
NAMES = (
    "r+mfzwizlsmnygk4tfon2gk43u@mail.lambert.example",
    "Anne Dupont, Fiduciaire Lambert",
    "Anne Dupont",
    "Facture 2026-114",
    "Factuur 2026-114",
    "Rechnung 2026-114",
    "Invoice 2026-114",
)
PLACE = re.compile(r"^\{(> )?sent(?: (\d+))?\}$", re.MULTILINE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """``unknown``: method when we do not know what we sent, None when it does not matter."""

    name: str
    why: str
    method: str
    unknown: str | None
    sent_text: str
    mail: str
    new: str
    new_when_unknown: str

    @property
    def sent(self) -> Sent:
        return Sent(texts=(self.sent_text,), names=NAMES)


def body(text: str) -> list[BodyLine]:
    """Lines as the parser gives them: prefix kept, depth counted."""
    return [BodyLine(text=line, depth=depth_of(line)) for line in text.split("\n")]


def depth_of(line: str) -> int:
    prefix = line[: len(line) - len(line.lstrip("> "))]
    return prefix.count(">") if line.startswith(">") else 0


def sent_text(name: str) -> str:
    return (FOLDER / "sent" / f"{name}.txt").read_text(encoding="utf-8").rstrip("\n")


def all_cases() -> list[Case]:
    return [
        case
        for path in sorted(FOLDER.glob("*.txt"))
        if path.stem != "README"
        for case in cases_of(path.read_text("utf-8"))
    ]


def cases_of(text: str) -> Iterator[Case]:
    for part in re.split(r"^=== ", text, flags=re.MULTILINE)[1:]:
        head, *rest = re.split(r"^--- (mail|new|new when unknown)$\n", part, flags=re.MULTILINE)
        name, *fields = head.strip().split("\n")
        said = dict(field.split(": ", 1) for field in fields)
        ours = sent_text(said["sent"])
        texts = {key: filled(value, ours) for key, value in zip(rest[::2], rest[1::2], strict=True)}
        yield Case(
            name=name,
            why=said["why"],
            method=said["method"],
            unknown=said.get("unknown"),
            sent_text=ours,
            mail=texts["mail"],
            new=texts["new"],
            new_when_unknown=texts.get("new when unknown", texts["new"]),
        )


def filled(text: str, ours: str) -> str:
    return PLACE.sub(lambda found: quote(ours, found[1] or "", int(found[2] or 0)), text).rstrip("\n")


def quote(ours: str, prefix: str, width: int) -> str:
    lines = ours.split("\n")
    if width:
        lines = [part for line in lines for part in textwrap.wrap(line, width) or [""]]
    return "\n".join(f"{prefix}{line}".rstrip() for line in lines)


OURS = sent_text("fr")
SENT = Sent(texts=(OURS,), names=NAMES)
QUOTE = "\n".join(f"> {line}" for line in OURS.split("\n"))
BLOCK = """De : Anne Dupont <r+mfzwizlsmnygk4tfon2gk43u@mail.lambert.example>
Envoyé : mardi 24 novembre 2026 10:12
À : Sophie Martin
Objet : Facture 2026-114"""


def cut(text: str, sent: Sent | None = SENT) -> Cut:
    return cut_reply(body(text), None, sent)
