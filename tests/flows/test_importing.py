"""One file brings clients, people and regimes; every fault has a line and a column."""

import codecs
from pathlib import Path

import pytest

from storage import addresses, people
from storage.states import Regime
from tests.conftest import HandClock
from worker.flows.house import House
from worker.flows.importing import import_file

HEAD = "role;name;email;language;client_code;client_name;manager;regime;regime_from;refund_seeker"
ANNE = "case_manager;Anne Dupont;anne@fid.example;fr;;;;;;"
SOPHIE = (
    "contact;Sophie Martin;sophie@boul.example;fr;B001;Boulangerie Martin;anne@fid.example;quarterly;01/01/2026;oui"
)
MARC = "contact;Marc Janssens;marc@boul.example;nl;B001;;;;;"


def sheet(*lines: str) -> bytes:
    return "\r\n".join((HEAD, *lines)).encode()


def test_the_sample_of_the_documentation_imports(house: House) -> None:
    sample = Path("docs/import-sample.csv").read_bytes()
    result = import_file(house, sample, dry_run=False)

    assert result.faults == []
    assert result.written


def test_a_file_is_imported_and_a_second_run_changes_nothing(house: House) -> None:
    first = import_file(house, sheet(ANNE, SOPHIE, MARC), dry_run=False)
    again = import_file(house, sheet(ANNE, SOPHIE, MARC), dry_run=False)

    assert first.faults == again.faults == []
    assert again.differences == []
    with house.database.reading() as session:
        client = people.client_by_code(session, "B001")
        assert client is not None
        assert {each.name for each in people.contacts_of(session, client.id)} == {"Sophie Martin", "Marc Janssens"}
        assert [each.regime for each in people.regimes_of(session, client.id)] == [Regime.QUARTERLY]
        assert client.refund_seeker


def test_a_changed_file_updates_by_client_code_and_shows_before_and_after(house: House) -> None:
    import_file(house, sheet(ANNE, SOPHIE), dry_run=False)
    result = import_file(house, sheet(ANNE, SOPHIE.replace("Boulangerie Martin", "Martin SRL")), dry_run=False)

    (difference,) = result.differences
    assert (difference.column, difference.before, difference.after) == ("name", "Boulangerie Martin", "Martin SRL")


def test_a_dry_run_shows_everything_and_writes_nothing(house: House) -> None:
    result = import_file(house, sheet(ANNE, SOPHIE), dry_run=True)

    assert result.differences
    assert not result.written
    with house.database.reading() as session:
        assert people.all_clients(session) == []


def test_one_fault_writes_nothing_and_all_faults_are_told(house: House) -> None:
    wrong = "contact;;not-an-address;xx;B002;;;weekly;;maybe"
    result = import_file(house, sheet(ANNE, SOPHIE, wrong), dry_run=False)

    assert {(each.line, each.column) for each in result.faults} == {
        (4, "name"),
        (4, "email"),
        (4, "language"),
        (4, "regime"),
        (4, "refund_seeker"),
    }
    with house.database.reading() as session:
        assert people.all_people(session) == []


def test_a_manager_nobody_knows_and_a_client_without_name_are_faults(house: House) -> None:
    result = import_file(house, sheet(SOPHIE, "contact;X;x@y.example;fr;B009;;;;;"), dry_run=False)

    assert [(each.line, each.column) for each in result.faults] == [(2, "manager"), (3, "client_name")]


@pytest.mark.parametrize(
    "change", [lambda raw: codecs.BOM_UTF8 + raw, lambda raw: raw.replace(b";", b","), lambda raw: raw]
)
def test_bom_and_commas_are_read(house: House, change: object) -> None:
    assert callable(change)
    assert import_file(house, change(sheet(ANNE, SOPHIE)), dry_run=False).faults == []


def test_cp1252_keeps_its_accents(house: House) -> None:
    import_file(house, sheet(ANNE.replace("Anne", "Hélène")).decode().encode("cp1252"), dry_run=False)

    with house.database.reading() as session:
        assert [each.name for each in people.all_people(session)] == ["Hélène Dupont"]


def test_a_wrong_column_is_told_with_the_nearest_right_one(house: House) -> None:
    result = import_file(house, b"role;name;emial;client_code\n", dry_run=False)

    assert ("emial", "unknown column; did you mean email?") in [(each.column, each.what) for each in result.faults]


def test_two_people_of_one_mailbox_stay_two_people(house: House) -> None:
    couple = [
        "contact;Jan Maes;maes@thuis.example;nl;M1;Maes;;;;",
        "contact;Els Maes;maes@thuis.example;nl;M1;;;;;",
    ]
    import_file(house, sheet(*couple), dry_run=False)
    import_file(house, sheet(*couple), dry_run=False)

    with house.database.reading() as session:
        assert {each.name for each in addresses.people_at(session, "maes@thuis.example")} == {"Jan Maes", "Els Maes"}


def test_a_new_regime_ends_the_one_before(house: House, clock: HandClock) -> None:
    import_file(house, sheet(ANNE, SOPHIE), dry_run=False)
    import_file(house, sheet(SOPHIE.replace("quarterly;01/01/2026", "monthly;01/07/2026")), dry_run=False)

    with house.database.reading() as session:
        client = people.client_by_code(session, "B001")
        assert client is not None
        told = [
            (each.regime, str(each.valid_from), str(each.valid_to)) for each in people.regimes_of(session, client.id)
        ]
    assert told == [("quarterly", "2026-01-01", "2026-06-30"), ("monthly", "2026-07-01", "None")]
