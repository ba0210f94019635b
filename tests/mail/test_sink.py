"""The sink's dialogue: what a peer may say, what it is told, and what is kept by then.

One rule a test; longer than a module, since all speak the same protocol to one running sink.
"""

import asyncio
import hashlib
import ssl
from pathlib import Path
from typing import Any

import pytest
import trustme
from structlog.testing import capture_logs

from tests.mail.sink_client import ALSO_HERE, HERE, MAIL, RememberingDesk, running, until
from tests.mail.test_sink_data import NOT_ENDS
from worker.core.failures import TemporaryFailure

SECRET = "sqlite3.OperationalError near Sophie"


def test_a_mail_is_kept_as_it_came_and_then_confirmed() -> None:
    desk = RememberingDesk()

    async def story() -> None:
        async with running(desk) as sink:
            peer = await sink.greeted()
            assert await peer.mail(HERE, ALSO_HERE) == "250 2.0.0 kept"
            assert await peer.say("QUIT") == "221 2.0.0 Bye"

    asyncio.run(story())

    (kept,) = desk.kept
    assert (kept.raw, kept.path, kept.size) == (MAIL, None, len(MAIL))
    assert kept.sha256 == hashlib.sha256(MAIL).hexdigest()
    assert (kept.envelope_from, kept.recipients) == ("sophie@boulangerie.example", (HERE, ALSO_HERE))
    assert (kept.peer, kept.way) == ("127.0.0.1", "smtp")


def test_what_is_offered_is_what_is_understood() -> None:
    async def story() -> None:
        async with running(RememberingDesk(), max_bytes=5000, hostname="mail.example") as sink:
            peer = await sink.client()
            assert await peer.answer() == "220 mail.example ESMTP"
            assert await peer.say("EHLO peer.example") == (
                "250-mail.example|250-SIZE 5000|250-8BITMIME|250-SMTPUTF8|250-PIPELINING|250 ENHANCEDSTATUSCODES"
            )
            everything = "MAIL FROM:<hélène@é.example> SIZE=4999 BODY=8BITMIME SMTPUTF8"
            assert await peer.say(everything) == "250 2.1.0 ok"
            assert await peer.say("RSET") == "250 2.0.0 OK"
            for refused in ("RET=HDRS", "ENVID=x", "AUTH=<>"):
                assert (await peer.say(f"MAIL FROM:<a@b.example> {refused}")).startswith("555 5.5.4")
            for wrong in ("SIZE=x", "SIZE", "BODY=9BIT", "SMTPUTF8=yes"):
                assert (await peer.say(f"MAIL FROM:<a@b.example> {wrong}")).startswith("501 ")
            assert (await peer.say("MAIL FROM:<a@b.example> SIZE=5001")).startswith("552 5.3.4")
            await peer.say("MAIL FROM:<a@b.example>")
            assert (await peer.say(f"RCPT TO:<{HERE}> NOTIFY=NEVER")).startswith("555 5.5.4")

    asyncio.run(story())


def test_commands_out_of_order_are_told_so() -> None:
    async def story() -> None:
        async with running(RememberingDesk()) as sink:
            peer = await sink.client()
            await peer.answer()
            assert (await peer.say("MAIL FROM:<a@b.example>")).startswith("503 5.5.1")
            assert (await peer.say("EHLO")).startswith("501 ")
            assert (await peer.say("HELO peer.example")).startswith("250 ")
            assert (await peer.say(f"RCPT TO:<{HERE}>")).startswith("503 5.5.1")
            assert (await peer.say("DATA")).startswith("503 5.5.1")
            assert (await peer.say("MAIL FROM:<a@b.example>")).startswith("250 ")
            assert (await peer.say("MAIL FROM:<a@b.example>")).startswith("503 5.5.1")
            assert (await peer.say("RCPT TO:<>")).startswith("501 5.1.3")
            assert (await peer.say("DATA")).startswith("503 5.5.1")
            assert (await peer.say("NONSENSE")).startswith("500 5.5.2")

    asyncio.run(story())


def test_nothing_is_told_about_who_is_here() -> None:
    desk = RememberingDesk()

    async def story() -> list[str]:
        async with running(desk) as sink:
            peer = await sink.greeted()
            return [await peer.say(f"{word} anne@house.example") for word in ("HELP", "VRFY", "EXPN", "AUTH")]

    assert asyncio.run(story()) == [
        "214 2.0.0 see RFC 5321",
        "252 2.5.2 send mail and see",
        "502 5.5.1 not offered",
        "502 5.5.1 not offered",
    ]
    assert desk.asked == []


