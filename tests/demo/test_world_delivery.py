"""What the mail world does with what it took: Maildirs, the way on to the worker, what is left after a stop."""

import mailbox
import socket
import threading
from email import message_from_bytes
from pathlib import Path

import pytest

from tests.demo.conftest import FIRM, MAIL, NOBODY, RETURN_PATH, SOPHIE, MakeWorld, send
from worker.demo.world import Setting, World
from worker.demo.world_behaviours import Behaviour
from worker.demo.world_delivery import Pace
from worker.demo.world_journal import Happened


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
