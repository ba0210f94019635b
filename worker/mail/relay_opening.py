"""From nothing to a session that is ready for mail: connect, greet, encrypt, log in.

Whatever stands in the way is a TemporaryFailure that says what to set: it is the network's fault or our configuration's
and never that of a mail. Without TLS nothing is said beyond EHLO unless ``tls`` is ``none``: a STARTTLS that somebody
stripped must not lead to a silent plaintext. The password appears in no text, not even when a server echoes it.
"""

import base64
import socket
import ssl

from worker.core.failures import TemporaryFailure
from worker.mail.relay_answers import Reply, readable
from worker.mail.relay_connection import Connection, RelayOptions, network_fault
from worker.mail.tokens import TokenSource

NO_STARTTLS = (
    "the relay offers no STARTTLS, so nothing was sent: set NAVETTE_RELAY_TLS=implicit (port 465 as a rule), "
    "or none to send in plain text"
)
FOR_GOOD = range(500, 600)
"""RFC 4954 6: 454 is a fault of the server's, 535 says no."""
BAD_CERTIFICATE = "NAVETTE_RELAY_HOST must be the name in its certificate, and the authority known on this machine"


class LoginRefused(TemporaryFailure):
    """Not the network's fault: a person must look at user, password or token."""


def tls_context(options: RelayOptions) -> ssl.SSLContext:
    """Checks the chain and the name; TLS 1.2 at least. Made once, for loading the authorities takes a while."""
    return ssl.create_default_context(cafile=options.ca_file)


def open_connection(options: RelayOptions, context: ssl.SSLContext) -> Connection:
    try:
        connected = socket.create_connection((options.host, options.port), options.connect_timeout)
    except OSError as fault:
        raise TemporaryFailure(network_fault(fault)) from fault
    except ValueError as fault:  # UnicodeError of a label that is too long, among others
        raise TemporaryFailure("no connection: NAVETTE_RELAY_HOST is no host name") from fault
    connection = Connection(connected, options)
    try:
        prepare(connection, context)
    finally:
        # Whatever stopped us, a task's time limit too: no socket stays behind.
        if not connection.is_reusable:
            connection.drop()
    return connection


def prepare(connection: Connection, context: ssl.SSLContext) -> None:
    options = connection.options
    if options.tls == "implicit":
        encrypt(connection, context)
    expect(connection.read_reply(), 220, "the relay does not greet")
    greet(connection)
    if options.tls == "starttls":
        if "STARTTLS" not in connection.offers:
            raise TemporaryFailure(NO_STARTTLS)
        expect(connection.ask(b"STARTTLS\r\n"), 220, "the relay does not start TLS")
        encrypt(connection, context)
        greet(connection)
    if options.user:
        log_in(connection)
    connection.is_reusable = True


def encrypt(connection: Connection, context: ssl.SSLContext) -> None:
    try:
        connection.start_tls(context)
    except ssl.SSLCertVerificationError as fault:
        raise TemporaryFailure(f"{network_fault(fault)} {BAD_CERTIFICATE}") from fault
    except OSError as fault:
        raise TemporaryFailure(readable(f"TLS with the relay failed; {network_fault(fault)}")) from fault
    except ValueError as fault:  # a host name that no certificate can carry
        raise TemporaryFailure(f"TLS with the relay failed; {BAD_CERTIFICATE}") from fault


def greet(connection: Connection) -> None:
    name = connection.options.helo_name.encode("ascii", "ignore")
    reply = connection.ask(b"EHLO " + name + b"\r\n")
    if not reply.is_good and reply.code != 421:
        # A server from before 1995, or one that plays it: no TLS, login or reports, but mail.
        expect(connection.ask(b"HELO " + name + b"\r\n"), 250, "the relay refuses our greeting")
        connection.offers = {}
        return
    expect(reply, 250, "the relay refuses our greeting")
    connection.offers = offers_in(reply)


