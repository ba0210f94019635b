"""NeoMutt in a tmux of its own, driven by keys: reads a mailbox by IMAP, answers by SMTP.

Each byte it draws is an event (tmux pipes the pane into a file that a thread reads), after which the screen is looked
at again. Its editor is a script that writes the answer above what NeoMutt has quoted.
"""

import os
import shlex
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.servers.dovecot import Dovecot, password_of
from tests.servers.postfix import Postfix
from tests.servers.presence import NEOMUTT, TMUX, program, want
from tests.servers.processes import server_folder

PATIENCE_S = 20.0
CONFIGURATION = """\
set my_pass = "{password}"
set imap_user = "{address}"
set imap_pass = $my_pass
set imap_authenticators = "login"
set ssl_starttls = no
set ssl_force_tls = no
set folder = "imap://127.0.0.1:{imap_port}/"
set spoolfile = "imap://127.0.0.1:{imap_port}/INBOX"
set smtp_url = "smtp://127.0.0.1:{smtp_port}/"
set from = "{address}"
set realname = "{name}"
set use_envelope_from = yes
set copy = no
set charset = "utf-8"
set editor = "{editor}"
set fast_reply = yes
set include = yes
set reply_to = yes
set attribution = "Le %d, %n a écrit :"
set signature = ""
set wait_key = no
set sleep_time = 0
set header_cache = ""
"""
EDITOR = """\
#!/bin/sh
cat {words} "$1" > {folder}/written && cat {folder}/written > "$1"
"""


class NeoMutt:
    def __init__(self, folder: Path, *, address: str, name: str, postfix: Postfix, dovecot: Dovecot) -> None:
        self.folder, self.command, self.tmux = folder, program(NEOMUTT), program(TMUX)
        self.drawn = threading.Condition()
        self.words = folder / "words"
        editor = folder / "editor"
        editor.write_text(EDITOR.format(words=self.words, folder=folder))
        editor.chmod(0o755)
        told = {"address": address, "name": name, "password": password_of(address), "editor": editor}
        text = CONFIGURATION.format(imap_port=dovecot.imap_port, smtp_port=postfix.port, **told)
        (folder / "neomuttrc").write_text(text, encoding="utf-8")

    def start(self) -> None:
        pipe = self.folder / "drawn"
        os.mkfifo(pipe)
        threading.Thread(target=self.watch, args=(pipe,), daemon=True).start()
        run = shlex.join([self.command, "-n", "-F", str(self.folder / "neomuttrc")])
        self.ask_tmux("-f", "/dev/null", "new-session", "-d", "-x", "120", "-y", "40", run)
        self.ask_tmux("pipe-pane", "-O", f"cat > {shlex.quote(str(pipe))}")

    def watch(self, pipe: Path) -> None:
        with pipe.open("rb", buffering=0) as bytes_drawn:
            while bytes_drawn.read(4096):
                with self.drawn:
                    self.drawn.notify_all()

    def ask_tmux(self, *words: str, check: bool = True) -> str:
        home = {"HOME": str(self.folder), "LANG": "C.UTF-8", "PATH": os.environ["PATH"], "TERM": "screen"}
        command = [self.tmux, "-u", "-S", str(self.folder / "tmux"), *words]
        return subprocess.run(command, check=check, capture_output=True, text=True, env=home).stdout

    def screen(self) -> str:
        return self.ask_tmux("capture-pane", "-p")

    def wait_for(self, words: str) -> None:
        end = time.monotonic() + PATIENCE_S
        while words not in (shown := self.screen()):
            if time.monotonic() > end:
                raise AssertionError(f"NeoMutt does not show {words!r}:\n{shown}")
            with self.drawn:
                self.drawn.wait(0.5)

    def press(self, *keys: str) -> None:
        self.ask_tmux("send-keys", *keys)

    def answer(self, subject: str, text: str) -> None:
        """Open the mail of this subject, answer it with this text above the quoted mail, send."""
        self.words.write_text(text + "\n\n", encoding="utf-8")
        self.wait_for(subject)
        self.press("Enter")
        self.wait_for("Reply-To:")
        self.press("r")
        self.wait_for("y:Send")
        self.press("y")
        self.wait_for("Mail sent")

    def stop(self) -> None:
        self.ask_tmux("kill-server", check=False)


@pytest.fixture
def open_neomutt(request: pytest.FixtureRequest) -> Iterator[Callable[..., NeoMutt]]:
    """Opens one NeoMutt: ``open_neomutt(address=…, name=…, postfix=…, dovecot=…)``."""
    want(request)
    with server_folder("neomutt") as folder:
        opened: list[NeoMutt] = []

        def make(*, address: str, name: str, postfix: Postfix, dovecot: Dovecot) -> NeoMutt:
            opened.append(NeoMutt(folder, address=address, name=name, postfix=postfix, dovecot=dovecot))
            opened[-1].start()
            return opened[-1]

        yield make
        for each in opened:
            each.stop()
