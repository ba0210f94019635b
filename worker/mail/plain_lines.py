"""Text parts to lines: format=flowed and DelSp joined again (RFC 3676), quote depth counted.

``BodyLine.text`` keeps its ``>`` marks, so that all readable text is shown as it was written; ``depth`` counts them.
A flowed paragraph inside a quote is one line with its marks in front.
"""

import re
from collections.abc import Iterable, Iterator

from worker.core.parsed import BodyLine

QUOTE = re.compile(r" ?(?:> ?)+")
FLOWED_QUOTE = re.compile(r">+")
DEEPEST = 1_000


def text_lines(text: str, *, is_flowed: bool, deletes_spaces: bool) -> list[str]:
    lines = text.split("\n")
    return list(unflowed(lines, deletes_spaces=deletes_spaces)) if is_flowed else lines


def body_lines(lines: Iterable[str]) -> list[BodyLine]:
    return [BodyLine(text=line, depth=depth_of(line)) for line in lines]


def depth_of(line: str) -> int:
    marks = QUOTE.match(line, 0, 2 * DEEPEST + 1)
    return min(marks.group().count(">"), DEEPEST) if marks else 0


def unflowed(lines: Iterable[str], *, deletes_spaces: bool) -> Iterator[str]:
    waiting: list[str] = []
    waiting_depth = 0
    for line in lines:
        marks = FLOWED_QUOTE.match(line)
        depth = len(marks.group()) if marks else 0
        content = line[depth:].removeprefix(" ")
        is_signature = content == "-- "
        if waiting and (depth != waiting_depth or is_signature):
            yield with_marks(waiting_depth, waiting)
            waiting = []
        flows_on = content.endswith(" ") and not is_signature
        waiting.append(content[:-1] if flows_on and deletes_spaces else content)
        waiting_depth = depth
        if not flows_on:
            yield with_marks(waiting_depth, waiting)
            waiting = []
    if waiting:
        yield with_marks(waiting_depth, waiting)


def with_marks(depth: int, pieces: list[str]) -> str:
    return (">" * depth + " " if depth else "") + "".join(pieces)
