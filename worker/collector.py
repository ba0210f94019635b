"""``navette collect``: the firm's mailboxes, each led by one process of any number.

Per mailbox one thread: take the lease or ask again; connect, collect a round, wait in IDLE or poll, again. A session
that breaks is followed by another after a pause that grows with jitter. One more thread renews the leases and looks
whether a mailbox has not been read for too long, also where another process leads; what the database remembers makes
that one alarm and one recovery, whatever number of processes look.
"""

import os
import secrets
import signal
import socket
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from types import FrameType

import structlog

from storage import mailboxes
from storage.database import DatabaseDown
from storage.files import FilesDown
from worker.app import CeleryBell, configure
from worker.core.backoff import next_try
from worker.core.collecting_rules import LEASE_EVERY_S, idle_seconds
from worker.core.failures import TemporaryFailure
from worker.core.letters import AlarmKind
from worker.core.mailbox_accounts import MailboxAccount
from worker.flows.collecting import WAIT_FOR_FILING_S, collect_round
from worker.flows.collecting_alarms import judge_silence, tell_refused
from worker.flows.collecting_box import Box, Lease, LeaseLost
from worker.flows.collecting_ports import MailboxSession
from worker.flows.keeping import Ringer
from worker.flows.ports import Bell
from worker.mail.imap_opening import LoginRefused
from worker.mail.tokens import TokenFailed
from worker.settings import Settings
from worker.wiring import build_house, collecting_rules, mailbox_accounts, mailbox_door

log = structlog.get_logger("navette.collector")

LONGEST_PAUSE_S = 120.0

Door = Callable[[MailboxAccount], MailboxSession]


@dataclass(kw_only=True)
class Watch:
    """One mailbox in this process. ``has_tried``: from then on its silence is an alarm."""

    box: Box
    account: MailboxAccount
    door: Door
    stopping: threading.Event
    lease_lost: threading.Event = field(default_factory=threading.Event)
    has_tried: threading.Event = field(default_factory=threading.Event)
    leads: bool = False
    tries: int = 0

    def run(self) -> None:
        """Until it is time to stop."""
        while not self.stopping.is_set():
            if self.take_lead():
                self.lead()
            self.has_tried.set()
            self.stopping.wait(LEASE_EVERY_S)

    def take_lead(self) -> bool:
        try:
            self.leads = self.box.lease.take()
        except DatabaseDown:
            self.leads = False
        if self.leads:
            self.lease_lost.clear()
            log.info("leads", mailbox=self.box.number)
        return self.leads

    def lead(self) -> None:
        try:
            while not self.is_over():
                self.try_session()
                self.has_tried.set()
                self.tries += 1
                jitter = secrets.randbelow(1000) / 1000
                pause = next_try(self.tries, jitter, first_seconds=1, most_seconds=LONGEST_PAUSE_S)
                self.stopping.wait(pause.total_seconds())
        finally:
            self.leads = False
            self.give_back()

    def try_session(self) -> None:
        """One session until it breaks or is over; whatever it was, the next one goes on."""
        try:
            self.session()
        except (LoginRefused, TokenFailed) as fault:
            log.warning("session_ended", mailbox=self.box.number, fault=type(fault).__name__, why=str(fault))
            self.alarm_of(fault)
        except (TemporaryFailure, DatabaseDown, FilesDown) as fault:
            log.warning("session_ended", mailbox=self.box.number, fault=type(fault).__name__, why=reason_of(fault))
        except LeaseLost:
            self.lease_lost.set()
            log.warning("lease_lost", mailbox=self.box.number)
        except Exception:  # outermost: a bug of ours in one mailbox stops no other, and its alarm will tell
            log.exception("collecting_broke", mailbox=self.box.number)

    def alarm_of(self, fault: LoginRefused | TokenFailed) -> None:
        kind = AlarmKind.LOGIN_REFUSED if isinstance(fault, LoginRefused) else AlarmKind.TOKEN_FAILED
        try:
            tell_refused(self.box, kind)
        except DatabaseDown:
            log.warning("alarm_waits", mailbox=self.box.number)

    def session(self) -> None:
        """Raises what ends it; returns when it is over."""
        session = self.door(self.account)
        try:
            log.info("connected", mailbox=self.box.number)
            while not self.is_over():
                done = collect_round(self.box, session)
                self.tries = 0
                self.has_tried.set()
                seconds = idle_seconds(self.box.rules.alarm_after)
                session.wait(min(seconds, WAIT_FOR_FILING_S) if done.waits else seconds, self.pause)
        finally:
            session.close()

    def is_over(self) -> bool:
        return self.stopping.is_set() or self.lease_lost.is_set()

    def pause(self, seconds: float) -> bool:
        return self.stopping.wait(seconds) or self.lease_lost.is_set()

    def renew(self) -> None:
        """From the heart's thread. When the database does not answer, the lease is confirmed by the next commit."""
        try:
            if self.leads and not self.box.lease.take():
                self.lease_lost.set()
            if self.has_tried.is_set():
                judge_silence(self.box)
        except DatabaseDown:
            log.warning("lease_not_renewed", mailbox=self.box.number)

    def give_back(self) -> None:
        try:
            self.box.lease.give_back()
        except DatabaseDown:
            log.warning("lease_left_to_run_out", mailbox=self.box.number)


