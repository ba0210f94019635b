"""What the sink says, and when. A fault of ours is 451 or 452 and never carries its text (DESIGN.md invariant 8)."""

import re

import structlog

from worker.core.failures import TemporaryFailure

log = structlog.get_logger("navette.sink")

UNKNOWN = "550 5.1.1 no such address here"
FAULT = "451 4.3.0 a fault on our side, try again later"
FULL = "452 4.3.1 no space left here, try again later"
TOO_LARGE = "552 5.3.4 the mail is too large"
BARE_LF = "550 5.6.11 a line ends with LF alone: lines end with CR LF"
TOO_BUSY = "421 4.3.2 too many sessions, try again later"
GUESSING = "421 4.7.0 too many unknown recipients, try again later"
GOODBYE = "421 4.3.2 the service is stopping, try again later"
IDLE = b"421 4.4.2 nothing came for too long\r\n"
BAD_MAIL = "501 5.1.7 Syntax: MAIL FROM:<address> [SIZE=n] [BODY=7BIT|8BITMIME] [SMTPUTF8]"
KEPT = "250 2.0.0 kept"
BAD_RCPT = "501 5.1.3 Syntax: RCPT TO:<address>"


STATUS_OF = {"221": "2.0.0", "250": "2.0.0", "454": "4.7.0", "500": "5.5.2", "501": "5.5.4", "502": "5.5.1"}
WITHOUT_STATUS = re.compile(r"(221|250|454|500|501|502) (?!\d\.\d)")
OFFERED = {
    "SIZE": re.compile(r"\d{1,20}", re.ASCII),
    "BODY": re.compile("7BIT|8BITMIME", re.IGNORECASE),
    "SMTPUTF8": re.compile(""),
}
"""Parameters of MAIL and what they may say."""


def answer_to(fault: Exception) -> str:
    """What a peer is told of a fault of ours: that it is ours, and that it may pass."""
    is_full = isinstance(fault, TemporaryFailure) and fault.full
    log.warning("fault", kind=type(fault).__name__, full=is_full)
    return FULL if is_full else FAULT


def with_status(answer: str) -> str:
    """Aiosmtpd's own answers have no enhanced code."""
    found = WITHOUT_STATUS.match(answer)
    return answer if found is None else f"{found[1]} {STATUS_OF[found[1]]} {answer[4:]}"


def why_not(parameters: dict[str, str], max_bytes: int) -> str | None:
    """Why MAIL with these parameters is refused, or None."""
    if not parameters.keys() <= OFFERED.keys():
        return "555 5.5.4 this parameter of MAIL is not offered"
    if not all(OFFERED[name].fullmatch(value) for name, value in parameters.items()):
        return BAD_MAIL
    return TOO_LARGE if int(parameters.get("SIZE", "0")) > max_bytes else None
