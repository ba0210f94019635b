"""The system's Dovecot for tests: IMAP, IMAPS and LMTP on free loopback ports, one generated configuration.

In a test::

    with running_dovecot(users=("office@firm.example",)) as dovecot:
        client = dovecot.client("office@firm.example")          # a plain imaplib session, as a person has it
        dovecot.restart()

It never runs as root: started by root, everything is done as ``nobody``, for Dovecot gives uid 0 no mail. ``settings``
are more lines for the configuration (``imap_capability = …`` takes MOVE or IDLE away); ``introspect_url`` switches
OAuth2 on. LMTP takes ``office+anything@firm.example`` too. Every password is ``password_of(user)``.

Longer than a module: a third of it is the generated configuration.
"""

import imaplib
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import psutil
import pytest
import trustme

PATIENCE_S = 20.0
OLD_MAIL = b"From: old@world.example\r\nSubject: old\r\nMessage-ID: <old@world.example>\r\n\r\nOld.\r\n"
MOST_LINKS = 50_000
"""To one file; ext4 allows 65,000."""
CONFIGURATION = """
protocols = imap lmtp
base_dir = {folder}/run
state_dir = {folder}/state
instance_name = {name}
log_path = {folder}/dovecot.log
listen = 127.0.0.1
default_internal_user = {user}
default_internal_group = {group}
default_login_user = {user}
default_process_limit = 60
ssl = yes
ssl_cert = <{folder}/server.pem
ssl_key = <{folder}/server.pem
disable_plaintext_auth = no
auth_mechanisms = {mechanisms}
mail_location = maildir:~/Maildir
mail_uid = {user}
mail_gid = {group}
first_valid_uid = 1
first_valid_gid = 1
recipient_delimiter = +
mailbox_idle_check_interval = 1s
mail_fsync = never
mail_max_userip_connections = 50
auth_failure_delay = 0
service anvil {{
  chroot =
  unix_listener anvil-auth-penalty {{
    mode = 0
  }}
}}
service stats {{
  chroot =
}}
service imap-login {{
  chroot =
  inet_listener imap {{
    port = {imap_port}
  }}
  inet_listener imaps {{
    port = {imaps_port}
    ssl = yes
  }}
}}
service lmtp {{
  inet_listener lmtp {{
    address = 127.0.0.1
    port = {lmtp_port}
  }}
}}
namespace inbox {{
  inbox = yes
  mailbox Junk {{
    auto = create
    special_use = \\Junk
  }}
}}
passdb {{
  driver = passwd-file
  args = scheme=PLAIN username_format=%u {folder}/users
}}
userdb {{
  driver = static
  args = uid={user} gid={group} home={folder}/mail/%u
}}
"""
OAUTH2 = """
passdb {{
  driver = oauth2
  mechanisms = xoauth2 oauthbearer
  args = {folder}/oauth2.conf
}}
"""
INTROSPECTION = """introspection_mode = get
introspection_url = {url}
username_attribute = username
active_attribute = active
active_value = true
use_grant_password = no
debug = no
rawlog_dir =
"""


def password_of(user: str) -> str:
    return f"s3cret,of %{user}"


