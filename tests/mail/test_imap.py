"""One IMAP session against the system's Dovecot: what it reads, what it leaves behind, how it waits.

One rule a test; longer than a module, since all share one real Dovecot.
"""

import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest

from tests.servers.dovecot import Dovecot, password_of, running_dovecot
from worker.core.collecting_rules import CannotGive, ConnectionLost
from worker.core.mailbox_accounts import MailboxAccount, MailboxTls
from worker.mail.imap import PIECE_BYTES, ImapSession, is_about_arrivals, open_session
from worker.mail.imap_opening import ImapOptions

NO_MOVE = "imap_capability = IMAP4rev1 LITERAL+ NAMESPACE UIDPLUS IDLE"
MOST_MAILBOXES = 100
NOTHING = "imap_capability = IMAP4rev1 LITERAL+"
INBOX_PREFIX = "namespace inbox {\n  prefix = INBOX.\n  separator = .\n}"


def mail(subject: str, *, extra: str = "", body: str = "Bonjour.") -> bytes:
    return f"From: a@b.example\r\nTo: office@firm.example\r\n{extra}Subject: {subject}\r\n\r\n{body}\r\n".encode()


def account_for(dovecot: Dovecot, user: str) -> MailboxAccount:
    return MailboxAccount(
        number=1,
        user=user,
        host="127.0.0.1",
        port=dovecot.imap_port,
        tls=MailboxTls.NONE,
        password=password_of(user),
    )


@dataclass
class Servers:
    """Starts each kind of Dovecot once, and gives every test a mailbox of its own."""

    stack: ExitStack
    running: dict[tuple[str, ...], Dovecot]
    number: int = 0

    def mailbox(self, *settings: str) -> tuple[Dovecot, str]:
        if settings not in self.running:
            users = tuple(f"office{number}@firm.example" for number in range(1, MOST_MAILBOXES))
            self.running[settings] = self.stack.enter_context(running_dovecot(users, settings=settings))
        self.number += 1
        return self.running[settings], f"office{self.number}@firm.example"


@pytest.fixture(scope="module")
def servers() -> Iterator[Servers]:
    with ExitStack() as stack:
        yield Servers(stack, {})


@pytest.fixture
def sessions() -> Iterator[Callable[..., ImapSession]]:
    with ExitStack() as stack:

        def begin(dovecot: Dovecot, user: str, **options: float | str) -> ImapSession:
            made = open_session(account_for(dovecot, user), ImapOptions(**options))  # type: ignore[arg-type]
            stack.callback(made.close)
            return made

        yield begin


Begin = Callable[..., ImapSession]


class Waiting:
    """A session that waits in a thread of its own; ``begun`` is set when it does."""

    def __init__(self, session: ImapSession, seconds: float = 60) -> None:
        self.begun = threading.Event()
        self.stop = threading.Event()
        self.ended_by: BaseException | None = None
        self._session, self._seconds = session, seconds
        self._thread = threading.Thread(target=self._run)
        self._thread.start()
        assert self.begun.wait(20)

    def _run(self) -> None:
        try:
            self._session.wait(self._seconds, self._pause)
        except ConnectionLost as fault:
            self.ended_by = fault

    def _pause(self, seconds: float) -> bool:
        self.begun.set()
        return self.stop.wait(seconds)

    def result(self) -> BaseException | None:
        self._thread.join(20)
        assert not self._thread.is_alive()
        return self.ended_by


def test_a_connection_cut_in_idle_is_noticed(servers: Servers, sessions: Begin) -> None:
    dovecot, user = servers.mailbox()
    session = sessions(dovecot, user)
    session.open("INBOX")
    waiting = Waiting(session)

    dovecot.kick(user)

    assert isinstance(waiting.result(), ConnectionLost)


def test_a_server_killed_in_idle_is_noticed(sessions: Begin) -> None:
    with running_dovecot(("office@firm.example",)) as dovecot:
        session = sessions(dovecot, "office@firm.example")
        session.open("INBOX")
        waiting = Waiting(session)

        for each in dovecot.serving():
            each.kill()

        assert isinstance(waiting.result(), ConnectionLost)


def test_a_server_that_froze_in_idle_is_noticed_when_idle_is_renewed(sessions: Begin) -> None:
    with running_dovecot(("office@firm.example",)) as dovecot:
        session = sessions(dovecot, "office@firm.example", timeout=0.3)
        session.open("INBOX")
        waiting = Waiting(session, seconds=0.5)

        frozen = dovecot.serving()
        for each in frozen:
            each.send_signal(signal.SIGSTOP)
        ended_by = waiting.result()
        for each in frozen:
            each.kill()

        assert isinstance(ended_by, ConnectionLost)


