"""The relay: connected to, encrypted, logged in at, and asked what it offers. No mail is sent.

Connection and login are tried apart, so that each has its own words; the waits are shorter than a worker's.
"""

import socket
import ssl
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime

from worker.checking.machine import Now, machine_now
from worker.checking.verdicts import Verdict, fault, ok, warning
from worker.core.failures import TemporaryFailure
from worker.mail.relay_connection import Connection, RelayOptions
from worker.mail.relay_opening import log_in, open_connection, tls_context
from worker.settings import Settings
from worker.wiring import build_relay

ABOUT, CERTIFICATE, LOGIN, REPORTS, SIZE = "relay", "relay certificate", "relay login", "relay reports", "relay limits"
PATIENCE_S = 8.0
SECONDS = 40.0
SOON_DAYS = 21
MEGABYTE = 2**20
SMALL = 10 * MEGABYTE

# OpenSSL's verification codes (x509_vfy.h).
NOT_YET, EXPIRED = 9, 10
OTHER_NAME = {62, 63, 64}


def check_relay(settings: Settings, *, now: Now = machine_now, patience_s: float = PATIENCE_S) -> Iterator[Verdict]:
    options = patient(settings, patience_s)
    if isinstance(options, Verdict):
        yield options
        return
    try:
        connection = open_connection(replace(options, user="", password=""), tls_context(options))
    except TemporaryFailure as refused:
        yield fault(ABOUT, f"{options.host}:{options.port}: {refused}", todo_about(refused))
        return
    try:
        yield ok(ABOUT, f"{options.host}:{options.port} answers")
        yield encryption(connection, now())
        yield from offers(connection)
        yield login(connection, options)
    finally:
        connection.leave()


def patient(settings: Settings, patience_s: float = PATIENCE_S) -> RelayOptions | Verdict:
    """The worker's own options with waits of at most ``patience_s``."""
    try:
        options = build_relay(settings).options
    except OSError as refused:
        found = f"NAVETTE_RELAY_CA_FILE cannot be used: {refused.strerror or type(refused).__name__}"
        return fault(ABOUT, found, "name a PEM file of the authorities to trust, or leave it empty for the system's")
    return replace(
        options,
        connect_timeout=min(options.connect_timeout, patience_s),
        timeout=min(options.timeout, patience_s),
        data_timeout=min(options.data_timeout, patience_s),
    )


def todo_about(refused: TemporaryFailure) -> str:
    match refused.__cause__:
        case ssl.SSLCertVerificationError() as why:
            return todo_about_certificate(why.verify_code)
        case ssl.SSLError():
            return "a server that speaks no TLS there, or from the first byte: 465 is implicit, 587 is starttls"
        case socket.gaierror():
            return "no such host is known here: see NAVETTE_RELAY_HOST"
        case ConnectionRefusedError():
            return "nothing listens there: is the relay running, are NAVETTE_RELAY_HOST and NAVETTE_RELAY_PORT right?"
        case TimeoutError():
            return "see NAVETTE_RELAY_PORT (587, 465, 25) and whether a firewall or the provider closes that port"
        case _:
            return "see NAVETTE_RELAY_HOST, NAVETTE_RELAY_PORT and NAVETTE_RELAY_TLS"


def todo_about_certificate(
    code: int,
    *,
    whose: str = "relay",
    host: str = "NAVETTE_RELAY_HOST",
    authorities: str = "NAVETTE_RELAY_CA_FILE",
) -> str:
    """``host``, ``authorities``: the settings that name them."""
    if code == EXPIRED:
        return f"renew the {whose}'s certificate (or set this machine's clock, if that is wrong)"
    if code == NOT_YET:
        return "set this machine's clock: the certificate is from the future"
    if code in OTHER_NAME:
        return f"{host} must be the name in the certificate"
    return f"its authority is not known here: name it with {authorities}"


def encryption(connection: Connection, now: datetime) -> Verdict:
    """A certificate that does not hold was refused before: this one holds today."""
    if not isinstance(connection.socket, ssl.SSLSocket):
        todo = "NAVETTE_RELAY_TLS=none says so; starttls or implicit keep what people wrote from others' eyes"
        return warning(CERTIFICATE, "mail goes to the relay in plain text", todo)
    told = connection.socket.getpeercert() or {}
    ends_at = datetime.fromtimestamp(ssl.cert_time_to_seconds(str(told["notAfter"])), UTC)
    days = (ends_at - now).days
    found = f"{connection.socket.version()}, the name fits, expires in {days} days"
    return ok(CERTIFICATE, found) if days >= SOON_DAYS else warning(CERTIFICATE, found, "renew it in time")


def login(connection: Connection, options: RelayOptions) -> Verdict:
    if not options.user:
        return ok(LOGIN, "none is set: the relay must know this machine")
    connection.options = options
    try:
        log_in(connection)
    except TemporaryFailure as refused:
        return fault(LOGIN, str(refused), "see NAVETTE_RELAY_USER and NAVETTE_RELAY_PASSWORD at the relay")
    return ok(LOGIN, "accepted")


def offers(connection: Connection) -> Iterator[Verdict]:
    if "DSN" in connection.offers:
        yield ok(REPORTS, "offered (DSN)")
    else:
        todo = "ticks stay grey without reports: choose a relay with DSN, or set NAVETTE_RELAY_IS_FINAL if it is final"
        yield warning(REPORTS, "not offered (DSN)", todo)
    utf8 = "SMTPUTF8 offered" if "SMTPUTF8" in connection.offers else "no SMTPUTF8: addresses must be ASCII"
    largest = connection.largest
    if largest is not None and largest < SMALL:
        found = f"mails up to {largest / MEGABYTE:.1f} MB, {utf8}"
        yield warning(SIZE, found, "larger files are left out and named in the mail: ask for a larger limit")
    else:
        told = "no limit of size told" if largest is None else f"mails up to {largest / MEGABYTE:.0f} MB"
        yield ok(SIZE, f"{told}, {utf8}")
