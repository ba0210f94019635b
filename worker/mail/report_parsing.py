"""Delivery reports (RFC 3464) out of the parts of a mail: the fields of ``message/delivery-status`` and what came back.

The first block is about the message, each further one about a recipient; a block that names a recipient counts as one
wherever it stands. The part alone makes the report: some servers declare it inside a plain multipart/mixed. Of a field
that is missing or unreadable nothing is invented: the action follows the class of the status, the status may stand in
the diagnostic text, the reason may stand in the text for people.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice

from worker.core.mail_addresses import is_address, normal_address
from worker.core.report_reasons import is_hard, reason_of
from worker.core.reports import Action, RecipientReport, Report
from worker.mail.headers import Head, fields_of, message_id_of
from worker.mail.limits import Limits
from worker.mail.mime_parts import Part, inner_head
from worker.mail.spans import span_of, with_line_feeds

STATUS_TYPES = frozenset({"message/delivery-status", "message/global-delivery-status"})
RETURNED_TYPES = frozenset(
    {"message/rfc822", "message/rfc822-headers", "text/rfc822-headers", "message/global", "message/global-headers"}
)
FEEDBACK_TYPE = "message/feedback-report"
OTHER_REPORT_TYPES = frozenset({"message/disposition-notification", FEEDBACK_TYPE})
STATUS = re.compile(r"(?<![\d.])([245]\.\d{1,3}\.\d{1,3})(?![\d.])")
REPLY = re.compile(r"(?:^|[;:<]|->)\s*([245]\d\d)(?=[ -]|$)")
ADDRESS_TYPE = re.compile(r"^\s*[A-Za-z0-9-]{1,20}\s*;\s*")
# As Postfix and Sendmail tell it, with single spaces.
AFTER_DATA = re.compile(r"in reply to (?:end of )?data command|>>> data <<< [45]\d\d", re.IGNORECASE)
MOST_RECIPIENTS = 500
MOST_BLOCKS = 1_000
LONGEST_TEXT = 1_000
CLASS_ACTIONS = {"2": Action.RELAYED, "4": Action.DELAYED, "5": Action.FAILED}


def read_report(status: Sequence[Part], returned: Sequence[Part], text: str, limits: Limits) -> Report | None:
    """``text``: what the report says to people. None when there is no block in the status parts."""
    blocks = list(islice(blocks_in(status, limits), MOST_BLOCKS))
    if not blocks:
        return None
    about = [block for block in blocks if is_about_recipient(block)][:MOST_RECIPIENTS]
    # The text tells of all recipients together: it speaks for one only when there is only one.
    speaking = text if len(about) == 1 else ""
    return Report(
        envelope_id=first_value(blocks, "original-envelope-id"),
        original_message_id=returned_message_id(returned, limits) or id_in(blocks),
        recipients=tuple(found for block in about if (found := recipient_of(block, speaking)) is not None),
    )


def read_complaint(feedback: Sequence[Part], returned: Sequence[Part], limits: Limits) -> Report | None:
    """A feedback report (ARF, RFC 5965): somebody's provider passes on that a mail was complained about."""
    blocks = list(islice(blocks_in(feedback, limits), MOST_BLOCKS))
    if not blocks:
        return None
    kind = re.match(r"[a-z-]{1,40}", (first_value(blocks, "feedback-type") or "").lower())
    return Report(
        envelope_id=first_value(blocks, "original-envelope-id"),
        original_message_id=returned_message_id(returned, limits),
        recipients=(),
        feedback=kind.group() if kind else "other",
    )


def blocks_in(status: Iterable[Part], limits: Limits) -> Iterator[Head]:
    """Of all parts together as many bytes are read as a head may have."""
    room = limits.header_bytes
    for part in status:
        content = with_line_feeds(span_of(part.content.start(2 * room)))
        lines = content[:].replace(b"\r\n", b"\n")[:room]
        room -= len(lines)
        for group in re.split(rb"\n(?:[ \t]*\n)+", lines.strip(b"\n \t")):
            head = Head(tuple(fields_of(group, limits)))
            if head.headers:
                yield head
        if room <= 0:
            return


def is_about_recipient(block: Head) -> bool:
    return any(block.first(name) for name in ("final-recipient", "original-recipient", "action"))


def first_value(blocks: Iterable[Head], name: str) -> str | None:
    found = (block.first(name) for block in blocks)
    return next((header.value for header in found if header is not None and header.value), None)


def id_in(blocks: Sequence[Head]) -> str | None:
    value = first_value(blocks, "original-message-id") or first_value(blocks, "x-original-message-id")
    return message_id_of(value) if value else None


def returned_message_id(returned: Sequence[Part], limits: Limits) -> str | None:
    for part in returned:
        header = inner_head(part, limits).first("message-id")
        if header is not None:
            return message_id_of(header.value)
    return None


def recipient_of(block: Head, text: str) -> RecipientReport | None:
    final, original = address_in(block, "final-recipient"), address_in(block, "original-recipient")
    diagnostic = value_in(block, "diagnostic-code")
    status = status_of(value_in(block, "status"), diagnostic)
    action = action_of(value_in(block, "action"), status)
    address = final or original
    if address is None or action is None:
        return None
    reason = "delivered" if action in GOOD else reason_for(status, diagnostic, text)
    reply = REPLY.search(ADDRESS_TYPE.sub("", diagnostic))
    return RecipientReport(
        address=address,
        action=action,
        status=status,
        reason=reason,
        hard=action is Action.FAILED and is_hard(status, reason),
        remote_mta=ADDRESS_TYPE.sub("", value_in(block, "remote-mta"))[:LONGEST_TEXT] or None,
        reply=reply.group(1) if reply else None,
        diagnostic=diagnostic[:LONGEST_TEXT] or None,
        original_address=original,
    )


GOOD = frozenset({Action.DELIVERED, Action.RELAYED, Action.EXPANDED})


def reason_for(status: str, diagnostic: str, text: str) -> str:
    after_data = AFTER_DATA.search(" ".join(text.split())) is not None
    reason = reason_of(status, diagnostic, after_data=after_data)
    return reason_of(status, text, after_data=after_data) if not diagnostic and text else reason


def value_in(block: Head, name: str) -> str:
    header = block.first(name)
    return header.value if header else ""


def address_in(block: Head, name: str) -> str | None:
    """Without its type; ``+2B`` and ``+3D`` of xtext undone where a server left them, as no other is needed there."""
    written = ADDRESS_TYPE.sub("", value_in(block, name)).strip().strip("<>")
    if name == "original-recipient":
        written = re.sub(r"\+(2B|3D)", lambda code: chr(int(code.group(1), 16)), written)
    if not written:
        return None
    return normal_address(written) if is_address(written) else written[:320]


def status_of(written: str, diagnostic: str) -> str:
    """The status field, unless it is missing or says nothing (5.0.0) and the diagnostic says more."""
    given = STATUS.search(written)
    told = STATUS.search(diagnostic)
    if given is None or (given.group(1).endswith(".0.0") and told is not None):
        return told.group(1) if told else ""
    return given.group(1)


def action_of(written: str, status: str) -> Action | None:
    word = re.match(r"[a-z]+", written.lower())
    try:
        return Action(word.group()) if word else CLASS_ACTIONS.get(status[:1])
    except ValueError:
        return CLASS_ACTIONS.get(status[:1])
