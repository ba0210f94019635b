"""Addresses that are taken back from one person, and given again."""

import pytest

from storage import addresses
from storage.database import Database
from storage.records import PersonId
from storage.states import AddressState
from tests.conftest import START, Firm

OLD, NEW = "sophie@boulangerie.example", "sophie@elsewhere.example"


def states(database: Database, person: PersonId) -> dict[str, tuple[str, bool]]:
    with database.reading() as session:
        found = addresses.addresses_of(session, person)
        return {each.normal: (each.state, each.is_primary) for each in found}


def add(database: Database, person: PersonId, normal: str, *, is_primary: bool = True) -> int | None:
    with database.writing() as session:
        return addresses.add_address(session, person, written=normal, normal=normal, is_primary=is_primary, now=START)


def test_an_address_that_is_taken_back_gives_way_to_another_one(database: Database, firm: Firm) -> None:
    add(database, firm.sophie, NEW, is_primary=False)
    with database.writing() as session:
        assert addresses.retire_address(session, firm.sophie, OLD)
        assert not addresses.retire_address(session, firm.sophie, OLD)
        assert addresses.people_at(session, OLD) == []

    assert states(database, firm.sophie) == {OLD: ("retired", False), NEW: ("active", True)}


def test_who_shares_it_keeps_it(database: Database, firm: Firm) -> None:
    add(database, firm.marc, OLD, is_primary=False)
    with database.writing() as session:
        assert addresses.retire_address(session, firm.marc, OLD)

    assert states(database, firm.sophie) == {OLD: ("active", True)}


@pytest.mark.parametrize("is_primary", [True, False])
def test_it_can_be_given_again(database: Database, firm: Firm, *, is_primary: bool) -> None:
    with database.writing() as session:
        addresses.retire_address(session, firm.sophie, OLD)
    add(database, firm.sophie, OLD, is_primary=is_primary)

    assert states(database, firm.sophie) == {OLD: ("active", is_primary)}


def test_the_primary_address_that_is_given_again_stays_primary(database: Database, firm: Firm) -> None:
    assert add(database, firm.sophie, OLD) is None
    assert states(database, firm.sophie) == {OLD: ("active", True)}


def test_a_failure_brings_no_address_back(database: Database, firm: Firm) -> None:
    with database.writing() as session:
        addresses.retire_address(session, firm.sophie, OLD)
        assert addresses.set_address_state(session, OLD, AddressState.SUPPRESSED) == 0

    assert states(database, firm.sophie) == {OLD: ("retired", False)}
