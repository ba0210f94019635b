"""Where somebody else's text begins in what a case manager wrote: at the line or the labels that programs put above a
mail that is passed on or pasted. What stands below is not his, whatever it says.
"""

from worker.core.forwards import LABEL
from worker.core.original_ends import ADDRESS, FROM, MARKER


def above_original(text: str) -> str | None:
    """His own lines; None when no mail of somebody else is seen to begin in the text."""
    lines = text.split("\n")
    start = next((at for at in range(len(lines)) if begins_original(lines, at)), None)
    return None if start is None else "\n".join(lines[:start])


def begins_original(lines: list[str], at: int) -> bool:
    """A marker line; or a From label with an address, or with another label right below it."""
    if MARKER.fullmatch(lines[at]):
        return True
    found = FROM.match(lines[at])
    if found is None:
        return False
    below = lines[at + 1] if at + 1 < len(lines) else ""
    return ADDRESS.search(found.group(1)) is not None or LABEL.match(below) is not None
