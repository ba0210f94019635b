"""Bounces that are no multipart/report: qmail, Exim, old Exchange, Sendmail, web mailers; in words instead of fields.

Only a mail that a machine plainly wrote is looked at (its head says so), and only one that plainly says that something
was not delivered, or not yet; everything else is no report. The result has the same shape as that of RFC 3464: who was
not reached, with which status code and reason (``report_reasons``), and the Message-ID of the copy below or attached.
What is made of it needs proof that it is about a mail of ours, as for every report.
"""

import re
from collections.abc import Sequence

from worker.core.delivery_words import DELAYED, FAILED, SUBJECT
from worker.core.mail_addresses import is_address, normal_address
from worker.core.report_reasons import is_hard, reason_of
from worker.core.reports import Action, RecipientReport, Report
from worker.mail.headers import Head, message_id_of
from worker.mail.limits import Limits
from worker.mail.mime_parts import Part
from worker.mail.report_parsing import AFTER_DATA, REPLY, RETURNED_TYPES, STATUS, returned_message_id

MOST_LINES = 3_000
MOST_SAID = 250
"""Lines in which a bounce has said what it says."""
MOST_RECIPIENTS = 50
LONGEST_LINE = 1_000
LONGEST_DIAGNOSTIC = 1_000

MACHINE = re.compile(
    r"mailer-?daemon|post-?master|mail\.?(?:delivery|system)|mdaemon|maildaemon|system|bounce", re.IGNORECASE
)
RULED = re.compile(
    # after a rule of dashes
    r"copy of (?:the|your) (?:message|mail)|original message|message original|returned message|message header|"
    r"header of the original|headers? of the|body of the|message (?:text )?follows|forwarded message",
    re.IGNORECASE,
)
COPY = re.compile(
    r"below this line is a copy|this is a copy of|original message (?:follows|header)|unsent message below|"
    r"included (?:below|is a copy)|^[>\s|]*(?:return-path|received|message-id):\s",
    re.IGNORECASE,
)
ID_LINE = re.compile(r"^[>\s|]*message-id:\s*(<[^<>\s]{1,900}>)?\s*$", re.IGNORECASE)
ID_ALONE = re.compile(r"^[>\s|]*(<[^<>\s]{1,900}>)\s*$")
ADDRESS = r"[A-Za-z0-9][\w.+=/'-]{0,63}@[A-Za-z0-9][A-Za-z0-9.-]{0,250}[A-Za-z0-9]"
ANY_ADDRESS = re.compile(rf"(?<![\w@.+-]){ADDRESS}")
# An address that stands as the one that failed, with what is said of it behind or below.
FAILING = re.compile(
    rf"^[>\s|*-]*(?:(?:original |final )?(?:recipient|rcpt|to|user|address|adresse|destinataire|ontvanger|empfänger)s?"
    rf"(?: address)?\s*[:=]?\s*(?:rfc822;\s*)?)?[<(\"']?({ADDRESS})[>)\"']?\s*(?:[:;,.]|$|\(|\s-\s|on \d)(.*)$"
    rf"|rcpt to:\s*<({ADDRESS})>",
    re.IGNORECASE,
)


def read_bounce(head: Head, lines: Sequence[str], parts: Sequence[Part], limits: Limits) -> Report | None:
    """``parts``: what is attached; a mail among them is the one that came back. None: no bounce of this kind."""
    if not says_bounce(head):
        return None
    said, copy = split_copy([line[:LONGEST_LINE] for line in lines[:MOST_LINES]])
    text = "\n".join(said)
    action = Action.DELAYED if DELAYED.search(text) else Action.FAILED
    failed = [each for each in value_of(head, "x-failed-recipients").split(",") if is_address(each.strip())]
    if not failed and action is Action.FAILED and not says_failed(head, text):
        return None
    about = {normal_address(each.strip()): text for each in failed} or failing_in(said, head)
    if not about:
        return None
    returned = [part for part in parts if part.media_type in RETURNED_TYPES]
    return Report(
        envelope_id=None,
        original_message_id=returned_message_id(returned, limits) or id_in_copy(copy),
        recipients=tuple(recipient_of(address, told, text, action) for address, told in about.items()),
    )


