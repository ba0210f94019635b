"""The numbers and names that the rules of one firm are played by; filled from the settings, given to flows."""

from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum

from storage.states import Language
from worker.core.file_rules import FileRules
from worker.core.joining import Windows


class FromStyle(StrEnum):
    PERSON = "person"
    MAILBOX = "mailbox"
    REPLY_ADDRESS = "reply_address"


class Sending(StrEnum):
    OFF = "off"
    ONLY_LISTED = "only-listed"
    ON = "on"


class RelayedCounts(StrEnum):
    AUTO = "auto"
    YES = "yes"
    NO = "no"


class SinkRole(StrEnum):
    BORDER = "border"
    BEHIND_MX = "behind_mx"


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """``scans_files``: there is a virus scanner; ``scan_patience``: how long a mail waits for it with its files."""

    domain: str
    firm_name: str
    from_style: FromStyle = FromStyle.PERSON
    mailbox_address: str | None = None
    separator: str = "+"
    windows: Windows = field(default_factory=Windows)
    sending: Sending = Sending.OFF
    sending_listed: tuple[str, ...] = ()
    redirect_all_to: str | None = None
    relayed_counts: RelayedCounts = RelayedCounts.AUTO
    own_relays: tuple[str, ...] = ()
    relay_is_final: bool = False
    authserv_ids: tuple[str, ...] = ()
    operator_address: str | None = None
    operator_language: Language = Language.FR
    mailboxes: tuple[str, ...] = ()
    mailbox_alarm_after: timedelta = timedelta(minutes=30)
    send_lease: timedelta = timedelta(seconds=360)
    file_lease: timedelta = timedelta(seconds=360)
    give_up_after: timedelta = timedelta(days=5)
    sink_role: SinkRole = SinkRole.BORDER
    brake_window: timedelta = timedelta(minutes=120)
    brake_from: int = 20
    hold_from: int = 200
    at_once: timedelta = timedelta(seconds=60)
    file_rules: FileRules = field(default_factory=FileRules)
    scans_files: bool = False
    scan_patience: timedelta = timedelta(minutes=60)
