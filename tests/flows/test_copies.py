"""What a case manager copied to a contact himself is filed as sent; not what he copied to an address that is dead."""

import pytest

from storage import addresses
from storage.states import AddressState
from tests.conftest import Firm, HandClock
from tests.flows.attacks import ANNE
from tests.flows.clicking import sent_to
from tests.flows.mailroom import Asked, Mailroom, address_in, reply, to_case_manager
from tests.flows.outgoing import Post

SOPHIES, OTHER = "sophie@boulangerie.example", "old@boulangerie.example"


@pytest.mark.parametrize(
    ("state", "mails"), [(AddressState.ACTIVE, 0), (AddressState.SUPPRESSED, 1), (AddressState.RETIRED, 1)]
)
def test_a_copy_counts_as_sent_only_to_an_address_that_works(
    room: Mailroom, firm: Firm, asked: Asked, out: Post, clock: HandClock, state: AddressState, mails: int
) -> None:
    with room.house.database.writing() as session:
        now = room.house.now(session)
        addresses.add_address(session, firm.sophie, written=OTHER, normal=OTHER, is_primary=False, now=now)
        addresses.set_address_state(session, OTHER, state)
    to_anne = to_case_manager(room, asked, out, clock)
    before = len(sent_to(out, SOPHIES))
    room.file(reply(to_anne, "Noté.", sender=ANNE, number=5, extra=f"Cc: {OTHER}\r\n"), address_in(to_anne))
    clock.forward(minutes=10)
    out.run()

    assert len(sent_to(out, SOPHIES)) == before + mails
