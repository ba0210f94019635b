"""Several conversations at once, each with the mail that its reader has of it."""

from dataclasses import dataclass

from worker.core.relaying import SealedMail
from worker.flows.conversations import Started


@dataclass(frozen=True)
class Question:
    """A conversation of Anne with the mail that Sophie has of it."""

    started: Started
    sent: SealedMail
