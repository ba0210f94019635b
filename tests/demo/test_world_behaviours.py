"""How the world treats one address at the door: each behaviour, as a sender sees it."""

import smtplib

import pytest

from tests.demo.conftest import MAIL, MARC, RETURN_PATH, SOPHIE, MakeWorld, connect
from worker.demo.world_behaviours import Behaviour, parse_assignment
from worker.demo.world_journal import Happened


@pytest.mark.parametrize(
    ("behaviour", "reply"),
    [
        (Behaviour.REFUSE, b"5.1.1"),
        (Behaviour.FULL, b"5.2.2"),
    ],
)
def test_a_refused_address_stays_refused(make_world: MakeWorld, behaviour: Behaviour, reply: bytes) -> None:
    world = make_world()
    world.behave("Sophie@Boulangerie.example", behaviour)
    with connect(world) as connection:
        connection.mail(RETURN_PATH)
        for _ in range(3):
            code, text = connection.rcpt(SOPHIE)
            assert code in (550, 552)
            assert text.startswith(reply)
        assert connection.rcpt(MARC)[0] == 250
    assert world.journal.count(Happened.REFUSED, SOPHIE) == 3


@pytest.mark.parametrize(("behaviour", "code"), [(Behaviour.GREYLIST, 450), (Behaviour.TOO_MANY, 452)])
def test_a_temporary_no_is_said_as_often_as_asked(make_world: MakeWorld, behaviour: Behaviour, code: int) -> None:
    world = make_world()
    world.behave(SOPHIE, behaviour, times=2)
    with connect(world) as connection:
        connection.mail(RETURN_PATH)
        assert [connection.rcpt(SOPHIE)[0] for _ in range(4)] == [code, code, 250, 250]


def test_busy_says_421_and_closes_the_connection(make_world: MakeWorld) -> None:
    world = make_world()
    world.behave(SOPHIE, Behaviour.BUSY)
    connection = connect(world)
    connection.mail(RETURN_PATH)
    assert connection.rcpt(SOPHIE)[0] == 421
    with pytest.raises(smtplib.SMTPServerDisconnected):
        connection.noop()
    with connect(world) as again:
        assert again.sendmail(RETURN_PATH, [SOPHIE], MAIL) == {}


def test_content_can_be_refused_for_now_or_for_good(make_world: MakeWorld) -> None:
    world = make_world()
    world.behave(SOPHIE, Behaviour.LATER_CONTENT)
    world.behave(MARC, Behaviour.REFUSE_CONTENT)
    with connect(world) as connection:
        with pytest.raises(smtplib.SMTPDataError, match="451"):
            connection.sendmail(RETURN_PATH, [SOPHIE], MAIL)
        with pytest.raises(smtplib.SMTPDataError, match="554"):
            connection.sendmail(RETURN_PATH, [MARC], MAIL)
        assert connection.sendmail(RETURN_PATH, [SOPHIE], MAIL) == {}
    assert len(world.received) == 1


def test_a_lost_250_leaves_a_mail_that_was_delivered_and_a_sender_that_tries_again(make_world: MakeWorld) -> None:
    world = make_world()
    world.behave(SOPHIE, Behaviour.LOSE_250)
    connection = connect(world)
    with pytest.raises(smtplib.SMTPServerDisconnected):
        connection.sendmail(RETURN_PATH, [SOPHIE], MAIL)
    world.wait_for(lambda seen: seen.count(Happened.STORED, SOPHIE) == 1)
    with connect(world) as again:
        assert again.sendmail(RETURN_PATH, [SOPHIE], MAIL) == {}
    world.wait_for(lambda seen: seen.count(Happened.STORED, SOPHIE) == 2)
    assert world.journal.count(Happened.DROPPED, SOPHIE) == 1
    assert [mail.content for mail in world.received] == [MAIL, MAIL]


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
