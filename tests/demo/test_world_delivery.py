"""What the mail world does with what it took: Maildirs, RFC 3464 reports, the way on to the worker."""

import mailbox
import smtplib
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from email import message_from_bytes
from email.message import Message
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any

import pytest

from worker.demo.world import Setting, World
from worker.demo.world_behaviours import Behaviour, parse_assignment
from worker.demo.world_delivery import Pace
from worker.demo.world_journal import Happened

FIRM = "mail.firm.example"
SOPHIE = "sophie@boulangerie.example"
NOBODY = "nobody@boulangerie.example"
RETURN_PATH = f"b+token@{FIRM}"
MAIL = b"From: a@mail.firm.example\r\nTo: sophie@boulangerie.example\r\nSubject: Test\r\nMessage-ID: <1@firm>\r\n\r\n.Bonjour\r\n"
ASKED = ["NOTIFY=SUCCESS,FAILURE,DELAY", "ORCPT=rfc822;Sophie@boulangerie.example"]
QUICK = Pace(retry=(0.01, 0.02), give_up=0.1, delay=0.05, after_fault=0.05)

MakeWorld = Callable[..., World]


@pytest.fixture
def stack() -> Iterator[ExitStack]:
    with ExitStack() as entered:
        yield entered


@pytest.fixture
def make_world(tmp_path: Path, stack: ExitStack) -> MakeWorld:
    def make(name: str = "people", **changes: Any) -> World:
        given: dict[str, Any] = {
            "domain": FIRM,
            "people": (SOPHIE,),
            "pace": QUICK,
            "folder": tmp_path / name,
        } | changes
        return stack.enter_context(World(Setting(**given)))

    return make


@pytest.fixture
def firm(make_world: MakeWorld) -> World:
    """Stands for the worker's sink: a second world, in which the return path and the reply address are people."""
    return make_world("firm", domain="other.example", people=(RETURN_PATH, f"r+reply@{FIRM}", f"anne@{FIRM}"))


def send(world: World, to: str = SOPHIE, *, options: list[str] | None = None, sender: str = RETURN_PATH) -> None:
    with smtplib.SMTP(world.host, world.port, local_hostname="firm.example", timeout=10) as connection:
        connection.ehlo()
        connection.mail(sender, ["RET=HDRS", "ENVID=token+2B1"])
        connection.rcpt(to, ASKED if options is None else options)
        assert connection.data(MAIL)[0] == 250


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


def test_a_known_person_finds_the_mail_in_a_maildir(make_world: MakeWorld, tmp_path: Path) -> None:
    world = make_world()
    send(world)
    world.wait_for(lambda seen: seen.count(Happened.STORED, SOPHIE) == 1)
    (stored,) = mailbox.Maildir(tmp_path / "people" / SOPHIE, create=False)
    assert stored["Return-Path"] == f"<{RETURN_PATH}>"
    assert stored["Delivered-To"] == SOPHIE
    assert "by relay.world.example" in str(stored["Received"])
    assert stored.get_payload() == ".Bonjour\n"
    (file,) = (tmp_path / "people" / SOPHIE / "new").iterdir()
    assert b"\r" not in file.read_bytes()
    (travelled,) = world.mails_of(SOPHIE)
    assert travelled.endswith(MAIL)


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


def test_mail_for_the_firm_goes_on_with_its_sender(make_world: MakeWorld, firm: World) -> None:
    world = make_world()
    world.lead_to(firm.host, firm.port)
    send(world, f"r+reply@{FIRM.upper()}", sender=SOPHIE, options=[])
    firm.wait_for(lambda seen: seen.count(Happened.STORED, f"r+reply@{FIRM}") == 1)
    (arrived,) = firm.received
    assert arrived.envelope.sender == SOPHIE
    assert arrived.content.endswith(MAIL)
    assert arrived.content.startswith(b"Received: from firm.example ([127.0.0.1])\r\n\tby relay.world.example")


