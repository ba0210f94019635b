"""What a check tells: a level, what it is about, what was found, what to do about it."""

from dataclasses import dataclass
from enum import StrEnum


class Level(StrEnum):
    """``warning``: it works, and may not be what you want. ``fault``: mail will not go or come like this."""

    OK = "ok"
    WARNING = "warning"
    FAULT = "fault"


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """``about``: the area, in a word or two. ``todo``: empty when there is nothing to do."""

    level: Level
    about: str
    found: str
    todo: str = ""


def ok(about: str, found: str) -> Verdict:
    return Verdict(level=Level.OK, about=about, found=found)


def warning(about: str, found: str, todo: str) -> Verdict:
    return Verdict(level=Level.WARNING, about=about, found=found, todo=todo)


def fault(about: str, found: str, todo: str) -> Verdict:
    return Verdict(level=Level.FAULT, about=about, found=found, todo=todo)


def one_line(text: object) -> str:
    """What a library says, as it fits into a verdict."""
    return " ".join(str(text).split())
