"""The port ``Printer`` of worker.flows.ports: letters to words, words to bytes."""

from collections.abc import Iterator, Sequence

from worker.core.letters import Heading, Letter, LetterFile, Words
from worker.mail.building import build_pieces
from worker.mail.rendering import render


class MailPrinter:
    """Holds nothing; templates and words are read once per process."""

    def render(self, letter: Letter) -> Words:
        return render(letter)

    def build(self, heading: Heading, words: Words, files: Sequence[LetterFile]) -> Iterator[bytes]:
        return build_pieces(heading, words, files)
