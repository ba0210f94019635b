"""What came back of a probe, found among the arrivals: the probe itself, its control, a report about it."""

from dataclasses import dataclass, field

from storage import inbox
from storage.records import Arrival
from storage.states import Way
from worker.checking.probe import Probe
from worker.core.mail_addresses import normal_address
from worker.core.parsed import ParsedMail
from worker.core.reports import Action, RecipientReport
from worker.flows.house import House
from worker.mail.parsing import parse

MOST = 500
"""Arrivals looked at in one go; the next look comes within a fraction of a second."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Returned:
    arrival: Arrival
    mail: ParsedMail

    @property
    def envelope_from(self) -> str | None:
        """As the sink was told; for a mailbox, as its server wrote it down."""
        return self.mail.return_path if self.arrival.way is Way.IMAP else self.arrival.envelope_from

    @property
    def addressed_to(self) -> tuple[str, ...]:
        """Where it came to: envelope, or what the mailbox's server wrote down. Not To, which nobody changes."""
        told = (self.arrival.envelope_to, *self.mail.recipients_hint)
        return tuple(normal_address(each) for each in told if each)


@dataclass(slots=True, kw_only=True)
class Post:
    """Looks at each arrival once. ``after``: the last arrival there was before the probe went."""

    house: House
    probe: Probe
    after: int
    probes: list[Returned] = field(default_factory=list)
    controls: list[Returned] = field(default_factory=list)
    reports: list[RecipientReport] = field(default_factory=list)

    def look(self) -> None:
        with self.house.database.reading() as session:
            found = [each for each, _ in inbox.list_arrivals(session, most=MOST) if each.id > self.after]
            kept = [(each, inbox.inbound_mail(session, each.inbound_mail_id)) for each in reversed(found)]
        for arrival, mail in kept:
            self.after = max(self.after, arrival.id)
            if mail is not None and mail.raw is not None and self.probe.token.encode() in mail.raw.lower():
                self.sort(Returned(arrival=arrival, mail=parse(mail.raw)))

    def sort(self, returned: Returned) -> None:
        mail = returned.mail
        if mail.report is not None:
            self.reports += mail.report.recipients
        elif returned.envelope_from != "" and self.probe.mark in mail.subject:
            is_control = normal_address(self.probe.control.recipient) in returned.addressed_to
            (self.controls if is_control else self.probes).append(returned)

    def report(self, *actions: Action) -> RecipientReport | None:
        """The first about the probe itself that says one of these."""
        control = normal_address(self.probe.control.recipient)
        return next((each for each in self.reports if each.action in actions and each.address != control), None)


def last_arrival(house: House) -> int:
    with house.database.reading() as session:
        newest = inbox.list_arrivals(session, most=1)
    return newest[0][0].id if newest else 0
