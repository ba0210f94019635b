"""A small world of mail on loopback: the relay that the worker sends through, and everybody's mailbox behind it.

Made for ``make demo`` and for end-to-end tests; real SMTP, real Maildirs, real RFC 3464 reports::

    worker ──SMTP──▶ door ──▶ queue on disk ──▶ Maildir of a known person ──▶ "delivered" report ─┐
    people ──SMTP──▶  (world_smtp)              └▶ nobody of that name ─────▶ "failed" report ────┤
                                                └▶ anything@the firm's domain ──▶ next hop (sink) ◀┘

In a test::

    with World(Setting(folder=tmp_path, domain="mail.firm.example", people=("sophie@bakery.example",))) as world:
        world.behave("sophie@bakery.example", Behaviour.GREYLIST, times=2)
        world.lead_to("127.0.0.1", sink_port)
        ...
        world.wait_for(lambda seen: seen.count(Happened.STORED, "sophie@bakery.example") == 1)

As a process: ``python -m worker.demo.world --maildirs DIR --domain mail.firm.example`` (world_process).
"""

import logging
import ssl
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar

from worker.demo.world_behaviours import Behaviour, Behaviours
from worker.demo.world_delivery import Delivery, NextHop, Pace
from worker.demo.world_dsn import MailAsk
from worker.demo.world_journal import Happened, Journal
from worker.demo.world_mailboxes import Mailboxes
from worker.demo.world_queue import Envelope, Job, MailStore, Postman, Recipient, WorldMail
from worker.demo.world_server import DoorServer
from worker.demo.world_smtp import Door, Porter

T = TypeVar("T")
MOST_FAULTS = 5


def read_clock() -> datetime:
    return datetime.now(UTC)  # noqa: TID251 - the world is outside the worker and has its own clock


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """``folder``: of the Maildirs; those found there are people too. ``domain``: the worker's own.

    ``dsn``: offered at the door; ``success_reports``: kept as promised. ``users``: login and password; when there are
    any, nobody sends without. ``tls_context``: offers STARTTLS; ``require_tls``: and insists on it, also for AUTH.
    """

    folder: Path
    domain: str
    people: tuple[str, ...] = ()
    next_hop: NextHop | None = None
    host: str = "127.0.0.1"
    port: int = 0
    hostname: str = "relay.world.example"
    size_limit: int = 50 * 1024 * 1024
    dsn: bool = True
    success_reports: bool = True
    smtputf8: bool = False
    users: dict[str, str] = field(default_factory=dict)
    tls_context: ssl.SSLContext | None = None
    require_tls: bool = False
    pace: Pace = field(default_factory=Pace)
    clock: Callable[[], datetime] = read_clock


class World:
    """A desk in the sense of world_smtp.Desk."""

    def __init__(self, setting: Setting, journal: Journal | None = None) -> None:
        # aiosmtpd prints addresses at INFO, and a warning at each login.
        logging.getLogger("mail.log").setLevel(logging.ERROR)
        self.setting = setting
        self.hostname = setting.hostname
        self.journal = journal or Journal()
        self.behaviours = Behaviours()
        self.mailboxes = Mailboxes(setting.folder)
        for address in setting.people:
            self.mailboxes.add_person(address)
        self.store = MailStore(setting.folder / ".world")
        self.delivery = make_delivery(self)
        # Two, so that a next hop that does not answer holds up nobody's mailbox.
        self._to_firm = Postman("world-to-firm", self._work)
        self._to_people = Postman("world-to-people", self._work)
        self._faults: dict[tuple[int, int], int] = {}
        self._server = DoorServer(self._make_door, setting.host, setting.port)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def start(self) -> None:
        self._server.start()
        for job in self.store.open_jobs():
            self._postman(job).add(job)
        self._to_firm.start()
        self._to_people.start()

    def stop(self) -> None:
        """What is not done yet stays on disk, for the next world on this folder."""
        self._server.stop()
        self._to_firm.stop()
        self._to_people.stop()

    @property
    def host(self) -> str:
        return self.setting.host

    @property
    def port(self) -> int:
        return self._server.port

    def behave(self, address: str, behaviour: Behaviour, *, times: int | None = None) -> None:
        self.behaviours.assign(address, behaviour, times=times)

    def lead_to(self, host: str, port: int, *, lmtp: bool = False) -> None:
        """Mail for the firm's domain goes there from now on."""
        self.delivery.next_hop = NextHop(host=host, port=port, lmtp=lmtp)

    @property
    def received(self) -> list[WorldMail]:
        """All that came in by SMTP, in order, copies too."""
        return [mail for mail in self.store.all_mails() if mail.envelope.origin == "smtp"]

    def mails_of(self, address: str) -> list[bytes]:
        return self.mailboxes.mails_of(address)

    def wait_for(self, question: Callable[[Journal], T], timeout: float = 10.0) -> T:
        return self.journal.wait_for(question, timeout)

    def envelope(self, session: Any, sender: str, recipients: tuple[Recipient, ...], ask: MailAsk) -> Envelope:
        login = session.auth_data.login.decode("utf-8", "replace") if session.authenticated else ""
        peer, helo = (str(session.peer[0]) if session.peer else ""), printable(session.host_name or "")
        now = self.setting.clock()
        return Envelope(
            sender=sender, recipients=recipients, received_at=now, ask=ask, helo=helo, peer=peer, login=login
        )

    def take(self, envelope: Envelope, content: bytes) -> None:
        """Keeps it and starts it on its way. Raises OSError when the disk does: nothing is taken then."""
        mail = self.store.keep(envelope, content)
        for index, recipient in enumerate(envelope.recipients):
            if envelope.origin == "smtp":
                self.journal.record(Happened.RECEIVED, number=mail.number, address=recipient.address)
            job = Job(mail=mail, index=index)
            self._postman(job).add(job)

    def _postman(self, job: Job) -> Postman:
        return self._to_firm if self.delivery.is_for_firm(job.recipient.address) else self._to_people

    def _work(self, job: Job) -> float | None:
        try:
            again = self.delivery.deliver(job)
            if again is None:
                self.store.done(job)
        except Exception as fault:  # noqa: BLE001 - outermost loop: one mail that breaks us must not stop the others
            self.journal.record(
                Happened.FAULT, number=job.mail.number, address=job.recipient.address, detail=repr(fault)
            )
            key = (job.mail.number, job.index)
            self._faults[key] = self._faults.get(key, 0) + 1
            return self.setting.pace.after_fault if self._faults[key] < MOST_FAULTS else None
        return again

    def _make_door(self) -> Door:
        setting = self.setting
        return Door(
            Porter(self),
            dsn=setting.dsn,
            users=setting.users,
            hostname=setting.hostname,
            size_limit=setting.size_limit,
            enable_SMTPUTF8=setting.smtputf8,
            tls_context=setting.tls_context,
            require_starttls=setting.require_tls,
            auth_require_tls=setting.require_tls,
        )


def make_delivery(world: World) -> Delivery:
    setting = world.setting
    return Delivery(
        domain=setting.domain,
        hostname=setting.hostname,
        mailboxes=world.mailboxes,
        behaviours=world.behaviours,
        journal=world.journal,
        take=world.take,
        now=setting.clock,
        pace=setting.pace,
        next_hop=setting.next_hop,
        success_reports=setting.success_reports,
    )


def printable(text: str) -> str:
    """A HELO as it may stand in a header."""
    return "".join(sign for sign in text if sign.isascii() and sign.isprintable())[:255]


if __name__ == "__main__":
    import sys

    from worker.demo.world_process import main

    sys.exit(main())
