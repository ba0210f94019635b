"""Reads and rewrites the raw mails of tests/corpus/replies/raw (the README beside them has the format)."""

import re
from dataclasses import dataclass, replace
from pathlib import Path

from benchmarks.reply_scores import unmarked
from worker.cli.inspecting import sent_of
from worker.core.new_text import Cut, cut_reply
from worker.mail.parsing import parse

FOLDER = Path(__file__).parents[2] / "corpus" / "replies" / "raw"
NAMES = sorted(path.stem for path in FOLDER.glob("*.eml"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """``written``: what the author wrote, never rewritten; the rest is what comes out, with and without what we sent."""

    why: str
    sent: str
    method: str
    unknown: str
    written: str
    new: str
    new_when_unknown: str


def read_expected(name: str) -> Expected:
    head, *rest = re.split(
        r"^--- (written|new|new when unknown)$\n",
        (FOLDER / f"{name}.txt").read_text(encoding="utf-8"),
        flags=re.MULTILINE,
    )
    said = dict(line.split(": ", 1) for line in head.strip().split("\n"))
    texts = {key: value.strip("\n") for key, value in zip(rest[::2], rest[1::2], strict=True)}
    new = texts.get("new", texts["written"])
    return Expected(
        why=said["why"],
        sent=said["sent"],
        method=said.get("method", ""),
        unknown=said.get("unknown", ""),
        written=texts["written"],
        new=new,
        new_when_unknown=texts.get("new when unknown", new),
    )


def cut_both_ways(name: str, sent: str) -> tuple[Cut, Cut]:
    """With what we sent, and without it: then the mail has no marker line either, for any other program's mail has none."""
    mail = parse((FOLDER / f"{name}.eml").read_bytes())
    known = cut_reply(mail.lines, mail.html_lines, sent_of(str(FOLDER / "sent" / f"{sent}.eml")))
    return known, cut_reply(unmarked(mail.lines) or (), unmarked(mail.html_lines), None)


def accept(name: str) -> None:
    """What comes out now is what is expected from now on: look at the difference before it is committed."""
    expected = read_expected(name)
    known, unknown = cut_both_ways(name, expected.sent)
    write_expected(
        name,
        replace(
            expected,
            method=known.method,
            unknown=unknown.method,
            new=known.new_text,
            new_when_unknown=unknown.new_text,
        ),
    )


def write_expected(name: str, expected: Expected) -> None:
    parts = [
        f"why: {expected.why}\nsent: {expected.sent}\nmethod: {expected.method}\nunknown: {expected.unknown}\n",
        f"--- written\n{expected.written}\n",
    ]
    if expected.new != expected.written:
        parts.append(f"--- new\n{expected.new}\n")
    if expected.new_when_unknown != expected.new:
        parts.append(f"--- new when unknown\n{expected.new_when_unknown}\n")
    (FOLDER / f"{name}.txt").write_text("".join(parts), encoding="utf-8")
