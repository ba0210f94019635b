"""The last check before the relay: an internal message never reaches a client (DESIGN.md invariant 10).

It looks at the finished mail and knows nothing of the flow that made it, so that a fault above cannot pass it.
"""

import re
from collections.abc import Iterable, Iterator, Sequence

from storage.states import Side, Visibility

RUN, SHORTEST = 8, 4
"""Words in a row that count as the same text; a whole note of fewer words counts as a run of its own."""
LONGEST_RUN = 4_000
"""Characters that RUN words take at most where a long text is read in stretches."""


def why_internal(
    *,
    reader: Side,
    mail: Visibility,
    carried: Sequence[Visibility],
    text: str,
    notes: Sequence[str],
    shared: Sequence[str],
) -> str | None:
    """Why this mail must not leave, or None.

    ``reader``: the side of the person it goes to; ``mail``: the mail's own kind; ``carried``: of each message in it;
    ``text``: its finished text; ``notes``: the conversation's internal texts; ``shared``: texts both sides may read.
    """
    if mail is Visibility.INTERNAL:
        return None if reader is Side.FIRM else "an internal mail is addressed to the client's side"
    if Visibility.INTERNAL in carried:
        return "a mail that can be answered to the client carries an internal message"
    known = set(runs_of_all(shared))
    secret = [run for run in runs_of_all(notes) if run not in known]
    standing = set(runs_of_all([text], lengths={len(run) for run in secret}))
    return "the text repeats an internal message" if standing.intersection(secret) else None


def runs_of_all(texts: Iterable[str], *, lengths: Iterable[int] = ()) -> list[tuple[str, ...]]:
    """All runs of RUN words; of a shorter text (from 3 words on) the whole; with ``lengths``, runs of these lengths."""
    found: list[tuple[str, ...]] = []
    for text in texts:
        words = re.findall(r"\w+", text.casefold())
        for length in set(lengths) or {min(RUN, len(words))}:
            if length >= min(3, RUN):
                found += [tuple(words[at : at + length]) for at in range(len(words) - length + 1)]
    return found


def repeats_a_note(text: str, notes: Sequence[str]) -> bool:
    """Does a text that clients will read hold a run of RUN words of an internal message, or a whole shorter one?

    Whole notes of fewer than SHORTEST words ("c'est fait") prove nothing.
    """
    secret = {run for run in runs_of_all(notes) if len(run) >= SHORTEST}
    if not secret:
        return False
    return bool(secret.intersection(runs_of_all([text], lengths={len(run) for run in secret})))


def windows_of(pieces: Iterable[str]) -> Iterator[str]:
    """A long text in stretches of a piece and what stood before it, so that every run of RUN words is whole in one."""
    before = ""
    for piece in pieces:
        window = before + piece
        yield window
        tail = window[-LONGEST_RUN:]
        starts = [word.start() for word in re.finditer(r"\w+", tail)][-RUN:]
        before = tail[starts[0] :] if starts else ""
