"""The one place that builds real things and reads the clock."""

from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from sqlalchemy.orm import Session

from storage.backup import knows_revision, revision_of
from storage.database import BadUrl, Database
from storage.files import FileStore
from worker.core.file_rules import PROGRAMS, FileRules
from worker.core.joining import Windows
from worker.core.key_rings import read_keys
from worker.core.mail_addresses import normal_address
from worker.core.mailbox_accounts import MailboxAccount
from worker.core.policy import Policy, SinkRole
from worker.core.scanning import read_scanner
from worker.flows.collecting_box import CollectingRules
from worker.flows.house import House
from worker.flows.ports import Bell, Printer, Reader, Relay
from worker.flows.relay_watch import WatchedRelay
from worker.mail.antivirus import ClamdScanner
from worker.mail.limited.desk import FileDesk
from worker.mail.limited.questions import ReaderLimits
from worker.mail.limits import Limits
from worker.mail.parsing import MailReader
from worker.mail.printing import MailPrinter
from worker.mail.relay import RelayOptions, SmtpRelay
from worker.mail.tokens import OauthOptions, OauthTokens
from worker.settings import Settings, accounts_of
from worker.settings_sources import BadSettings

if TYPE_CHECKING:
    from collections.abc import Callable

    from worker.mail.imap import ImapSession


class DatabaseClock:
    """The database's own clock, so that workers on machines with wrong clocks agree."""

    def __init__(self, database: Database) -> None:
        self.database = database

    def now(self, session: Session) -> datetime:
        return self.database.now(session)


def open_database(settings: Settings) -> Database:
    """The firm's database, migrated: the embedded one brings itself up to date, a server's is only checked."""
    make_data_dir(settings)
    try:
        database = Database(settings.sqlalchemy_url())
    except BadUrl as fault:
        raise BadSettings(f"NAVETTE_DATABASE_URL: {fault}") from fault
    revision = revision_of(database)
    if revision is not None and not knows_revision(revision):
        raise BadSettings("the database belongs to a newer version of Navette: install that one")
    if not database.is_migrated():
        if not database.is_sqlite:
            raise BadSettings(
                "the database is not at this version's schema: run `navette migrate` once, then start again"
            )
        database.migrate()
    return database


def make_data_dir(settings: Settings) -> None:
    """The folder of database, broker and files, for us alone."""
    try:
        settings.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as fault:
        raise BadSettings(f"NAVETTE_DATA_DIR: cannot use {settings.data_dir}: {fault.strerror}") from fault


def build_house(settings: Settings, bell: Bell) -> House:
    database = open_database(settings)
    return House(
        database=database,
        files=FileStore(settings.data_dir.absolute() / "files"),
        clock=DatabaseClock(database),
        bell=bell,
        keys=read_keys(settings.keys.get_secret_value()),
        policy=policy_of(settings),
        scanner=build_scanner(settings),
    )


