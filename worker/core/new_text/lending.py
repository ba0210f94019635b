"""Step 2: the text part, with what the HTML knows of each line: who made it and how deep it is quoted.

Both spellings hold the same words in the same order, so they are walked side by side. Where they part, the next run of
three words of the text that stands further on in the HTML brings them together again; words that one of them adds
(targets of links, names of pictures) are passed over. Each line of the text takes origin and depth of the HTML line
that holds most of its words. Linear in the words. Where less than most of the text is found, the spellings contradict
each other, and the text stays as it is.
"""

from bisect import bisect_left
from collections.abc import Sequence

from worker.core.new_text.normalising import clean, words_of
from worker.core.parsed import BodyLine

RUN = 3
FEWEST_FOUND = 0.7
MOST_WORDS = 60_000
Words = list[str]


def with_origins(text: Sequence[BodyLine], html: Sequence[BodyLine]) -> Sequence[BodyLine]:
    if not any(line.origin or line.depth for line in html):
        return text
    words, rows = words_with_lines(text)
    html_words, html_rows = words_with_lines(html)
    partners = aligned(words, html_words)
    if sum(partner >= 0 for partner in partners) < FEWEST_FOUND * len(words):
        return text
    votes: list[dict[int, int]] = [{} for _ in text]
    for row, partner in zip(rows, partners, strict=True):
        if partner >= 0:
            number = html_rows[partner]
            votes[row][number] = votes[row].get(number, 0) + 1
    return [
        lent(line, html[max(vote, key=vote.__getitem__)]) if vote else line
        for line, vote in zip(text, votes, strict=True)
    ]


def lent(line: BodyLine, source: BodyLine) -> BodyLine:
    """A ``>`` that the author typed is one in the HTML too; where the text has none, the blockquote tells."""
    typed = line.depth and not source.depth and source.text.lstrip().startswith(">")
    depth = 0 if typed else line.depth or source.depth
    return BodyLine(text=line.text, depth=depth, origin=source.origin)


def words_with_lines(lines: Sequence[BodyLine]) -> tuple[Words, list[int]]:
    words: Words = []
    rows: list[int] = []
    for number, line in enumerate(lines):
        found = words_of(clean(line.text))
        words += found
        rows += [number] * len(found)
        if len(words) > MOST_WORDS:
            break
    return words, rows


def aligned(words: Words, others: Words) -> list[int]:
    """For each word the number of its partner, -1 without."""
    runs: dict[tuple[str, ...], list[int]] = {}
    for place, run in enumerate(zip(others, others[1:], others[2:], strict=False)):
        runs.setdefault(run, []).append(place)
    partners = [-1] * len(words)
    here = there = 0
    while here < len(words) and there < len(others):
        if words[here] == others[there]:
            partners[here] = there
            here, there = here + 1, there + 1
            continue
        places = runs.get(tuple(words[here : here + RUN]), ())
        found = bisect_left(places, there)
        if found < len(places):
            there = places[found]
        else:
            here += 1
    return partners
