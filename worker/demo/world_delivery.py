"""What the world does with a mail it took, one recipient at a time: into a Maildir, on to the worker's sink, or back.

::

    own domain of the firm ──▶ next hop (SMTP or LMTP): 2xx done, 4xx or no connection again later, 5xx bounce
    known person           ──▶ Maildir, and a "delivered" report when NOTIFY=SUCCESS asked for it
    anybody else           ──▶ "failed" report, as a server that looks only later whether it knows somebody

``deliver`` is one try: seconds until the next, or None when the job has ended. An end is on disk before it is told.
"""

import contextlib
import smtplib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.utils import format_datetime
from typing import NoReturn

from worker.core.mail_addresses import normal_address
from worker.core.reports import Action
from worker.demo.world_behaviours import BOUNCES, ON_THE_WAY, UNKNOWN, Behaviour, Behaviours
from worker.demo.world_dsn import MailAsk, Notify, RcptAsk
from worker.demo.world_journal import Happened, Journal
from worker.demo.world_mailboxes import Mailboxes
from worker.demo.world_queue import Envelope, Job, Recipient
from worker.demo.world_reports import Fate, build_report

SILENT = RcptAsk(notify=frozenset({Notify.NEVER}))


@dataclass(frozen=True, slots=True, kw_only=True)
class NextHop:
    host: str
    port: int
    lmtp: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """Seconds. ``retry``: between tries of the next hop, the last one again and again, until ``give_up``."""

    retry: tuple[float, ...] = (0.2, 0.5, 1.0, 2.0, 5.0)
    give_up: float = 120.0
    delay: float = 1.0
    after_fault: float = 1.0
    next_hop_timeout: float = 30.0

    def after(self, tries: int) -> float | None:
        spent = sum(self.retry[min(index, len(self.retry) - 1)] for index in range(tries))
        return self.retry[min(tries, len(self.retry) - 1)] if spent < self.give_up else None


@dataclass(slots=True, kw_only=True)
class Delivery:
    """``next_hop`` may be set and changed while the world runs: the sink's port is known when the sink is up."""

    domain: str
    hostname: str
    mailboxes: Mailboxes
    behaviours: Behaviours
    journal: Journal
    take: Callable[[Envelope, bytes], None]
    now: Callable[[], datetime]
    pace: Pace
    next_hop: NextHop | None = None
    success_reports: bool = True

    def is_for_firm(self, address: str) -> bool:
        return normal_address(address).rpartition("@")[2] == normal_address(f"x@{self.domain}").rpartition("@")[2]

    def deliver(self, job: Job) -> float | None:
        first = job.tries == 0
        behaviour = self.behaviours.use(job.recipient.address, ON_THE_WAY) if first else Behaviour.DELIVER
        if behaviour is Behaviour.DELAY:
            return self.delay(job)
        if behaviour in BOUNCES and behaviour is not Behaviour.LATE_BOUNCE:
            self.bounce(job, BOUNCES[behaviour].status, BOUNCES[behaviour].reply)
        elif self.is_for_firm(job.recipient.address):
            return self.forward(job)
        elif self.mailboxes.knows(job.recipient.address):
            self.store(job, behaviour)
        else:
            self.bounce(job, UNKNOWN.status, UNKNOWN.reply)
        return None

    def store(self, job: Job, behaviour: Behaviour) -> None:
        mail, recipient = job.mail, job.recipient
        head = f"Return-Path: <{mail.envelope.sender}>\r\nDelivered-To: {recipient.address}\r\n"
        self.mailboxes.store(recipient.address, head.encode() + self.received(job) + mail.content)
        self.journal.record(Happened.STORED, number=mail.number, address=recipient.address)
        if recipient.ask.wants(Notify.SUCCESS) and self.success_reports:
            relayed = behaviour is Behaviour.RELAY
            remote = f"mx.{recipient.address.rpartition('@')[2]}" if relayed else None
            action = Action.RELAYED if relayed else Action.DELIVERED
            self.report(job, Fate(action=action, status="2.0.0", at=self.now(), remote=remote, reply="250 2.0.0 OK"))
        if behaviour is Behaviour.LATE_BOUNCE:
            self.bounce(job, BOUNCES[behaviour].status, BOUNCES[behaviour].reply)

    def delay(self, job: Job) -> float:
        """Says so and waits; the next try goes its way."""
        until = self.now() + timedelta(days=5)
        said = "450 4.4.1 No answer from the mailbox's server"
        if job.recipient.ask.wants(Notify.DELAY):
            self.report(job, Fate(action=Action.DELAYED, status="4.4.1", at=self.now(), reply=said, retry_until=until))
        return self.pace.delay

    def bounce(self, job: Job, status: str, reply: str, *, remote: str | None = None) -> None:
        if job.recipient.ask.wants(Notify.FAILURE):
            self.report(job, Fate(action=Action.FAILED, status=status, at=self.now(), reply=reply, remote=remote))
        else:
            self.journal.record(Happened.GIVEN_UP, number=job.mail.number, address=job.recipient.address, detail=reply)

    def report(self, job: Job, fate: Fate) -> None:
        """To the envelope sender, from nobody. About a mail from nobody there is nobody to tell (RFC 5321 4.5.5)."""
        mail, recipient = job.mail, job.recipient
        if not mail.envelope.sender:
            said = fate.reply or fate.action
            self.journal.record(Happened.GIVEN_UP, number=mail.number, address=recipient.address, detail=said)
            return
        content = build_report(
            mail.envelope, self.received(job) + mail.content, recipient, fate, hostname=self.hostname
        )
        to = Recipient(address=mail.envelope.sender, ask=SILENT)
        envelope = Envelope(sender="", recipients=(to,), received_at=self.now(), origin="own", ask=MailAsk())
        self.take(envelope, content)
        self.journal.record(Happened.REPORTED, number=mail.number, address=recipient.address, detail=fate.action.value)

    def forward(self, job: Job) -> float | None:
        """To the worker. One transaction per recipient, so that each has its own answer on LMTP too."""
        number, address = job.mail.number, job.recipient.address
        hop = self.next_hop
        try:
            reply = hand_over(
                hop, job, self.received(job) + job.mail.content, self.pace.next_hop_timeout, self.hostname
            )
        except NotTaken as no:
            again = None if no.is_final else self.pace.after(job.tries)
            if again is None:
                status = enhanced_status(no.reply) if no.is_final else "4.4.7"
                self.bounce(job, status, no.reply, remote=hop.host if hop else None)
            else:
                self.journal.record(Happened.POSTPONED, number=number, address=address, detail=no.reply)
            return again
        self.journal.record(Happened.FORWARDED, number=number, address=address, detail=reply)
        return None

    def received(self, job: Job) -> bytes:
        envelope = job.mail.envelope
        origin = f"from {envelope.helo} ([{envelope.peer}])" if envelope.helo else "(generated here)"
        line = (
            f"Received: {origin}\r\n\tby {self.hostname} (mail world) with ESMTP id {job.mail.number:06}\r\n"
            f"\tfor <{job.recipient.address}>; {format_datetime(envelope.received_at)}\r\n"
        )
        return line.encode()