def test_a_dead_session_says_so_at_every_command(servers: Servers, sessions: Begin) -> None:
    dovecot, user = servers.mailbox()
    session = sessions(dovecot, user)
    session.open("INBOX")
    dovecot.kick(user)

    for command in (
        lambda: session.new_uids(0),
        lambda: session.look([1]),
        lambda: session.fetch([1]),
        lambda: list(session.pieces(1)),
        lambda: session.put_away([1], "Archive"),
        session.folders,
        lambda: session.open("INBOX"),
        lambda: session.still_there([1]),
    ):
        with pytest.raises(ConnectionLost):
            command()


def test_idle_stops_when_it_is_time(servers: Servers, sessions: Begin) -> None:
    session = sessions(*servers.mailbox())
    session.open("INBOX")
    waiting = Waiting(session)

    waiting.stop.set()

    assert waiting.result() is None
    assert session.new_uids(0) == []


def test_a_mail_ends_idle(servers: Servers, sessions: Begin) -> None:
    dovecot, user = servers.mailbox()
    session = sessions(dovecot, user)
    session.open("INBOX")
    waiting = Waiting(session)

    dovecot.put(user, mail("new"))

    assert waiting.result() is None
    assert session.new_uids(0) == [1]


@pytest.mark.parametrize(
    ("told", "is_news"),
    [
        ((3, b"EXISTS"), True),
        ((b"BYE", b"closing"), True),
        ((3, b"FETCH", (b"FLAGS", (b"\\Seen",))), False),
        ((3, b"EXPUNGE"), False),
        ((b"OK", b"Still here"), False),
    ],
)
def test_only_what_comes_in_ends_idle(told: Sequence[object], is_news: bool) -> None:
    assert is_about_arrivals(told) is is_news


def test_without_idle_the_server_is_asked_again_and_again(servers: Servers, sessions: Begin) -> None:
    dovecot, user = servers.mailbox(NOTHING)
    session = sessions(dovecot, user, poll_seconds=0.05)
    session.open("INBOX")
    dovecot.put(user, mail("new"))

    assert not session.can_idle
    session.wait(60, threading.Event().wait)
    assert session.new_uids(0) == [1]


def test_without_idle_a_cut_connection_is_noticed_too(servers: Servers, sessions: Begin) -> None:
    dovecot, user = servers.mailbox(NOTHING)
    session = sessions(dovecot, user, poll_seconds=0.05)
    session.open("INBOX")
    dovecot.kick(user)

    with pytest.raises(ConnectionLost):
        session.wait(60, threading.Event().wait)


def test_the_last_mail_is_not_new_for_ever(servers: Servers, sessions: Begin) -> None:
    dovecot, user = servers.mailbox()
    dovecot.put(user, mail("one"), mail("two"))
    session = sessions(dovecot, user)
    session.open("INBOX")

    assert session.new_uids(1) == [2]
    assert session.new_uids(2) == []
    assert session.new_uids(99) == []


def test_reading_marks_nothing_as_read(servers: Servers, sessions: Begin) -> None:
    dovecot, user = servers.mailbox()
    dovecot.put(user, mail("one"))
    session = sessions(dovecot, user)
    session.open("INBOX")

    session.look([1])
    session.recipients([1])
    assert session.fetch([1]) == {1: mail("one")}
    assert b"".join(session.pieces(1)) == mail("one")
    assert "Seen" not in dovecot.flags(user)[0]


def test_a_uid_that_is_not_there_is_missing_and_breaks_nothing(servers: Servers, sessions: Begin) -> None:
    dovecot, user = servers.mailbox()
    dovecot.put(user, mail("one"))
    session = sessions(dovecot, user)
    session.open("INBOX")

    assert [each.uid for each in session.look([1, 9])] == [1]
    assert set(session.fetch([1, 9])) == {1}
    assert session.still_there([1, 9]) == {1}
    assert session.still_there([]) == set()
    with pytest.raises(CannotGive):
        list(session.pieces(9))
    session.put_away([9], "Archive")


def test_a_large_mail_comes_in_pieces_and_whole(servers: Servers, sessions: Begin) -> None:
    dovecot, user = servers.mailbox()
    large = mail("large", body="\r\n".join(f"line {number}" for number in range(200_000)))
    dovecot.put(user, large, mail("exact", body="x" * (PIECE_BYTES - len(mail("exact", body="")))))
    session = sessions(dovecot, user)
    session.open("INBOX")

    pieces = list(session.pieces(1))

    assert b"".join(pieces) == large
    assert max(map(len, pieces)) <= PIECE_BYTES
    assert [len(each) for each in session.pieces(2)] == [PIECE_BYTES]


