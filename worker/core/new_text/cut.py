"""The seam of the new text: what goes in besides the mail, and what comes out."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """What we know we sent to this person or what stands in the conversation: the text parts of our mails and the
    messages, newest first, and strings that name the mail in a quote header (our addresses, display names, subject).
    """

    texts: Sequence[str]
    names: Sequence[str] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Cut:
    """``new_text``: what the writer added; ``quoted_text``: the rest, kept and viewable; ``method``: the rule that cut
    (``nothing`` when nothing was cut); ``confidence`` from 0 to 1.
    """

    new_text: str
    quoted_text: str
    method: str
    confidence: float
