"""What every flow is given: the firm's database, files, keys, rules, clock, bell and, where there is one, scanner."""

from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from sqlalchemy.orm import Session

from storage.database import Database
from storage.files import FileStore
from storage.outbox_claims import Gate
from worker.core.policy import Policy, Sending
from worker.core.signed_addresses import KeyRing
from worker.flows.ports import Bell, Clock, Scanner

Thing = TypeVar("Thing")


@dataclass(frozen=True, slots=True, kw_only=True)
class House:
    database: Database
    files: FileStore
    clock: Clock
    bell: Bell
    keys: KeyRing
    policy: Policy
    scanner: Scanner | None = None

    def now(self, session: Session) -> datetime:
        return self.clock.now(session)


def gate_of(policy: Policy) -> Gate:
    """Nothing leaves before the firm says so (DESIGN.md invariant 16)."""
    if policy.sending is Sending.ON:
        return Gate(everybody=True)
    if policy.sending is Sending.OFF:
        return Gate(everybody=False)
    return Gate(everybody=False, listed=policy.sending_listed, alarms=True)


def there(thing: Thing | None) -> Thing:
    """A row that a foreign key promises."""
    assert thing is not None, "a row that a foreign key names is gone"
    return thing
