"""A mailbox on the system's Dovecot and the house that collects from it; and sessions that go wrong on purpose."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import func, select

from storage import inbox, mailboxes
from storage.mailbox_records import MailboxPosition
from storage.records import Arrival, ArrivalId
from storage.states import ArrivalState
from storage.tables.inbox import inbound_mails, missing_uids
from tests.servers.dovecot import Dovecot, password_of
from worker.core.mailbox_accounts import MailboxAccount, MailboxTls
from worker.flows.collecting import Round, collect_round
from worker.flows.collecting_box import Box, CollectingRules, Lease
from worker.flows.house import House
from worker.mail.imap import ImapSession, open_session
from worker.mail.imap_opening import ImapOptions

SIGNED = "r+token@mail.fiduciaire.example"


def mail(subject: str, *, to: str = "office@firm.example", body: str = "Bonjour.") -> bytes:
    return (
        f"From: Sophie <sophie@boulangerie.example>\r\nTo: {to}\r\nSubject: {subject}\r\n"
        f"Message-ID: <{subject.replace(' ', '-')}@boulangerie.example>\r\n\r\n{body}\r\n"
    ).encode()


class Meddled:
    """A real session whose methods a test replaces: ``Meddled(session, fetch=…)``."""

    def __init__(self, session: ImapSession, **instead: Callable[..., Any]) -> None:
        self._session, self._instead = session, instead

    def __getattr__(self, name: str) -> Any:
        return self._instead.get(name) or getattr(self._session, name)


@dataclass
class Office:
    """One mailbox. ``box`` is its first leader; ``another_box`` another process."""

    house: House
    dovecot: Dovecot
    user: str
    rules: CollectingRules = field(default_factory=CollectingRules)
    number: int = 1
    sessions: list[ImapSession] = field(default_factory=list)
    rung: list[ArrivalId] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.account = MailboxAccount(
            number=self.number,
            user=self.user,
            host="127.0.0.1",
            port=self.dovecot.imap_port,
            tls=MailboxTls.NONE,
            password=password_of(self.user),
        )
        self.box = self.another_box("first")
        assert self.box.lease.take()
        with self.house.database.writing() as session:
            mailboxes.watch(session, self.box.name, now=self.house.now(session))

    def another_box(self, holder: str) -> Box:
        lease = Lease(self.house, self.account.name, holder)
        return Box(
            house=self.house,
            name=self.account.name,
            number=self.number,
            rules=self.rules,
            lease=lease,
            ring=self.rung.extend,
        )

    def session(self) -> ImapSession:
        self.sessions.append(open_session(self.account, ImapOptions()))
        return self.sessions[-1]

    def round(self, **instead: Callable[..., Any]) -> Round:
        """One round in a session of its own, with these of its methods replaced."""
        return self.round_in(Meddled(self.session(), **instead))

    def round_in(self, session: Any) -> Round:
        assert self.box.lease.take()
        return collect_round(self.box, session)

    def close(self) -> None:
        for each in self.sessions:
            each.close()

    def put(self, *mails: bytes, folder: str = "INBOX", at: datetime | None = None) -> None:
        self.dovecot.put(self.user, *mails, folder=folder, at=at)

    def subjects(self, folder: str = "INBOX") -> list[str]:
        return self.dovecot.subjects(self.user, folder)

    def kept(self) -> list[str]:
        """Subjects of all arrivals of this mailbox, oldest first."""
        return [subject_of(self.raw(each)) for each in self.arrivals()]

    def arrivals(self) -> list[Arrival]:
        with self.house.database.reading() as session:
            found = [each for each, _ in inbox.list_arrivals(session, states=tuple(ArrivalState), most=500)]
        return [each for each in reversed(found) if (each.mailbox or "").startswith(self.box.name)]

    def raw(self, arrival: Arrival) -> bytes:
        with self.house.database.reading() as session:
            kept = inbox.inbound_mail(session, arrival.inbound_mail_id)
        assert kept is not None
        return kept.raw if kept.raw is not None else self.house.files.read(str(kept.raw_path))

    def mails_stored(self) -> int:
        with self.house.database.reading() as session:
            return int(session.execute(select(func.count()).select_from(inbound_mails)).scalar_one())

    def position(self, folder: str = "INBOX") -> MailboxPosition:
        with self.house.database.reading() as session:
            found = mailboxes.position(session, self.box.name, folder)
        assert found is not None
        return found

    def missing(self) -> list[tuple[int, int, str | None]]:
        """(UID, tries, settled as) of every UID that was not given."""
        columns = (missing_uids.c.uid, missing_uids.c.tries, missing_uids.c.settled_as)
        with self.house.database.reading() as session:
            return [tuple(row) for row in session.execute(select(*columns).order_by(missing_uids.c.id))]


def subject_of(raw: bytes) -> str:
    return next(line for line in raw.decode().split("\r\n") if line.startswith("Subject: ")).removeprefix("Subject: ")


def without(session: ImapSession, *refused: int) -> Callable[[Sequence[int]], dict[int, bytes]]:
    """A fetch that gives all but these."""
    return lambda uids: {uid: raw for uid, raw in session.fetch(uids).items() if uid not in refused}
