"""The main job through real servers: Postfix as relay and as road to our sink, Dovecot as everybody's mailbox."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from storage.records import ConversationId
from storage.states import Evidence, Tick
from tests.e2e.real_station import RealStation, real_stations
from tests.servers.neomutt import NeoMutt
from tests.servers.swaks import Swaks
from worker.demo.world_answered import read_answered
from worker.flows.reading import MessageView

ANNE, SOPHIE = "anne@fiduciaire.example", "sophie@boulangerie.example"
QUESTION, ANSWER = "Bonjour Sophie, à quoi correspond cette facture ?", "C'est le nouveau four, à usage professionnel."


@pytest.fixture
def stations(
    request: pytest.FixtureRequest, tmp_path: Path, start_postfix: object, start_dovecot: object, redis_url: str
) -> Iterator[Callable[..., RealStation]]:
    with real_stations(request, tmp_path) as make:
        yield make


def wait_for_answer(station: RealStation, conversation: ConversationId) -> MessageView:
    return station.wait_for(lambda: station.messages(conversation)[1:], "the answer becomes a message")[0]


def assert_only_new_text(answer: MessageView) -> None:
    assert answer.text == ANSWER
    assert QUESTION in (answer.quoted_text or ""), "the question came back below the answer and is kept beside it"


# Postfix takes Dovecot's LMTP for a relay unless it is told that it is the recipients' own server.
@pytest.mark.parametrize(
    ("house", "relay", "evidence"),
    [
        ("embedded", {"lmtp_assume_final": "yes"}, Evidence.REPORT_DELIVERED),
        ("postgresql", {}, Evidence.REPORT_RELAYED),
    ],
    ids=["embedded", "postgresql"],
)
def test_a_message_and_its_answer_through_real_servers(
    stations: Callable[..., RealStation], swaks: Swaks, house: str, relay: dict[str, str], evidence: Evidence
) -> None:
    station = stations(house, relay=relay)
    sophie = station.firm.sophie
    conversation = station.ask(QUESTION, to=[sophie])

    (mail,) = station.wait_for(lambda: station.mailbox(SOPHIE), "the mail is in Sophie's mailbox")
    tick = station.wait_for_tick(conversation, sophie, Tick.BLUE)
    assert tick.evidence is evidence
    station.answer(swaks, mail, ANSWER)
    answer = wait_for_answer(station, conversation)
    (copy,) = station.wait_for(lambda: station.mailbox(ANNE), "the answer is mirrored to Anne")

    assert_only_new_text(answer)
    assert ANSWER in read_answered(copy).text
    assert station.postfix.said("status=bounced") == []


def test_an_answer_from_neomutt_becomes_a_message_with_only_the_new_text(
    stations: Callable[..., RealStation], open_neomutt: Callable[..., NeoMutt]
) -> None:
    station = stations()
    conversation = station.ask(QUESTION, to=[station.firm.sophie])
    station.wait_for(lambda: station.mailbox(SOPHIE), "the mail is in Sophie's mailbox")

    client = open_neomutt(address=SOPHIE, name="Sophie Martin", postfix=station.postfix, dovecot=station.dovecot)
    client.answer("Facture 114", ANSWER)
    answer = wait_for_answer(station, conversation)

    assert_only_new_text(answer)
    (copy,) = station.wait_for(lambda: station.mailbox(ANNE), "the answer is mirrored to Anne")
    assert ANSWER in read_answered(copy).text


def test_a_report_of_our_own_relay_leaves_the_tick_grey_until_the_person_answers(
    stations: Callable[..., RealStation], swaks: Swaks
) -> None:
    station = stations(NAVETTE_OWN_RELAYS="127.0.0.1")
    sophie = station.firm.sophie
    conversation = station.ask(QUESTION, to=[sophie])

    (mail,) = station.wait_for(lambda: station.mailbox(SOPHIE), "the mail is in Sophie's mailbox")
    station.wait_for(lambda: station.told("filed", outcome="report"), "Postfix's report is filed")
    assert station.tick(conversation, sophie).tick is Tick.GREY
    station.answer(swaks, mail, ANSWER)

    assert station.wait_for_tick(conversation, sophie, Tick.BLUE).evidence is Evidence.REPLY