def reason_of(fault: Exception) -> str:
    """Our own words; those of the database may hold anything."""
    return str(fault) if isinstance(fault, TemporaryFailure) else ""


def collect(settings: Settings, *, since: datetime | None = None) -> None:
    """Until SIGTERM or SIGINT. ``since``: mail from then on is taken too, whoever leads."""
    stopping = threading.Event()

    def stop(_number: int, _frame: FrameType | None) -> None:
        stopping.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, stop)
    ringer, watches = build_watches(settings, CeleryBell(), stopping, since=since)
    threads = [threading.Thread(target=each.run, name=f"mailbox-{each.box.number}") for each in watches]
    threads.append(threading.Thread(target=keep_leases, args=(watches, stopping), name="leases"))
    log.info("collecting", mailboxes=len(watches))
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    ringer.stop()
    log.info("stopped")


def keep_leases(watches: list[Watch], stopping: threading.Event) -> None:
    while not stopping.wait(LEASE_EVERY_S):
        for each in watches:
            each.renew()


def collect_once(settings: Settings, bell: Bell, *, since: datetime | None = None) -> list[str]:
    """One round over every mailbox; a line for each that could not be read."""
    ringer, watches = build_watches(settings, bell, threading.Event(), since=since)
    told = [line for each in watches if (line := collect_box_once(each))]
    ringer.stop()
    return told


def collect_box_once(watch: Watch) -> str | None:
    if not watch.box.lease.take():
        return f"mailbox {watch.box.number}: another process collects it"
    try:
        session = watch.door(watch.account)
        try:
            collect_round(watch.box, session)
        finally:
            session.close()
    except LeaseLost:
        return f"mailbox {watch.box.number}: another process has taken over"
    except TemporaryFailure as fault:
        return f"mailbox {watch.box.number}: {fault}"
    finally:
        watch.give_back()
    return None


def build_watches(
    settings: Settings, bell: Bell, stopping: threading.Event, *, since: datetime | None
) -> tuple[Ringer, list[Watch]]:
    configure(settings)
    house, door, rules = build_house(settings, bell), mailbox_door(settings), collecting_rules(settings)
    ringer = Ringer(house.bell)
    me = f"{socket.gethostname()}:{os.getpid()}:{secrets.token_hex(8)}"
    watches = []
    for account in mailbox_accounts(settings):
        lease = Lease(house, account.name, f"{me}:{account.number}")
        box = Box(house=house, name=account.name, number=account.number, rules=rules, lease=lease, ring=ringer.ring)
        with house.database.writing() as session:
            now = house.now(session)
            mailboxes.watch(session, account.name, now=now)
            if since is not None:
                mailboxes.ask_for_older(session, account.name, since, now=now)
        watches.append(Watch(box=box, account=account, door=door, stopping=stopping))
    return ringer, watches