def test_a_next_hop_that_says_later_is_asked_again(make_world: MakeWorld, firm: World) -> None:
    world = make_world(pace=Pace(retry=(0.01,)))
    world.lead_to(firm.host, firm.port)
    firm.behave(f"anne@{FIRM}", Behaviour.GREYLIST, times=2)
    send(world, f"anne@{FIRM}", sender=SOPHIE)
    firm.wait_for(lambda seen: seen.count(Happened.STORED, f"anne@{FIRM}") == 1)
    world.wait_for(lambda seen: seen.count(Happened.FORWARDED) == 1)
    assert world.journal.count(Happened.POSTPONED, detail="450 4.7.1 Greylisted, try again later") == 2


def test_a_next_hop_that_is_down_is_found_when_it_is_up(make_world: MakeWorld) -> None:
    world = make_world(pace=Pace(retry=(0.01,)))
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    world.lead_to("127.0.0.1", port)
    send(world, f"anne@{FIRM}", sender=SOPHIE)
    world.wait_for(lambda seen: seen.count(Happened.POSTPONED) >= 2)
    late = make_world("firm", domain="other.example", people=(f"anne@{FIRM}",), port=port)
    late.wait_for(lambda seen: seen.count(Happened.STORED, f"anne@{FIRM}") == 1)


def test_a_next_hop_without_a_250_gets_the_same_mail_again(make_world: MakeWorld, firm: World) -> None:
    world = make_world(pace=Pace(retry=(0.01,)))
    world.lead_to(firm.host, firm.port)
    firm.behave(f"anne@{FIRM}", Behaviour.LOSE_250)
    send(world, f"anne@{FIRM}", sender=SOPHIE)
    world.wait_for(lambda seen: seen.count(Happened.FORWARDED) == 1)
    first, second = firm.received
    assert first.content == second.content


def test_a_next_hop_that_says_no_makes_a_bounce_to_the_sender(make_world: MakeWorld, firm: World) -> None:
    world = make_world()
    world.lead_to(firm.host, firm.port)
    firm.behave(f"anne@{FIRM}", Behaviour.REFUSE)
    send(world, f"anne@{FIRM}", sender=SOPHIE, options=[])
    world.wait_for(lambda seen: seen.count(Happened.STORED, SOPHIE) == 1)
    report = message_from_bytes(world.mails_of(SOPHIE)[0])
    assert report["Subject"] == "Undelivered Mail Returned to Sender"
    assert b"Status: 5.1.1" in world.mails_of(SOPHIE)[0]
    assert b"Remote-MTA: dns; 127.0.0.1" in world.mails_of(SOPHIE)[0]


def test_a_refused_report_ends_there(make_world: MakeWorld, firm: World) -> None:
    world = make_world()
    world.lead_to(firm.host, firm.port)
    firm.behave(RETURN_PATH, Behaviour.REFUSE)
    send(world, NOBODY)
    world.wait_for(lambda seen: seen.count(Happened.GIVEN_UP, RETURN_PATH) == 1)
    assert world.journal.count(Happened.REPORTED) == 1


def test_a_next_hop_that_never_answers_is_given_up_with_a_bounce(make_world: MakeWorld) -> None:
    world = make_world()
    send(world, f"anne@{FIRM}", sender=SOPHIE)
    world.wait_for(lambda seen: seen.count(Happened.STORED, SOPHIE) == 1)
    assert b"Status: 4.4.7" in world.mails_of(SOPHIE)[0]
    assert b"Action: failed" in world.mails_of(SOPHIE)[0]


class LmtpPeer:
    """Takes one mail by LMTP; a lone reply per recipient, as RFC 2033 wants."""

    def __init__(self) -> None:
        self.heard: list[bytes] = []
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self.listener.getsockname()[1]
        self.thread = threading.Thread(target=self.serve)
        self.thread.start()

    def serve(self) -> None:
        connection, _ = self.listener.accept()
        with connection, connection.makefile("rwb") as line:
            line.write(b"220 lmtp\r\n")
            line.flush()
            in_data = False
            for heard in line:
                self.heard.append(heard)
                in_data = (in_data or heard == b"data\r\n") and heard != b".\r\n"
                if in_data and heard != b"data\r\n":
                    continue
                line.write(b"354 go\r\n" if in_data else b"250 fine\r\n")
                line.flush()
                if heard.upper() == b"QUIT\r\n":
                    return


