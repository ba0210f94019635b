"""Time and memory that hostile mails cost the parser, each in a process of its own.

    python -m benchmarks.hostile [NAME ...]

Goals: 2 s of processor time for any input; at most 6 times the mail + 60 MB. The mail lies in a file, as large mails
do; said is by how much the peak (VmHWM of /proc, Linux) rises, which counts nothing of the mail itself.
"""

import base64
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from benchmarks.memory import peak_mb

GOAL_S, GOAL_TIMES, GOAL_MB = 2.0, 6, 60
MILLION = 1_000_000
HEAD = b"From: a@b.example\r\nDate: Tue, 24 Nov 2026 10:15:00 +0100\r\nMessage-ID: <x@y>\r\nMIME-Version: 1.0\r\n"


def nested(levels: int) -> bytes:
    heads = (b"Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n" % (at, at) for at in range(levels))
    return HEAD + b"".join(heads)


def parts(body: bytes, kind: bytes = b"mixed") -> bytes:
    return HEAD + b"Content-Type: multipart/" + kind + b"; boundary=b\n\n" + body


def coded(encoding: bytes, body: bytes, kind: bytes = b"application/pdf; name=a.pdf") -> bytes:
    return HEAD + b"Content-Type: " + kind + b"\nContent-Transfer-Encoding: " + encoding + b"\n\n" + body


def text(kind: bytes, body: bytes) -> bytes:
    return HEAD + b"Content-Type: text/" + kind + b"\n\n" + body


STATUS = b"--b\nContent-Type: message/delivery-status\n\n"
HOSTILE: dict[str, Callable[[], bytes]] = {
    "1,000 nested parts": lambda: nested(1_000) + b"\nx",
    "40 kB of ;": lambda: HEAD + b"Content-Type: text/plain" + b";" * 40_000 + b"\n\nx",
    "20,000 encoded words": lambda: HEAD + b"Subject: " + b"\n ".join([b"=?utf-8?q?a?="] * 20_000) + b"\n\nx",
    "50 MB without a line end": lambda: b"x" * 50 * MILLION,
    "50 MB without a line end in a part": lambda: parts(b"--b\n\n" + b"x" * 50 * MILLION),
    "64 MB of CR": lambda: b"\r" * 64 * MILLION,
    "64 MB of LF": lambda: b"\n" * 64 * MILLION,
    "a boundary line 1 M times": lambda: parts(b"--b\n" * MILLION),
    "nearly a boundary line 12 M times": lambda: parts(b"--bx\n" * 12 * MILLION),
    "45 MB under 19 levels": lambda: (
        nested(19) + b"Content-Transfer-Encoding: base64\n\n" + base64.encodebytes(os.urandom(45 * MILLION))
    ),
    "45 MB in base64": lambda: coded(b"base64", base64.encodebytes(os.urandom(45 * MILLION))),
    "base64 with garbage": lambda: coded(b"base64", os.urandom(60 * MILLION)),
    "base64 of padding": lambda: coded(b"base64", b"A=" * 30 * MILLION),
    "base64 that is a text": lambda: coded(b"base64", b"QQQQ" * 15 * MILLION, b"text/plain"),
    "quoted-printable of =": lambda: coded(b"quoted-printable", b"=" * 60 * MILLION),
    "quoted-printable of =CR": lambda: coded(b"quoted-printable", b"=\r" * 30 * MILLION),
    "uuencode of short lines": lambda: coded(b"x-uuencode", b"begin 644 x\n" + b"!\n" * 480_000),
    "uuencode of 25 M lines": lambda: coded(b"x-uuencode", b"begin 644 x\n" + b"!\n" * 25 * MILLION),
    "499 heads of 1,000": lambda: parts((b"--b\n" + b"a:b\n" * 999 + b"\nx\n") * 499),
    "499 parameters of quotes": lambda: parts(
        (b'--b\nContent-Type: text/plain; a="' + b'\\"' * 49_000 + b"\n\nx\n") * 499
    ),
    "499 attached mails in base64": lambda: parts(
        (
            b"--b\nContent-Type: message/rfc822\nContent-Transfer-Encoding: base64\n\n"
            + base64.encodebytes(b"A: b\n" * 18_000)
            + b"\n"
        )
        * 499
    ),
    "report of 12 M blocks": lambda: parts((STATUS + b"a:\n\n" * 60_000 + b"\n") * 200, b"report"),
    "1 MB of >": lambda: text(b"plain; format=flowed", b">" * MILLION),
    "1 MB of combining marks": lambda: text(b"plain; charset=utf-8", "\u0327\u0301".encode() * 250_000),
    "1 MB of <p>": lambda: text(b"html", b"<p>x" * 250_000),
    "1 MB of tables in tables": lambda: text(b"html", b"<table><tr><td>x" * 62_000),
    "1 MB of attributes": lambda: text(b"html", b"<a " + b"class=x " * 120_000 + b">"),
}


def main() -> None:
    for name in sys.argv[1:] or HOSTILE:
        with tempfile.TemporaryDirectory(prefix="navette-bench-") as folder:
            path = Path(folder) / "mail"
            path.write_bytes(HOSTILE[name]())
            subprocess.run(
                [sys.executable, "-c", f"from benchmarks.hostile import *; one({name!r}, {str(path)!r})"], check=True
            )


def one(name: str, path: str) -> None:
    """In a process that has parsed a small mail before, so that what is loaded once does not count."""
    from storage.files import KeptFile
    from worker.mail.limits import DEFAULT
    from worker.mail.parsing import read_mail

    read_mail(text(b"html", b"<p>x"), DEFAULT)
    raw = KeptFile(Path(path), Path(path).stat().st_size)
    Path("/proc/self/clear_refs").write_text("5")
    before, began = peak_mb(os.getpid()), time.process_time()
    found = read_mail(raw, DEFAULT)
    took, rise, size = time.process_time() - began, peak_mb(os.getpid()) - before, len(raw) / MILLION
    verdict = "ok" if took <= GOAL_S and rise <= GOAL_TIMES * size + GOAL_MB else "MISSED"
    became = f"quarantined ({found.quarantine})" if found.quarantine else "read"
    print(f"{name:36} {size:5.1f} MB  {took:5.2f} s  +{rise:5.1f} MB  {became}  {verdict}", flush=True)


if __name__ == "__main__":
    main()
