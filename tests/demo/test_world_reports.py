"""The world's reports, read by the standard library and held against the fields of RFC 3464."""

import smtplib
from email import message_from_bytes
from email.message import Message
from email.utils import parsedate_to_datetime
from typing import Any

import pytest

from tests.demo.conftest import ASKED, MAIL, NOBODY, RETURN_PATH, SOPHIE, MakeWorld, send
from worker.demo.world import World
from worker.demo.world_behaviours import Behaviour
from worker.demo.world_journal import Happened


def report_to_firm(world: World, firm: World, to: str = SOPHIE, **given: Any) -> Message:
    world.lead_to(firm.host, firm.port)
    send(world, to, **given)
    firm.wait_for(lambda seen: seen.count(Happened.STORED, RETURN_PATH) == 1)
    return message_from_bytes(firm.mails_of(RETURN_PATH)[-1])


def parts_of(report: Message) -> tuple[Message, Message, Message]:
    """The report's fields about the mail, about the recipient, and its third part; checked for their shape."""
    assert report.get_content_type() == "multipart/report"
    assert report.get_param("report-type") == "delivery-status"
    assert report["Auto-Submitted"] == "auto-replied"
    assert report["Return-Path"] == "<>"
    assert report["To"] == RETURN_PATH
    parts = report.get_payload()
    assert isinstance(parts, list)
    words, status, returned = parts
    assert isinstance(words, Message)
    assert words.get_content_type() == "text/plain"
    assert isinstance(status, Message)
    assert status.get_content_type() == "message/delivery-status"
    groups = status.get_payload()
    assert isinstance(groups, list)
    about_mail, about_person = groups
    assert isinstance(about_mail, Message)
    assert isinstance(about_person, Message)
    assert isinstance(returned, Message)
    assert about_mail["Reporting-MTA"] == "dns; relay.world.example"
    assert about_mail["Original-Envelope-Id"] == "token+1"
    assert parsedate_to_datetime(about_mail["Arrival-Date"]).tzinfo is not None
    return about_mail, about_person, returned


def test_a_delivered_report_says_what_rfc_3464_asks(make_world: MakeWorld, firm: World) -> None:
    _, person, returned = parts_of(report_to_firm(make_world(), firm))
    assert person["Original-Recipient"] == "rfc822;Sophie@boulangerie.example"
    assert person["Final-Recipient"] == f"rfc822;{SOPHIE}"
    assert person["Action"] == "delivered"
    assert person["Status"] == "2.0.0"
    assert person["Remote-MTA"] is None
    assert returned.get_content_type() == "text/rfc822-headers"
    assert "Message-ID: <1@firm>" in str(returned.get_payload())
    assert "Bonjour" not in str(returned.get_payload())


def test_a_relayed_report_names_the_next_server(make_world: MakeWorld, firm: World) -> None:
    world = make_world()
    world.behave(SOPHIE, Behaviour.RELAY)
    _, person, _ = parts_of(report_to_firm(world, firm))
    assert (person["Action"], person["Status"]) == ("relayed", "2.0.0")
    assert person["Remote-MTA"] == "dns; mx.boulangerie.example"
    assert len(world.mails_of(SOPHIE)) == 1


def test_an_unknown_person_bounces_later(make_world: MakeWorld, firm: World) -> None:
    _, person, returned = parts_of(report_to_firm(make_world(), firm, NOBODY, options=[]))
    assert (person["Action"], person["Status"]) == ("failed", "5.1.1")
    assert person["Final-Recipient"] == f"rfc822;{NOBODY}"
    assert person["Original-Recipient"] is None
    assert person["Diagnostic-Code"] == "smtp; 550 5.1.1 No such person here"
    assert returned.get_content_type() == "text/rfc822-headers"


def test_ret_full_brings_the_whole_mail_back_when_it_failed(make_world: MakeWorld, firm: World) -> None:
    world = make_world()
    world.lead_to(firm.host, firm.port)
    with smtplib.SMTP(world.host, world.port, local_hostname="firm.example", timeout=10) as connection:
        connection.sendmail(RETURN_PATH, [NOBODY], MAIL, mail_options=["RET=FULL", "ENVID=token+2B1"])
    firm.wait_for(lambda seen: seen.count(Happened.STORED, RETURN_PATH) == 1)
    _, _, returned = parts_of(message_from_bytes(firm.mails_of(RETURN_PATH)[0]))
    assert returned.get_content_type() == "message/rfc822"
    assert ".Bonjour" in returned.as_string()


