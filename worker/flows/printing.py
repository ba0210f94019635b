"""From a claimed mail to its bytes: words, files, and which files the relay would not take."""

from collections.abc import Iterable
from dataclasses import replace

from storage.records import Attachment
from worker.core.letters import Letter, LetterFile, LetterMessage
from worker.flows.house import House, there
from worker.flows.lettering import Claimed
from worker.flows.ports import Printer, Relay

BASE64_GROWTH = 1.37
ROOM_FOR_TEXT = 200_000


def print_mail(house: House, relay: Relay, printer: Printer, claimed: Claimed) -> tuple[Iterable[bytes], str]:
    """The bytes, in pieces that are made as they are asked for, and the text part.

    Files that the relay would not take are named and left out.
    """
    fitting = files_that_fit(claimed.files, relay.largest()) if claimed.files else []
    letter = (
        name_left_out(claimed.letter, claimed.files, fitting) if len(fitting) < len(claimed.files) else claimed.letter
    )
    words = printer.render(letter)
    files = [
        LetterFile(
            name=each.name,
            media_type=each.media_type,
            content=house.files.kept_attachment(there(claimed.client_public_id), each.sha256),
        )
        for each in fitting
    ]
    return printer.build(claimed.heading, words, files), words.text


def files_that_fit(files: tuple[Attachment, ...], largest: int | None) -> list[Attachment]:
    """In order, as long as they fit into what the relay takes."""
    if largest is None:
        return list(files)
    left = largest - ROOM_FOR_TEXT
    fitting = []
    for each in files:
        grown = int(each.size * BASE64_GROWTH)
        if grown <= left:
            fitting.append(each)
            left -= grown
    return fitting


def name_left_out(letter: Letter, files: tuple[Attachment, ...], fitting: list[Attachment]) -> Letter:
    out = [each.name for each in files if each not in fitting]

    def mark(message: LetterMessage) -> LetterMessage:
        gone = tuple(name for name in message.files if name in out)
        kept = tuple(name for name in message.files if name not in out)
        return replace(message, files=kept, files_left_out=gone)

    return replace(letter, messages=tuple(mark(each) for each in letter.messages))
