"""The main job through real processes: post, mail, report, tick, reply, message, mirrored; by SMTP and by LMTP."""

import email
import email.policy
import signal
import smtplib
import socket
from collections.abc import Callable

import psutil
import pytest

from storage.records import ConversationId
from storage.states import AttentionReason, Tick
from tests.e2e.conftest import Station
from tests.flows.test_portal import view
from worker.demo.world_attachments import make_invoice
from worker.demo.world_clients import reply_from
from worker.demo.world_journal import Happened
from worker.flows.conversations import Started, start_conversation

ANNE, SOPHIE = "anne@fiduciaire.example", "sophie@boulangerie.example"
SECRET_WORDS = ("Sophie", "Martin", "Boulangerie", "four", "facture", "Facture", "Dupont", SOPHIE, ANNE)


def submit(station: Station, raw: bytes, sender: str) -> None:
    message = email.message_from_bytes(raw, policy=email.policy.default)
    with smtplib.SMTP("127.0.0.1", station.world.port, timeout=10) as server:
        server.sendmail(sender, [each.addr_spec for each in message["To"].addresses], raw)


def ask(station: Station, *, text: str = "Bonjour Sophie, à quoi correspond cette facture ?") -> Started:
    firm = station.firm
    answer = start_conversation(
        station.house, by=firm.anne, client_id=firm.bakery, subject="Facture 114", text=text, to=[firm.sophie]
    )
    assert isinstance(answer, Started)
    return answer


def texts(station: Station, conversation: ConversationId) -> list[str]:
    return [each.text for each in view(station.house, station.firm.anne, conversation).messages]


@pytest.mark.parametrize("protocol", ["smtp", "lmtp"])
def test_the_main_job_from_end_to_end(stations: Callable[..., Station], protocol: str) -> None:
    station = stations(NAVETTE_SINK_PROTOCOL=protocol)
    station.start()
    started = ask(station)

    (mail,) = station.wait_for(lambda: station.mailbox(SOPHIE), "the mail reaches Sophie")
    station.wait_for(
        lambda: view(station.house, station.firm.anne, started.conversation_id).messages[0].ticks[0].tick is Tick.BLUE,
        "the report turns the tick blue",
    )
    submit(station, reply_from("iphone", mail, "C'est le nouveau four.", files=[make_invoice("1", "2", "x")]), SOPHIE)
    station.wait_for(lambda: len(texts(station, started.conversation_id)) == 2, "the reply becomes a message")
    (copy,) = station.wait_for(lambda: station.mailbox(ANNE), "the reply is mirrored to Anne")
    submit(station, reply_from("outlook", copy, "Merci, je l'encode demain."), ANNE)
    station.wait_for(lambda: station.mailbox(SOPHIE, 2), "Anne's answer reaches Sophie")

    shown = view(station.house, station.firm.anne, started.conversation_id)
    assert [each.text for each in shown.messages[1:]] == ["C'est le nouveau four.", "Merci, je l'encode demain."]
    assert [each.media_type for each in shown.messages[1].attachments] == ["application/pdf"]
    station.stop()
    everything = "".join(station.lines)
    assert '"event": "tried"' in everything
    assert [word for word in SECRET_WORDS if word in everything] == [], "logs carry ids, never words"
    redis = b"".join(each.read_bytes() for each in (station.folder / "data" / "valkey").rglob("*") if each.is_file())
    assert [word for word in SECRET_WORDS if word.encode() in redis] == [], "Redis carries ids, never words"


def test_an_unknown_address_becomes_a_failure_that_needs_action(stations: Callable[..., Station]) -> None:
    station = stations()
    station.start()
    firm = station.firm
    answer = start_conversation(
        station.house, by=firm.anne, client_id=firm.bakery, subject="Extraits", text="Beste Marc", to=[firm.marc]
    )
    assert isinstance(answer, Started)

    def failed() -> bool:
        return view(station.house, firm.anne, answer.conversation_id).messages[0].ticks[0].tick is Tick.FAILED

    station.wait_for(failed, "the bounce moves the tick")
    notice = station.wait_for(lambda: station.mailbox(ANNE), "Anne is told by mail")
    assert b"auto-generated" in notice[0]
    reasons = view(station.house, firm.anne, answer.conversation_id).waits_for_firm
    assert reasons == (AttentionReason.MAIL_FAILED,)


def test_the_supervisor_stops_everything_and_leaves_no_orphan(stations: Callable[..., Station]) -> None:
    station = stations()
    station.start()
    station.wait_for(lambda: len(station.family()) >= 6, "all processes are there")
    family = station.family()
    station.stop()

    gone, alive = psutil.wait_procs(family, timeout=20)
    assert alive == []
    assert len(gone) == len(family)


def test_a_killed_supervisor_leaves_no_orphan(stations: Callable[..., Station]) -> None:
    station = stations()
    process = station.start()
    station.wait_for(lambda: len(station.family()) >= 6, "all processes are there")
    family = station.family()
    process.send_signal(signal.SIGKILL)

    _gone, alive = psutil.wait_procs(family, timeout=30)
    assert [each.name() for each in alive] == []


def test_a_full_run_starts_again_on_the_same_folder(stations: Callable[..., Station]) -> None:
    station = stations()
    station.start()
    station.stop()
    station.log.clear()
    station.start()
    ask(station)

    assert station.wait_for(lambda: station.mailbox(SOPHIE), "the mail reaches Sophie")
    assert station.world.journal.count(Happened.RECEIVED, SOPHIE) == 1


def test_a_second_run_on_the_same_folder_is_refused(stations: Callable[..., Station]) -> None:
    station = stations()
    station.start()
    told = station.run_again()

    assert "is at work in" in told
    assert "Traceback" not in told


def test_a_port_in_use_is_told_in_a_sentence(stations: Callable[..., Station]) -> None:
    station = stations()
    with socket.create_server(("127.0.0.1", station.sink_port)):
        told = station.run_again("sink")

    assert "NAVETTE_SINK_PORT" in told
    assert "Traceback" not in told