@dataclass
class Dovecot:
    folder: Path
    users: tuple[str, ...]
    settings: Sequence[str] = ()
    introspect_url: str = ""
    imap_port: int = 0
    imaps_port: int = 0
    lmtp_port: int = 0
    process: "subprocess.Popen[bytes] | None" = None

    @property
    def ca_file(self) -> Path:
        return self.folder / "ca.pem"

    def configure(self) -> None:
        self.imap_port, self.imaps_port, self.lmtp_port = free_port(), free_port(), free_port()
        authority = trustme.CA()
        authority.cert_pem.write_to_path(self.ca_file)
        authority.issue_cert("127.0.0.1").private_key_and_cert_chain_pem.write_to_path(self.folder / "server.pem")
        (self.folder / "users").write_text("".join(f"{user}:{{PLAIN}}{password_of(user)}\n" for user in self.users))
        (self.folder / "oauth2.conf").write_text(INTROSPECTION.format(url=self.introspect_url))
        for name in ("run", "state", "mail", *(f"mail/{user}" for user in self.users)):
            (self.folder / name).mkdir(exist_ok=True)
        self.write_settings(self.settings)

    def write_settings(self, settings: Sequence[str]) -> None:
        """What the next start reads."""
        user, group = mail_user()
        text = CONFIGURATION.format(
            folder=self.folder,
            name=self.folder.name,
            user=user,
            group=group,
            imap_port=self.imap_port,
            imaps_port=self.imaps_port,
            lmtp_port=self.lmtp_port,
            mechanisms="plain login xoauth2 oauthbearer" if self.introspect_url else "plain login",
        )
        text += OAUTH2.format(folder=self.folder) if self.introspect_url else ""
        (self.folder / "dovecot.conf").write_text(text + "\n".join(settings) + "\n")
        give_away(self.folder)

    def start(self) -> None:
        command = as_mail_user([dovecot_binary(), "-F", "-c", str(self.folder / "dovecot.conf")])
        self.process = subprocess.Popen(
            command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, cwd=self.folder, start_new_session=True
        )
        end = time.monotonic() + PATIENCE_S
        while not self.answers():
            if self.process.poll() is not None or time.monotonic() > end:
                raise RuntimeError(f"Dovecot did not start: {self.told()}")

    def answers(self) -> bool:
        """Whether it greets. A refused connection comes back at once, so asking again is no busy loop for long."""
        try:
            with socket.create_connection(("127.0.0.1", self.imap_port), 1) as probe:
                probe.settimeout(5)
                return probe.recv(64).startswith(b"* OK")
        except OSError:
            return False

    def told(self) -> str:
        assert self.process is not None
        assert self.process.stderr is not None
        log = self.folder / "dovecot.log"
        said = self.process.stderr.read().decode() if self.process.poll() is not None else ""
        return said + (log.read_text() if log.exists() else "")

    def stop(self) -> None:
        if self.process is None:
            return
        self.process.terminate()
        self.process.wait(PATIENCE_S)
        assert self.process.stderr is not None
        self.process.stderr.close()
        self.process = None

    def kill(self) -> None:
        """All its processes at once, as when the machine fails. Also much faster than ``stop``."""
        if self.process is not None:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.stop()

    def restart(self) -> None:
        self.stop()
        self.start()

    def client(self, user: str) -> imaplib.IMAP4:
        """A person's own session, logged in."""
        made = imaplib.IMAP4("127.0.0.1", self.imap_port, timeout=PATIENCE_S)
        made.login(user, password_of(user))
        return made

    def maildir(self, user: str, folder: str = "INBOX") -> Path:
        home = self.folder / "mail" / user / "Maildir"
        return home if folder == "INBOX" else home / f".{folder}"

    def put(self, user: str, *mails: bytes, folder: str = "INBOX", at: datetime | None = None) -> None:
        """Mails as a server would deliver them; INTERNALDATE is ``at`` or now."""
        when = None if at is None else imaplib.Time2Internaldate(at)
        with self.client(user) as session:
            for mail in mails:
                assert session.append(folder, "", when, mail)[0] == "OK"

    def fill(self, user: str, count: int, *, at: datetime, folder: str = "INBOX") -> None:
        """Many small old mails, as Maildir files that are links to one: fast, and found at the next SELECT."""
        stamp, place = int(at.timestamp()), self.maildir(user, folder)
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
            give_away(self.folder / "mail" / user)

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

    def forget_uids(self, user: str, folder: str = "INBOX") -> None:
        """As after a restore from backup: the next SELECT shows another UIDVALIDITY. Call it while stopped."""
        for path in [*self.maildir(user, folder).glob("dovecot*"), *self.maildir(user).glob("dovecot-uidvalidity*")]:
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
        command = as_mail_user(["doveadm", "-c", str(self.folder / "dovecot.conf"), *words])
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout

    def serving(self) -> list[psutil.Process]:
        """The processes behind the sessions that are logged in, whoever they are."""
        assert self.process is not None
        return [each for each in psutil.Process(self.process.pid).children(recursive=True) if each.name() == "imap"]


@contextmanager
def running_dovecot(
    users: tuple[str, ...], *, settings: Sequence[str] = (), introspect_url: str = ""
) -> Iterator[Dovecot]:
    if dovecot_binary() is None:
        pytest.fail("no Dovecot here: apt-get install dovecot-imapd dovecot-lmtpd")
    # Short, for its socket paths end at 104 bytes; pytest's own folders are longer.
    folder = Path(tempfile.mkdtemp(prefix="nv-dc-"))
    made = Dovecot(folder, users, settings=settings, introspect_url=introspect_url)
    try:
        made.configure()
        made.start()
        yield made
    finally:
        made.kill()
        shutil.rmtree(folder, ignore_errors=True)


def dovecot_binary() -> str | None:
    return shutil.which("dovecot", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin")


def mail_user() -> tuple[str, str]:
    import grp
    import pwd

    if os.geteuid() == 0:
        return "nobody", "nogroup"
    return pwd.getpwuid(os.geteuid()).pw_name, grp.getgrgid(os.getegid()).gr_name


def as_mail_user(command: Sequence[str | None]) -> list[str]:
    plain = [each for each in command if each is not None]
    if os.geteuid() != 0:
        return plain
    user, group = mail_user()
    return ["setpriv", f"--reuid={user}", f"--regid={group}", "--clear-groups", *plain]


def give_away(folder: Path) -> None:
    """Files that root made become the mail user's."""
    if os.geteuid() == 0:
        user, group = mail_user()
        shutil.chown(folder, user, group)
        for path in folder.rglob("*"):
            if not path.is_socket() and not path.is_symlink():
                shutil.chown(path, user, group)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