def says_bounce(head: Head) -> bool:
    """A machine wrote it, and its subject speaks of a delivery; Exim's X-Failed-Recipients says both."""
    if head.first("x-failed-recipients"):
        return True
    author = value_of(head, "from")
    by_machine = not author or MACHINE.search(author) is not None or value_of(head, "return-path") == "<>"
    by_machine = by_machine or value_of(head, "auto-submitted").strip().lower().startswith("auto-")
    return by_machine and SUBJECT.search(value_of(head, "subject")[:LONGEST_LINE]) is not None


def says_failed(head: Head, text: str) -> bool:
    return FAILED.search(text) is not None or FAILED.search(value_of(head, "subject")[:LONGEST_LINE]) is not None


def value_of(head: Head, name: str) -> str:
    header = head.first(name)
    return header.value if header else ""


def split_copy(lines: Sequence[str]) -> tuple[list[str], list[str]]:
    """What it says, and the copy of our mail below it."""
    for position, line in enumerate(lines):
        if position and begins_copy(line):
            return list(lines[:position])[:MOST_SAID], list(lines[position:])
    return list(lines)[:MOST_SAID], []


def begins_copy(line: str) -> bool:
    if line.lstrip(" >|*").startswith("--") and RULED.search(line):
        return True
    return COPY.search(line) is not None


def id_in_copy(copy: Sequence[str]) -> str | None:
    """The Message-ID of the copied header, also where it was folded."""
    for position, line in enumerate(copy):
        found = ID_LINE.match(line)
        if found is None:
            continue
        folded = ID_ALONE.match(copy[position + 1]) if position + 1 < len(copy) else None
        written = found.group(1) or (folded.group(1) if folded else None)
        if written:
            return message_id_of(written)
    return None


def failing_in(said: Sequence[str], head: Head) -> dict[str, str]:
    """Each address that failed with what is said of it; the only address there is, when none stands out."""
    own = {normal_address(each) for name in ("to", "from", "cc") for each in ANY_ADDRESS.findall(value_of(head, name))}
    starts = [
        (position, normal_address(found.group(1) or found.group(3)))
        for position, line in enumerate(said)
        if (found := FAILING.search(line))
    ]
    starts = ([each for each in starts if each[1] not in own] or starts)[:MOST_RECIPIENTS]
    if not starts:
        others = {normal_address(each) for line in said for each in ANY_ADDRESS.findall(line)} - own
        return dict.fromkeys(others, "\n".join(said)) if len(others) == 1 else {}
    ends = [position for position, _ in starts[1:]] + [len(said)]
    about: dict[str, str] = {}
    for (start, address), end in zip(starts, ends, strict=True):
        about[address] = (about.get(address, "") + "\n" + "\n".join(said[start:end])).strip()
    return about


def recipient_of(address: str, told: str, text: str, action: Action) -> RecipientReport:
    """``told``: what is said of this address; ``text``: everything, asked where that says nothing."""
    diagnostic = " ".join(told.split())[:LONGEST_DIAGNOSTIC]
    everything = " ".join(text.split())
    status = first_status(diagnostic, action) or first_status(everything, action)
    after_data = AFTER_DATA.search(everything) is not None
    reason = reason_of(status, diagnostic, after_data=after_data)
    if reason == "undefined":
        reason = reason_of(status, everything, after_data=after_data)
    reply = REPLY.search(diagnostic) or REPLY.search(everything)
    return RecipientReport(
        address=address,
        action=action,
        status=status,
        reason=reason,
        hard=action is Action.FAILED and is_hard(status, reason),
        reply=reply.group(1) if reply else None,
        diagnostic=diagnostic or None,
    )


def first_status(text: str, action: Action) -> str:
    """An enhanced code that fits: a failure is of class 5, or of class 4 after the last try; nothing good."""
    codes = [each for each in STATUS.findall(text) if not each.startswith("2.")]
    fitting = [each for each in codes if each.startswith("5.") is (action is Action.FAILED)]
    return next(iter(fitting or codes), "")
