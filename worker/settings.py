"""Settings: from the environment (prefix ``NAVETTE_``), from ``.env``, or each from a file named by ``NAVETTE_X_FILE``.

Unknown names are refused with the nearest right one; the demo's secret is refused outside the demo. README has the
table; a test holds it against this class.
"""

import difflib
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

from dotenv import dotenv_values
from pydantic import Field, SecretStr, ValidationError, model_validator
from pydantic_settings import BaseSettings, EnvSettingsSource, PydanticBaseSettingsSource, SettingsConfigDict

from storage.states import Language
from worker.core.mailbox_accounts import MailboxAccount, read_accounts
from worker.core.policy import FromStyle, RelayedCounts, Sending, SinkRole
from worker.settings_sources import PREFIX, BadSettings, FromFiles
from worker.settings_values import (
    Address,
    AddressList,
    BrokerUrl,
    Domain,
    EndingList,
    FileName,
    Folder,
    Host,
    KeyRing,
    Line,
    MailboxFolder,
    NameList,
    Plain,
    ScannerUrl,
    Separator,
    TokenUrl,
)

DEMO_SECRET = "navette-demo-secret-not-for-a-firm"  # noqa: S105 - refused outside the demo
# Of the tests; and of docker-compose.yml, whose .env our parts get whole.
NOT_SETTINGS = {"NAVETTE_FAULT", "NAVETTE_TEST_SERVERS", "NAVETTE_TEST_SEED", "NAVETTE_IMAGE"}
ENV_FILE = ".env"
# The longest that makes sense: what is longer is a slip, and may be more than dates and sockets can reckon with.
AN_HOUR_S, A_DAY_S, A_WEEK_MIN = 3600, 24 * 3600, 7 * 24 * 60


