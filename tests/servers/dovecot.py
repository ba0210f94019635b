"""The system's Dovecot: mailboxes that mail is delivered to by LMTP and read from by IMAP and IMAPS.

In a test::

    def test_it(start_dovecot):                                  # with quotas, as a firm's people have it
        dovecot = start_dovecot("sophie@bakery.example")

    with running_dovecot(("office@firm.example",)) as dovecot:   # as the collector is tried on it, without fsync
        client = dovecot.client("office@firm.example")           # a plain imaplib session, as a person has it

Every mailbox has the password ``password_of(user)``, plus-addresses and a Junk folder. With quotas, a full mailbox is
a temporary failure (452 4.2.2); an address that was not added does not exist (550 5.1.1). ``settings`` are more lines
for the configuration (``imap_capability = …`` takes MOVE or IDLE away); ``introspect_url`` switches OAuth2 on.

It never runs as root, for Dovecot gives uid 0 no mail (``processes``).
"""

import imaplib
import os
import shutil
import signal
import subprocess
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from datetime import datetime
from pathlib import Path

import psutil
import pytest
import trustme

from tests.servers.dovecot_configuration import NO_FSYNC, QUOTAS, write_configuration
from tests.servers.presence import DOVECOT, is_required, program, want, why_missing
from tests.servers.processes import ServerProcess, as_plain_user, free_port, give_to_plain_user, server_folder

PATIENCE_S = 20.0
ROOMY = 100_000_000
OLD_MAIL = b"From: old@world.example\r\nSubject: old\r\nMessage-ID: <old@world.example>\r\n\r\nOld.\r\n"
MOST_LINKS = 50_000
"""To one file; ext4 allows 65,000."""


def password_of(user: str) -> str:
    """With what settings, files and protocols must quote."""
    return f"s3cret,of %{user}"


