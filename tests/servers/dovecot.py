"""The system's Dovecot: mailboxes that mail is delivered to by LMTP and read from by IMAP.

One generated configuration for root (then all of it runs as ``nobody``) and for a plain user. Every mailbox has the
password ``PASSWORD``, plus-addresses, a Junk folder and a quota; a full mailbox is a temporary failure (452 4.2.2), an
address that was not added does not exist (550 5.1.1).
"""

import imaplib
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from tests.servers.presence import DOVECOT, program, want
from tests.servers.processes import (
    ServerProcess,
    as_plain_user,
    free_port,
    give_to_plain_user,
    plain_user,
    server_folder,
)

PASSWORD = "a-password-of-the-tests"
ROOMY = 100_000_000
CONFIGURATION = """\
base_dir = {folder}/run
state_dir = {folder}/state
log_path = /dev/stderr
protocols = imap lmtp
listen = 127.0.0.1
ssl = no
disable_plaintext_auth = no
auth_mechanisms = plain login
default_internal_user = {user}
default_internal_group = {group}
default_login_user = {user}
first_valid_uid = 0
first_valid_gid = 0
mail_location = maildir:~/Maildir
mailbox_idle_check_interval = 1s
recipient_delimiter = +
quota_full_tempfail = yes
mail_plugins = quota
plugin {{
  quota = maildir:User quota
}}
passdb {{
  driver = passwd-file
  args = scheme=PLAIN username_format=%Lu {folder}/users
}}
userdb {{
  driver = passwd-file
  args = username_format=%Lu {folder}/users
  default_fields = uid={user} gid={group} home={folder}/mail/%Lu
}}
namespace inbox {{
  inbox = yes
  mailbox Junk {{
    auto = subscribe
    special_use = \\Junk
  }}
}}
service imap-login {{
  chroot =
  inet_listener imap {{
    port = {imap_port}
  }}
  inet_listener imaps {{
    port = 0
  }}
}}
service lmtp {{
  user = {user}
  inet_listener lmtp {{
    address = 127.0.0.1
    port = {lmtp_port}
  }}
}}
service anvil {{
  chroot =
}}
service stats {{
  chroot =
}}
"""


class Dovecot:
    """``hear`` is told of each line about a delivery; not of those about reading, which a reader would wait for
    while it makes them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.command = program(DOVECOT)
        self.imap_port, self.lmtp_port = free_port(), free_port()
        self.quotas: dict[str, int] = {}
        self.hear: Callable[[str], None] = lambda _line: None
        self.server: ServerProcess | None = None
        for name in ("run", "state", "mail"):
            (folder / name).mkdir()
            give_to_plain_user(folder / name)
        user, group = plain_user()
        text = CONFIGURATION.format(
            folder=folder, user=user, group=group, imap_port=self.imap_port, lmtp_port=self.lmtp_port
        )
        (folder / "dovecot.conf").write_text(text)
        self.write_users()

    @property
    def route(self) -> str:
        """As Postfix's transport table says it."""
        return f"lmtp:inet:127.0.0.1:{self.lmtp_port}"

    def add_mailbox(self, address: str, *, quota_bytes: int = ROOMY) -> None:
        """Known from the next delivery on; again with another quota changes that."""
        self.quotas[address] = quota_bytes
        self.write_users()

    def write_users(self) -> None:
        lines = [f"{name}:{{PLAIN}}{PASSWORD}::::::userdb_quota_rule=*:bytes={n}\n" for name, n in self.quotas.items()]
        fresh = self.folder / "users.new"
        fresh.write_text("".join(lines))
        fresh.chmod(0o644)
        fresh.replace(self.folder / "users")

    def start(self) -> None:
        words = [self.command, "-F", "-c", str(self.folder / "dovecot.conf")]
        self.server = ServerProcess(as_plain_user(words), folder=self.folder, hear=self.pass_on)
        self.server.wait_for_line("starting up for imap, lmtp")

    def pass_on(self, line: str) -> None:
        if "lmtp(" in line:
            self.hear(line)

    def stop(self) -> None:
        if self.server is not None:
            self.server.stop()
            self.server = None

    @contextmanager
    def read(self, address: str, folder: str = "INBOX") -> Iterator[imaplib.IMAP4]:
        client = imaplib.IMAP4("127.0.0.1", self.imap_port, timeout=20)
        try:
            client.login(address, PASSWORD)
            client.select(folder, readonly=True)
            yield client
        finally:
            client.logout()

    def mails_of(self, address: str, folder: str = "INBOX") -> list[bytes]:
        """All mails of a person as IMAP gives them, oldest first; none of a folder that is not there yet."""
        with self.read(address, folder) as client:
            if client.state != "SELECTED":
                return []
            found = client.search(None, "ALL")[1][0].split()
            if not found:
                return []
            parts = client.fetch(b",".join(found).decode(), "(BODY.PEEK[])")[1]
            return [part[1] for part in parts if isinstance(part, tuple)]


@pytest.fixture
def start_dovecot(request: pytest.FixtureRequest) -> Iterator[Callable[..., Dovecot]]:
    """Starts Dovecot: ``start_dovecot("sophie@bakery.example", …)``; stopped at the end of the test."""
    want(request)
    started: list[Dovecot] = []
    with ExitStack() as folders:

        def start(*addresses: str) -> Dovecot:
            started.append(Dovecot(folders.enter_context(server_folder("dovecot"))))
            for each in addresses:
                started[-1].add_mailbox(each)
            started[-1].start()
            return started[-1]

        yield start
        for each in started:
            each.stop()
