"""The system's Postfix with folders, configuration and port of its own; beside a system Postfix it changes nothing.

It takes mail from loopback and hands each domain to where ``routes`` says (transport(5), like
``lmtp:inet:127.0.0.1:2525``); other domains do not exist. It asks no DNS, and tries deferred mail every second.

What it says of a delivery by LMTP to a server without DSN (Dovecot, our sink): ``Action: relayed`` by default, with the
next hop as Remote-MTA; ``Action: delivered`` with ``lmtp_assume_final=yes``, which is the truth when the LMTP server is
the recipients' own. ``delay_warning_time`` is 0 by default: then NOTIFY=DELAY brings no report.

Its master process must be root.
"""

import shutil
import subprocess
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.servers.presence import POSTFIX, program, want
from tests.servers.processes import ServerProcess, free_port, server_folder

MAIN = {
    "compatibility_level": "3.6",
    "maillog_file": "/dev/stdout",
    "myhostname": "relay.fiduciaire.example",
    "mydestination": "",
    "mynetworks": "127.0.0.0/8",
    "inet_interfaces": "127.0.0.1",
    "inet_protocols": "ipv4",
    "smtp_dns_support_level": "disabled",
    "lmtp_dns_support_level": "disabled",
    "smtpd_peername_lookup": "no",
    "smtpd_relay_restrictions": "permit_mynetworks, reject",
    "relay_recipient_maps": "",
    "local_recipient_maps": "",
    "alias_maps": "",
    "alias_database": "",
    "address_verify_map": "",
    "default_transport": "error:5.1.2 no such domain",
    "notify_classes": "",
    "smtputf8_enable": "yes",
    "queue_run_delay": "1s",
    "minimal_backoff_time": "1s",
    "maximal_backoff_time": "1s",
    "in_flow_delay": "0",
}
# service type private unpriv chroot wakeup maxproc command
MASTER = """\
127.0.0.1:{port} inet n - n - - smtpd
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
verify unix - - n - 1 verify
flush unix n - n 1000? 0 flush
proxymap unix - - n - - proxymap
smtp unix - - n - - smtp
lmtp unix - - n - - lmtp
error unix - - n - - error
retry unix - - n - - error
showq unix n - n - - showq
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
postlog unix-dgram n - n - 1 postlogd
"""


class Postfix:
    """``lines``: its log, over all starts. ``hear`` is told of each line."""

    def __init__(self, folder: Path, routes: Mapping[str, str], settings: Mapping[str, str]) -> None:
        self.folder, self.port = folder, free_port()
        self.command = program(POSTFIX)
        self.configuration = folder / "conf"
        self.hear: Callable[[str], None] = lambda _line: None
        self.lines: list[str] = []
        self.server: ServerProcess | None = None
        folder.chmod(0o755)
        for name in ("conf", "queue", "data"):
            (folder / name).mkdir()
            shutil.chown(folder / name, "postfix" if name == "data" else "root", 0)
        shutil.chown(folder, "root", 0)
        self.configure(routes, settings)

    def configure(self, routes: Mapping[str, str], settings: Mapping[str, str]) -> None:
        """Write the configuration; takes effect at the next start."""
        told = ", ".join(f"{{ {domain} = {way} }}" for domain, way in routes.items())
        own = {
            "queue_directory": str(self.folder / "queue"),
            "data_directory": str(self.folder / "data"),
            "relay_domains": ", ".join(routes),
            "transport_maps": f"inline:{{ {told} }}",
        }
        lines = [f"{name} = {value}\n" for name, value in (MAIN | own | dict(settings)).items()]
        (self.configuration / "main.cf").write_text("".join(lines))
        (self.configuration / "master.cf").write_text(MASTER.format(port=self.port))

    def start(self) -> None:
        """Starts the master process itself, so that its id is ours to stop."""
        subprocess.run([self.command, "-c", str(self.configuration), "check"], check=True, stdin=subprocess.DEVNULL)
        master = self.daemon_folder() / "master"
        environment = {"MAIL_CONFIG": str(self.configuration), "PATH": "/usr/sbin:/usr/bin:/sbin:/bin"}
        words = [str(master), "-s", "-c", str(self.configuration)]
        self.server = ServerProcess(words, folder=self.folder, environment=environment, hear=self.keep_line)
        self.server.wait_for_line("daemon started")

    def daemon_folder(self) -> Path:
        told = subprocess.run(
            [str(Path(self.command).parent / "postconf"), "-d", "-h", "daemon_directory"],
            check=True,
            capture_output=True,
            text=True,
        )
        return Path(told.stdout.strip())

    def keep_line(self, line: str) -> None:
        self.lines.append(line)
        self.hear(line)

    def said(self, *words: str) -> list[str]:
        """Lines of the log with all these words."""
        return [line for line in list(self.lines) if all(word in line for word in words)]

    def stop(self) -> None:
        if self.server is not None:
            self.server.stop()
            self.server = None


@pytest.fixture
def start_postfix(request: pytest.FixtureRequest) -> Iterator[Callable[..., Postfix]]:
    """Starts Postfix: ``start_postfix({domain: route}, delay_warning_time="1s")``; stopped at the end of the test."""
    want(request)
    started: list[Postfix] = []
    with ExitStack() as folders:

        def start(routes: Mapping[str, str], **settings: str) -> Postfix:
            started.append(Postfix(folders.enter_context(server_folder("postfix")), routes, settings))
            started[-1].start()
            return started[-1]

        yield start
        for each in started:
            each.stop()
