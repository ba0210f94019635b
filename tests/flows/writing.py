"""Mails that answer none of ours, to whatever addresses of the firm."""

from tests.flows.mailroom import SOPHIE


def new_mail(to: str, *, sender: str = SOPHIE, subject: str, text: str = "", extra: str = "", number: int = 1) -> bytes:
    """``extra``: whole header lines that stand on top."""
    return (
        f"{extra}From: {sender}\r\nTo: {to}\r\nSubject: {subject}\r\nDate: Tue, 24 Nov 2026 10:00:00 +0100\r\n"
        f"Message-ID: <new-{number}@boulangerie.example>\r\nMIME-Version: 1.0\r\n"
        f"Content-Type: text/plain; charset=utf-8\r\n\r\n{text}\r\n"
    ).encode()