def test_the_next_hop_can_be_lmtp(make_world: MakeWorld) -> None:
    peer = LmtpPeer()
    world = make_world()
    world.lead_to("127.0.0.1", peer.port, lmtp=True)
    send(world, f"anne@{FIRM}", sender=SOPHIE)
    world.wait_for(lambda seen: seen.count(Happened.FORWARDED, f"anne@{FIRM}") == 1)
    peer.thread.join(10)
    peer.listener.close()
    assert peer.heard[0].lower().startswith(b"lhlo")
    assert b"..Bonjour\r\n" in peer.heard


def test_what_was_not_done_is_done_by_the_next_world_on_the_folder(make_world: MakeWorld, tmp_path: Path) -> None:
    first = World(Setting(folder=tmp_path / "people", domain=FIRM, people=(SOPHIE,), pace=Pace(retry=(60,))))
    with first:
        send(first, f"anne@{FIRM}", sender=SOPHIE)
        first.wait_for(lambda seen: seen.count(Happened.POSTPONED) == 1)
    firm = make_world("firm", domain="other.example", people=(f"anne@{FIRM}",))
    second = World(first.setting)
    second.lead_to(firm.host, firm.port)
    with second:
        firm.wait_for(lambda seen: seen.count(Happened.STORED, f"anne@{FIRM}") == 1)
        second.wait_for(lambda seen: seen.count(Happened.FORWARDED) == 1)
        assert len(second.received) == 1
        assert second.received[0].envelope == first.received[0].envelope
        send(second, SOPHIE, options=[])
        second.wait_for(lambda seen: seen.count(Happened.STORED, SOPHIE) == 1)
        assert [mail.number for mail in second.received] == [1, 2]
    assert second.store.open_jobs() == []


def test_a_mail_that_breaks_the_world_does_not_stop_the_others(make_world: MakeWorld, tmp_path: Path) -> None:
    world = make_world(people=(SOPHIE, NOBODY))
    new = tmp_path / "people" / SOPHIE / "new"
    tmp = tmp_path / "people" / SOPHIE / "tmp"
    tmp.rmdir()
    tmp.write_bytes(b"")
    send(world)
    send(world, NOBODY)
    world.wait_for(lambda seen: seen.count(Happened.FAULT, SOPHIE) and seen.count(Happened.STORED, NOBODY))
    tmp.unlink()
    tmp.mkdir()
    world.wait_for(lambda seen: seen.count(Happened.STORED, SOPHIE) == 1)
    assert len(list(new.iterdir())) == 1


def test_waiting_in_vain_says_what_happened(make_world: MakeWorld) -> None:
    world = make_world()
    send(world)
    world.wait_for(lambda seen: seen.count(Happened.STORED))
    with pytest.raises(TimeoutError, match=f"stored 1 {SOPHIE}"):
        world.wait_for(lambda seen: seen.count(Happened.GIVEN_UP), timeout=0.01)


@pytest.mark.parametrize("address", ["../x@boulangerie.example", "no address", "a/b@c.example", ""])
def test_a_person_has_an_address_that_can_be_a_folder(make_world: MakeWorld, address: str) -> None:
    with pytest.raises(ValueError, match="is no address"):
        make_world(people=(address,))


def test_mail_to_a_path_is_mail_to_nobody(make_world: MakeWorld) -> None:
    world = make_world()
    send(world, '"../people/x"@boulangerie.example', options=["NOTIFY=NEVER"])
    world.wait_for(lambda seen: seen.count(Happened.GIVEN_UP) == 1)


@pytest.mark.parametrize(
    ("written", "read"),
    [
        (f"{SOPHIE}=delay", (SOPHIE, Behaviour.DELAY, None)),
        (f"{SOPHIE}=greylist:3", (SOPHIE, Behaviour.GREYLIST, 3)),
        ("a=b@x.example=refuse", ("a=b@x.example", Behaviour.REFUSE, None)),
    ],
)
def test_behaviours_are_read_from_the_command_line(written: str, read: tuple[str, Behaviour, int | None]) -> None:
    assert parse_assignment(written) == read


@pytest.mark.parametrize("written", ["", SOPHIE, f"{SOPHIE}=sulk", f"{SOPHIE}=delay:x", "sophie=delay"])
def test_a_behaviour_that_does_not_exist_is_refused(written: str) -> None:
    with pytest.raises(ValueError, match=r"want ADDRESS=NAME|no number of times"):
        parse_assignment(written)
