"""The door of the mail world: what a sender sees, whatever it sends."""

import asyncio
import errno
import resource
import smtplib
import socket
import ssl
import sys
from pathlib import Path

import pytest
import trustme

from tests.demo.conftest import MAIL, MARC, RETURN_PATH, SOPHIE, MakeWorld, connect
from worker.demo.world import Setting, World
from worker.demo.world_dsn import Notify, Returns
from worker.demo.world_journal import Happened
from worker.demo.world_smtp import Porter

# Kilobytes on Linux, bytes on macOS.
MAXRSS_UNIT = 1024 if sys.platform == "darwin" else 1


def heard_until_end(peer: socket.socket) -> bytes:
    heard = b""
    try:
        while block := peer.recv(65536):
            heard += block
    except ConnectionResetError:
        pass
    return heard


def raw_session(world: World, *pieces: bytes) -> bytes:
    """What the door answers to bytes as they are, all sent before anything is read."""
    with socket.create_connection((world.host, world.port), timeout=10) as peer:
        peer.sendall(b"".join(pieces))
        return heard_until_end(peer)


def test_the_door_offers_what_a_relay_with_reports_offers(make_world: MakeWorld) -> None:
    with connect(make_world()) as connection:
        assert {"size", "8bitmime", "pipelining", "dsn", "enhancedstatuscodes"} <= set(connection.esmtp_features)
        assert not connection.has_extn("auth")
        assert not connection.has_extn("starttls")


def test_dsn_parameters_survive_with_their_case_and_decoded(make_world: MakeWorld) -> None:
    world = make_world()
    with connect(world) as connection:
        assert connection.mail(RETURN_PATH, ["SIZE=100", "RET=HDRS", "ENVID=AbC+2Bx+3Dy@firm"])[0] == 250
        options = ["NOTIFY=success,FAILURE,DELAY", "ORCPT=rfc822;Sophie+2Bx@boulangerie.example"]
        assert connection.rcpt(SOPHIE, options)[0] == 250
        assert connection.rcpt(MARC, ["NOTIFY=NEVER"])[0] == 250
        assert connection.data(MAIL)[0] == 250
    mail = world.received[0]
    assert mail.envelope.ask.envelope_id == "AbC+x=y@firm"
    assert mail.envelope.ask.returns is Returns.HEADERS
    sophie, marc = mail.envelope.recipients
    assert sophie.ask.notify == frozenset({Notify.SUCCESS, Notify.FAILURE, Notify.DELAY})
    assert sophie.ask.original_recipient == "rfc822;Sophie+x@boulangerie.example"
    assert marc.ask.notify == frozenset({Notify.NEVER})
    assert mail.envelope.sender == RETURN_PATH
    assert mail.content == MAIL


@pytest.mark.parametrize(
    "option",
    [
        "ORCPT=rfc822;r+token@firm.example",  # the + must be +2B
        "ORCPT=rfc822;r+2btoken@firm.example",  # hexadecimal digits are upper case
        "ORCPT=sophie@boulangerie.example",  # no type
        "ORCPT=rfc822;a+0Ab@firm.example",  # a line feed
        "ORCPT=rfc822;a+FF@firm.example",  # no UTF-8
        "NOTIFY=NEVER,SUCCESS",
        "NOTIFY=SOMETIMES",
        "NOTIFY=",
        "NOTIFY",
        "NOTIFY=SUCCESS NOTIFY=DELAY",
    ],
)
def test_a_recipient_parameter_that_breaks_the_rfc_is_refused(make_world: MakeWorld, option: str) -> None:
    with connect(make_world()) as connection:
        connection.mail(RETURN_PATH)
        assert connection.rcpt(SOPHIE, [option])[0] == 501
        assert connection.rcpt(SOPHIE)[0] == 250


@pytest.mark.parametrize("option", ["RET=ALL", "ENVID=a+b", "ENVID=" + "x" * 101, "ENVID=a ENVID=b", "RET"])
def test_a_mail_parameter_that_breaks_the_rfc_is_refused(make_world: MakeWorld, option: str) -> None:
    with connect(make_world()) as connection:
        assert connection.mail(RETURN_PATH, [option])[0] == 501
        assert connection.mail(RETURN_PATH)[0] == 250


def test_a_relay_without_dsn_neither_offers_nor_takes_its_parameters(make_world: MakeWorld) -> None:
    with connect(make_world(dsn=False)) as connection:
        assert not connection.has_extn("dsn")
        assert connection.mail(RETURN_PATH, ["RET=HDRS"])[0] == 555
        assert connection.mail(RETURN_PATH)[0] == 250
        assert connection.rcpt(SOPHIE, ["NOTIFY=SUCCESS"])[0] == 555


def test_pipelined_commands_are_answered_in_order(make_world: MakeWorld) -> None:
    world = make_world()
    heard = raw_session(
        world,
        b"EHLO firm.example\r\nMAIL FROM:<>\r\nRCPT TO:<sophie@boulangerie.example>\r\nDATA\r\n",
        MAIL + b".\r\nMAIL FROM:<a@firm.example>\r\nQUIT\r\n",
    )
    codes = [line[:3] for line in heard.splitlines() if line[3:4] == b" "]
    assert codes == [b"220", b"250", b"250", b"250", b"354", b"250", b"250", b"221"]
    assert world.received[0].envelope.sender == ""


def test_only_crlf_dot_crlf_ends_a_mail_and_doubled_dots_are_undone(make_world: MakeWorld) -> None:
    world = make_world()
    body = b"Subject: dots\r\n\r\n..\r\n..b\r\nx\n.\ny\r\n.\nz\r.\rq\r\n"
    raw_session(
        world,
        b"EHLO x.example\r\nMAIL FROM:<a@firm.example>\r\nRCPT TO:<sophie@boulangerie.example>\r\nDATA\r\n",
        body + b".\r\nQUIT\r\n",
    )
    assert world.received[0].content == b"Subject: dots\r\n\r\n.\r\n.b\r\nx\n.\ny\r\n\nz\r.\rq\r\n"


