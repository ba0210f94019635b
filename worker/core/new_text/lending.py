"""Step 2: the text part, with what the HTML knows of each line: who made it and how deep it is quoted.

Both spellings hold the same words in the same order, so they are walked side by side. Where they part, the next run of
three words of the text that stands further on in the HTML brings them together again; words that one of them adds
(targets of links, names of pictures) are passed over. Each line of the text takes origin and depth of the HTML line
that holds most of its words. Linear in the words. Where less than most of the text is found, the spellings contradict
each other, and the text stays as it is.

The HTML is read instead of a text that is a stump of it ("this mail needs an HTML reader"), and of one that a program
ran together into one line: there the same words have no structure left.
"""

from bisect import bisect_left
from collections.abc import Sequence

from worker.core.new_text.normalising import clean, words_of
from worker.core.parsed import BodyLine

DEGENERATE = 4
MOST_LINES_OF_A_FLAT_TEXT = 2
FEWEST_LINES_OF_ITS_HTML = 4
FEWEST_FOUND_OF_A_FLAT_TEXT = 0.9
RUN = 3
COMPARED = 300
"""Letters."""
FEWEST_FOUND = 0.7
MOST_WORDS = 60_000
Words = list[str]


def body_of(text: Sequence[BodyLine], html: Sequence[BodyLine] | None) -> Sequence[BodyLine]:
    """The lines to read of a mail that may have both spellings."""
    if not html:
        return text
    texts, htmls = (sum(len(line.text.strip("> \t")) for line in lines) for lines in (text, html))
    if texts * DEGENERATE < htmls or is_flat(text, html) or is_glued(text, html):
        return html
    return text if any(line.origin for line in text) else with_origins(text, html)


def is_flat(text: Sequence[BodyLine], html: Sequence[BodyLine]) -> bool:
    """The same words without their lines."""
    if written_lines(text) > MOST_LINES_OF_A_FLAT_TEXT or written_lines(html) < FEWEST_LINES_OF_ITS_HTML:
        return False
    words, _ = words_with_lines(text)
    html_words, _ = words_with_lines(html)
    found = sum(partner >= 0 for partner in aligned(html_words, words))
    return found >= FEWEST_FOUND_OF_A_FLAT_TEXT * max(len(words), len(html_words), 1)


def is_glued(text: Sequence[BodyLine], html: Sequence[BodyLine]) -> bool:
    """The same letters, but words stick together where the HTML has a line end: "langs kwamPapier is getekend"."""
    (letters, words), (html_letters, html_words) = beginning(text), beginning(html)
    return letters == html_letters and words < html_words


def beginning(lines: Sequence[BodyLine]) -> tuple[str, int]:
    """The first letters without blanks, and how many words they are."""
    letters, words = "", 0
    for line in lines:
        for word in clean(line.text).split():
            if len(letters) + len(word) > COMPARED:
                return letters + word[: COMPARED - len(letters)], words
            letters, words = letters + word, words + 1
    return letters, words


def written_lines(lines: Sequence[BodyLine]) -> int:
    return sum(bool(line.text.strip()) for line in lines)


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
