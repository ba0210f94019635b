"""Settings that are each right and do not fit together."""

from collections.abc import Callable, Iterator

from worker.checking.verdicts import Verdict, fault, ok, warning
from worker.core.policy import FromStyle, Sending, SinkRole
from worker.settings import Settings

ABOUT = "settings"
NO_DOMAIN = "navette.invalid"
ONE_SENDER = ("office365.com", "outlook.com", "gmail.com", "googlemail.com", "hotmail.com")
"""Relays that send only as the account that logged in, or as what it was allowed to."""
SAYS = {
    Sending.OFF: "sending is off: everything is planned and shown, nothing leaves",
    Sending.ONLY_LISTED: "sending goes to the listed addresses only",
    Sending.ON: "sending is on",
}


def check_settings(settings: Settings) -> Iterator[Verdict]:
    found = [verdict for rule in RULES if (verdict := rule(settings)) is not None]
    yield from found
    if not found:
        yield ok(ABOUT, SAYS[settings.sending])


def domain(settings: Settings) -> Verdict | None:
    if settings.domain.lower() != NO_DOMAIN:
        return None
    todo = "set NAVETTE_DOMAIN to the mail domain whose mail reaches the sink"
    if settings.sending is Sending.OFF:
        return warning(ABOUT, f"no domain is set ({NO_DOMAIN})", todo)
    return fault(ABOUT, f"mail leaves and nobody can answer it: the domain is {NO_DOMAIN}", todo)


def redirected(settings: Settings) -> Verdict | None:
    if not settings.redirect_all_to or settings.sending is Sending.OFF:
        return None
    found = "a rehearsal: every mail goes to NAVETTE_REDIRECT_ALL_TO and to nobody else"
    return warning(ABOUT, found, "take it out to go live")


def one_sender(settings: Settings) -> Verdict | None:
    host = settings.relay_host.lower().rstrip(".")
    if settings.from_style is not FromStyle.PERSON or not any(
        host == each or host.endswith(f".{each}") for each in ONE_SENDER
    ):
        return None
    found = f"from_style is person, and {host} usually sends only as the account that logs in"
    return warning(ABOUT, found, "`navette check --round-trip` tells; else NAVETTE_FROM_STYLE=mailbox")


def half_a_login(settings: Settings) -> Verdict | None:
    if settings.relay_user or not settings.relay_password.get_secret_value():
        return None
    return warning(ABOUT, "a login at the relay without user", "set NAVETTE_RELAY_USER")


def readable_password(settings: Settings) -> Verdict | None:
    if settings.relay_tls != "none" or not settings.relay_user:
        return None
    return warning(ABOUT, "the relay's password travels in plain text", "set NAVETTE_RELAY_TLS to starttls or implicit")


def nobody_alarmed(settings: Settings) -> Verdict | None:
    if settings.operator_address or settings.sending is Sending.OFF:
        return None
    return warning(ABOUT, "nobody gets alarms", "set NAVETTE_OPERATOR_ADDRESS")


def nobody_removes_results(settings: Settings) -> Verdict | None:
    at_border = settings.sink_protocol == "smtp" and settings.sink_role is SinkRole.BORDER
    if not settings.authserv_ids or not at_border or settings.mailboxes:
        return None
    found = "NAVETTE_AUTHSERV_IDS names an MX, and the sink is at the border: nothing is believed there"
    return warning(ABOUT, found, "set NAVETTE_SINK_ROLE=behind_mx if an MX stands before it; else take the names out")


RULES: tuple[Callable[[Settings], Verdict | None], ...] = (
    domain,
    redirected,
    one_sender,
    half_a_login,
    readable_password,
    nobody_alarmed,
    nobody_removes_results,
)
