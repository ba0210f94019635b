"""What a relay's reply means for the mail that was offered (RFC 5321 4.2, RFC 3463).

A reply is one or more lines of ``CODE-text`` and a last one of ``CODE text``. What is none raises TemporaryFailure: a
server that speaks nonsense has refused nothing.

========================== =============================================================================
reply                      answer
========================== =============================================================================
250 after the text         Taken
421 anywhere               Later, busy: the relay wants to be left alone
530, 534, 535, 538         Later, busy: our login is missing or wrong, which is never this mail's fault
other 4xx; 552 on RCPT     Later (552 there is a full mailbox or too many recipients, RFC 5321 4.5.3.1.10)
other 5xx                  Never
anything unexpected        Later, busy; after the text InDoubt, for the relay may have kept it
========================== =============================================================================
"""

import re
import unicodedata
from dataclasses import dataclass
from enum import StrEnum

from worker.core.failures import TemporaryFailure
from worker.core.relaying import InDoubt, Later, Never, RelayAnswer, Taken

LONGEST_TEXT = 500
LINE = re.compile(r"([2-5][0-9][0-9])(?:([ -])(.*))?", re.DOTALL)
# At the start of the text, where RFC 2034 puts it, or behind a mark ("#5.1.0", "[5.1.1]").
STATUS = re.compile(r"\W{0,2}([245]\.[0-9]{1,3}\.[0-9]{1,3})(?![.0-9])")
OUR_LOGIN = frozenset({530, 534, 535, 538})


class Step(StrEnum):
    MAIL = "MAIL"
    RCPT = "RCPT"
    DATA = "DATA"
    END = "end of DATA"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """``lines``: the texts behind the code, as they came."""

    code: int
    lines: tuple[str, ...]

    @property
    def text(self) -> str:
        """For people: one line without control characters, at most 500 characters."""
        return readable(" ".join((str(self.code), *self.lines)))

    @property
    def is_good(self) -> bool:
        return 200 <= self.code < 300


def reply_line(raw: bytes) -> tuple[int, bool, str]:
    """Code, whether it is the last line of its reply, and text."""
    line = raw.decode("utf-8", "replace").rstrip("\r\n")
    found = LINE.fullmatch(line)
    if found is None:
        raise TemporaryFailure(readable(f"the relay's reply is not SMTP: {line}"))
    return int(found[1]), found[2] != "-", found[3] or ""


def readable(text: str) -> str:
    plain = "".join(" " if unicodedata.category(char)[0] in "CZ" else char for char in text[: LONGEST_TEXT * 4])
    return " ".join(plain.split())[:LONGEST_TEXT]


def status_in(reply: Reply) -> str:
    """The enhanced status code, or empty: one that contradicts the reply's own class says nothing."""
    found = (STATUS.match(line) for line in reply.lines)
    codes = [match[1] for match in found if match is not None]
    return next((code for code in codes if code[0] == str(reply.code)[0]), "")


def agrees(step: Step, reply: Reply) -> bool:
    return reply.code == 354 if step is Step.DATA else reply.is_good


def answer_to(step: Step, reply: Reply, *, reports_asked: bool) -> RelayAnswer:
    """What ends the mail here: a refusal at any step, or whatever stands after the text."""
    if step is Step.END and reply.is_good:
        return Taken(reply=reply.text, reports_asked=reports_asked)
    if reply.code == 421 or reply.code in OUR_LOGIN:
        return Later(reply=reply.text, busy=True)
    if 400 <= reply.code < 500 or (step is Step.RCPT and reply.code == 552):
        return Later(reply=reply.text, busy=False)
    if reply.code >= 500:
        return Never(reply=reply.text, status=status_in(reply))
    text = readable(f"unexpected answer to {step}: {reply.text}")
    return InDoubt(reply=text) if step is Step.END else Later(reply=text, busy=True)
