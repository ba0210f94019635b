"""Mails written for the tests: heads and parts put together as programs do, with CRLF."""

from worker.core.parsed import ParsedFile

HEAD = (
    "From: Sophie Martin <sophie@boulangerie.example>\n"
    "To: Anne Dupont <anne.dupont@mail.fiduciaire.example>\n"
    "Subject: Re: Facture 2024-118\n"
    "Message-ID: <reply-1@boulangerie.example>\n"
    "Date: Tue, 24 Nov 2026 10:15:00 +0100\n"
    "MIME-Version: 1.0\n"
)


def mail(content_type: str, body: str | bytes, *, head: str = HEAD, more: str = "") -> bytes:
    """A mail of one part; ``more``: further headers."""
    written = body.encode() if isinstance(body, str) else body
    start = f"{head}Content-Type: {content_type}\n{more}\n" if content_type else f"{head}{more}\n"
    return start.replace("\n", "\r\n").encode() + written.replace(b"\n", b"\r\n")


def part(content_type: str, body: str | bytes, *, more: str = "") -> bytes:
    return mail(content_type, body, head="", more=more)


def multipart(kind: str, *parts: bytes, parameters: str = "", head: str = "", boundary: str = "=_b") -> bytes:
    start = f'{head}Content-Type: multipart/{kind}; boundary="{boundary}"{parameters}\n\n'.replace(
        "\n", "\r\n"
    ).encode()
    mark = f"--{boundary}".encode()
    return start + b"".join(mark + b"\r\n" + each + b"\r\n" for each in parts) + mark + b"--\r\n"


def report_mail(fields: str, *, text: str = "Your mail was not delivered.", returned: bytes | None = None) -> bytes:
    """A multipart/report about one mail. ``fields``: of message/delivery-status."""
    original = returned or part(
        "text/rfc822-headers", "Message-ID: <token-1@mail.fiduciaire.example>\nSubject: Facture\n"
    )
    head = "From: MAILER-DAEMON@mx.example\nTo: b@mail.fiduciaire.example\nSubject: Undelivered\nReturn-Path: <>\n"
    return multipart(
        "report",
        part("text/plain", text),
        part("message/delivery-status", fields),
        original,
        parameters="; report-type=delivery-status",
        head=head,
    )


def content_of(file: ParsedFile) -> bytes:
    return b"".join(file.content.pieces())
