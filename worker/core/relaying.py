"""One mail handed to the relay, and the ways that can end."""

from dataclasses import dataclass

from worker.core.slices import Slices


@dataclass(frozen=True, slots=True, kw_only=True)
class SealedMail:
    """``content``: the fixed bytes, CRLF line ends, of a large mail read a slice at a time; ``envelope_id`` for ENVID;
    ``recipient``: one addr-spec.
    """

    envelope_from: str
    recipient: str
    envelope_id: str
    content: Slices


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """250 after DATA. ``reports_asked``: the relay offered DSN and was asked for reports."""

    reply: str
    reports_asked: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Later:
    """4xx, or no connection: nothing was taken, try again. ``busy``: 421 or no connection, so not this mail's fault;
    ``refuses_us``: our login or token, which a person must mend.
    """

    reply: str
    busy: bool
    refuses_us: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Never:
    """5xx (but not 552 on RCPT): this mail will not be taken. ``status``: enhanced code or empty."""

    reply: str
    status: str


@dataclass(frozen=True, slots=True, kw_only=True)
class InDoubt:
    """The connection broke after the end of DATA: it may have been taken. The same bytes are tried again."""

    reply: str


RelayAnswer = Taken | Later | Never | InDoubt