def policy_of(settings: Settings) -> Policy:
    """The firm's rules, as core reads them."""
    lease = timedelta(seconds=settings.task_seconds + max(2, min(30, settings.task_seconds // 10)))
    return Policy(
        domain=settings.domain.lower(),
        firm_name=settings.firm_name,
        from_style=settings.from_style,
        mailbox_address=settings.mailbox_address or None,
        separator=settings.separator,
        windows=Windows(
            undo_seconds=settings.undo_seconds,
            join_inbound_seconds=settings.join_inbound_seconds,
            undo_max_seconds=settings.undo_max_seconds,
        ),
        sending=settings.sending,
        sending_listed=listed(settings.sending_listed),
        redirect_all_to=settings.redirect_all_to or None,
        relayed_counts=settings.relayed_counts,
        own_relays=listed(settings.own_relays),
        relay_is_final=settings.relay_is_final,
        authserv_ids=tuple(each.strip().lower() for each in settings.authserv_ids.split(",") if each.strip()),
        operator_address=settings.operator_address or None,
        operator_language=settings.operator_language,
        mailboxes=tuple(each.name for each in accounts_of(settings)),
        mailbox_alarm_after=timedelta(minutes=settings.mailbox_alarm_minutes),
        send_lease=lease,
        file_lease=lease,
        give_up_after=timedelta(days=settings.give_up_days),
        at_once=timedelta(seconds=settings.at_once_seconds),
        file_rules=FileRules(
            largest=settings.file_max_bytes, refused_types=endings(settings.refused_file_types) or PROGRAMS
        ),
        scans_files=bool(settings.antivirus_url),
        scan_patience=timedelta(minutes=settings.antivirus_patience_minutes),
        sink_role=SinkRole.BEHIND_MX if settings.sink_protocol == "lmtp" else settings.sink_role,
    )


def listed(text: str) -> tuple[str, ...]:
    return tuple(normal_address(each) for each in text.split(",") if each.strip())


def endings(text: str) -> frozenset[str]:
    return frozenset(each.strip().lower() for each in text.split(",") if each.strip())


@dataclass(frozen=True, slots=True, kw_only=True)
class Workshop:
    """What the tasks work with, one per process."""

    house: House
    relay: Relay
    printer: Printer
    reader: Reader


def build_workshop(settings: Settings, bell: Bell) -> Workshop:
    house = build_house(settings, bell)
    return Workshop(
        house=house,
        relay=WatchedRelay(build_relay(settings), house),
        printer=MailPrinter(),
        reader=build_reader(settings),
    )


def build_scanner(settings: Settings) -> ClamdScanner | None:
    if not settings.antivirus_url:
        return None
    return ClamdScanner(read_scanner(settings.antivirus_url), seconds=settings.antivirus_timeout)


def build_reader(settings: Settings) -> MailReader:
    """``NAVETTE_PARSE_X`` is the limit ``x``."""
    limits = Limits(**{each.name: getattr(settings, f"parse_{each.name}") for each in fields(Limits)})
    return MailReader(limits, FileDesk(reader_limits(settings)))


def reader_limits(settings: Settings) -> ReaderLimits:
    return ReaderLimits(
        memory=settings.reader_memory_bytes,
        cpu_seconds=settings.reader_cpu_seconds,
        seconds=settings.reader_seconds,
        name_server=settings.dkim_name_server,
    )


def build_tokens(settings: Settings) -> OauthTokens | None:
    """One for all that log in without a password; None when OAuth2 is not set up."""
    if not settings.oauth_token_url:
        return None
    return OauthTokens(
        OauthOptions(
            token_url=settings.oauth_token_url,
            client_id=settings.oauth_client_id,
            client_secret=settings.oauth_client_secret.get_secret_value(),
            refresh_token=settings.oauth_refresh_token.get_secret_value(),
            scope=settings.oauth_scope,
        )
    )


def mailbox_accounts(settings: Settings) -> tuple[MailboxAccount, ...]:
    return accounts_of(settings)


def mailbox_door(settings: Settings) -> "Callable[[MailboxAccount], ImapSession]":
    """Opens sessions; all mailboxes share one source of tokens."""
    from worker.mail.imap import open_session  # with IMAPClient 1.5 MB that only who collects needs
    from worker.mail.imap_opening import ImapOptions

    tokens = build_tokens(settings)
    options = ImapOptions(
        ca_file=settings.mailbox_ca_file or None,
        poll_seconds=settings.mailbox_poll_seconds,
        flag="\\Seen" if settings.mailbox_flag == "seen" else "$Navette",
    )
    return lambda account: open_session(account, options, tokens)


def collecting_rules(settings: Settings) -> CollectingRules:
    return CollectingRules(
        archive=None if settings.mailbox_flag_only else settings.mailbox_archive or None,
        refused=settings.mailbox_refused or None,
        alarm_after=timedelta(minutes=settings.mailbox_alarm_minutes),
    )


def build_relay(settings: Settings) -> SmtpRelay:
    password = settings.relay_password.get_secret_value()
    return SmtpRelay(
        RelayOptions(
            host=settings.relay_host,
            port=settings.relay_port,
            tls=settings.relay_tls,
            user=settings.relay_user,
            password=password,
            tokens=build_tokens(settings) if settings.relay_user and not password else None,
            connections=settings.relay_pool,
            connect_timeout=settings.relay_connect_timeout,
            timeout=settings.relay_timeout,
            data_timeout=settings.relay_data_timeout,
            ca_file=settings.relay_ca_file or None,
            helo_name=settings.domain,
        )
    )
