"""After the cut: what machines and programs added to the new lines goes too, where other new words remain."""

from collections.abc import Iterator

from worker.core.new_text.disclaimers import notice_start, notices_among
from worker.core.new_text.foreign import paragraphs
from worker.core.new_text.marking import Mark, Marked
from worker.core.new_text.signatures import block_start, marked_start
from worker.core.new_text.taglines import tagline_start, taglines_inside

MOST_LINES_ABOVE = 500


def settle_skipped(marked: Marked) -> None:
    """The middle of a mail above the caps goes where the line before it goes."""
    for number, line in enumerate(marked.lines):
        if line.skipped:
            marked.marks[number] = marked.marks[number - 1] if number else Mark.NEW


def cut_disclaimers(marked: Marked) -> None:
    """Below a quote each of them; above it only one that ends what the author wrote, and only a sure one."""
    kept = list(marked.marks)
    first = next((number for number, mark in enumerate(marked.marks) if mark is not Mark.NEW), len(marked.marks))
    marked.mark(notice_start(marked.lines, 0, first), first, Mark.SIGNATURE)
    below = [each for each in paragraphs(marked.lines, first, len(kept)) if Mark.NEW in marked.marks[slice(*each)]]
    for start, end in notices_among(marked.lines, below):
        for number in range(start, end):
            if marked.marks[number] is Mark.NEW:
                marked.marks[number] = Mark.SIGNATURE
    if kept != marked.marks and not marked.has_new_words():
        marked.marks = kept


def cut_signatures(marked: Marked) -> None:
    """Step 8, in each stretch of new lines. A block goes only where other words remain; a tagline always goes."""
    kept = list(marked.marks)
    for first, end in new_stretches(marked):
        start = min(block_start(marked.lines, first, end), marked_start(marked.lines, first, end))
        marked.mark(start, end, Mark.SIGNATURE)
    if not marked.has_new_words():
        marked.marks = kept
    cut_taglines(marked)
    if not marked.rules and Mark.SIGNATURE in marked.marks:
        marked.rules.append("signature")


def cut_taglines(marked: Marked) -> None:
    """Where the author goes on below one, it goes and his text stays. A home-made one goes only above the quote: below
    its lines "Met mijn gsm gestuurd" answers one of them.
    """
    for first, end in new_stretches(marked):
        is_top = {Mark.NEW, Mark.SIGNATURE}.issuperset(marked.marks[:first]) if first < MOST_LINES_ABOVE else False
        start = tagline_start(marked.lines, first, end, home_made=is_top)
        for number in (*taglines_inside(marked.lines, first, start), *range(start, end)):
            marked.marks[number] = Mark.SIGNATURE


def new_stretches(marked: Marked) -> Iterator[tuple[int, int]]:
    first = 0
    marks = list(marked.marks)
    for number in range(1, len(marks) + 1):
        if number == len(marks) or (marks[number] is Mark.NEW) is not (marks[first] is Mark.NEW):
            if marks[first] is Mark.NEW:
                yield first, number
            first = number
