"""What flows ask of the world. Adapters fit these shapes without importing them; each has one contract suite."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from sqlalchemy.orm import Session

from storage.records import ArrivalId, OutgoingMailId


class Clock(Protocol):
    def now(self, session: Session) -> datetime:
        """Aware UTC; asked once per transaction. Production asks the database."""


class Bell(Protocol):
    """Rings for work after the commit. May be lost, late or doubled: the sweep rings again. Never raises."""

    def ring_outgoing(self, ids: Sequence[OutgoingMailId]) -> None: ...

    def ring_inbound(self, ids: Sequence[ArrivalId]) -> None: ...