class Settings(BaseSettings):
    model_config = SettingsConfigDict(env_prefix=PREFIX, env_file=ENV_FILE, extra="ignore", frozen=True)

    data_dir: Folder = Field(Path(".navette"), description="folder of the embedded database, broker and files")
    database_url: Plain = Field("", description="SQLAlchemy URL; empty: SQLite in data_dir")
    broker_url: BrokerUrl = Field("", description="redis:// URL; empty: a bundled Valkey on a socket in data_dir")
    keys: KeyRing = Field(
        SecretStr(f"1:{DEMO_SECRET}"),
        description="key ring of signed addresses, `id:secret` separated by commas; the first signs, all verify",
    )
    demo: bool = Field(False, description="this is the demo: made-up people, default secret allowed")
    domain: Domain = Field("navette.invalid", description="mail domain of the signed and house addresses")
    firm_name: Line = Field("Navette", description="name of the firm in From and in mails")
    from_style: FromStyle = Field(FromStyle.PERSON, description="person, mailbox or reply_address")
    mailbox_address: Address = Field("", description="the one address the relay lets us send as (from_style mailbox)")
    separator: Separator = Field("+", description="between prefix and token in signed addresses")
    undo_seconds: int = Field(60, ge=0, le=A_DAY_S, description="a portal message waits this long before it is mailed")
    undo_max_seconds: int = Field(300, ge=0, le=A_DAY_S, description="the longest a mail waits while messages join it")
    at_once_seconds: int = Field(
        60, ge=0, le=AN_HOUR_S, description="answers that come so fast, three in a row, are a program's; 0: nobody's"
    )
    join_inbound_seconds: int = Field(
        180, ge=0, le=A_DAY_S, description="mails of a contact to a case manager join this long"
    )
    sending: Sending = Field(Sending.OFF, description="off, only-listed or on: nothing leaves before the firm says so")
    sending_listed: AddressList = Field("", description="addresses and @domains for only-listed, separated by commas")
    redirect_all_to: Address = Field("", description="rehearsal: every mail goes to this address instead")
    relay_host: Host = Field("127.0.0.1", description="outgoing SMTP server")
    relay_port: int = Field(587, ge=1, le=65535, description="its port")
    relay_tls: Literal["starttls", "implicit", "none"] = Field("starttls", description="none sends in plain text")
    relay_ca_file: FileName = Field("", description="PEM of the authorities to trust; empty: the system's")
    relay_user: Plain = Field("", description="login at the relay; empty: none")
    relay_password: SecretStr = Field(SecretStr(""), description="its password")
    relay_pool: int = Field(4, ge=1, le=50, description="connections to the relay per worker process")
    relay_connect_timeout: float = Field(30, gt=0, le=AN_HOUR_S, description="seconds")
    relay_timeout: float = Field(60, gt=0, le=AN_HOUR_S, description="seconds per command")
    relay_data_timeout: float = Field(300, gt=0, le=AN_HOUR_S, description="seconds for the answer to a whole mail")
    relayed_counts: RelayedCounts = Field(
        RelayedCounts.AUTO, description="is a report `relayed` evidence: auto (when the host is not ours), yes, no"
    )
    own_relays: NameList = Field("", description="host names of our own relays, separated by commas")
    relay_is_final: bool = Field(False, description="the relay is the recipients' own server: its 250 is delivery")
    authserv_ids: NameList = Field(
        "",
        description="names your own MX has in Authentication-Results, separated by commas; empty: none believed",
    )
    give_up_days: float = Field(5, gt=0, le=30, description="how long a temporary refusal is retried")
    operator_address: Address = Field("", description="who gets alarms")
    operator_language: Language = Field(Language.FR, description="of the alarms: fr, nl, de or en")
    sink_host: Host = Field("127.0.0.1", description="address the sink listens on")
    sink_port: int = Field(2525, ge=0, le=65535, description="its port")
    sink_protocol: Literal["smtp", "lmtp"] = Field("smtp", description="smtp or lmtp")
    sink_role: SinkRole = Field(SinkRole.BORDER, description="border, or behind_mx (lmtp: always behind)")
    sink_max_bytes: int = Field(50 * 2**20, ge=1024, description="largest mail the sink takes, in bytes")
    sink_max_recipients: int = Field(100, ge=1, description="recipients in one mail; more are asked to come later")
    sink_max_sessions: int = Field(200, ge=1, description="sessions at once; more are asked to come later")
    parse_size: int = Field(
        64 * 2**20,
        ge=1024,
        description="largest mail that is parsed, in bytes; more is quarantined",
    )
    parse_header_bytes: int = Field(256 * 2**10, ge=4096, description="largest head of a mail or a part, in bytes")
    parse_headers: int = Field(1000, ge=50, description="header lines in one head")
    parse_header_line: int = Field(100_000, ge=1000, description="longest header, unfolded, in bytes")
    parse_encoded_words: int = Field(2000, ge=50, description="encoded words in one head")
    parse_parameters: int = Field(200, ge=10, description="parameters of one Content-Type or Content-Disposition")
    parse_boundaries: int = Field(10_000, ge=100, description="lines of a mail that begin like a boundary")
    parse_parts: int = Field(500, ge=10, description="parts of a mail")
    parse_nesting: int = Field(20, ge=3, le=100, description="levels of parts within parts")
    parse_text: int = Field(2**20, ge=10_000, description="bytes of text that are read; a longer one is kept as a file")
    parse_lines: int = Field(20_000, ge=100, description="lines of text that are read; a longer one is shortened")
    mailboxes: Plain = Field(
        "", description="IMAP mailboxes, `imaps://office%40firm.example@host`, separated by commas"
    )
    mailbox_passwords: SecretStr = Field(
        SecretStr(""), description="theirs, same order, commas in them as %2C; an empty one logs in with OAuth2"
    )
    mailbox_ca_file: FileName = Field("", description="PEM of the authorities to trust; empty: the system's")
    mailbox_archive: MailboxFolder = Field("Archive", description="folder that kept mail is moved to")
    mailbox_refused: MailboxFolder = Field(
        "", description="own folder for refused or quarantined mail; empty: the archive"
    )
    mailbox_flag_only: bool = Field(False, description="leave kept mail where it is and only flag it")
    mailbox_flag: Literal["keyword", "seen"] = Field("keyword", description="what flags it: $Navette, or read")
    mailbox_alarm_minutes: float = Field(
        30, gt=0, le=A_WEEK_MIN, description="a mailbox not read for so long is an alarm"
    )
    mailbox_poll_seconds: float = Field(
        60, gt=0, le=AN_HOUR_S, description="between looks where the server has no IDLE"
    )
    oauth_token_url: TokenUrl = Field(
        "", description="OAuth2 token endpoint, for mailboxes and relay without a password"
    )
    oauth_client_id: Plain = Field("", description="of the application registered there")
    oauth_client_secret: SecretStr = Field(SecretStr(""), description="its secret")
    oauth_refresh_token: SecretStr = Field(SecretStr(""), description="empty: client credentials")
    oauth_scope: Plain = Field("", description="for example https://outlook.office365.com/.default")
    worker_processes: int = Field(2, ge=1, description="Celery processes of one worker")
    file_max_bytes: int = Field(25 * 2**20, ge=1, description="a larger file of a mail is refused, in bytes")
    refused_file_types: EndingList = Field(
        "", description="endings of file names that are refused, separated by commas; empty: programs and scripts"
    )
    antivirus_url: ScannerUrl = Field("", description="clamd: tcp://host:port or unix:///path; empty: no virus scanner")
    antivirus_timeout: float = Field(60, gt=0, le=AN_HOUR_S, description="seconds for one file")
    antivirus_patience_minutes: float = Field(
        60, ge=0, le=A_WEEK_MIN, description="a mail waits so long for the scan of its files"
    )
    reader_memory_bytes: int = Field(
        512 * 2**20, ge=128 * 2**20, le=2**40, description="of the reader of hostile formats"
    )
    reader_cpu_seconds: int = Field(5, ge=1, le=AN_HOUR_S, description="of the processor it may use for one file")
    reader_seconds: float = Field(20, gt=0, le=AN_HOUR_S, description="it may take for one file")
    dkim_name_server: Plain = Field(
        "", description="for keys of passed-on mails: host:port; empty: the system's; off: nobody"
    )
    task_seconds: int = Field(
        330, ge=2, le=A_DAY_S, description="hard limit of a task; a lease is up to 30 seconds longer"
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field("info", description="of the JSON log")

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        del file_secret_settings
        assert isinstance(dotenv_settings, EnvSettingsSource)
        files = FromFiles(settings_cls, os.environ, dotenv_settings.env_vars)
        return init_settings, files, env_settings, dotenv_settings

    @model_validator(mode="after")
    def must_name_mailboxes(self) -> "Settings":
        accounts_of(self)
        if self.oauth_token_url and not self.oauth_client_id:
            raise ValueError("oauth_client_id: oauth_token_url needs NAVETTE_OAUTH_CLIENT_ID")
        return self

    @model_validator(mode="after")
    def must_fit_together(self) -> "Settings":
        if not self.demo and DEMO_SECRET in self.keys.get_secret_value():
            raise ValueError(
                "NAVETTE_KEYS: the demo's secret is refused: make one with `navette keys new` and set NAVETTE_KEYS"
            )
        if self.from_style is FromStyle.MAILBOX and not self.mailbox_address:
            raise ValueError("NAVETTE_MAILBOX_ADDRESS: from_style mailbox needs NAVETTE_MAILBOX_ADDRESS")
        if self.undo_max_seconds < self.undo_seconds:
            raise ValueError("NAVETTE_UNDO_MAX_SECONDS: must be at least undo_seconds")
        if self.sending is Sending.ONLY_LISTED and not self.sending_listed:
            raise ValueError("NAVETTE_SENDING_LISTED: sending only-listed needs a list of addresses or @domains")
        if self.relay_user and not (self.relay_password.get_secret_value() or self.oauth_token_url):
            raise ValueError(
                "NAVETTE_RELAY_PASSWORD: a relay user needs a password, or NAVETTE_OAUTH_TOKEN_URL for OAuth2"
            )
        return self

    def sqlalchemy_url(self) -> str:
        return self.database_url or f"sqlite:///{self.data_dir.absolute()}/navette.db"


def accounts_of(settings: Settings) -> tuple[MailboxAccount, ...]:
    passwords = settings.mailbox_passwords.get_secret_value()
    return read_accounts(settings.mailboxes, passwords, has_oauth=bool(settings.oauth_token_url))


def known_names() -> set[str]:
    names = {PREFIX + name.upper() for name in Settings.model_fields}
    return names | {f"{name}_FILE" for name in names} | NOT_SETTINGS


def refuse_unknown(names: Mapping[str, Any]) -> None:
    known = known_names()
    for name in names:
        if name.upper().startswith(PREFIX) and name.upper() not in known:
            near = difflib.get_close_matches(name.upper(), sorted(known), n=1)
            hint = f"; did you mean {near[0]}?" if near else "; README lists the settings"
            raise BadSettings(f"{name} is not a setting{hint}")


def load_settings(*, env_file: str | None = ENV_FILE) -> Settings:
    """The settings of this process; ``BadSettings`` with one line a fault. ``env_file`` None: no file."""
    refuse_unknown(os.environ)
    try:
        refuse_unknown(dotenv_values(env_file) if env_file else {})
    except UnicodeDecodeError:
        raise BadSettings(f"{env_file} is not UTF-8: save it as UTF-8") from None
    try:
        return Settings(_env_file=env_file)
    except ValidationError as fault:
        lines = [f"{where(each['loc'])}{each['msg'].removeprefix('Value error, ')}" for each in fault.errors()]
        raise BadSettings("\n".join(lines)) from None


def where(loc: tuple[int | str, ...]) -> str:
    return f"{PREFIX}{str(loc[0]).upper()}: " if loc else ""
