"""The sink's port: bound by our sink, free, or somebody else's.

That it is ours is proven by two questions nobody else answers like this: RCPT of an address signed with our keys (yes)
and of one signed with a key that nobody has (no). No mail is sent.
"""

import errno
import secrets
import smtplib
import socket
from collections.abc import Iterator

from storage.records import PublicId
from storage.states import AddressKind
from worker.checking.verdicts import Verdict, fault, ok, one_line, warning
from worker.core.key_rings import read_keys
from worker.core.signed_addresses import KeyRing, local_part
from worker.settings import Settings

ABOUT = "sink"
PATIENCE_S = 8.0
ANY_ADDRESS = {"0.0.0.0": "127.0.0.1", "::": "::1", "": "127.0.0.1"}  # noqa: S104 - where it is asked, not bound
OTHER_PORT = "stop that program, or set another NAVETTE_SINK_PORT"


def check_sink(settings: Settings, *, patience_s: float = PATIENCE_S) -> Iterator[Verdict]:
    if settings.sink_port == 0:
        yield warning(ABOUT, "the system chooses its port at each start", "set NAVETTE_SINK_PORT, or nobody finds it")
        return
    try:
        yield greeted(settings, patience_s)
    except ConnectionRefusedError:
        yield bound(settings)
    except (smtplib.SMTPException, OSError) as strange:
        found = f"{place(settings)} is in use and gives no SMTP greeting ({type(strange).__name__})"
        yield fault(ABOUT, found, OTHER_PORT)


def place(settings: Settings) -> str:
    return f"{settings.sink_host}:{settings.sink_port}"


def greeted(settings: Settings, patience_s: float) -> Verdict:
    session = (smtplib.SMTP if settings.sink_protocol == "smtp" else smtplib.LMTP)(timeout=patience_s)
    try:
        host = ANY_ADDRESS.get(settings.sink_host, settings.sink_host)
        code, text = session.connect(host, settings.sink_port)
        words = text.decode("utf-8", "replace")
        return proven(session, settings) if code == 220 and is_our_banner(words, settings) else other(code, words)
    finally:
        session.close()


def is_our_banner(words: str, settings: Settings) -> bool:
    protocol = "LMTP" if settings.sink_protocol == "lmtp" else "ESMTP"
    return words.split() == [settings.domain, protocol]


def other(code: int, words: str) -> Verdict:
    if code == 421:
        return warning(ABOUT, f"busy: {one_line(words)}", "look again later, or raise NAVETTE_SINK_MAX_SESSIONS")
    found = f"another program, or a sink with other settings, has the port; it says: {code} {one_line(words)[:80]}"
    return fault(ABOUT, found, OTHER_PORT)


def proven(session: smtplib.SMTP, settings: Settings) -> Verdict:
    session.ehlo("check.invalid")
    session.mail("")
    ours, _ = session.rcpt(an_address(settings, read_keys(settings.keys.get_secret_value())))
    nobodys, _ = session.rcpt(an_address(settings, KeyRing(((0, secrets.token_bytes(32)),))))
    session.rset()
    if ours == 250 and nobodys == 550:
        return ok(ABOUT, f"our sink listens on {place(settings)} and knows our signed addresses")
    found = f"a sink on {place(settings)} that answers {ours} to our signed addresses and {nobodys} to forged ones"
    return fault(ABOUT, found, "start it anew with the settings (NAVETTE_KEYS, NAVETTE_DOMAIN) that are set here")


def an_address(settings: Settings, keys: KeyRing) -> str:
    token = keys.sign(AddressKind.CANARY, PublicId(secrets.randbits(63)))
    return f"{local_part(AddressKind.CANARY, token, settings.separator)}@{settings.domain}"


def bound(settings: Settings) -> Verdict:
    """Nobody answers: may we have the port?"""
    try:
        ((family, kind, protocol, _, address), *_) = socket.getaddrinfo(
            settings.sink_host or None, settings.sink_port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )
        with socket.socket(family, kind, protocol) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except OSError as refused:
        return not_ours(settings, refused)
    return ok(ABOUT, f"{place(settings)} is free: `navette run` or `navette sink` listens there")


def not_ours(settings: Settings, refused: OSError) -> Verdict:
    found = f"{place(settings)} cannot be listened on: {refused.strerror}"
    if refused.errno in {errno.EACCES, errno.EPERM}:
        return fault(ABOUT, found, "take a port above 1023, or let systemd give the right (CAP_NET_BIND_SERVICE)")
    if refused.errno == errno.EADDRINUSE:
        return fault(ABOUT, found, OTHER_PORT)
    return fault(ABOUT, found, "NAVETTE_SINK_HOST must be an address of this machine; 0.0.0.0 is all of them")
