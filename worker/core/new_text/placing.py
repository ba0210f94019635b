"""Where each word of a reply stands in what we sent: every run of four words is known by its place.

Runs go across line ends. What the author writes outside the quote and what stands in the quote as well was written by
him: he repeats us. Linear in the words.
"""

from collections.abc import Container, Sequence
from dataclasses import dataclass

from worker.core.new_text.normalising import MOST_CHARACTERS, Line, clean, words_of

RUN = 4
CLOSING_LINES = 3
Words = tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SentWords:
    """Words of all texts in one row, texts kept apart; ``starts`` and ``ends``: places of line ends; ``tops``: where
    each text begins.
    """

    words: list[str]
    places: dict[Words, int]
    starts: frozenset[int]
    ends: frozenset[int]
    tops: frozenset[int]
    closings: frozenset[Words]


@dataclass(frozen=True, slots=True, kw_only=True)
class Quote:
    """Where the quote stands, as far as headers and prefixes tell: from line ``first`` on, None when they do not;
    ``is_prefixed``: only its lines with a prefix.
    """

    first: int | None = None
    is_prefixed: bool = False

    def holds(self, number: int, line: Line) -> bool:
        return self.first is not None and number >= self.first and (line.depth > 0 or not self.is_prefixed)


def index_sent(texts: Sequence[str]) -> SentWords:
    words: list[str] = []
    starts: set[int] = set()
    ends: set[int] = set()
    tops: set[int] = set()
    closings: set[Words] = set()
    left = MOST_CHARACTERS
    for text in texts:
        rows = [row for row in map(words_of, clean(text[:left]).split("\n")) if row]
        tops.add(len(words))
        for row in rows:
            starts.add(len(words))
            words += row
            ends.add(len(words))
        closings.update(rows[-CLOSING_LINES:] if len(rows) > CLOSING_LINES else ())
        words.append("\n")
        left -= len(text)
        if left <= 0:
            break
    runs = list(zip(words, words[1:], words[2:], words[3:], strict=False))
    places: dict[Words, int] = dict(zip(reversed(runs), range(len(runs) - 1, -1, -1), strict=True))
    return SentWords(
        words=words,
        places=places,
        starts=frozenset(starts),
        ends=frozenset(ends),
        tops=frozenset(tops),
        closings=frozenset(closings),
    )


def places_of(lines: Sequence[Line], sent: SentWords, quote: Quote) -> list[int]:
    """The place in what we sent of each word, -1 without. A run goes on where the last one stood, if it can.

    A run of the author's own lines that stands in the quote too was written by him: he repeats us.
    """
    words = [word for line in lines for word in line.words]
    own_words, quoted_runs = repeated(lines, quote)
    places = [-1] * len(words)
    last = -1
    for here, run in enumerate(zip(words, words[1:], words[2:], words[3:], strict=False)):
        place = sent.places.get(run)
        if place is None or (here in own_words and run in quoted_runs):
            last = -1
            continue
        going_on = last + 1
        if last >= 0 and place != going_on and going_on + RUN <= len(sent.words) and sent.words[going_on + 3] == run[3]:
            place = going_on
        places[here : here + RUN] = range(place, place + RUN)
        last = place
    return places


def repeated(lines: Sequence[Line], quote: Quote) -> tuple[Container[int], set[Words]]:
    """Numbers of the words outside the quote, and the runs inside it."""
    if quote.first is None:
        return (), set()
    own: set[int] = set()
    quoted: list[str] = []
    count = 0
    for number, line in enumerate(lines):
        if quote.holds(number, line):
            quoted += line.words
        else:
            own.update(range(count, count + len(line.words)))
        count += len(line.words)
    return own, set(zip(quoted, quoted[1:], quoted[2:], quoted[3:], strict=False))
