"""What each line of a mail is, before it is put together: the steps mark lines, ``assembling`` reads the marks."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from worker.core.new_text.normalising import Line


class Mark(StrEnum):
    NEW = "new"  # the author's
    QUOTED = "quoted"  # we sent it, or it stands in the prefix of a quote
    HEADER = "header"  # above a quote: header, marker line, banner
    BELOW = "below"  # cut only because it stands below a header
    SIGNATURE = "signature"  # marked as such by a program, or a disclaimer


@dataclass(slots=True, kw_only=True)
class Marked:
    """``rule``: what cut, step by step, joined by ``+`` in the end. ``inserted``: author's lines inside a quote."""

    lines: Sequence[Line]
    marks: list[Mark]
    rules: list[str]
    inserted: frozenset[int] = frozenset()

    def mark(self, first: int, end: int, mark: Mark) -> None:
        self.marks[first:end] = [mark] * (end - first)

    def has_new_words(self) -> bool:
        return any(
            mark is Mark.NEW and not line.is_blank and not line.is_rule
            for line, mark in zip(self.lines, self.marks, strict=True)
        )

    def first(self, mark: Mark) -> int | None:
        return next((number for number, each in enumerate(self.marks) if each is mark), None)
