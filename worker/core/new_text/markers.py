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
# By a word of each that stands in no other one: most lines of a mail need no closer look.
MARKER_OF = {
    key: words_of(MARKERS[language])
    for key, language in (
        ("ligne", Language.FR),
        ("lijn", Language.NL),
        ("zeile", Language.DE),
        ("line", Language.EN),
    )
}
MOST_LINES_OF_A_MARKER = 3
MOST_OTHER_WORDS = 2


def marker_lines(lines: Sequence[Line]) -> set[int]:
    """Numbers of the lines that are a marker or a part of one."""
    found: set[int] = set()
    for number, line in enumerate(lines):
        key = next((word for word in line.words if word in MARKER_OF), None)
        if key is not None:
            found.update(marker_around(lines, number, MARKER_OF[key]))
    return found


def marker_around(lines: Sequence[Line], number: int, marker: tuple[str, ...]) -> range:
    """The lines of the marker that this line is in: whole, else without its first word in a line with its dashes."""
    for size in range(1, MOST_LINES_OF_A_MARKER + 1):
        for first in range(max(0, number - size + 1), number + 1):
            words = [word for line in lines[first : first + size] for word in line.words]
            if is_marker(words, marker, len(marker)):
                return range(first, min(first + size, len(lines)))
    alone = "--" in lines[number].content and is_marker(lines[number].words, marker[1:], len(marker))
    return range(number, number + 1) if alone else range(0)


def is_marker(words: Sequence[str], marker: tuple[str, ...], size: int) -> bool:
    """Do these words hold the marker and little else?"""
    if not len(marker) <= len(words) <= size + MOST_OTHER_WORDS:
        return False
    return any(tuple(words[start : start + len(marker)]) == marker for start in range(len(words) - len(marker) + 1))
