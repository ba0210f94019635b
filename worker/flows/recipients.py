"""Which addresses are ours (DESIGN.md section 5): what RCPT is answered by.

A signed address whose MAC holds is ours without a look into the database, also when its row is gone: such mail is
held, not refused. One whose MAC fails is nobody's. Then our fixed names, the two configured addresses, and the house
addresses of case managers and clients, which alone ask the database. Case never matters.
"""

from dataclasses import dataclass

from storage.addresses import house_address_of
from storage.database import DatabaseDown
from worker.core.failures import TemporaryFailure
from worker.core.mail_addresses import is_address, normal_address
from worker.core.policy import Policy
from worker.core.signed_addresses import token_in
from worker.flows.house import House

FIXED = frozenset({"new", "postmaster", "abuse"})


@dataclass(frozen=True, slots=True)
class Known:
    @property
    def is_known(self) -> bool:
        return True


@dataclass(frozen=True, slots=True)
class Unknown:
    @property
    def is_known(self) -> bool:
        return False


def judge_recipient(house: House, address: str) -> Known | Unknown:
    """Raises TemporaryFailure when the database must be asked and does not answer."""
    at_sight = judge_at_sight(house, address)
    if at_sight is not None:
        return at_sight
    local, _, _ = normal_address(address).rpartition("@")
    try:
        with house.database.reading() as session:
            found = house_address_of(session, local)
    except DatabaseDown as fault:
        raise TemporaryFailure("the database does not answer") from fault
    return Unknown() if found is None else Known()


def judge_at_sight(house: House, address: str) -> Known | Unknown | None:
    """What needs no database; None when it must be asked."""
    policy = house.policy
    if address.lower() == "postmaster":  # RFC 5321 4.5.1: also without a domain
        return Known()
    # Unprintable covers NUL and lone surrogates, which no database takes.
    if not address.isprintable() or not is_address(normal_address(address)):
        return Unknown()
    token = token_in(address, policy.domain, policy.separator)
    if token is not None:
        return Unknown() if house.keys.verify(token) is None else Known()
    return judge_plain(policy, normal_address(address))


def judge_plain(policy: Policy, normal: str) -> Known | Unknown | None:
    configured = {normal_address(each) for each in (policy.mailbox_address, policy.operator_address) if each}
    local, _, domain = normal.rpartition("@")
    if normal in configured:
        return Known()
    if domain != normal_address(f"x@{policy.domain}")[2:]:
        return Unknown()
    return Known() if local in FIXED else None
