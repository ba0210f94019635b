"""A mail that a case manager passes on: his own lines, and the original under its header (DESIGN.md section 5).

As an attached mail the original brings its own From and Date. Inline, programs put a line ("---------- Forwarded
message", "-----Message d'origine-----") and a block of labels above it, which tell them; the block is told by a From
label with an address, in fr, nl, de or en. What stands below the end of an inline original (``original_ends``) goes
with his own lines. Where no block is found, or several mails are attached, nobody can tell his words from theirs: the
original has no sender, and all of it is internal.
"""

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta, tzinfo

from storage.states import Visibility
from worker.core.original_ends import ADDRESS, FROM, MARKER, RULE, end_of_original, is_from_label
from worker.core.original_signatures import OriginalSignature
from worker.core.parsed import BodyLine, ParsedMail
from worker.core.spoken_dates import mark_dates, past
from worker.core.subjects import is_forward

LABEL = re.compile(r"[\s>*_]{0,10}[^\W\d_][^:\n]{0,30}:(?:\s|$)")
SENT = re.compile(
    r"[\s>*_]{0,10}(?:date|envoyé(?: le)?|datum|verzonden|gesendet|sent)\s{0,3}:\*?\s*(.{1,200})", re.IGNORECASE
)
CLOCK = re.compile(
    r"(?<!\d)([01]?\d|2[0-3])\s?[:h.]\s?([0-5]\d)(?![\d/.])(?:\s?[:.]\d\d)?\s?([ap]\.?m)?", re.IGNORECASE
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Original:
    """``sender``: lower case, None when it cannot be read. ``comment``: what the case manager wrote above and below it.
    ``signature``: only an attached original can have one; ``is_file``: it is attached. ``visibility``: shared only when
    a contact of this client wrote it.
    """

    sender: str | None
    sent_at: datetime | None
    text: str
    comment: str
    signature: OriginalSignature | None = None
    is_file: bool = False
    visibility: Visibility = Visibility.INTERNAL


def original_in(
    mail: ParsedMail,
    attached: ParsedMail | None,
    signature: OriginalSignature | None = None,
    *,
    zone: tzinfo = UTC,
    colleagues: Collection[str] = (),
) -> Original | None:
    """``attached``: the one mail that is attached, parsed; ``zone``: of the case manager, whose program wrote labels;
    ``colleagues``: his colleagues' first names, lower case. None: nothing is passed on here.
    """
    if not is_forward(mail.subject):
        return None
    if attached is not None:
        return Original(
            sender=attached.sender,
            sent_at=attached.dated_at,
            text=attached.text.strip(),
            comment=mail.text.strip(),
            signature=signature,
            is_file=True,
        )
    at = next((at for at, line in enumerate(mail.lines) if is_from_label(line.text)), None)
    if at is None:
        return Original(sender=None, sent_at=None, text=mail.text.strip(), comment="")
    return inline(mail, at, zone, colleagues)


def inline(mail: ParsedMail, at: int, zone: tzinfo, colleagues: Collection[str]) -> Original:
    """``at``: the From label's line."""
    lines = [line.text for line in mail.lines]
    found = FROM.match(lines[at])
    assert found is not None
    head, body = head_of(lines, at), body_of(lines, at)
    end = end_of_original(mail.lines, at, body, colleagues=colleagues)
    own = (joined(mail.lines[:head]), joined(mail.lines[end:]))
    text = joined(mail.lines[body:end])
    if not text and (own[1] or not mail.files):
        return Original(sender=None, sent_at=None, text=mail.text.strip(), comment="")
    return Original(
        sender=ADDRESS.findall(found.group(1))[-1].strip(".").lower(),
        sent_at=sent_at_in(lines[at:body], mail.dated_at, zone),
        text=text,
        comment="\n\n".join(each for each in own if each),
    )


def head_of(lines: list[str], at: int) -> int:
    head = at
    while head > 0 and (
        not lines[head - 1].strip() or MARKER.fullmatch(lines[head - 1]) or RULE.fullmatch(lines[head - 1])
    ):
        head -= 1
    return head


def body_of(lines: list[str], at: int) -> int:
    body = at
    while body < len(lines) and lines[body].strip() and (LABEL.match(lines[body]) or lines[body][:1] in " \t"):
        body += 1
    return body


def joined(lines: Sequence[BodyLine]) -> str:
    return "\n".join(line.text for line in lines).strip()


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
