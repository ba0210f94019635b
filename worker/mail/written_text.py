"""What people wrote, as HTML: escaped, line breaks kept, and only ``http(s)`` addresses turned into links.

The link shows exactly where it leads, so nobody can hide one address behind another.
"""

import re
from html import escape

URL = re.compile(r"https?://[^\s<>\"]+", re.IGNORECASE)
AFTER_A_URL = ".,;:!?'…’»”)]}"
MOST_PUNCTUATION = 8
BRACKETS = {")": "(", "]": "[", "}": "{"}
# Mail programs, Outlook first, drop repeated and leading spaces.
REPEATED_SPACES = re.compile(r"(?:(?<=^)|(?<= )) ", re.MULTILINE)


class Html(str):
    """Markup that the templates take as it is (the protocol of markupsafe)."""

    __slots__ = ()

    def __html__(self) -> str:
        return self


def as_html(text: str, style: str) -> Html:
    """Paragraphs where a blank line is, ``<br>`` where a line ends. ``style`` is ours, not a person's."""
    pieces = (lines_as_html(piece) or "&nbsp;" for piece in text.split("\n\n"))
    return Html("\n".join(f'<p style="{style}">{piece}</p>' for piece in pieces))


def lines_as_html(text: str) -> str:
    return "<br>\n".join(line_as_html(line) for line in text.split("\n"))


def line_as_html(line: str) -> str:
    parts: list[str] = []
    done = 0
    for found in URL.finditer(line):
        url = without_punctuation(found.group())
        parts += [spaced(line[done : found.start()]), link(url)]
        done = found.start() + len(url)
    parts.append(spaced(line[done:]))
    return "".join(parts)


def link(url: str) -> str:
    return f'<a href="{escape(url)}">{escape(url)}</a>'


def spaced(text: str) -> str:
    return escape(REPEATED_SPACES.sub("\u00a0", text.replace("\t", "    ")))


def without_punctuation(url: str) -> str:
    """A full stop or a bracket that closes the sentence is not part of the address; one that it opened itself is."""
    end = len(url)
    for _ in range(MOST_PUNCTUATION):  # a bound, for brackets are counted anew each time
        if url[end - 1] not in AFTER_A_URL:
            break
        opens = BRACKETS.get(url[end - 1])
        if opens and url.count(opens, 0, end) >= url.count(url[end - 1], 0, end):
            break
        end -= 1
    return url[:end]