class NotTaken(Exception):  # noqa: N818 - named by what happened
    """The next hop did not take it. ``is_final``: a 5xx. ``reply``: one line."""

    def __init__(self, reply: str, *, is_final: bool) -> None:
        super().__init__(reply)
        self.reply = reply
        self.is_final = is_final


def hand_over(hop: NextHop | None, job: Job, content: bytes, timeout: float, hostname: str) -> str:
    """One SMTP or LMTP dialogue; the reply to the end of DATA, or NotTaken."""
    if hop is None:
        raise NotTaken("451 4.4.1 no next hop is set yet", is_final=False)
    protocol = smtplib.LMTP if hop.lmtp else smtplib.SMTP
    try:
        with contextlib.closing(protocol(hop.host, hop.port, local_hostname=hostname, timeout=timeout)) as connection:
            reply = speak(connection, job, content)
            # What is said after the mail was taken changes nothing (smtplib's own `with` would raise here).
            with contextlib.suppress(smtplib.SMTPException, OSError):
                connection.quit()
            return reply
    except smtplib.SMTPResponseException as fault:
        refuse(fault.smtp_code, fault.smtp_error)
    except UnicodeError as fault:
        raise NotTaken("553 5.6.7 the next hop has no alphabet for this address", is_final=True) from fault
    except (smtplib.SMTPException, OSError) as fault:
        raise NotTaken(f"451 4.4.2 {one_line(str(fault))}", is_final=False) from fault


def speak(connection: smtplib.SMTP, job: Job, content: bytes) -> str:
    connection.ehlo_or_helo_if_needed()
    options = [f"SIZE={len(content)}"] if connection.has_extn("size") else []
    options += ["BODY=8BITMIME"] if connection.has_extn("8bitmime") else []
    expect_good(*connection.mail(job.mail.envelope.sender, options))
    expect_good(*connection.rcpt(job.recipient.address))
    return expect_good(*connection.data(content))


def expect_good(code: int, text: bytes) -> str:
    if code // 100 != 2:
        refuse(code, text)
    return f"{code} {one_line(text.decode('utf-8', 'replace'))}"


def refuse(code: int, text: bytes | str) -> NoReturn:
    words = text if isinstance(text, str) else text.decode("utf-8", "replace")
    raise NotTaken(f"{code} {one_line(words)}", is_final=code // 100 == 5)


def one_line(text: str) -> str:
    return " ".join(text.split())


def enhanced_status(reply: str) -> str:
    """``5.1.1`` of ``550 5.1.1 No such person``; ``5.0.0`` when the server gave none."""
    word = [*reply.split(), "", ""][1]
    digits = word.split(".")
    return word if len(digits) == 3 and all(digit.isdecimal() for digit in digits) else "5.0.0"