def offers_in(reply: Reply) -> dict[str, str]:
    """Keyword in capitals to parameters; ``AUTH=LOGIN`` is how some old servers write ``AUTH LOGIN``."""
    offers: dict[str, str] = {}
    for line in reply.lines[1:]:
        keyword, _, parameters = line.strip().replace("AUTH=", "AUTH ", 1).partition(" ")
        known = offers.get(keyword.upper(), "")
        offers[keyword.upper()] = f"{known} {parameters}".strip()
    return offers


def log_in(connection: Connection) -> None:
    """PLAIN (RFC 4616) where offered, else LOGIN; with tokens, OAuth2."""
    methods = connection.offers.get("AUTH", "").upper().split()
    if connection.options.tokens is not None:
        log_in_with_token(connection, connection.options.tokens, methods)
        return
    if "PLAIN" in methods:
        reply = plain_login(connection)
    elif "LOGIN" in methods:
        reply = step_login(connection)
    else:
        offered = readable(" ".join(methods)) or "none"
        raise TemporaryFailure(
            f"the relay offers no login we know (PLAIN, LOGIN; offered: {offered}): check NAVETTE_RELAY_TLS and "
            "NAVETTE_RELAY_PORT, or leave NAVETTE_RELAY_USER empty"
        )
    if reply.code != 235:
        refusal = LoginRefused if reply.code in FOR_GOOD else TemporaryFailure
        raise refusal(
            readable(
                "the relay refuses our login; check NAVETTE_RELAY_USER and NAVETTE_RELAY_PASSWORD: "
                + without_secrets(reply.text, connection.options)
            )
        )


def log_in_with_token(connection: Connection, tokens: TokenSource, methods: list[str]) -> None:
    """XOAUTH2 where offered, else OAUTHBEARER; a token that is refused is renewed once."""
    method = next((each for each in ("XOAUTH2", "OAUTHBEARER") if each in methods), None)
    if method is None:
        raise TemporaryFailure(
            "the relay offers no OAuth2 login (XOAUTH2, OAUTHBEARER): set NAVETTE_RELAY_PASSWORD, or check "
            "NAVETTE_RELAY_TLS and NAVETTE_RELAY_PORT"
        )
    token = tokens.token()
    if bearer_login(connection, method, token).code == 235:
        return
    if bearer_login(connection, method, tokens.renewed(token)).code != 235:
        # Without the reply's text: a server may repeat the token in it.
        raise LoginRefused("the relay refuses our OAuth2 token; check NAVETTE_RELAY_USER and NAVETTE_OAUTH_SCOPE")


def bearer_login(connection: Connection, method: str, token: str) -> Reply:
    user = connection.options.user
    named = user.replace("=", "=3D").replace(",", "=2C")
    start = f"user={user}" if method == "XOAUTH2" else f"n,a={named},"
    reply = connection.ask(b"AUTH " + method.encode() + b" " + encoded(f"{start}\1auth=Bearer {token}\1\1") + b"\r\n")
    if reply.code == 334:
        # What is wrong, as JSON; the refusal itself comes after our empty answer (RFC 7628 3.2.3).
        reply = connection.ask(b"\r\n" if method == "XOAUTH2" else encoded("\1") + b"\r\n")
    return reply


def plain_login(connection: Connection) -> Reply:
    return connection.ask(b"AUTH PLAIN " + plain_secret(connection.options) + b"\r\n")


def step_login(connection: Connection) -> Reply:
    reply = connection.ask(b"AUTH LOGIN\r\n")
    for word in (connection.options.user, connection.options.password):
        if reply.code != 334:
            return reply
        reply = connection.ask(encoded(word) + b"\r\n")
    return reply


def plain_secret(options: RelayOptions) -> bytes:
    return encoded(f"\0{options.user}\0{options.password}")


def encoded(word: str) -> bytes:
    return base64.b64encode(word.encode("utf-8"))


def without_secrets(text: str, options: RelayOptions) -> str:
    for secret in (plain_secret(options).decode(), encoded(options.password).decode(), options.password):
        text = text.replace(secret, "…") if secret else text
    return text


def expect(reply: Reply, code: int, otherwise: str) -> None:
    if reply.code != code:
        raise TemporaryFailure(readable(f"{otherwise}: {reply.text}"))
