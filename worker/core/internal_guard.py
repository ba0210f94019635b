"""The last check before the relay: an internal message never reaches a client (DESIGN.md invariant 10).

It looks at the finished mail and knows nothing of the flow that made it, so that a fault above cannot pass it.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from storage.states import Side, Visibility
from worker.core.new_text.signatures import is_like_a_name

Run = tuple[str, ...]

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


@dataclass(frozen=True, slots=True, kw_only=True)
class Secrets:
    """Runs of words that clients must not read, as hashes: there may be a million. ``lengths``: of the runs that begin
    with a word, so that most words of a text cost one look.
    """

    hashes: frozenset[int]
    lengths: Mapping[str, frozenset[int]]

    @property
    def is_empty(self) -> bool:
        return not self.hashes

    def found_in(self, text: str) -> set[Run]:
        """In linear time."""
        words = re.findall(r"\w+", text.casefold())
        found: set[Run] = set()
        for at, word in enumerate(words):
            for length in self.lengths.get(word, ()):
                run = tuple(words[at : at + length])
                if len(run) == length and hash(run) in self.hashes:
                    found.add(run)
        return found


def secrets_of(notes: Iterable[str], *, writer: str = "") -> Secrets:
    """Runs of RUN words of these, or a whole shorter one; whole notes of fewer than SHORTEST words ("c'est fait") prove
    nothing. ``writer``: the name of who is writing now: his own signature below a note is left out.
    """
    told = (without_signature(note, writer) for note in notes)
    return secrets_of_runs(run for note in told for run in runs_of_all([note]) if len(run) >= SHORTEST)


def secrets_of_runs(runs: Iterable[Run]) -> Secrets:
    hashes: set[int] = set()
    lengths: dict[str, frozenset[int]] = {}
    for run in runs:
        hashes.add(hash(run))
        known = lengths.get(run[0], frozenset())
        if len(run) not in known:
            lengths[run[0]] = known | {len(run)}
    return Secrets(hashes=frozenset(hashes), lengths=lengths)


MOST_LINES_OF_A_SIGNATURE = 12


def without_signature(text: str, writer: str) -> str:
    """Without the lines at the end that begin with the writer's name alone and go on like a card: short lines that end
    like none of a sentence.
    """
    name = re.findall(r"\w+", writer.casefold())
    lines = text.rstrip().split("\n")
    for back in range(1, min(MOST_LINES_OF_A_SIGNATURE, len(lines)) + 1 if name else 0):
        line = lines[-back].strip()
        if re.findall(r"\w+", line.casefold()) == name:
            return "\n".join(lines[:-back])
        if line and not is_like_a_card(line):
            break
    return text


def is_like_a_card(line: str) -> bool:
    return is_like_a_name(line) and (len(line.split()) <= 4 or any(each.isdigit() for each in line))


def repeats_a_note(text: str, notes: Sequence[str]) -> bool:
    """Does a text that clients will read hold a run of RUN words of an internal message, or a whole shorter one?"""
    return bool(secrets_of(notes).found_in(text))


def windows_of(pieces: Iterable[str]) -> Iterator[str]:
    """A long text in stretches of a piece and what stood before it, so that every run of RUN words is whole in one,
    with the tags between them.
    """
    before = ""
    for piece in pieces:
        window = before + piece
        yield window
        before = window[-LONGEST_RUN:]