class Dovecot:
    """``hear`` is told of each line about a delivery; not of those about reading, which a reader would wait for
    while it makes them."""

    def __init__(self, folder: Path, *, settings: Sequence[str] = (), introspect_url: str = "") -> None:
        self.folder = folder
        self.command = program(DOVECOT)
        self.imap_port, self.imaps_port, self.lmtp_port = free_port(), free_port(), free_port()
        self.quotas: dict[str, int] = {}
        self.hear: Callable[[str], None] = lambda _line: None
        self.server: ServerProcess | None = None
        for name in ("run", "state", "mail"):
            (folder / name).mkdir()
            give_to_plain_user(folder / name)
        self.configuration = write_configuration(
            folder,
            imap_port=self.imap_port,
            imaps_port=self.imaps_port,
            lmtp_port=self.lmtp_port,
            introspect_url=introspect_url,
            settings=settings,
        )
        self.write_certificates()
        self.write_users()

    @property
    def ca_file(self) -> Path:
        return self.folder / "ca.pem"

    @property
    def route(self) -> str:
        """As Postfix's transport table says it."""
        return f"lmtp:inet:127.0.0.1:{self.lmtp_port}"

    def write_certificates(self) -> None:
        authority = trustme.CA()
        authority.cert_pem.write_to_path(self.ca_file)
        authority.issue_cert("127.0.0.1").private_key_and_cert_chain_pem.write_to_path(self.folder / "server.pem")

    def add_mailbox(self, address: str, *, quota_bytes: int = ROOMY) -> None:
        """Known from the next delivery on; again with another quota changes that."""
        self.quotas[address] = quota_bytes
        self.write_users()

    def write_users(self) -> None:
        lines = [
            f"{name}:{{PLAIN}}{password_of(name)}::::::userdb_quota_rule=*:bytes={most}\n"
            for name, most in self.quotas.items()
        ]
        fresh = self.folder / "users.new"
        fresh.write_text("".join(lines))
        fresh.chmod(0o644)
        fresh.replace(self.folder / "users")

    def start(self) -> None:
        words = [self.command, "-F", "-c", str(self.configuration)]
        self.server = ServerProcess(as_plain_user(words), folder=self.folder, hear=self.pass_on)
        self.server.wait_for_line("starting up for imap, lmtp")

    def pass_on(self, line: str) -> None:
        if "lmtp(" in line:
            self.hear(line)

    def stop(self) -> None:
        if self.server is not None:
            self.server.stop()
            self.server = None

    def kill(self) -> None:
        """All its processes at once, as when the machine fails. Also much faster than ``stop``."""
        if self.server is not None:
            os.killpg(self.server.process.pid, signal.SIGKILL)
            self.stop()

    def client(self, user: str) -> imaplib.IMAP4:
        """A person's own session, logged in."""
        made = imaplib.IMAP4("127.0.0.1", self.imap_port, timeout=PATIENCE_S)
        made.login(user, password_of(user))
        return made

    @contextmanager
    def read(self, address: str, folder: str = "INBOX") -> Iterator[imaplib.IMAP4]:
        client = self.client(address)
        try:
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

    def put(self, user: str, *mails: bytes, folder: str = "INBOX", at: datetime | None = None) -> None:
        """Mails as a server would deliver them; INTERNALDATE is ``at`` or now."""
        when = None if at is None else imaplib.Time2Internaldate(at)
        with self.client(user) as session:
            for mail in mails:
                assert session.append(folder, "", when, mail)[0] == "OK"

    def fill(self, user: str, count: int, *, at: datetime) -> None:
        """Many small old mails, as Maildir files that are links to one: fast, and found at the next SELECT."""
        stamp, home = int(at.timestamp()), self.folder / "mail" / user
        place = home / "Maildir"
        for name in ("cur", "new", "tmp"):
            (place / name).mkdir(parents=True, exist_ok=True)
        first = place
        for number in range(count):
            path = place / "cur" / f"{stamp}.M{number}P1.old:2,S"
            if number % MOST_LINKS:
                os.link(first, path)
                continue
            first = path
            first.write_bytes(OLD_MAIL)
            os.utime(first, (stamp, stamp))
            give_to_plain_user(first)
        for each in (home, place, *(path for path in place.iterdir() if path.is_dir())):
            give_to_plain_user(each)

    def take_over(self, user: str, mails: Path) -> None:
        """A copy of every mail of a folder, whose files are named as in a Maildir; found at the next SELECT."""
        home = self.folder / "mail" / user
        place = home / "Maildir"
        for name in ("cur", "new", "tmp"):
            (place / name).mkdir(parents=True, exist_ok=True)
        for each in mails.iterdir():
            made = place / "cur" / f"{each.name}:2,"
            shutil.copyfile(each, made)
            give_to_plain_user(made)
        for each in (home, place, *(path for path in place.iterdir() if path.is_dir())):
            give_to_plain_user(each)

    def subjects(self, user: str, folder: str = "INBOX") -> list[str]:
        """What a person sees there."""
        told = self.look(user, folder, "(BODY.PEEK[HEADER.FIELDS (SUBJECT)])")
        return [each[1].decode().partition(": ")[2].strip() for each in told if isinstance(each, tuple)]

    def flags(self, user: str, folder: str = "INBOX") -> list[str]:
        return [each.decode() for each in self.look(user, folder, "(FLAGS)") if isinstance(each, bytes)]

    def look(self, user: str, folder: str, items: str) -> list[object]:
        with self.client(user) as session:
            answer, count = session.select(f'"{folder}"', readonly=True)
            assert answer == "OK", folder
            return [] if count == [b"0"] else list(session.fetch("1:*", items)[1])

    def forget_uids(self, user: str) -> None:
        """As after a restore from backup: the next SELECT of INBOX shows another UIDVALIDITY."""
        for path in (self.folder / "mail" / user / "Maildir").glob("dovecot*"):
            if path.is_file():
                path.unlink()

    def kick(self, user: str) -> None:
        """Cut this user's connections, as an operator does; they are gone when this returns."""
        pids = {
            int(word)
            for line in self.doveadm("who", "-1", user).splitlines()
            for word in line.split()
            if word.isdigit()
        }
        serving = [each for each in self.serving() if each.pid in pids]
        self.doveadm("kick", user)
        _, alive = psutil.wait_procs(serving, PATIENCE_S)
        assert not alive

    def doveadm(self, *words: str) -> str:
        command = as_plain_user(["doveadm", "-c", str(self.configuration), *words])
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout

    def serving(self) -> list[psutil.Process]:
        """The processes behind the sessions that are logged in, whoever they are."""
        assert self.server is not None
        children = psutil.Process(self.server.process.pid).children(recursive=True)
        return [each for each in children if each.name() == "imap"]


@contextmanager
def running_dovecot(
    users: Sequence[str], *, settings: Sequence[str] = (), introspect_url: str = ""
) -> Iterator[Dovecot]:
    """For modules that share one; they fail where there is no Dovecot."""
    reason = why_missing(DOVECOT, required=is_required())
    if reason is not None:
        pytest.fail(reason, pytrace=False)
    with server_folder("dovecot") as folder:
        made = Dovecot(folder, settings=(NO_FSYNC, *settings), introspect_url=introspect_url)
        for each in users:
            made.add_mailbox(each)
        try:
            made.start()
            yield made
        finally:
            made.kill()


@pytest.fixture
def start_dovecot(request: pytest.FixtureRequest) -> Iterator[Callable[..., Dovecot]]:
    """Starts Dovecot with quotas: ``start_dovecot("sophie@bakery.example", …)``; stopped at the end of the test."""
    want(request)
    started: list[Dovecot] = []
    with ExitStack() as folders:

        def start(*addresses: str) -> Dovecot:
            started.append(Dovecot(folders.enter_context(server_folder("dovecot")), settings=(QUOTAS,)))
            for each in addresses:
                started[-1].add_mailbox(each)
            started[-1].start()
            return started[-1]

        yield start
        for each in started:
            each.stop()
