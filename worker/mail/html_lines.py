"""HTML to lines: block structure, quote depth and the origin of each line (selectolax builds the tree).

What becomes of what:

- block elements end the line, paragraphs stand apart by one empty line, ``<br>`` ends the line; never two empty lines;
- ``blockquote`` deepens ``depth`` by one (not one without border or Outlook's ``elementToProof``: those only indent);
  the text gets no ``>``;
- a link is ``text <url>`` where the url says more than the text; list items start with ``- `` or ``1. ``; table cells
  are separated by a tab; ``<hr>`` is a line ``-----``; of images only an emoji's text stays;
- hidden text goes: ``display:none``, ``max-height:0``, ``mso-hide``, ``visibility``, ``opacity:0``, ``hidden``; text of
  ``font-size:0`` that no element inside makes larger; what pads a preview (zero-width characters in a row); script,
  style, head and comments too.

``origin``: the names of ``html_origins`` of the elements around the line, outermost first, and ``hr`` for a rule. An
element that holds no text of its own and begins a quote (``#appendonsend``) gives its name to the next line.
"""

import re
from dataclasses import dataclass, field
from typing import Any

from selectolax.lexbor import LexborHTMLParser

from worker.core.parsed import BodyLine
from worker.mail.charsets import clean
from worker.mail.html_bounds import BLOCKS, bounded
from worker.mail.html_origins import LENT, MOST_NAMES, names_of

PARAGRAPHS = frozenset("p ul ol dl table blockquote h1 h2 h3 h4 h5 h6 pre".split())
HIDDEN = re.compile(
    r"display\s*:\s*none|max-height\s*:\s*0(?:px|pt|em)?\s*(?:!important\s*)?(?:;|$)|mso-hide\s*:\s*all"
    r"|visibility\s*:\s*hidden|(?<![\w-])opacity\s*:\s*0(?:\.0{1,5})?\s*(?:!important\s*)?(?:;|$)"
)
FONT_SIZE = re.compile(r"font-size\s*:\s*([\d.]{1,10})")
PADDING = re.compile("(?:[ \u00a0]?[\u00ad\u034f\u2007\u200b-\u200d\u2060\ufeff]){3,}")
NO_BORDER = re.compile(r"border(?:-left)?\s*:\s*(?:none|0)|border-left-width\s*:\s*0")
BLANKS = re.compile(r"[ \t\n\r\f\u00a0\u202f]+")
SCHEMES = ("http://", "https://", "mailto:", "tel:")
LARGEST = 600_000  # characters, after all that makes HTML large (images as data, styles) is gone
LONGEST_LINK = 3  # lines of a link's text, for its address to be told
MOST_PIECES = 100_000  # of text


@dataclass(slots=True)
class Writer:
    """Lines as they grow. ``depth``, ``origin`` and ``pre`` follow the walk through the tree."""

    most: int
    depth: int = 0
    pre: int = 0
    origin: tuple[str, ...] = ()
    lent: tuple[str, ...] = ()
    lines: list[BodyLine] = field(default_factory=list)
    current: list[str] = field(default_factory=list)
    wants_blank: bool = False
    unseen: bool = False
    place: tuple[int, tuple[str, ...]] = (0, ())
    pieces: int = 0

    @property
    def is_full(self) -> bool:
        return len(self.lines) >= self.most or self.pieces >= MOST_PIECES

    def text(self, text: str) -> None:
        if self.unseen:
            return
        if self.pre:
            first, *others = text.split("\n")
            self.put(first)
            for other in others:
                self.end_line(forced=True)
                self.put(other)
        else:
            self.put(BLANKS.sub(" ", text) if "\u00a0" not in text or text.strip() else "\u00a0")

    def put(self, text: str) -> None:
        if not text or (not self.current and text == " "):
            return
        if not self.current:
            self.place = (self.depth, (*self.origin, *self.lent))
        self.current.append(text)
        self.pieces += 1

    def lend(self, names: list[str]) -> None:
        self.lent = (*self.lent, *(name for name in names if name in LENT))[:MOST_NAMES]

    def end_line(self, *, forced: bool = False) -> None:
        """``forced``: by ``<br>``, so that an empty line is one."""
        written = "".join(self.current)
        line = (
            written.rstrip() if self.pre else BLANKS.sub(" ", written).strip() if "\t" not in written else tidy(written)
        )
        line = PADDING.sub("", line).rstrip() if "\u200c" in line or "\u034f" in line or "\u200b" in line else line
        if line:
            if self.wants_blank:
                self.blank(self.place[0])
            self.add(BodyLine(text=clean(line).replace("\n", " "), depth=self.place[0], origin=self.place[1]))
            self.lent = ()
            self.wants_blank = False
        elif forced or written:
            self.wants_blank = bool(self.lines)
        self.current = []

    def blank(self, depth: int) -> None:
        if self.lines:
            self.add(BodyLine(text="", depth=min(depth, self.lines[-1].depth), origin=self.place[1]))

    def add(self, line: BodyLine) -> None:
        if len(self.lines) < self.most:
            self.lines.append(line)

    def paragraph(self) -> None:
        self.end_line()
        self.wants_blank = bool(self.lines)


def tidy(written: str) -> str:
    return "\t".join(BLANKS.sub(" ", cell).strip() for cell in written.split("\t")).strip("\t ")


@dataclass(slots=True)
class Frame:
    """What is undone when the walk leaves an element."""

    node: Any
    tag: str
    depth: int
    pre: int
    origin: tuple[str, ...]
    is_apart: bool
    link: str | None
    lines_before: int
    pieces_before: int
    names: list[str]
    unseen: bool
    counter: int = 0


