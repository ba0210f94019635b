"""What the sink asks of the house behind it, and the numbers it is run by. The sink knows nothing of storage or flows.

``Desk.judge`` and ``Desk.judge_at_sight`` answer RCPT; ``Desk.keep`` is asked at the end of DATA and its answer is what
the peer is told. A fault of ours is a ``TemporaryFailure``: 451, or 452 when no space is left.
"""

import ssl
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Protocol

from worker.core.failures import TemporaryFailure

MEMORY_BYTES = 256 * 1024
"""A mail up to this size is handed over as bytes, so that one commit keeps it (DESIGN.md 11.8); above it is a file."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TakenMail:
    """A mail as it was received, dots unstuffed, nothing added. Exactly one of ``raw`` and ``path`` is given.

    ``path`` is a file in the spool, complete and fsynced; whoever is given the mail owns that file from then on.
    ``envelope_from`` is "" for the null sender.
    """

    sha256: str
    size: int
    raw: bytes | None
    path: Path | None
    envelope_from: str
    recipients: tuple[str, ...]
    peer: str | None
    way: Literal["smtp", "lmtp"]


class Verdict(Protocol):
    @property
    def is_known(self) -> bool: ...


class Desk(Protocol):
    """The house behind the sink."""

    def judge_at_sight(self, recipient: str) -> Verdict | None:
        """What can be said without any waiting, in the event loop; None: ask ``judge``."""

    def judge(self, recipient: str) -> Verdict:
        """May block; called in a thread. Raises TemporaryFailure."""

    def spool_path(self) -> Path:
        """A new name in the spool folder; may block. Raises TemporaryFailure or OSError."""

    async def keep(self, mail: TakenMail) -> Sequence[TemporaryFailure | None]:
        """Keep it durably: one entry per recipient, None where it is kept. May raise TemporaryFailure for all.

        Goes on when the one who waits is cancelled (the peer went away): what was begun is kept.
        """


@dataclass(frozen=True, slots=True, kw_only=True)
class SinkSettings:
    """``at_border``: limits per peer and refusal of bare LF. Behind an MX, and so always with LMTP, none of them.

    ``idle_s``: seconds without a byte; ``grace_s``: how long ``stop`` waits for mails that are coming in; ``tls``: with
    a context STARTTLS is offered.
    """

    host: str = "127.0.0.1"
    port: int = 2525
    protocol: Literal["smtp", "lmtp"] = "smtp"
    hostname: str = "localhost"
    at_border: bool = True
    max_bytes: int = 50 * 2**20
    max_recipients: int = 100
    max_sessions: int = 200
    idle_s: float = 300
    grace_s: float = 30
    peer_sessions: int = 50
    peer_unknown_in_a_row: int = 20
    peer_mails_a_minute: int = 600
    tls: ssl.SSLContext | None = None

    @property
    def limits_peers(self) -> bool:
        return self.at_border and self.protocol == "smtp"
