"""The relay, as the mail world and scripted servers play it: each fault has its own line and its own advice."""

import ssl
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import trustme

from tests.checking.conftest import DOMAIN, Make, levels, told
from tests.e2e.conftest import free_port
from tests.mail.relay_server import Act, RelayServer, running
from worker.checking.relay import check_relay, patient
from worker.checking.verdicts import Verdict
from worker.demo.world import Setting, World
from worker.mail.relay_connection import RelayOptions
from worker.settings import Settings

PASSWORD = "geheim-genoeg"
GOOD = {"relay": "ok", "relay certificate": "ok", "relay reports": "ok", "relay limits": "ok", "relay login": "ok"}
Look = Callable[..., dict[str, Verdict]]


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


def served(authority: trustme.CA, name: str = "127.0.0.1", *, not_after: datetime | None = None) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(name, not_after=not_after).configure_cert(context)
    return context


@pytest.fixture
def look(set_up: Make, tmp_path: Path, authority: trustme.CA) -> Iterator[Look]:
    """At a world with this setting, with these settings of ours."""
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    with ExitStack() as stack:

        def begin(setting: dict[str, Any], **changes: Any) -> dict[str, Verdict]:
            made = Setting(folder=tmp_path / "mailboxes", domain=DOMAIN, **setting)
            port = stack.enter_context(World(made)).port
            return told(check_relay(set_up(relay_port=port, relay_ca_file=str(tmp_path / "ca.pem"), **changes)))

        yield begin


def over_tls(authority: trustme.CA, **more: Any) -> dict[str, Any]:
    return {"tls_context": served(authority), "require_tls": True, "smtputf8": True, **more}


def test_a_good_relay_is_five_good_lines(look: Look, authority: trustme.CA) -> None:
    world = over_tls(authority, users={"anne": PASSWORD})
    found = look(world, relay_tls="starttls", relay_user="anne", relay_password=PASSWORD)

    assert {about: each.level.value for about, each in found.items()} == GOOD
    assert "the name fits, expires in" in found["relay certificate"].found
    assert found["relay login"].found == "accepted"
    assert found["relay limits"].found == "mails up to 50 MB, SMTPUTF8 offered"


def test_plain_text_is_a_warning(look: Look) -> None:
    found = look({})

    assert found["relay certificate"].level == "warning"
    assert "plain text" in found["relay certificate"].found
    assert found["relay limits"].found == "mails up to 50 MB, no SMTPUTF8: addresses must be ASCII"


def test_a_relay_without_reports_is_a_warning(look: Look) -> None:
    assert look({"dsn": False})["relay reports"].level == "warning"


def test_a_small_limit_is_a_warning(look: Look) -> None:
    assert look({"size_limit": 2_000_000})["relay limits"].level == "warning"


def test_a_login_that_is_refused_is_its_own_fault_and_tells_no_password(look: Look, authority: trustme.CA) -> None:
    world = over_tls(authority, users={"anne": "another one"})
    found = look(world, relay_tls="starttls", relay_user="anne", relay_password=PASSWORD)

    assert {about: each.level.value for about, each in found.items()} == GOOD | {"relay login": "fault"}
    assert "NAVETTE_RELAY_PASSWORD" in found["relay login"].todo
    assert PASSWORD not in found["relay login"].found


def test_no_relay_is_a_fault(set_up: Make) -> None:
    found = told(check_relay(set_up(relay_port=free_port())))["relay"]

    assert found.level == "fault"
    assert "nothing listens there" in found.todo


def test_a_host_that_is_no_name_is_a_fault(set_up: Make) -> None:
    assert levels(check_relay(set_up(relay_host="x" * 70)))["relay"] == "fault"


def test_a_relay_without_tls_is_a_fault_when_tls_is_asked_for(look: Look) -> None:
    assert "STARTTLS" in look({}, relay_tls="starttls")["relay"].found
    assert "465 is implicit" in look({}, relay_tls="implicit")["relay"].todo


@pytest.mark.parametrize(
    ("name", "days", "advice"),
    [("relay.other.example", 30, "the name in the certificate"), ("127.0.0.1", -1, "renew the relay's certificate")],
)
def test_a_certificate_that_does_not_hold_says_why(
    look: Look, authority: trustme.CA, name: str, days: int, advice: str
) -> None:
    context = served(authority, name, not_after=datetime.now(UTC) + timedelta(days=days))  # noqa: TID251 - OpenSSL looks at the machine's clock
    found = look({"tls_context": context, "require_tls": True}, relay_tls="starttls")

    assert {about: each.level.value for about, each in found.items()} == {"relay": "fault"}
    assert advice in found["relay"].todo


def test_a_certificate_of_an_unknown_authority_names_the_setting(look: Look) -> None:
    world = {"tls_context": served(trustme.CA()), "require_tls": True}

    assert "NAVETTE_RELAY_CA_FILE" in look(world, relay_tls="starttls")["relay"].todo


def test_a_certificate_that_soon_expires_is_a_warning(set_up: Make, authority: trustme.CA, tmp_path: Path) -> None:
    ends_at = datetime.now(UTC) + timedelta(days=30)  # noqa: TID251 - as above
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    setting = Setting(folder=tmp_path, domain=DOMAIN, tls_context=served(authority, not_after=ends_at))
    with World(setting) as world:
        settings: Settings = set_up(relay_port=world.port, relay_tls="starttls", relay_ca_file=str(tmp_path / "ca.pem"))
        early = told(check_relay(settings, now=lambda: ends_at - timedelta(days=21, hours=1)))["relay certificate"]
        late = told(check_relay(settings, now=lambda: ends_at - timedelta(days=20, hours=1)))["relay certificate"]

    assert early.level == "ok"
    assert late.level == "warning"
    assert "expires in 20 days" in late.found


def test_a_file_that_holds_no_authorities_is_a_fault(set_up: Make, tmp_path: Path) -> None:
    (tmp_path / "none.pem").write_text("no certificate")
    found = told(check_relay(set_up(relay_ca_file=str(tmp_path / "none.pem"), relay_tls="starttls")))["relay"]

    assert found.level == "fault"
    assert "NAVETTE_RELAY_CA_FILE" in found.found


def test_a_relay_that_never_greets_is_given_up(set_up: Make) -> None:
    with running(RelayServer(answers={"greeting": [Act.HANG]})) as server:
        found = told(check_relay(set_up(relay_port=server.port), patience_s=0.2))["relay"]

    assert found.level == "fault"
    assert "did not answer in time" in found.found


@pytest.mark.parametrize(("ours", "expected"), [(60, 0.2), (0.1, 0.1)])
def test_no_wait_is_longer_than_the_patience_nor_than_the_workers(set_up: Make, ours: float, expected: float) -> None:
    waits = {"relay_connect_timeout": ours, "relay_timeout": ours, "relay_data_timeout": ours}
    options = patient(set_up(**waits), 0.2)

    assert isinstance(options, RelayOptions)
    assert {options.connect_timeout, options.timeout, options.data_timeout} == {expected}


def test_another_program_on_the_port_is_a_fault(set_up: Make) -> None:
    with running(RelayServer(answers={"greeting": [b"* OK IMAP4rev1 ready\r\n"]})) as server:
        assert levels(check_relay(set_up(relay_port=server.port))) == {"relay": "fault"}


def test_nothing_is_sent(set_up: Make) -> None:
    with running(RelayServer(offers=("PIPELINING", "DSN"))) as server:
        told(check_relay(set_up(relay_port=server.port)))

    assert server.said("MAIL") == []
    assert server.mails == []