def test_dates_and_sizes_are_the_servers(servers: Servers, sessions: Begin) -> None:
    dovecot, user = servers.mailbox()
    came_at = datetime(2026, 7, 1, 23, 30, tzinfo=UTC)
    dovecot.put(user, mail("one"), at=came_at)
    session = sessions(dovecot, user)
    session.open("INBOX")

    (look,) = session.look([1])

    assert (look.size, look.came_at) == (len(mail("one")), came_at)
    assert session.old_uids(1, 5, came_at.date() - timedelta(days=1)) == [1]
    assert session.old_uids(1, 5, came_at.date() + timedelta(days=2)) == []
    assert session.old_uids(2, 5, came_at.date() - timedelta(days=1)) == []


def test_junk_is_found_by_its_use_and_read_before_inbox(servers: Servers, sessions: Begin) -> None:
    assert sessions(*servers.mailbox()).folders() == ("Junk", "INBOX")


def test_every_address_a_mail_is_for_is_read(servers: Servers, sessions: Begin) -> None:
    dovecot, user = servers.mailbox()
    extra = "Cc: Anne <anne@firm.example>\r\nDelivered-To: r+token@firm.example\r\nReply-To: no@world.example\r\n"
    dovecot.put(user, mail("one", extra=extra), b"no headers at all", folder="Junk")
    session = sessions(dovecot, user)
    session.open("Junk")

    assert session.recipients([1, 2]) == {
        1: ("office@firm.example", "anne@firm.example", "r+token@firm.example"),
        2: (),
    }


@pytest.mark.parametrize("settings", [(), (NO_MOVE,)], ids=["MOVE", "COPY and EXPUNGE"])
def test_mail_is_put_away_and_what_a_person_deleted_stays(
    servers: Servers, sessions: Begin, settings: tuple[str, ...]
) -> None:
    dovecot, user = servers.mailbox(*settings)
    dovecot.put(user, mail("deleted by a person"), mail("ours"))
    with dovecot.client(user) as person:
        person.select()
        person.store("1", "+FLAGS", "\\Deleted")
    session = sessions(dovecot, user)
    session.open("INBOX")

    session.put_away([2], "Navette/Kept")

    assert dovecot.subjects(user) == ["deleted by a person"]
    assert dovecot.subjects(user, "Navette.Kept") == ["ours"]


def test_a_folder_that_was_removed_meanwhile_is_made_again(servers: Servers, sessions: Begin) -> None:
    dovecot, user = servers.mailbox()
    dovecot.put(user, mail("one"), mail("two"), mail("three"))
    session = sessions(dovecot, user)
    session.open("INBOX")
    session.put_away([1], "Archive")
    with dovecot.client(user) as person:
        person.delete("Archive")

    session.put_away([2], "Archive")
    session.put_away([3], "Archive")

    assert dovecot.subjects(user) == ["two"]
    assert "$Navette" in dovecot.flags(user)[0]
    assert dovecot.subjects(user, "Archive") == ["three"]


def test_folders_are_made_where_the_server_keeps_ones_own(servers: Servers, sessions: Begin) -> None:
    dovecot, user = servers.mailbox(INBOX_PREFIX)
    dovecot.put(user, mail("one"))
    session = sessions(dovecot, user)
    session.open("INBOX")

    session.put_away([1], "Archive")

    assert dovecot.subjects(user, "INBOX.Archive") == ["one"]


@pytest.mark.parametrize(("flag", "expected"), [("$Navette", "$Navette"), ("\\Seen", "\\Seen")])
def test_without_move_and_uidplus_mail_is_only_flagged(
    servers: Servers, sessions: Begin, flag: str, expected: str
) -> None:
    dovecot, user = servers.mailbox(NOTHING)
    dovecot.put(user, mail("one"))
    session = sessions(dovecot, user, flag=flag)
    session.open("INBOX")
    assert not session.can_move

    session.put_away([1], "Archive")

    assert dovecot.subjects(user) == ["one"]
    assert expected in dovecot.flags(user)[0]


def test_mail_stays_where_it_is_when_that_is_wanted(servers: Servers, sessions: Begin) -> None:
    dovecot, user = servers.mailbox()
    dovecot.put(user, mail("one"))
    session = sessions(dovecot, user)
    session.open("INBOX")

    session.put_away([1], None)

    assert dovecot.subjects(user) == ["one"]
    assert "$Navette" in dovecot.flags(user)[0]
