"""What the tests of attacks share."""

import email
import email.policy

from storage.records import PersonId
from storage.states import Visibility
from tests.flows.mailroom import Mailroom, dsn
from worker.core.relaying import SealedMail
from worker.flows.conversations import Started, post_message

ANNE = "Anne Dupont <anne@fiduciaire.example>"


def note(room: Mailroom, by: PersonId, started: Started, text: str) -> None:
    post_message(room.house, by=by, conversation_id=started.conversation_id, text=text, visibility=Visibility.INTERNAL)


def plain(mail: bytes) -> str:
    part = email.message_from_bytes(mail, policy=email.policy.default).get_body(("plain",))
    assert part is not None
    return str(part.get_content())


def quoted(text: str) -> str:
    return "\r\n".join("> " + line for line in text.splitlines())


def blocks(sent: SealedMail, *told: tuple[str, str, str]) -> bytes:
    """One report about our mail with a block per (final recipient, action, status)."""
    body = "\r\n".join(
        f"Final-Recipient: rfc822; {who}\r\nAction: {action}\r\nStatus: {status}\r\n" for who, action, status in told
    )
    raw = dsn(sent, "delivered", "2.0.0").decode()
    start, end = raw.index("Final-Recipient"), raw.index("\r\n--b\r\nContent-Type: text/rfc822-headers")
    return (raw[:start] + body + raw[end:]).encode()
