"""HTML made small and harmless before a tree is built of it (STACK.md: 50,000 attributes on one tag take seconds).

One pass over the tags, by the tokenizer rules of the HTML standard, that keeps only what the lines need: structure,
links, and the attributes that say who made an element or hide it, each cut to size. Raw text (script, style, title) and
comments go. Tags without meaning for lines go while their text stays; so do formatting tags, for trees rebuild them at
each paragraph (500 open ``<b>`` and 200,000 ``<p>`` are 100 million nodes); links become ``x-a`` and fonts ``span`` for
the same reason. Tags nested deeper than ``DEEPEST`` go while their text stays.
"""

import re
from html import escape, unescape

BLOCKS = frozenset(
    "address article aside blockquote body caption center dd details dir div dl dt fieldset figcaption figure footer "
    "form h1 h2 h3 h4 h5 h6 header legend li main menu nav ol p pre section summary table tbody td tfoot th thead tr "
    "ul".split()
)
KEPT = BLOCKS | {"a", "br", "hr", "img", "span", "font", "button"}
RENAMED = {"a": "x-a", "font": "span"}
VOID = frozenset({"br", "hr", "img"})
CLOSED_BY_THE_NEXT = frozenset({"p", "li", "tr", "td", "th", "dt", "dd"})
RAW = frozenset("script style title iframe noframes noembed xmp template svg math object applet audio video".split())
ATTRIBUTES = frozenset(
    "class id name style color href type alt hidden start data-marker data-smartmail data-emoji data-signature".split()
)
DEEPEST = 400
LONGEST_VALUE = 2_000
MOST_ATTRIBUTES = 30

TAG = re.compile(r"<(?:(/?)([a-zA-Z][^\s/>]*)|(!--)|[!?/])")
ATTRIBUTE = re.compile(
    r"[\s/]*(?:(>)|([^\s/>][^\s/>=]*)(?:\s*=\s*(?:\"([^\"]*)\"|'([^']*)'|([^\s>\"'][^\s>]*)|(?=>)))?)"
)
COMMENT_END = re.compile(r"--!?>")
RAW_END = {name: re.compile(rf"</{name}[\s/>]", re.IGNORECASE) for name in RAW}


class Bounder:
    """The pass over one document, until the result holds ``most`` characters. ``position``: where it stands."""

    def __init__(self, html: str, most: int) -> None:
        self.html = html
        self.room = most
        self.position = 0
        self.depth = 0
        self.never_closed: set[str] = set()
        self.result: list[str] = []

    def run(self) -> str:
        while self.room > 0 and (tag := TAG.search(self.html, self.position)) is not None:
            self.write(self.html[self.position : tag.start()])
            self.position = tag.end()
            if tag.group(3):
                self.skip_comment()
            elif tag.group(2):
                self.take_tag(tag.group(2).lower(), is_end=bool(tag.group(1)))
            else:
                self.skip_to(self.html.find(">", self.position))
        self.write(self.html[self.position :])
        return "".join(self.result)

    def write(self, text: str) -> None:
        self.result.append(text[: max(self.room, 0)])
        self.room -= len(text)

    def skip_to(self, found: int) -> None:
        """Behind the ``>`` found, or to the end: the standard drops what is not closed."""
        self.position = len(self.html) if found < 0 else found + 1

    def skip_comment(self) -> None:
        if self.html.startswith((">", "->"), self.position):
            self.skip_to(self.html.find(">", self.position))
            return
        end = COMMENT_END.search(self.html, self.position)
        self.position = end.end() if end else len(self.html)

    def take_tag(self, name: str, *, is_end: bool) -> None:
        attributes = self.read_attributes()
        if is_end:
            self.close(name)
        elif name in RAW:
            self.skip_raw(name)
        elif name in KEPT:
            self.open(name, attributes)

    def skip_raw(self, name: str) -> None:
        """To its end tag. What is never closed is looked for once: 200,000 times would be quadratic."""
        end = None if name in self.never_closed else RAW_END[name].search(self.html, self.position)
        if end is not None:
            self.position = end.start()
        elif name in {"script", "style", "title"}:
            self.position = len(self.html)
        else:
            self.never_closed.add(name)

    def open(self, name: str, attributes: dict[str, str]) -> None:
        if name not in VOID and name not in CLOSED_BY_THE_NEXT:
            self.depth += 1
        if self.depth <= DEEPEST:
            written = "".join(f' {key}="{escape(value)}"' for key, value in attributes.items())
            self.write(f"<{RENAMED.get(name, name)}{written}>")

    def close(self, name: str) -> None:
        if name not in KEPT or (name in VOID and name != "br"):
            return
        if self.depth <= DEEPEST:
            self.write(f"</{RENAMED.get(name, name)}>")
        if name not in VOID and name not in CLOSED_BY_THE_NEXT:
            self.depth = max(self.depth - 1, 0)

    def read_attributes(self) -> dict[str, str]:
        """What is kept of this tag's attributes; the position is behind its ``>``."""
        found: dict[str, str] = {}
        while (attribute := ATTRIBUTE.match(self.html, self.position)) is not None:
            self.position = attribute.end()
            if attribute.group(1):
                return found
            name = attribute.group(2).lower()
            if name in ATTRIBUTES and len(found) < MOST_ATTRIBUTES:
                value = attribute.group(3) or attribute.group(4) or attribute.group(5) or ""
                found.setdefault(name, unescape(value[:LONGEST_VALUE]))
            if self.opens_a_quote():
                break
        self.position = len(self.html)
        return found

    def opens_a_quote(self) -> bool:
        """An attribute value whose quote is never closed: the rest of the document is inside it."""
        rest = self.html[self.position : self.position + 50].lstrip()
        if not rest.startswith("="):
            return False
        quote = rest[1:].lstrip()[:1]
        return quote in {'"', "'"}


def bounded(html: str, most: int) -> tuple[str, bool]:
    """What is kept of the document, and whether ``most`` characters were too few."""
    bounder = Bounder(html, most)
    return bounder.run(), bounder.room < 0