def test_a_line_of_any_length_is_taken(make_world: MakeWorld) -> None:
    world = make_world()
    long_line = b"Subject: long\r\n\r\n" + b"." * 300_000 + b"\r\n.\r\r\n"
    with connect(world) as connection:
        connection.sendmail("a@firm.example", [SOPHIE], long_line)
    assert world.received[0].content == long_line


def test_an_empty_mail_is_a_mail(make_world: MakeWorld) -> None:
    world = make_world()
    raw_session(
        world,
        b"EHLO x.example\r\nMAIL FROM:<a@firm.example>\r\nRCPT TO:<sophie@boulangerie.example>\r\nDATA\r\n.\r\nQUIT\r\n",
    )
    assert world.received[0].content == b""


def test_a_mail_above_the_size_is_refused_announced_or_not(make_world: MakeWorld) -> None:
    world = make_world(size_limit=20_000)
    with connect(world) as connection:
        assert connection.esmtp_features["size"] == "20000"
        assert connection.mail("a@firm.example", ["SIZE=20001"])[0] == 552
        connection.mail("a@firm.example")
        connection.rcpt(SOPHIE)
        assert connection.data(b"x" * 20_001)[0] == 552
        assert connection.sendmail("a@firm.example", [SOPHIE], MAIL) == {}
    assert len(world.received) == 1


def test_what_is_too_large_is_read_to_its_end_without_being_held(make_world: MakeWorld) -> None:
    world = make_world(size_limit=20_000)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with connect(world) as connection:
        connection.mail("a@firm.example")
        connection.rcpt(SOPHIE)
        assert connection.docmd("DATA")[0] == 354
        for _ in range(100):
            connection.send(b"x" * 1_000_000)
        connection.send(b"\r\n.\r\n")
        assert connection.getreply()[0] == 552
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 30_000 * MAXRSS_UNIT


def test_a_world_that_stops_ends_the_sessions_that_are_open(make_world: MakeWorld) -> None:
    world = make_world()
    with socket.create_connection((world.host, world.port), timeout=10) as peer:
        assert peer.recv(1024).startswith(b"220 ")
        world.stop()
        assert heard_until_end(peer) == b""


def test_control_characters_in_an_envelope_are_refused(make_world: MakeWorld) -> None:
    heard = raw_session(
        make_world(),
        b"EHLO x.example\r\nMAIL FROM:<a\x00b@firm.example>\r\nMAIL FROM:<a@firm.example>\r\n",
        b"RCPT TO:<sophie\x07@boulangerie.example>\r\nQUIT\r\n",
    )
    codes = [line[:3] for line in heard.splitlines() if line[3:4] == b" "]
    assert codes == [b"220", b"250", b"501", b"250", b"501", b"221"]


def test_the_hundred_and_first_recipient_is_asked_to_come_later(make_world: MakeWorld) -> None:
    with connect(make_world()) as connection:
        connection.mail("a@firm.example")
        assert {connection.rcpt(f"p{number}@x.example")[0] for number in range(100)} == {250}
        assert connection.rcpt(SOPHIE)[0] == 452


def test_a_fault_inside_is_temporary_and_keeps_its_text_to_itself(make_world: MakeWorld) -> None:
    world = make_world()
    world.store.received.rename(world.store.received.with_name("gone"))
    with connect(world) as connection:
        with pytest.raises(smtplib.SMTPDataError) as refused:
            connection.sendmail(RETURN_PATH, [SOPHIE], MAIL)
        assert refused.value.smtp_code == 451
        assert b"received" not in bytes(str(refused.value.smtp_error), "utf-8")
    assert world.journal.count(Happened.FAULT) == 1
    assert world.journal.count(Happened.RECEIVED) == 0


def test_a_full_disk_is_said_as_such(make_world: MakeWorld) -> None:
    said = asyncio.run(Porter(make_world()).handle_exception(OSError(errno.ENOSPC, "No space left on device")))
    assert said.startswith("452 4.3.1 ")
    assert "device" not in said


def test_with_users_nobody_sends_without_a_login(make_world: MakeWorld) -> None:
    world = make_world(users={"navette": "a password"})
    with connect(world) as connection:
        assert connection.mail(RETURN_PATH)[0] == 530
        with pytest.raises(smtplib.SMTPAuthenticationError):
            connection.login("navette", "another")
        connection.login("navette", "a password")
        assert connection.sendmail(RETURN_PATH, [SOPHIE], MAIL) == {}
    assert world.received[0].envelope.login == "navette"


def test_starttls_is_offered_and_can_be_required(make_world: MakeWorld) -> None:
    authority = trustme.CA()
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    trusting = ssl.create_default_context()
    authority.configure_trust(trusting)
    world = make_world(tls_context=context, require_tls=True, users={"navette": "a password"})
    with connect(world) as connection:
        assert connection.mail(RETURN_PATH)[0] == 530
        assert not connection.has_extn("auth")
        connection.starttls(context=trusting)
        connection.ehlo()
        connection.login("navette", "a password")
        assert connection.sendmail(RETURN_PATH, [SOPHIE], MAIL) == {}
    assert len(world.received) == 1


def test_a_port_in_use_is_said_at_once(make_world: MakeWorld, tmp_path: Path) -> None:
    taken = make_world().port
    with pytest.raises(OSError, match="address already in use"):
        World(Setting(folder=tmp_path / "other", domain="mail.firm.example", port=taken)).start()
