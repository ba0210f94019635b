"""People who answer, each as his mail client writes it: ``reply_from("iphone", mail, "Oui, c'est ça.")`` → bytes.

What the kinds have that others have not (their own shapes of quoting are in world_quoting):

- ``iphone``: iOS Mail. The attribution line itself is quoted; a file stands between two HTML parts inside the
  alternative.
- ``outlook``: classic Outlook for Windows. ``RE:``, Thread-Index one block longer, Thread-Topic, a header block under a
  line instead of quote signs, ISO-8859-1 where the text allows.
- ``gmail``: ``gmail_quote``, lines folded at 78 in the text part.
- ``thunderbird``: text only, the answer below what is quoted, or between the lines (``under``).

All are French: their readers are the demo's.
"""

import secrets
from collections.abc import Callable, Sequence
from datetime import datetime
from email.mime.base import MIMEBase
from email.utils import format_datetime
from enum import StrEnum

from worker.demo.world import read_clock
from worker.demo.world_answered import Answered, Mailbox, read_answered
from worker.demo.world_attachments import AttachedFile
from worker.demo.world_parts import (
    encoded,
    file_part,
    fits_latin,
    html_part,
    mailbox_of,
    multipart,
    sealed,
    shown,
    text_part,
    with_files,
)
from worker.demo.world_quoting import (
    BRUSSELS,
    gmail_html,
    gmail_text,
    iphone_html,
    iphone_text,
    outlook_html,
    outlook_text,
    thunderbird_text,
)
from worker.demo.world_thread_index import next_thread_index


class Client(StrEnum):
    IPHONE = "iphone"
    OUTLOOK = "outlook"
    GMAIL = "gmail"
    THUNDERBIRD = "thunderbird"


def reply_from(
    kind: Client | str,
    mail: bytes,
    text: str,
    *,
    files: Sequence[AttachedFile] = (),
    sender: str | None = None,
    written_at: datetime | None = None,
    under: str | None = None,
) -> bytes:
    """An answer to a mail, with CRLF. ``sender``: ``Name <address>``, default: whom the mail was written to.

    ``under`` (thunderbird only): the quoted line below which the answer stands; ValueError when there is none.
    """
    answered = read_answered(mail)
    writer = answered.to[0] if sender is None else mailbox_of(sender)
    at = (written_at or read_clock()).astimezone(BRUSSELS)
    client = Client(kind)
    if client is Client.THUNDERBIRD:
        body = with_files(text_part(thunderbird_text(answered, text, under), quoted=False, flowed=True), files)
    elif under is not None:
        raise ValueError(f"{client} does not answer between the lines")
    else:
        body = BODIES[client](answered, text, files)
    head = [*heading(client, answered, writer, at), *EXTRAS[client](answered, at)]
    return sealed(body, head)


def iphone_body(answered: Answered, text: str, files: Sequence[AttachedFile]) -> MIMEBase:
    above, below = iphone_html(answered, text)
    html = html_part(above + below)
    if files:
        pieces = [html_part(above), *(file_part(file, "inline") for file in files), html_part(below)]
        html = multipart("mixed", pieces)
    return multipart("alternative", [text_part(iphone_text(answered, text)), html])


def outlook_body(answered: Answered, text: str, files: Sequence[AttachedFile]) -> MIMEBase:
    words, html = outlook_text(answered, text), outlook_html(answered, text)
    charset = "iso-8859-1" if fits_latin(words + html) else "utf-8"
    parts = [text_part(words, charset=charset), html_part(html, charset=charset)]
    return with_files(multipart("alternative", parts), files)


def gmail_body(answered: Answered, text: str, files: Sequence[AttachedFile]) -> MIMEBase:
    parts = [text_part(gmail_text(answered, text)), html_part(gmail_html(answered, text))]
    return with_files(multipart("alternative", parts), files)


BODIES: dict[Client, Callable[[Answered, str, Sequence[AttachedFile]], MIMEBase]] = {
    Client.IPHONE: iphone_body,
    Client.OUTLOOK: outlook_body,
    Client.GMAIL: gmail_body,
}


def heading(client: Client, answered: Answered, writer: Mailbox, at: datetime) -> list[tuple[str, str]]:
    prefix = "RE" if client is Client.OUTLOOK else "Re"
    return [
        ("From", shown(writer)),
        ("To", ",\n\t".join(shown(one) for one in answered.answer_to)),
        ("Subject", encoded("Subject", f"{prefix}: {answered.subject}")),
        ("Date", format_datetime(at)),
        ("Message-ID", own_message_id(client, writer)),
        ("In-Reply-To", answered.message_id),
        ("References", "\n ".join(answered.references)),
    ]


def own_message_id(client: Client, writer: Mailbox) -> str:
    domain = writer.address.rpartition("@")[2]
    token = secrets.token_hex(16)
    match client:
        case Client.IPHONE:
            return f"<{token[:8]}-{token[8:12]}-{token[12:16]}-{token[16:20]}-{token[20:]}@{domain}>".upper()
        case Client.OUTLOOK:
            return f"<{token}@{domain}>"
        case Client.GMAIL:
            return f"<CA+{secrets.token_urlsafe(24)}@mail.gmail.com>"
        case Client.THUNDERBIRD:
            return f"<{token[:8]}-{token[8:12]}-{token[12:16]}@{domain}>"


def iphone_extras(_answered: Answered, _at: datetime) -> list[tuple[str, str]]:
    return [("X-Mailer", "iPhone Mail (23A345)")]


def outlook_extras(answered: Answered, at: datetime) -> list[tuple[str, str]]:
    return [
        ("X-Mailer", "Microsoft Outlook 16.0"),
        ("Thread-Topic", encoded("Thread-Topic", answered.thread_topic or answered.subject)),
        ("Thread-Index", next_thread_index(answered.thread_index, at)),
        ("Content-Language", "fr-be"),
    ]


def no_extras(_answered: Answered, _at: datetime) -> list[tuple[str, str]]:
    return []


def thunderbird_extras(_answered: Answered, _at: datetime) -> list[tuple[str, str]]:
    return [("User-Agent", "Mozilla Thunderbird"), ("Content-Language", "fr")]


EXTRAS: dict[Client, Callable[[Answered, datetime], list[tuple[str, str]]]] = {
    Client.IPHONE: iphone_extras,
    Client.OUTLOOK: outlook_extras,
    Client.GMAIL: no_extras,
    Client.THUNDERBIRD: thunderbird_extras,
}