def test_rcpt_tells_the_truth_and_not_a_word_more() -> None:
    desk = RememberingDesk()

    async def story() -> list[str]:
        async with running(desk) as sink:
            peer = await sink.greeted()
            return await peer.address(HERE, "r+forged@mail.example", "anne@house.example", "bram@house.example")

    assert asyncio.run(story())[1:] == [
        "250 2.1.5 ok",
        "550 5.1.1 no such address here",
        "250 2.1.5 ok",
        "550 5.1.1 no such address here",
    ]
    assert desk.asked == ["anne@house.example", "bram@house.example"]


@pytest.mark.parametrize("fault", [TemporaryFailure(SECRET), ValueError(SECRET)], ids=["told", "unforeseen"])
def test_a_fault_while_judging_is_temporary_and_tells_nothing(fault: Exception) -> None:
    desk = RememberingDesk(fault=fault)

    async def story() -> list[str]:
        async with running(desk) as sink:
            peer = await sink.greeted()
            return await peer.address("anne@house.example", HERE)

    assert asyncio.run(story())[1:] == ["451 4.3.0 a fault on our side, try again later", "250 2.1.5 ok"]


@pytest.mark.parametrize(
    ("fault", "answer"),
    [
        (ValueError(SECRET), "451 4.3.0 a fault on our side, try again later"),
        (TemporaryFailure(SECRET), "451 4.3.0 a fault on our side, try again later"),
        (TemporaryFailure(SECRET, full=True), "452 4.3.1 no space left here, try again later"),
    ],
)
@pytest.mark.parametrize("content", [b"short", b"x" * 600_000], ids=["in memory", "to the spool"])
def test_a_fault_while_keeping_is_temporary_and_the_session_goes_on(
    fault: Exception, answer: str, content: bytes, tmp_path: Path
) -> None:
    desk = RememberingDesk(tmp_path, fault=fault)

    async def story() -> None:
        async with running(desk) as sink:
            peer = await sink.greeted()
            with capture_logs() as logs:
                assert await peer.mail(content=content) == answer
            assert SECRET not in str(logs)
            assert "sophie" not in str(logs)
            desk.fault = None
            assert await peer.mail() == "250 2.0.0 kept"

    asyncio.run(story())
    assert len(desk.kept) == 1


def test_a_fault_in_the_middle_of_data_is_told_at_its_end_and_no_line_becomes_a_command(tmp_path: Path) -> None:
    desk = RememberingDesk(tmp_path / "missing")
    smuggled = b"x" * 300_000 + b"\r\nRSET\r\nMAIL FROM:<evil@b.example>\r\n" * 20_000

    async def story() -> None:
        async with running(desk) as sink:
            peer = await sink.greeted()
            assert await peer.mail(content=smuggled) == "451 4.3.0 a fault on our side, try again later"
            assert await peer.say("NOOP") == "250 2.0.0 OK"

    asyncio.run(story())


@pytest.mark.parametrize("ending", NOT_ENDS.values(), ids=NOT_ENDS.keys())
def test_a_mail_smuggled_behind_a_wrong_end_stays_content(ending: bytes) -> None:
    desk = RememberingDesk()
    content = b"first" + ending + b"MAIL FROM:<evil@b.example>\r\nRCPT TO:<" + HERE.encode() + b">\r\nDATA\r\nsecond"

    async def story(**settings: Any) -> str:
        async with running(desk, **settings) as sink:
            peer = await sink.greeted()
            answer = await peer.mail(content=content)
            assert await peer.say("NOOP") == "250 2.0.0 OK"
            return answer

    has_bare_lf = content.count(b"\n") != content.count(b"\r\n")
    assert asyncio.run(story()).startswith("550 5.6.11" if has_bare_lf else "250 2.0.0")
    assert asyncio.run(story(at_border=False)) == "250 2.0.0 kept"
    assert b"second" in desk.bodies[-1]
    assert b"evil@b.example" in desk.bodies[-1]


def test_a_line_of_20_kb_is_taken() -> None:
    desk = RememberingDesk()
    content = b"Subject: long\r\n\r\n" + b"x" * 20_000

    async def story() -> str:
        async with running(desk) as sink:
            return await (await sink.greeted()).mail(content=content)

    assert asyncio.run(story()) == "250 2.0.0 kept"
    assert desk.bodies == [content + b"\r\n"]


