"""How one IMAP session waits, in IDLE and without it, and how it notices that nobody is there any more."""

import signal
import threading
from collections.abc import Sequence

import pytest

from tests.mail.conftest import NOTHING, Begin, Servers, mail
from tests.servers.dovecot import running_dovecot
from worker.core.collecting_rules import ConnectionLost
from worker.mail.imap import ImapSession, is_about_arrivals


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