def html_lines(html: str, most: int) -> tuple[list[BodyLine], bool]:
    """At most ``most`` lines, and whether something had to be left out; never raises."""
    small, is_cut = bounded(html.replace("\x00", ""), LARGEST)
    tree = LexborHTMLParser(small or "<p></p>")
    writer = Writer(most)
    if tree.root is not None:
        walk(tree.root, writer)
    writer.end_line()
    return writer.lines, writer.is_full or is_cut


def walk(root: Any, writer: Writer) -> None:
    """Depth first without recursion: trees can be deep."""
    frames: list[Frame] = []
    node = root
    while node is not None and not writer.is_full:
        child = enter(node, writer, frames)
        if child is not None:
            node = child
            continue
        while node is not None and node.next is None:
            node = frames[-1].node if frames else None
            if node is not None:
                leave(frames.pop(), writer)
        node = node.next if node is not None else None


def enter(node: Any, writer: Writer, frames: list[Frame]) -> Any:
    """The first child when the walk goes down; then a frame was opened."""
    tag = node.tag
    if tag == "-text":
        writer.text(node.text_content or "")
        return None
    if tag in {"br", "hr", "img"}:
        void(tag, node, writer)
        return None
    attributes = node.attributes
    style = (attributes.get("style") or "").lower()
    if tag.startswith("-") or tag == "head" or "hidden" in attributes or (style and HIDDEN.search(style)):
        return None
    child = node.first_child
    names = names_of(tag, attributes, style)
    if child is None:
        writer.lend(names)
        if tag in BLOCKS:
            writer.end_line()
        return None
    frames.append(opened(node, attributes, style, names, writer))
    writer.origin = (*writer.origin, *(name for name in names if name not in writer.origin))[:MOST_NAMES]
    start(frames, attributes, style, writer)
    return child


def opened(node: Any, attributes: dict[str, str | None], style: str, names: list[str], writer: Writer) -> Frame:
    tag = node.tag
    is_apart = tag in PARAGRAPHS and not is_close(tag, attributes, style)
    if is_apart:
        writer.paragraph()
    elif tag in BLOCKS and tag not in {"td", "th"}:
        writer.end_line()
    return Frame(
        node=node,
        tag=tag,
        depth=writer.depth,
        pre=writer.pre,
        origin=writer.origin,
        is_apart=is_apart,
        link=link_of(attributes) if tag == "x-a" else None,
        lines_before=len(writer.lines),
        pieces_before=len(writer.current),
        names=names,
        unseen=writer.unseen,
    )


def is_close(tag: str, attributes: dict[str, str | None], style: str) -> bool:
    """Outlook's paragraphs are lines without space between them."""
    return tag == "p" and ("mso" in (attributes.get("class") or "").lower() or "margin:0" in style.replace(" ", ""))


def start(frames: list[Frame], attributes: dict[str, str | None], style: str, writer: Writer) -> None:
    frame = frames[-1]
    if size := FONT_SIZE.search(style):
        writer.unseen = not size.group(1).strip("0.")
    if frame.tag == "blockquote" and not (NO_BORDER.search(style) or "elementToProof" in writer.origin[-1:]):
        writer.depth += 1
    elif frame.tag == "pre" or "white-space:pre" in style.replace(" ", ""):
        writer.pre += 1
    elif frame.tag in {"td", "th"} and writer.current:
        writer.put("\t")
    elif frame.tag == "li":
        writer.put(mark_of(frames))
    elif frame.tag == "ol":
        number = attributes.get("start") or ""
        frame.counter = int(number) - 1 if number.isascii() and number.isdigit() and len(number) < 7 else 0


def mark_of(frames: list[Frame]) -> str:
    around = frames[-2] if len(frames) > 1 else frames[-1]
    if around.tag != "ol":
        return "- "
    around.counter += 1
    return f"{around.counter}. "


def void(tag: str, node: Any, writer: Writer) -> None:
    if tag == "br":
        writer.end_line(forced=True)
    elif tag == "hr":
        writer.end_line()
        before = writer.origin
        writer.origin = (*before, "hr", *names_of(tag, node.attributes, ""))
        writer.put("-----")
        writer.end_line()
        writer.origin = before
    else:
        alt = node.attributes.get("alt") or ""
        if 0 < len(alt) <= 8 and ("data-emoji" in node.attributes or not re.search(r"[\w.]", alt)):
            writer.put(alt)


def leave(frame: Frame, writer: Writer) -> None:
    is_same_line = len(writer.lines) == frame.lines_before
    if frame.link and len(writer.lines) - frame.lines_before <= LONGEST_LINK:
        own = writer.current[frame.pieces_before if is_same_line else 0 :]
        shown = "".join([*(line.text for line in writer.lines[frame.lines_before :]), *own]).strip()
        if shown and says_more(frame.link, shown):
            writer.put(f" <{frame.link}>" if writer.current else f"<{frame.link}>")
    if frame.names and is_same_line and len(writer.current) == frame.pieces_before:
        writer.lend(frame.names)
    if frame.is_apart:
        writer.paragraph()
    elif frame.tag in BLOCKS and frame.tag not in {"td", "th"}:
        writer.end_line()
    writer.depth, writer.pre, writer.origin, writer.unseen = frame.depth, frame.pre, frame.origin, frame.unseen


def link_of(attributes: dict[str, str | None]) -> str | None:
    link = "".join((attributes.get("href") or "").split())
    return link if link.lower().startswith(SCHEMES) else None


def says_more(link: str, shown: str) -> bool:
    return bare_link(link) != bare_link("".join(shown.split()))


def bare_link(link: str) -> str:
    return re.sub(r"^(?:https?://|mailto:|tel:)", "", link.lower()).removeprefix("www.").rstrip("/")
