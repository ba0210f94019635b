"""Step 6: the line on top of our mails that says where to answer, in four languages.

The templates print ``MARKERS[language]`` word for word. It is found again prefixed, wrapped over up to three lines,
with damaged accents or without its first word, in any language whatever the reader's. It is an upper bound of what we
wrote; it never cuts alone what people wrote below it.
"""

from collections.abc import Sequence

from storage.states import Language
from worker.core.new_text.normalising import Line, words_of

MARKERS = {
    Language.FR: "--- Répondez au-dessus de cette ligne ---",
    Language.NL: "--- Antwoord boven deze lijn ---",
    Language.DE: "--- Bitte oberhalb dieser Zeile antworten ---",
    Language.EN: "--- Please reply above this line ---",
}
MARKER_WORDS = tuple(words_of(marker) for marker in MARKERS.values())
# One of them stands in every marker: most lines of a mail need no closer look.
KEYS = frozenset(("ligne", "lijn", "zeile", "line"))
MOST_LINES_OF_A_MARKER = 3
MOST_OTHER_WORDS = 2


def marker_lines(lines: Sequence[Line]) -> set[int]:
    """Numbers of the lines that are a marker or a part of one."""
    found: set[int] = set()
    for number, line in enumerate(lines):
        if not KEYS.isdisjoint(line.words):
            found.update(marker_around(lines, number))
    return found


def marker_around(lines: Sequence[Line], number: int) -> range:
    for size in range(1, MOST_LINES_OF_A_MARKER + 1):
        for first in range(max(0, number - size + 1), number + 1):
            if is_marker([word for line in lines[first : first + size] for word in line.words]):
                return range(first, min(first + size, len(lines)))
    return range(0)


def is_marker(words: Sequence[str]) -> bool:
    return any(
        len(words) <= len(marker) + MOST_OTHER_WORDS and (has_run(words, marker) or has_run(words, marker[1:]))
        for marker in MARKER_WORDS
    )


def has_run(words: Sequence[str], run: Sequence[str]) -> bool:
    size = len(run)
    return any(tuple(words[start : start + size]) == run for start in range(len(words) - size + 1))
