"""RCPT tells the truth: which addresses are ours."""

from dataclasses import replace
from pathlib import Path

import pytest

from storage.database import Database
from storage.records import PublicId
from storage.states import AddressKind
from tests.conftest import TEST_KEYS, make_firm, with_policy
from worker.core.failures import TemporaryFailure
from worker.core.signed_addresses import KeyRing, local_part
from worker.flows.house import House
from worker.flows.recipients import Known, Unknown, judge_at_sight, judge_recipient

DOMAIN = "mail.fiduciaire.example"
TOKEN = TEST_KEYS.sign(AddressKind.REPLY, PublicId(4711))
SIGNED = f"{local_part(AddressKind.REPLY, TOKEN)}@{DOMAIN}"


@pytest.fixture
def settled(house: House) -> House:
    with house.database.writing() as session:
        make_firm(session, now=house.now(session))
    return with_policy(house, mailbox_address="Office@Fiduciaire.example", operator_address="ops@fiduciaire.example")


@pytest.mark.parametrize(
    "address",
    [
        SIGNED,
        SIGNED.upper(),
        "anne.dupont@" + DOMAIN,
        "Anne.Dupont@" + DOMAIN.upper(),
        "boulangerie.martin@" + DOMAIN,
        "new@" + DOMAIN,
        "NEW@" + DOMAIN,
        "postmaster@" + DOMAIN,
        "abuse@" + DOMAIN,
        "Postmaster",
        "office@fiduciaire.example",
        "OPS@fiduciaire.example",
    ],
)
def test_what_is_ours_is_known_in_any_case(settled: House, address: str) -> None:
    assert judge_recipient(settled, address) == Known()


@pytest.mark.parametrize(
    "address",
    [
        f"r+{TOKEN[:-1]}{'a' if TOKEN[-1] != 'a' else 'b'}@{DOMAIN}",
        f"r+{TOKEN[:-1]}@{DOMAIN}",
        f"{local_part(AddressKind.REPLY, TOKEN)}@elsewhere.example",
        f"r+{KeyRing(((1, b'the secret of somebody else'),)).sign(AddressKind.REPLY, PublicId(4711))}@{DOMAIN}",
        "nobody@" + DOMAIN,
        "anne.dupont@elsewhere.example",
        "new@fiduciaire.example",
        "abuse",
        "sophie@boulangerie.example",
        "",
        "@",
        "anne.dupont",
        "anne\0.dupont@" + DOMAIN,
        "anne\udcff@" + DOMAIN,
        '"anne.dupont"@' + DOMAIN,
    ],
)
def test_what_is_not_ours_is_unknown(settled: House, address: str) -> None:
    assert judge_recipient(settled, address) == Unknown()


def test_only_a_house_address_asks_the_database(settled: House) -> None:
    assert judge_at_sight(settled, SIGNED) == Known()
    assert judge_at_sight(settled, "anne.dupont@" + DOMAIN) is None


def test_a_database_that_is_away_is_no_refusal(settled: House, tmp_path: Path) -> None:
    away = replace(settled, database=Database(f"sqlite:///{tmp_path / 'missing' / 'navette.db'}"))

    with pytest.raises(TemporaryFailure):
        judge_recipient(away, "anne.dupont@" + DOMAIN)
    assert judge_recipient(away, SIGNED) == Known()
