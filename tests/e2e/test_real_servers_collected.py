"""A firm whose mail domain leads to a mailbox: Postfix delivers into Dovecot, and the collector reads it by IMAP."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from storage.states import Evidence, Tick
from tests.e2e.real_station import HOUSES, OFFICE, RealStation, real_stations
from tests.servers.swaks import Swaks
from worker.demo.world_answered import read_answered

ANNE, SOPHIE = "anne@fiduciaire.example", "sophie@boulangerie.example"
ANSWER = "C'est le nouveau four, à usage professionnel."


@pytest.fixture
def stations(
    request: pytest.FixtureRequest, tmp_path: Path, start_postfix: object, start_dovecot: object, redis_url: str
) -> Iterator[Callable[..., RealStation]]:
    with real_stations(request, tmp_path) as make:
        yield make


@pytest.mark.parametrize("house", HOUSES)
def test_report_and_answer_come_back_through_a_collected_mailbox(
    stations: Callable[..., RealStation], swaks: Swaks, house: str
) -> None:
    station = stations(house, collected=True)
    sophie = station.firm.sophie
    conversation = station.ask("Bonjour Sophie, à quoi correspond cette facture ?", to=[sophie])

    (mail,) = station.wait_for(lambda: station.mailbox(SOPHIE), "the mail is in Sophie's mailbox")
    assert station.wait_for_tick(conversation, sophie, Tick.BLUE).evidence is Evidence.REPORT_RELAYED
    station.answer(swaks, mail, ANSWER)
    (answer,) = station.wait_for(lambda: station.messages(conversation)[1:], "the answer becomes a message")
    (copy,) = station.wait_for(lambda: station.mailbox(ANNE), "the answer is mirrored to Anne")

    assert answer.text == ANSWER
    assert "à quoi correspond cette facture" in (answer.quoted_text or "")
    assert ANSWER in read_answered(copy).text
    station.wait_for(lambda: len(station.dovecot.mails_of(OFFICE, "Archive")) >= 2, "what was collected is archived")
    assert station.told("kept", way="lmtp") == [], "nothing came through the sink"
