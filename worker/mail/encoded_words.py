"""Encoded words of headers (RFC 2047), in linear time.

Words are found with ``str.find`` and never by backtracking. Tolerated, because programs write it: words inside quotes,
words without white space around, blanks and raw letters inside a word, a character split over two words (the bytes of
adjacent words of one charset are joined before they are decoded), missing padding. What is not a word stays as text.
"""

import binascii
import re
from collections.abc import Iterator
from dataclasses import dataclass

from worker.mail.charsets import decode
from worker.mail.transfer import base64_undone

START = re.compile(r"=\?([^?\s*]{1,60})(?:\*[^?\s]{0,20})?\?([bBqQ])\?")


@dataclass(frozen=True, slots=True)
class Word:
    charset: str
    content: bytes


def decoded(text: str) -> str:
    """The text with its encoded words read."""
    if "=?" not in text:
        return text
    result: list[str] = []
    waiting: list[Word] = []
    for piece in pieces(text):
        if isinstance(piece, Word):
            if waiting and waiting[0].charset != piece.charset:
                result.append(joined(waiting))
                waiting = []
            waiting.append(piece)
        elif not waiting or piece.strip():
            result.append(joined(waiting))
            waiting = []
            result.append(piece)
        # White space between two words is no text; before other text it belongs to that (see pieces).
    result.append(joined(waiting))
    return "".join(result)


def joined(words: list[Word]) -> str:
    return decode(b"".join(word.content for word in words), words[0].charset) if words else ""


def pieces(text: str) -> Iterator[str | Word]:
    """Texts and words in turn; white space alone comes as a piece only between two words."""
    done = position = 0
    while (at := text.find("=?", position)) >= 0:
        begin = START.match(text, at)
        if begin is None:
            position = at + 2
            continue
        end = text.find("?=", begin.end())
        if end < 0:
            break
        if at > done:
            yield text[done:at]
        charset, way = begin.group(1).lower(), begin.group(2).lower()
        yield Word(charset, content_of(text[begin.end() : end], way))
        done = position = end + 2
    if done < len(text):
        yield text[done:]


def content_of(coded: str, way: str) -> bytes:
    raw = coded.encode("utf-8", "surrogatepass")
    if way == "b":
        return b"".join(base64_undone(lambda: iter((raw,))))
    return binascii.a2b_qp(raw.replace(b" ", b"_"), header=True)
