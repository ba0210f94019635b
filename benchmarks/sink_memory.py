"""Peak memory of the sink's process with one and with four mails of 25 MB at once (34 MB each on the wire).

    python -m benchmarks.sink_memory [--folder DIR]

Said is by how much the peak (VmHWM of /proc, Linux) rises above what the process had needed for ten small mails.
"""

import argparse
import base64
import secrets
import socket
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from benchmarks.sink import answer, recipient, say, start

LARGE = 25_000_000
GOAL_MB = 16


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--folder", type=Path)
    given = parser.parse_args()
    for count in (1, 4):
        with tempfile.TemporaryDirectory(dir=given.folder, prefix="navette-bench-") as folder:
            rise = rise_with(Path(folder), count)
            print(f"{count} at once: +{rise:.1f} MB (goal +{GOAL_MB}) {'ok' if rise <= GOAL_MB else 'MISSED'}")


def rise_with(folder: Path, count: int) -> float:
    server = start("ours", folder)
    try:
        for _ in range(10):
            send(server.port, b"Subject: small\r\n\r\n" + b"x" * 70 + b"\r\n")
        before = peak_mb(server.process.pid)
        mail = large_mail()
        with ThreadPoolExecutor(count) as senders:
            for sent in [senders.submit(send, server.port, mail) for _ in range(count)]:
                sent.result()
        return peak_mb(server.process.pid) - before
    finally:
        server.stop()


def large_mail() -> bytes:
    """Lines of 76 characters, as every mail program writes them."""
    return b"Content-Type: application/pdf\r\nContent-Transfer-Encoding: base64\r\n\r\n" + base64.encodebytes(
        secrets.token_bytes(LARGE)
    ).replace(b"\n", b"\r\n")


def send(port: int, content: bytes) -> None:
    with socket.create_connection(("127.0.0.1", port), timeout=120) as peer:
        answer(peer, b"220")
        say(peer, b"EHLO bench.example\r\n", b"250")
        say(peer, b"MAIL FROM:<sender@bench.example>\r\n", b"250")
        say(peer, b"RCPT TO:<" + recipient().encode() + b">\r\n", b"250")
        say(peer, b"DATA\r\n", b"354")
        say(peer, b"X-Number: %x\r\n" % secrets.randbits(64) + content + b".\r\n", b"250")


def peak_mb(pid: int) -> float:
    told = Path(f"/proc/{pid}/status").read_text()
    return int(told.partition("VmHWM:")[2].split()[0]) / 1024


if __name__ == "__main__":
    main()
