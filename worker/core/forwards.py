"""A mail that a case manager passes on: his own lines, and the original under its header (DESIGN.md section 5).

As an attached mail the original brings its own From and Date. Inline, programs put a line ("---------- Forwarded
message", "-----Message d'origine-----") and a block of labels above it; the block is told by a From label with an
address, in fr, nl, de or en. Where no block is found the whole text is the original, and nobody's lines are his:
nothing of it goes to a client by mail either way.
"""

import re
from dataclasses import dataclass
from datetime import datetime

from worker.core.parsed import ParsedMail
from worker.core.subjects import is_forward

FROM = re.compile(r"[\s>*_]{0,10}(?:de|from|van|von|expéditeur|afzender|absender)\s{0,3}:\s*(.{1,300})", re.IGNORECASE)
LABEL = re.compile(r"[\s>*_]{0,10}[^\W\d_][^:\n]{0,30}:(?:\s|$)")
MARKER = re.compile(
    r"[\s>*_-]{0,40}(?:forwarded message|begin forwarded message|original message|message transféré|"
    r"message d['’]origine|"
    r"début du message (?:transféré|réexpédié)|doorgestuurd bericht|oorspronkelijk bericht|begin doorgestuurd bericht|"
    r"weitergeleitete nachricht|ursprüngliche nachricht|anfang der weitergeleiteten nachricht)[\s:_-]{0,40}",
    re.IGNORECASE,
)
RULE = re.compile(r"\s{0,10}[_-]{5,200}\s{0,10}")
ADDRESS = re.compile(r"[^\s<>\"'(),;:\[\]]{1,64}@[^\s<>\"'(),;:\[\]]{1,255}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Original:
    """``sender``: lower case, None when it cannot be read. ``comment``: what the case manager wrote above it."""

    sender: str | None
    sent_at: datetime | None
    text: str
    comment: str


def original_in(mail: ParsedMail, attached: ParsedMail | None) -> Original | None:
    """``attached``: the one mail that is attached, parsed. None: nothing is passed on here."""
    if not is_forward(mail.subject):
        return None
    if attached is not None:
        text, sent_at = attached.text.strip(), attached.dated_at
        return Original(sender=attached.sender, sent_at=sent_at, text=text, comment=mail.text.strip())
    lines = mail.text.split("\n")
    for at, line in enumerate(lines):
        found = FROM.match(line)
        if found is not None and ADDRESS.search(found.group(1)):
            return inline(lines, at, ADDRESS.findall(found.group(1))[-1])
    return Original(sender=None, sent_at=None, text=mail.text.strip(), comment="")


def inline(lines: list[str], at: int, sender: str) -> Original:
    """``at``: the From label's line."""
    head = at
    while head > 0 and (
        not lines[head - 1].strip() or MARKER.fullmatch(lines[head - 1]) or RULE.fullmatch(lines[head - 1])
    ):
        head -= 1
    body = at
    while body < len(lines) and lines[body].strip() and (LABEL.match(lines[body]) or lines[body][:1] in " \t"):
        body += 1
    return Original(
        sender=sender.strip(".").lower(),
        sent_at=None,
        text="\n".join(lines[body:]).strip(),
        comment="\n".join(lines[:head]).strip(),
    )


def is_above(line: str) -> bool:
    """What programs put between the comment and the labels."""
    return not line.strip() or MARKER.fullmatch(line) is not None or RULE.fullmatch(line) is not None
