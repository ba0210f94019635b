"""``check --round-trip``: a signed probe goes out through the relay and must come back through sink or mailbox.

The probe is an arrival like any other; this module waits for it in the database and reads its raw bytes. It goes to
our own domain only, and only when somebody asked for it, so ``sending`` and ``redirect_all_to`` do not stop it. A relay
that refuses the firm's own addresses is tried once more with the one mailbox it lets us send as.
"""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from storage.database import DatabaseDown
from storage.files import FilesDown
from worker.checking.comparing import RELAYS, own_relays, what_was_kept
from worker.checking.contradictions import NO_DOMAIN
from worker.checking.probe import Probe, make_probe
from worker.checking.relay import MEGABYTE, patient
from worker.checking.returned import Post, last_arrival
from worker.checking.verdicts import Verdict, fault, ok, one_line, warning
from worker.core.policy import FromStyle
from worker.core.relaying import InDoubt, Later, Never, RelayAnswer, Taken
from worker.core.reports import Action
from worker.flows.house import House
from worker.mail.relay import SmtpRelay
from worker.settings import Settings
from worker.settings_sources import BadSettings

ABOUT, SIZE = "round trip", "size limit"
GONE_ON = (Action.DELIVERED, Action.RELAYED, Action.EXPANDED)
LOOK_EVERY_S = 0.1
MORE_S = 90.0
"""What a round trip takes beside its waits, at most."""
LOST = (
    "see that mail for the domain reaches the sink (its MX, or the transport of your mail server), that the sink runs, "
    "and the relay's own log"
)
NO_SUCH_RECIPIENT = frozenset({"5.1.1", "5.1.2", "5.1.3", "5.1.6", "5.1.10"})
"""RFC 3463: it is the address the probe goes to, and not who sends it."""
PLUS_REFUSED = (
    "let the relay take local parts with a + (Postfix: recipient_delimiter), or set NAVETTE_SEPARATOR to a sign that "
    "it takes, one of - = _ ."
)
PLUS_LOST = (
    "addresses with a plus part do not get through: let the server for our domain pass local parts whole (Postfix: "
    "recipient_delimiter), or give Navette a sub-domain of its own"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Waits:
    """Seconds: for the probe, and then for a report about it."""

    probe: float = 60.0
    report: float = 15.0

    @property
    def limit(self) -> float:
        return self.probe + self.report + MORE_S


def check_round_trip(settings: Settings, open_house: Callable[[], House], waits: Waits) -> Iterator[Verdict]:
    if settings.domain.lower() == NO_DOMAIN:
        yield fault(ABOUT, "no domain is set", "set NAVETTE_DOMAIN to the mail domain whose mail reaches the sink")
        return
    options = patient(settings)
    if isinstance(options, Verdict):
        yield options
        return
    try:
        house = open_house()
        relay = SmtpRelay(options)
        try:
            yield from there_and_back(settings, house, relay, waits)
        finally:
            relay.close()
            house.database.close()
    except (DatabaseDown, FilesDown, BadSettings) as down:
        yield fault(ABOUT, f"not tried: {one_line(down)}", "see the line of the database")


def there_and_back(settings: Settings, house: House, relay: SmtpRelay, waits: Waits) -> Iterator[Verdict]:
    before = last_arrival(house)
    began = time.monotonic()
    probe, answer = send(house, relay)
    yield size_limit(relay)
    match answer:
        case Taken() | InDoubt():
            relay.send(probe.control)
        case Never() | Later():
            yield not_taken(answer)
            return
    post = Post(house=house, probe=probe, after=before)
    wait(post, lambda: bool(post.probes or post.report(Action.FAILED)), waits.probe)
    if not post.probes:
        yield lost(post, waits)
        return
    yield ok(ABOUT, f"the probe came back after {time.monotonic() - began:.1f} s by {post.probes[0].arrival.way}")
    yield from what_was_kept(probe, post.probes[0], house.policy)
    yield from reports(settings, post, answer, waits)


def send(house: House, relay: SmtpRelay) -> tuple[Probe, RelayAnswer]:
    """As the firm's mails go; an address of our domain that is refused is tried again as the mailbox."""
    mailbox = house.policy.mailbox_address
    is_mailbox = house.policy.from_style is FromStyle.MAILBOX
    probe = made(house, mailbox if is_mailbox else None)
    answer = relay.send(probe.sealed)
    if isinstance(answer, Never) and mailbox is not None and not is_mailbox:
        probe = made(house, mailbox)
        answer = relay.send(probe.sealed)
    return probe, answer


def made(house: House, as_mailbox: str | None) -> Probe:
    with house.database.writing() as session:
        return make_probe(session, house, as_mailbox=as_mailbox, now=house.now(session))


def size_limit(relay: SmtpRelay) -> Verdict:
    largest = relay.largest()
    return ok(SIZE, "the relay announces none" if largest is None else f"{largest / MEGABYTE:.1f} MB")


def not_taken(answer: Never | Later) -> Verdict:
    if isinstance(answer, Later):
        return fault(ABOUT, f"the relay does not take the probe now: {answer.reply}", "see the lines of the relay")
    if answer.status in NO_SUCH_RECIPIENT or "+" in answer.reply or "plus" in answer.reply.lower():
        return fault(ABOUT, f"the relay refuses addresses with the separator: {answer.reply}", PLUS_REFUSED)
    todo = (
        f"let the relay send as addresses of our domain, or set NAVETTE_FROM_STYLE={FromStyle.MAILBOX} and "
        "NAVETTE_MAILBOX_ADDRESS; if it is the + in them that it refuses, see NAVETTE_SEPARATOR"
    )
    return fault(ABOUT, f"the relay refuses the probe: {answer.reply}", todo)


def wait(post: Post, is_done: Callable[[], bool], seconds: float) -> None:
    until = time.monotonic() + seconds
    post.look()
    while not is_done() and time.monotonic() < until:
        time.sleep(LOOK_EVERY_S)
        post.look()


def lost(post: Post, waits: Waits) -> Verdict:
    failed = post.report(Action.FAILED)
    if failed is not None:
        why = failed.diagnostic or failed.reply or failed.status
        todo = PLUS_LOST if post.controls else LOST
        return fault(ABOUT, f"the probe was returned as undeliverable: {why}", todo)
    if post.controls:
        return fault(ABOUT, "mail to postmaster came back, the probe to a signed address did not", PLUS_LOST)
    return fault(ABOUT, f"the relay took the probe, and it did not come back within {waits.probe:g} s", LOST)


def reports(settings: Settings, post: Post, answer: RelayAnswer, waits: Waits) -> Iterator[Verdict]:
    """A report about the probe tells who takes mail from the relay."""
    if not isinstance(answer, Taken) or not answer.reports_asked:
        yield ok(RELAYS, "cannot be found: the relay offers no reports")
        return
    wait(post, lambda: post.report(*GONE_ON) is not None, waits.report)
    report = post.report(*GONE_ON)
    if report is None:
        todo = "the relay offers reports: see that mail with an empty sender gets through, or wait longer (--wait)"
        yield warning(RELAYS, f"no report about the probe within {waits.report:g} s", todo)
        return
    sinks = frozenset({settings.domain.lower(), settings.sink_host.lower(), "127.0.0.1", "::1", "localhost"})
    yield own_relays(report, post.house.policy, sinks)
