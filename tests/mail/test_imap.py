"""One IMAP session against the system's Dovecot: what it reads and what it leaves behind."""

from datetime import UTC, datetime, timedelta

import pytest

from tests.mail.conftest import NOTHING, Begin, Servers, mail
from worker.core.collecting_rules import CannotGive, ConnectionLost
from worker.mail.imap import PIECE_BYTES

NO_MOVE = "imap_capability = IMAP4rev1 LITERAL+ NAMESPACE UIDPLUS IDLE"
INBOX_PREFIX = "namespace inbox {\n  prefix = INBOX.\n  separator = .\n}"


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
