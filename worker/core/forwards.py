"""A mail that a case manager passes on: his own lines, and the original under its header (DESIGN.md section 5).

As an attached mail the original brings its own From and Date. Inline, programs put a line ("---------- Forwarded
message", "-----Message d'origine-----") and a block of labels above it, which tell them; the block is told by a From
label with an address, in fr, nl, de or en. Where no block is found the whole text is the original, and nobody's lines
are his: nothing of it goes to a client by mail either way.
"""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta, tzinfo

from worker.core.original_signatures import OriginalSignature
from worker.core.parsed import ParsedMail
from worker.core.spoken_dates import mark_dates, past
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
SENT = re.compile(
    r"[\s>*_]{0,10}(?:date|envoyé(?: le)?|datum|verzonden|gesendet|sent)\s{0,3}:\*?\s*(.{1,200})", re.IGNORECASE
)
CLOCK = re.compile(
    r"(?<!\d)([01]?\d|2[0-3])\s?[:h.]\s?([0-5]\d)(?![\d/.])(?:\s?[:.]\d\d)?\s?([ap]\.?m)?", re.IGNORECASE
)
RULE = re.compile(r"\s{0,10}[_-]{5,200}\s{0,10}")
ADDRESS = re.compile(r"[^\s<>\"'(),;:\[\]]{1,64}@[^\s<>\"'(),;:\[\]]{1,255}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Original:
    """``sender``: lower case, None when it cannot be read. ``comment``: what the case manager wrote above it.
    ``signature``: only an attached original can have one.
    """

    sender: str | None
    sent_at: datetime | None
    text: str
    comment: str
    signature: OriginalSignature | None = None


def original_in(
    mail: ParsedMail, attached: ParsedMail | None, signature: OriginalSignature | None = None, *, zone: tzinfo = UTC
) -> Original | None:
    """``attached``: the one mail that is attached, parsed; ``zone``: of the case manager, whose program wrote labels.
    None: nothing is passed on here.
    """
    if not is_forward(mail.subject):
        return None
    if attached is not None:
        text, sent_at = attached.text.strip(), attached.dated_at
        comment = mail.text.strip()
        return Original(sender=attached.sender, sent_at=sent_at, text=text, comment=comment, signature=signature)
    lines = mail.text.split("\n")
    for at, line in enumerate(lines):
        found = FROM.match(line)
        if found is not None and ADDRESS.search(found.group(1)):
            return inline(mail, lines, at, ADDRESS.findall(found.group(1))[-1], zone)
    return Original(sender=None, sent_at=None, text=mail.text.strip(), comment="")


def inline(mail: ParsedMail, lines: list[str], at: int, sender: str, zone: tzinfo) -> Original:
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
        sent_at=sent_at_in(lines[at:body], mail.dated_at, zone),
        text="\n".join(lines[body:]).strip(),
        comment="\n".join(lines[:head]).strip(),
    )


def sent_at_in(labels: list[str], until: datetime | None, zone: tzinfo) -> datetime | None:
    """The date of the labels, in four languages; None in doubt. ``until``: when the mail around it was written."""
    told = next((found.group(1) for line in labels if (found := SENT.match(line))), None)
    if told is None or until is None:
        return None
    text, dates = mark_dates(told)
    day = past(dates[0], (until.astimezone(zone) + timedelta(days=1)).date()) if dates else None
    clock = CLOCK.search(text)
    if day is None or clock is None:
        return None
    hour, minute, half = int(clock[1]), int(clock[2]), (clock[3] or "").lower()[:1]
    if half and not 1 <= hour <= 12:
        return None
    hour = hour % 12 + (12 if half == "p" else 0) if half else hour
    return datetime.combine(day, time(hour, minute), zone).astimezone(UTC)
