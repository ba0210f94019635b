"""How cleanly new text is cut: over a folder of replies (tests/corpus/replies/raw), with and without what we sent.

Run ``python -m benchmarks.reply_scores [FOLDER] [--show]``. A reply is *clean* when the new text holds every word the
author wrote and no other, *lost* when a word of the author is missing, *kept* when a word of a quote stayed. The lines
of ours that an answer comes with (``> question``) do not count. Each mail is read whole, and once more as if its
program had sent only the one or the other spelling.
"""

import re
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from worker.cli.inspecting import sent_of
from worker.core.new_text import Cut, Sent, cut_reply
from worker.core.new_text.markers import MARKERS
from worker.core.parsed import BodyLine, ParsedMail
from worker.mail.parsing import parse

CORPUS = Path(__file__).parents[1] / "tests" / "corpus" / "replies" / "raw"
MARKER_WORDS = {tuple(re.findall(r"\w+", marker)) for marker in MARKERS.values()}


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """``written``: every word that the author wrote, in paragraphs; ``sent``: the mail of ours he answered."""

    name: str
    mail: ParsedMail
    sent: Sent
    written: str


def replies_in(folder: Path) -> Iterator[Reply]:
    for path in sorted(folder.glob("*.eml")):
        head, rest = path.with_suffix(".txt").read_text(encoding="utf-8").split("--- written\n", 1)
        said = dict(line.split(": ", 1) for line in head.strip().split("\n"))
        yield Reply(
            name=path.stem,
            mail=parse(path.read_bytes()),
            sent=sent_of(str(folder / "sent" / f"{said['sent']}.eml")),
            written=re.split(r"^--- ", rest, maxsplit=1, flags=re.MULTILINE)[0].strip(),
        )


def words(text: str) -> Counter[str]:
    """Places of pictures are not the author's words."""
    return Counter(re.findall(r"\w+|[^\w\s<>*_-]", re.sub(r"\[image: [^\]]{1,80}\]", "", text.lower())))


def judged(cut: Cut, written: str) -> str:
    """``clean``, ``kept`` or ``lost``."""
    own = set(written.split("\n"))
    new = "\n".join(line for line in cut.new_text.split("\n") if not line.startswith("> ") or line in own)
    has, wants = words(new), words(written)
    if wants - has:
        return "lost"
    return "kept" if has - wants else "clean"


def unmarked(lines: tuple[BodyLine, ...] | None) -> tuple[BodyLine, ...] | None:
    """As if the program that we are had no marker line."""
    if lines is None:
        return None
    return tuple(line for line in lines if tuple(re.findall(r"\w+", line.text)) not in MARKER_WORDS)


def spellings(mail: ParsedMail) -> Iterator[tuple[str, ParsedMail]]:
    yield "whole", mail
    if mail.html_lines is not None and mail.html_lines != mail.lines:
        yield "text", replace(mail, html_lines=None)
        yield "html", replace(mail, lines=mail.html_lines)


def ways(mail: ParsedMail, sent: Sent) -> Iterator[tuple[str, Cut]]:
    for spelling, spelled in spellings(mail):
        yield f"{spelling}, sent known", cut_reply(spelled.lines, spelled.html_lines, sent)
        lines, html = unmarked(spelled.lines), unmarked(spelled.html_lines)
        yield f"{spelling}, sent unknown", cut_reply(lines or (), html, None)


def main() -> None:
    folder = next((Path(each) for each in sys.argv[1:] if not each.startswith("-")), CORPUS)
    counts: dict[str, Counter[str]] = {}
    for reply in replies_in(folder):
        for way, cut in ways(reply.mail, reply.sent):
            verdict = judged(cut, reply.written)
            counts.setdefault(way, Counter())[verdict] += 1
            if "--show" in sys.argv and verdict != "clean":
                print(f"--- {verdict}: {reply.name} ({way}, {cut.method} {cut.confidence})\n{cut.new_text}\n")
    for way, count in counts.items():
        total = count.total()
        clean = f"{count['clean'] / total:6.1%} clean"
        print(f"{way:20} {total:4} mails  {clean}  kept {count['kept']:3}  lost {count['lost']:3}")


if __name__ == "__main__":
    main()
