"""Reading the mails of the house as people do: which links stand in them, and clicking one."""

import email
import email.policy
import re
from urllib.parse import parse_qs, unquote

from storage import outbox
from storage.records import OutgoingMail
from storage.states import MailKind, MailState
from tests.flows.outgoing import Post
from worker.core.relaying import SealedMail
from worker.flows.house import House

LINK = re.compile(r'<a href="(mailto:[^"]+)">([^<]+)</a>')


def mails_of_kind(house: House, kind: MailKind) -> list[OutgoingMail]:
    with house.database.reading() as session:
        found = outbox.mails_in(session, tuple(MailState))
    return [each for each in reversed(found) if each.kind is kind]


def sent_to(out: Post, address: str) -> list[SealedMail]:
    return [each for each in out.relay.sent if each.recipient == address]


def links_in(sent: SealedMail) -> dict[str, str]:
    """Label to mailto, as the HTML part shows them."""
    part = email.message_from_bytes(sent.content[:], policy=email.policy.default).get_body(("html",))
    assert part is not None
    return {
        label.replace("\u00a0", " "): link.replace("&amp;", "&")
        for link, label in LINK.findall(str(part.get_content()))
    }


CLICKS = iter(range(1, 1_000_000))


def click(link: str, sender: str, *, extra: str = "", typed: str = "") -> tuple[bytes, str]:
    """The mail that a mail program makes of the link, and where it goes."""
    address, _, query = link.removeprefix("mailto:").partition("?")
    given = parse_qs(query)
    to = unquote(address)
    number = next(CLICKS)
    raw = (
        f"From: {sender}\r\nTo: {to}\r\nSubject: {given['subject'][0]}\r\n{extra}"
        f"Date: Tue, 24 Nov 2026 10:10:00 +0100\r\nMessage-ID: <click-{number}@client.example>\r\n"
        f"MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n{given['body'][0]}{typed}\r\n"
    )
    return raw.encode(), to
