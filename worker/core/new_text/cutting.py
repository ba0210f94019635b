"""The new text of a reply: the order of the steps, the guards, and how sure we are. REPLIES.md has the method.

Methods from strong to weak; the first one that finds something and leaves the author his words cuts:

| ``method``                       | cut by                                                       | confidence |
|----------------------------------|--------------------------------------------------------------|------------|
| comparison+header                | what we sent, and a header by evidence above it              | 0.98       |
| comparison                       | what we sent                                                 | 0.95       |
| structure                        | elements of the HTML that stand around quotes                | 0.90       |
| marker+header                    | our marker line and a header above it                        | 0.85       |
| attribution, original message    | an introduction or an original-message line, with evidence   | 0.80       |
| header block                     | a header block, with evidence                                | 0.75       |
| marker                           | our marker line alone, when what we sent is not known        | 0.70       |
| quote prefix+header              | ``>`` and a header by evidence above it                      | 0.70       |
| quote prefix                     | ``>`` alone                                                  | 0.60       |
| signature                        | nothing quoted; a marked signature                           | 0.90       |
| nothing                          | nothing quoted, and no sign that anything is                 | 0.90       |
| nothing                          | there are signs, but cutting would have left nothing, or     | 0.40       |
|                                  | taken answers that the author says stand inside the quote    |            |

New text between or below quoted lines costs a tenth of it, a mail above the caps (``…+capped``) a fifth. An empty new
text is valid (a photo, when every other word is a quote, its header or a tagline); what to do when there is no file
either is the caller's. Steps are modules that mark lines; to add one, add it to ``METHODS``.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace

from worker.core.new_text.assembling import blocks_of, cut_text, new_text, settle_blanks
from worker.core.new_text.cut import Cut, Sent
from worker.core.new_text.evidence import evidence_of
from worker.core.new_text.finishing import cut_disclaimers, cut_signatures, settle_skipped
from worker.core.new_text.foreign import announces_answers
from worker.core.new_text.lending import body_of
from worker.core.new_text.marking import Mark, Marked
from worker.core.new_text.methods import Known, by_comparison, by_marker, by_patterns, by_prefix, by_structure
from worker.core.new_text.normalising import Line, normalise
from worker.core.new_text.placing import index_sent
from worker.core.new_text.quoting import opening
from worker.core.new_text.signing import may_hide_answer
from worker.core.parsed import BodyLine

CONFIDENCE = {
    "comparison+header": 0.98,
    "comparison": 0.95,
    "structure": 0.90,
    "marker+header": 0.85,
    "attribution": 0.80,
    "original message": 0.80,
    "header block": 0.75,
    "marker": 0.70,
    "quote prefix+header": 0.70,
    "quote prefix": 0.60,
    "signature": 0.90,
    "nothing": 0.90,
}
FELL_BACK = 0.40
BELOW_COSTS = 0.9
CAPPED_COSTS = 0.8

Method = Callable[[Sequence[Line], Known], Marked | None]
METHODS: tuple[Method, ...] = (by_comparison, by_structure, by_marker, by_patterns, by_prefix)


def cut_reply(mail_lines: Sequence[BodyLine], html_lines: Sequence[BodyLine] | None, sent: Sent | None) -> Cut:
    """``mail_lines``: the readable text, ``>`` kept; ``html_lines``: the same from HTML, which says who made a line."""
    lines = normalise(body_of(mail_lines, html_lines))
    known = known_of(sent)
    marked, fell_back = first_that_fits(lines, known)
    settle_skipped(marked)
    cut_disclaimers(marked)
    cut_signatures(marked)
    settle_blanks(marked)
    return assembled(marked, known, fell_back=fell_back)


def known_of(sent: Sent | None) -> Known:
    if sent is None:
        return Known(sent=None, evidence=evidence_of(()))
    return Known(sent=index_sent(sent.texts) if sent.texts else None, evidence=evidence_of(sent.names))


def first_that_fits(lines: Sequence[Line], known: Known) -> tuple[Marked, bool]:
    fell_back = False
    header, pasted = opening(lines, known.evidence)
    known = replace(known, header=header, pasted=pasted)
    for method in METHODS:
        marked = method(lines, known)
        if marked is not None and leaves_author_words(marked, known):
            return marked, fell_back
        fell_back = fell_back or marked is not None
    return Marked(lines=lines, marks=[Mark.NEW] * len(lines), rules=[]), fell_back


def leaves_author_words(marked: Marked, known: Known) -> bool:
    """Guard: nothing is left only where every word is known as a quote or a header, not where it stood below one."""
    if marked.rules[0] == "comparison":
        return True
    if not marked.has_new_words():
        return Mark.BELOW not in marked.marks and Mark.HEADER in marked.marks
    return not hides_answers(marked) and not may_hide_answer(marked, known.evidence)


def hides_answers(marked: Marked) -> bool:
    """Guard: the author says that he answered inside the quote, and nothing there can be told from the quote."""
    blocks = blocks_of(marked)
    quote = next((number for number, block in enumerate(blocks) if not block.new), len(blocks))
    if quote == 0 or any(block.new for block in blocks[quote:]):
        return False
    return announces_answers(marked.lines[: blocks[quote].first] if quote < len(blocks) else ())


def assembled(marked: Marked, known: Known, *, fell_back: bool) -> Cut:
    method = "+".join(marked.rules) or "nothing"
    confidence = FELL_BACK if fell_back and method in ("nothing", "signature") else CONFIDENCE[method]
    if any(block.new for block in blocks_of(marked)[1:]):
        confidence *= BELOW_COSTS
    if any(line.skipped for line in marked.lines):
        method, confidence = f"{method}+capped", confidence * CAPPED_COSTS
    return Cut(
        new_text=new_text(marked, known.sent.closings if known.sent is not None else ()),
        quoted_text=cut_text(marked),
        method=method,
        confidence=round(confidence, 2),
    )