def test_ret_full_brings_headers_alone_back_when_it_went_well(make_world: MakeWorld, firm: World) -> None:
    world = make_world()
    world.lead_to(firm.host, firm.port)
    options = ["RET=FULL", "ENVID=token+2B1"]
    with smtplib.SMTP(world.host, world.port, local_hostname="firm.example", timeout=10) as connection:
        connection.sendmail(RETURN_PATH, [SOPHIE], MAIL, mail_options=options, rcpt_options=ASKED)
    firm.wait_for(lambda seen: seen.count(Happened.STORED, RETURN_PATH) == 1)
    _, _, returned = parts_of(message_from_bytes(firm.mails_of(RETURN_PATH)[0]))
    assert returned.get_content_type() == "text/rfc822-headers"


@pytest.mark.parametrize(("behaviour", "status"), [(Behaviour.BOUNCE, "5.1.1"), (Behaviour.BOUNCE_FULL, "5.2.2")])
def test_a_known_address_can_bounce_later_too(
    make_world: MakeWorld, firm: World, behaviour: Behaviour, status: str
) -> None:
    world = make_world()
    world.behave(SOPHIE, behaviour)
    _, person, _ = parts_of(report_to_firm(world, firm))
    assert (person["Action"], person["Status"]) == ("failed", status)
    assert world.mails_of(SOPHIE) == []


def test_a_late_bounce_comes_after_the_good_news(make_world: MakeWorld, firm: World) -> None:
    world = make_world()
    world.behave(SOPHIE, Behaviour.LATE_BOUNCE)
    world.lead_to(firm.host, firm.port)
    send(world)
    firm.wait_for(lambda seen: seen.count(Happened.STORED, RETURN_PATH) == 2)
    reports = [parts_of(message_from_bytes(mail))[1]["Action"] for mail in firm.mails_of(RETURN_PATH)]
    assert reports == ["delivered", "failed"]


def test_a_delay_is_reported_before_the_delivery(make_world: MakeWorld, firm: World) -> None:
    world = make_world()
    world.behave(SOPHIE, Behaviour.DELAY)
    world.lead_to(firm.host, firm.port)
    send(world)
    firm.wait_for(lambda seen: seen.count(Happened.STORED, RETURN_PATH) == 2)
    first, second = (parts_of(message_from_bytes(mail))[1] for mail in firm.mails_of(RETURN_PATH))
    assert (first["Action"], first["Status"]) == ("delayed", "4.4.1")
    assert parsedate_to_datetime(first["Will-Retry-Until"]) > parsedate_to_datetime(first["Last-Attempt-Date"])
    assert second["Action"] == "delivered"
    happened = [event.what for event in world.journal.events if event.address == SOPHIE]
    assert happened == [Happened.RECEIVED, Happened.REPORTED, Happened.STORED, Happened.REPORTED]


@pytest.mark.parametrize(
    ("to", "options"),
    [
        (SOPHIE, []),
        (SOPHIE, ["NOTIFY=FAILURE"]),
        (SOPHIE, ["NOTIFY=NEVER"]),
        (NOBODY, ["NOTIFY=NEVER"]),
        (NOBODY, ["NOTIFY=SUCCESS,DELAY"]),
    ],
)
def test_nothing_is_reported_that_was_not_asked(make_world: MakeWorld, to: str, options: list[str]) -> None:
    world = make_world()
    send(world, to, options=options)
    end = Happened.STORED if to == SOPHIE else Happened.GIVEN_UP
    send(world, "last@nowhere.example", options=["NOTIFY=NEVER"])
    world.wait_for(lambda seen: seen.count(Happened.GIVEN_UP, "last@nowhere.example"))
    assert world.journal.count(end, to) == 1
    assert world.journal.count(Happened.REPORTED) == 0


def test_success_reports_can_be_promised_and_not_kept(make_world: MakeWorld, firm: World) -> None:
    world = make_world(success_reports=False)
    world.lead_to(firm.host, firm.port)
    send(world)
    send(world, NOBODY)
    firm.wait_for(lambda seen: seen.count(Happened.STORED, RETURN_PATH))
    _, person, _ = parts_of(message_from_bytes(firm.mails_of(RETURN_PATH)[0]))
    assert person["Action"] == "failed"
    assert world.journal.count(Happened.REPORTED) == 1


def test_a_mail_from_nobody_never_makes_a_report(make_world: MakeWorld) -> None:
    world = make_world()
    send(world, NOBODY, sender="")
    world.wait_for(lambda seen: seen.count(Happened.GIVEN_UP, NOBODY) == 1)
    assert world.journal.count(Happened.REPORTED) == 0