@pytest.mark.parametrize("size", [256 * 1024 - 2, 256 * 1024 - 1, 3_000_000])
def test_a_large_mail_is_a_complete_file_of_the_same_bytes(size: int, tmp_path: Path) -> None:
    desk = RememberingDesk(tmp_path)
    line = b"\0\xff line of a photo\r\n.dots\r\n"
    content = (line * (size // len(line) + 1))[:size]

    async def story() -> str:
        async with running(desk) as sink:
            return await (await sink.greeted()).mail(content=content.replace(b"\r\n.", b"\r\n.."))

    assert asyncio.run(story()) == "250 2.0.0 kept"
    (kept,) = desk.kept
    assert (kept.raw is None) == (kept.size > 256 * 1024)
    assert desk.bodies == [content + b"\r\n"]
    assert (kept.size, kept.sha256) == (size + 2, hashlib.sha256(desk.bodies[0]).hexdigest())


def test_a_mail_above_the_limit_is_refused_at_its_end_and_leaves_no_file(tmp_path: Path) -> None:
    desk = RememberingDesk(tmp_path)

    async def story() -> None:
        async with running(desk, max_bytes=500_000) as sink:
            peer = await sink.greeted()
            assert await peer.mail(content=b"x" * 2_000_000) == "552 5.3.4 the mail is too large"
            assert await peer.mail(content=b"x" * 499_998) == "250 2.0.0 kept"
            assert await peer.mail(content=b"x" * 499_999) == "552 5.3.4 the mail is too large"

    asyncio.run(story())
    (kept,) = desk.kept
    assert [each for each in tmp_path.iterdir() if each != kept.path] == []


@pytest.mark.parametrize("bad", [b"\0", b"\x01", b"\r", b"\x7f", b"\xff", b"\xc2\x85"])
def test_control_bytes_in_an_envelope_are_refused_at_once(bad: bytes) -> None:
    async def story() -> None:
        async with running(RememberingDesk()) as sink:
            peer = await sink.greeted()
            assert (await peer.say(b"MAIL FROM:<a" + bad + b"@b.example>")).startswith("501 5.1.7")
            assert (await peer.say("MAIL FROM:<a@b.example>")).startswith("250 ")
            assert (await peer.say(b"RCPT TO:<here" + bad + b"@b.example>")).startswith("501 5.1.3")
            assert (await peer.say(f"RCPT TO:<{HERE}>")).startswith("250 ")

    asyncio.run(story())


def test_the_null_sender_and_any_other_is_welcome() -> None:
    desk = RememberingDesk()

    async def story() -> None:
        async with running(desk) as sink:
            peer = await sink.greeted()
            for sender in ("", "MAILER-DAEMON", "spam@spam.invalid"):
                await peer.address(HERE, sender=sender)
                assert await peer.data(b"x") == "250 2.0.0 kept"

    asyncio.run(story())
    assert [each.envelope_from for each in desk.kept] == ["", "MAILER-DAEMON", "spam@spam.invalid"]


def test_recipients_above_the_limit_are_asked_for_in_another_mail() -> None:
    async def story() -> list[str]:
        async with running(RememberingDesk(), max_recipients=2) as sink:
            peer = await sink.greeted()
            return [*(await peer.address(HERE, ALSO_HERE, "r+here2@mail.example")), await peer.data(b"x")]

    *_, last, data = asyncio.run(story())
    assert last.startswith("452 4.5.3")
    assert data == "250 2.0.0 kept"


def test_sessions_above_the_limit_are_asked_to_come_later() -> None:
    async def story() -> None:
        async with running(RememberingDesk(), max_sessions=1) as sink:
            first = await sink.greeted()
            second = await sink.client()
            assert await second.answer() == "421 4.3.2 too many sessions, try again later"
            assert await second.is_gone()
            await first.say("QUIT")
            assert await first.is_gone()
            third = await sink.client()
            assert (await third.answer()).startswith("220 ")

    asyncio.run(story())


def test_a_peer_that_tries_names_is_sent_away_for_a_while_and_one_behind_an_mx_is_not() -> None:
    async def story(**settings: Any) -> list[str]:
        async with running(RememberingDesk(), peer_unknown_in_a_row=2, **settings) as sink:
            peer = await sink.greeted()
            return await peer.address("a@b.example", "b@b.example", "c@b.example")

    assert asyncio.run(story())[-1] == "421 4.7.0 too many unknown recipients, try again later"
    assert asyncio.run(story(at_border=False))[-1] == "550 5.1.1 no such address here"


def test_a_peer_that_finds_somebody_may_mistype_others() -> None:
    async def story() -> list[str]:
        async with running(RememberingDesk(), peer_unknown_in_a_row=2) as sink:
            peer = await sink.greeted()
            return await peer.address("a@b.example", "b@b.example", HERE, "c@b.example", "d@b.example")

    assert [each[:3] for each in asyncio.run(story())[1:]] == ["550", "550", "250", "550", "550"]


def test_a_peer_that_sends_very_much_is_asked_to_slow_down_and_one_behind_an_mx_is_not() -> None:
    async def story(**settings: Any) -> str:
        async with running(RememberingDesk(), peer_mails_a_minute=1, **settings) as sink:
            peer = await sink.greeted()
            await peer.mail()
            return await peer.say("MAIL FROM:<a@b.example>")

    assert asyncio.run(story()).startswith("451 4.7.1")
    assert asyncio.run(story(at_border=False)).startswith("250 ")


def test_commands_and_mails_may_be_sent_without_waiting() -> None:
    desk = RememberingDesk()
    envelope = f"MAIL FROM:<a@b.example>\r\nRCPT TO:<{HERE}>\r\nDATA\r\n".encode()

    async def story() -> list[str]:
        async with running(desk) as sink:
            peer = await sink.greeted()
            await peer.send((envelope + b"one\r\n.\r\n" + envelope + b"two\r\n.\r\n" + b"QUIT\r\n") * 1)
            return [(await peer.answer())[:3] for _ in range(9)]

    assert asyncio.run(story()) == ["250", "250", "354", "250", "250", "250", "354", "250", "221"]
    assert desk.bodies == [b"one\r\n", b"two\r\n"]


def test_what_is_pipelined_behind_a_spooled_mail_keeps_its_order(tmp_path: Path) -> None:
    desk = RememberingDesk(tmp_path)

    async def story() -> list[str]:
        async with running(desk) as sink:
            peer = await sink.greeted()
            await peer.address(HERE)
            await peer.say("DATA")
            commands = b"".join(b"HELP %d\r\nNOOP\r\n" % number for number in range(50))
            await peer.send(b"x" * 400_000 + b"\r\n.\r\n" + commands)
            return [(await peer.answer())[:3] for _ in range(101)]

    assert asyncio.run(story()) == ["250", *["214", "250"] * 50]


def test_a_silent_peer_is_told_and_left() -> None:
    async def story() -> None:
        async with running(RememberingDesk(), idle_s=0.05) as sink:
            peer = await sink.greeted()
            assert await peer.answer() == "421 4.4.2 nothing came for too long"
            assert await peer.is_gone()
            slow = await sink.greeted()
            await slow.address(HERE)
            await slow.say("DATA")
            assert await slow.answer() == "421 4.4.2 nothing came for too long"

    asyncio.run(story())


def test_a_peer_that_leaves_in_the_middle_of_data_leaves_nothing_behind(tmp_path: Path) -> None:
    desk = RememberingDesk(tmp_path)

    async def story() -> None:
        async with running(desk) as sink:
            peer = await sink.greeted()
            await peer.address(HERE)
            await peer.say("DATA")
            await peer.send(b"x" * 900_000)
            await until(lambda: bool(list(tmp_path.iterdir())))
            peer.hang_up()
            await until(lambda: not list(tmp_path.iterdir()))
            assert (await (await sink.greeted()).mail()).startswith("250 ")

    asyncio.run(story())
    assert len(desk.kept) == 1


def test_tls_is_offered_where_there_is_a_certificate_and_what_was_said_before_it_is_forgotten() -> None:
    authority = trustme.CA()
    ours, theirs = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER), ssl.create_default_context()
    authority.issue_cert("sink.example").configure_cert(ours)
    authority.configure_trust(theirs)
    desk = RememberingDesk()

    async def story() -> None:
        async with running(desk, tls=ours) as sink:
            peer = await sink.client()
            assert "|250-STARTTLS|" in await peer.greet()
            assert await peer.say("STARTTLS") == "220 Ready to start TLS"
            await peer.writer.start_tls(theirs, server_hostname="sink.example")
            assert (await peer.say("MAIL FROM:<a@b.example>")).startswith("503 ")
            assert "STARTTLS" not in await peer.say("EHLO peer.example")
            assert await peer.mail() == "250 2.0.0 kept"
            assert (await peer.say("AUTH PLAIN AGEAYg==")).startswith("502 ")

    asyncio.run(story())
    assert desk.bodies == [MAIL]


def test_lmtp_answers_for_each_accepted_recipient_in_order() -> None:
    third = "r+here3@mail.example"
    desk = RememberingDesk(failing={ALSO_HERE})

    async def story() -> None:
        async with running(desk, protocol="lmtp") as sink:
            peer = await sink.client()
            assert (await peer.answer()).endswith("LMTP")
            assert (await peer.say("EHLO peer.example")).startswith("500 ")
            assert (await peer.say("HELO peer.example")).startswith("500 ")
            assert (await peer.say("LHLO peer.example")).endswith("250 ENHANCEDSTATUSCODES")
            told = await peer.address(HERE, "forged@mail.example", ALSO_HERE, third)
            assert [each[:3] for each in told] == ["250", "250", "550", "250", "250"]
            assert await peer.data(b"x") == "250 2.0.0 kept"
            assert await peer.answer() == "451 4.3.0 a fault on our side, try again later"
            assert await peer.answer() == "250 2.0.0 kept"
            assert await peer.say("NOOP") == "250 2.0.0 OK"

    asyncio.run(story())
    assert desk.kept[0].recipients == (HERE, ALSO_HERE, third)
    assert desk.kept[0].way == "lmtp"


def test_lmtp_answers_for_each_recipient_when_the_mail_is_refused_or_we_fail() -> None:
    desk = RememberingDesk()

    async def story() -> None:
        async with running(desk, protocol="lmtp", max_bytes=100) as sink:
            peer = await sink.greeted("LHLO")
            assert (await peer.mail(HERE, ALSO_HERE, content=b"x" * 200)).startswith("552 ")
            assert (await peer.answer()).startswith("552 ")
            desk.fault = ValueError(SECRET)
            assert (await peer.mail(HERE, ALSO_HERE, content=b"x")).startswith("451 ")
            assert (await peer.answer()).startswith("451 ")

    asyncio.run(story())


def test_smtp_has_one_answer_and_says_the_worst() -> None:
    desk = RememberingDesk(failing={ALSO_HERE})

    async def story() -> str:
        async with running(desk) as sink:
            return await (await sink.greeted()).mail(HERE, ALSO_HERE)

    assert asyncio.run(story()).startswith("451 ")


def test_stopping_finishes_the_mail_that_is_coming_in_and_sends_the_idle_away() -> None:
    desk = RememberingDesk()

    async def story() -> None:
        async with running(desk) as sink:
            idle, busy = await sink.greeted(), await sink.greeted()
            await busy.address(HERE)
            await busy.say("DATA")
            await busy.send(b"half of ")
            stopping = asyncio.create_task(sink.stop())
            assert await idle.answer() == "421 4.3.2 the service is stopping, try again later"
            await busy.send(b"the mail\r\n.\r\n")
            assert await busy.answer() == "250 2.0.0 kept"
            assert await busy.answer() == "421 4.3.2 the service is stopping, try again later"
            await stopping
            with pytest.raises(ConnectionRefusedError):
                await sink.client()

    asyncio.run(story())
    assert desk.bodies == [b"half of the mail\r\n"]


def test_stopping_does_not_wait_for_ever_for_a_peer_that_does_not_end() -> None:
    async def story() -> None:
        async with running(RememberingDesk(), grace_s=0.05) as sink:
            peer = await sink.greeted()
            await peer.address(HERE)
            await peer.say("DATA")
            await sink.stop()
            assert await peer.is_gone()

    asyncio.run(story())


def test_no_address_and_no_text_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    async def story() -> None:
        async with running(RememberingDesk(), max_bytes=100) as sink:
            peer = await sink.greeted()
            await peer.address("unknown@mail.example", HERE)
            await peer.data(b"a secret word " * 20)
            await peer.say("sophie@boulangerie.example")

    with capture_logs() as logs, caplog.at_level("DEBUG"):
        asyncio.run(story())
    told = str(logs) + caplog.text
    assert [each["why"] for each in logs] == ["unknown_recipient", "5.3.4"]
    assert not [word for word in ("sophie", "unknown@", "secret", "127.0.0.1") if word in told]
