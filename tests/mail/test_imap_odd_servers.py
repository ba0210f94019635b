"""Servers that lie, refuse or leave things out: one bad mail or answer never hides the others."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from tests.mail.imap_server import CAPABILITIES, ImapServer, running_imap
from worker.core.collecting_rules import LARGE_BYTES, CannotGive, ConnectionLost
from worker.core.mailbox_accounts import MailboxAccount, MailboxTls
from worker.mail.imap import ImapSession, open_session
from worker.mail.imap_opening import ImapOptions

Answer = tuple[str, bytes, bytes | None]
GOOD = b'* 1 FETCH (UID 1 RFC822.SIZE 10 INTERNALDATE "01-Jul-2026 10:00:00 +0200")\r\n'
Begin = Callable[..., tuple[ImapServer, ImapSession]]


@pytest.fixture
def begin() -> Iterator[Begin]:
    with ExitStack() as stack:

        def start(*answers: Answer, flag: str = "$Navette") -> tuple[ImapServer, ImapSession]:
            server = stack.enter_context(running_imap(ImapServer(answers=list(answers))))
            account = MailboxAccount(
                number=1, user="a", host="127.0.0.1", port=server.port, tls=MailboxTls.NONE, password="b"
            )
            session = open_session(account, ImapOptions(flag=flag, timeout=5))
            stack.callback(session.close)
            session.open("INBOX")
            return server, session

        yield start


def test_a_date_nobody_can_read_hides_no_other_mail(begin: Begin) -> None:
    bad = b'* 2 FETCH (UID 2 RFC822.SIZE 20 INTERNALDATE "tomorrow")\r\n'
    _, session = begin(
        (r"UID FETCH 1,2 ", GOOD + bad, b"OK"),
        (r"UID FETCH 1 ", GOOD, b"OK"),
        (r"UID FETCH 2 .*DATE", bad, b"OK"),
        (r"UID FETCH 2 ", b"* 2 FETCH (UID 2 RFC822.SIZE 20)\r\n", b"OK"),
    )

    first, second = session.look([1, 2])

    assert (first.size, first.came_at is not None) == (10, True)
    assert (second.uid, second.size, second.came_at) == (2, 20, None)


def test_one_mail_that_is_refused_hides_no_other(begin: Begin) -> None:
    _, session = begin(
        (r"UID FETCH 1,2 ", b"", b"NO [SERVERBUG] internal error"),
        (r"UID FETCH 1 ", b"* 1 FETCH (UID 1 BODY[] {2}\r\nhi)\r\n", b"OK"),
        (r"UID FETCH 2 ", b"", b"NO [SERVERBUG] internal error"),
    )

    assert session.fetch([1, 2]) == {1: b"hi"}


def test_a_mail_without_a_size_is_taken_for_a_large_one(begin: Begin) -> None:
    _, session = begin((r"UID FETCH", b"* 1 FETCH (UID 1 FLAGS ())\r\n", b"OK"))

    assert session.look([1])[0].size == LARGE_BYTES


def test_a_body_that_is_nil_was_not_given(begin: Begin) -> None:
    _, session = begin((r"UID FETCH", b"* 1 FETCH (UID 1 BODY[] NIL)\r\n", b"OK"))

    assert session.fetch([1]) == {}


def test_flags_that_a_person_changes_meanwhile_do_not_disturb(begin: Begin) -> None:
    flags = b"* 2 FETCH (FLAGS (\\Seen))\r\n* 3 FETCH (UID 9 FLAGS (\\Seen))\r\n"
    _, session = begin((r"UID FETCH", flags + b"* 1 FETCH (UID 2 BODY[] {2}\r\nhi)\r\n" + flags, b"OK"))

    assert session.fetch([2]) == {2: b"hi"}


def test_a_large_mail_that_ends_in_the_middle_was_not_given(begin: Begin) -> None:
    _, session = begin(
        (r"UID FETCH 1 \(BODY.PEEK\[\]<0\.", b"* 1 FETCH (UID 1 BODY[]<0> {4}\r\nhalf)\r\n", b"OK"),
        (r"UID FETCH 1 \(BODY.PEEK\[\]<4\.", b"", b"NO gone"),
    )

    with pytest.raises(CannotGive):
        list(session.pieces(1))


def test_a_short_piece_is_not_the_end(begin: Begin) -> None:
    _, session = begin(
        (r".*<0\.", b"* 1 FETCH (UID 1 BODY[]<0> {4}\r\nfirs)\r\n", b"OK"),
        (r".*<4\.", b"* 1 FETCH (UID 1 BODY[]<4> {1}\r\nt)\r\n", b"OK"),
        (r".*<5\.", b'* 1 FETCH (UID 1 BODY[]<5> "")\r\n', b"OK"),
    )

    assert b"".join(session.pieces(1)) == b"first"


def test_mail_announced_along_with_a_search_is_not_forgotten(begin: Begin) -> None:
    _, session = begin((r"UID SEARCH", b"* SEARCH\r\n* 4 EXISTS\r\n", b"OK"))

    session.new_uids(3)

    assert session.has_news()


def test_what_was_announced_before_a_search_is_in_its_answer(begin: Begin) -> None:
    server, session = begin((r"UID SEARCH", b"* SEARCH 4\r\n", b"OK"), (r"NOOP", b"* 4 EXISTS\r\n", b"OK"))
    session.still_there([4])

    assert session.new_uids(3) == [4]
    assert not session.has_news()
    assert server.said("UID SEARCH UID 4:")


def test_without_uidnext_the_last_mail_says_where_we_are(begin: Begin) -> None:
    selected = (r"SELECT", b"* 3 EXISTS\r\n* OK [UIDVALIDITY 7] x\r\n", b"OK")
    _, session = begin(selected, (r"UID SEARCH UID \*", b"* SEARCH 41\r\n", b"OK"))

    sight = session.open("INBOX")

    assert (sight.next_uid, sight.is_certain) == (42, False)


def test_without_uidvalidity_nothing_can_be_trusted(begin: Begin) -> None:
    with pytest.raises(ConnectionLost):
        begin((r"SELECT", b"* 3 EXISTS\r\n", b"OK"))


def test_a_folder_that_is_refused_leaves_the_session_alive(begin: Begin) -> None:
    _, session = begin((r'SELECT "?Junk', b"", b"NO [NOPERM] no"))

    with pytest.raises(CannotGive):
        session.open("Junk")
    assert session.open("INBOX").uidvalidity == 7


def test_a_folder_that_keeps_no_keywords_is_not_flagged(begin: Begin) -> None:
    selected = (
        r"SELECT",
        b"* OK [UIDVALIDITY 7] x\r\n* OK [UIDNEXT 4] x\r\n* OK [PERMANENTFLAGS (\\Seen)] x\r\n",
        b"OK",
    )
    server, session = begin(selected)

    session.put_away([1], None)

    assert server.said("UID STORE") == []


def test_a_move_that_is_refused_flags_and_goes_on(begin: Begin) -> None:
    server, session = begin(
        (r"LIST", b'* LIST () "/" Archive\r\n', b"OK"),
        (r"UID MOVE", b"", b"NO [OVERQUOTA] full"),
        (r"UID STORE", b"", b"OK"),
    )

    session.put_away([1, 2], "Archive")

    assert server.said("UID STORE 1,2 .FLAGS.SILENT .\\$Navette")


def test_nothing_is_ever_expunged_without_its_number(begin: Begin) -> None:
    server, session = begin(
        (r"CAPABILITY", CAPABILITIES.replace(b"MOVE ", b""), b"OK"),
        (r"LIST", b'* LIST () "/" Archive\r\n', b"OK"),
        (r"UID (COPY|STORE|EXPUNGE)", b"", b"OK"),
    )

    session.put_away([1, 2], "Archive")

    assert server.said("UID EXPUNGE") == ["UID EXPUNGE 1,2"]
    assert server.said("EXPUNGE|CLOSE") == []


@pytest.mark.parametrize(("more", "goes_on"), [(b"* 4 EXISTS\r\n", False), (b"", True)])
def test_mail_announced_in_one_breath_with_the_consent_to_idle_ends_it(
    begin: Begin, more: bytes, *, goes_on: bool
) -> None:
    """It lies in imaplib's buffer then, and nothing comes in on the socket any more."""
    server, session = begin((r"IDLE", b"+ idling\r\n" + more, b"OK"))
    asked: list[float] = []

    def is_over(seconds: float) -> bool:
        asked.append(seconds)
        return True

    session.wait(500, is_over)

    assert (bool(asked), server.said("IDLE")) == (goes_on, ["IDLE"])
