"""A mail that lies in a file is read where it lies, and a disk that fails meanwhile decides nothing about it."""

import base64
import hashlib
import os

import pytest

from storage import inbox
from storage.records import ArrivalId
from storage.states import ArrivalState, Outcome, Way
from tests.conftest import Firm, HandClock
from tests.flows.attacks import ANNE, note
from tests.flows.mailroom import Asked, Mailroom, address_in, reply, to_case_manager
from tests.flows.outgoing import Post
from tests.flows.test_portal import view
from worker.core.failures import TemporaryFailure
from worker.core.filing_facts import Why
from worker.core.parsed import ParsedMail, RawMail
from worker.flows.filing import file_arrival
from worker.flows.raw_mails import LargeMail
from worker.mail.parsing import MailReader

PHOTO = b"\xff\xd8\xff" + bytes(range(256)) * 4_000


def with_file(answer: bytes, content: bytes, kind: str = "image/jpeg", name: str = "four.jpg") -> bytes:
    head = answer.split(b"MIME-Version", 1)[0]
    return (
        head
        + b'MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary="b"\r\n\r\n'
        + b"--b\r\nContent-Type: text/plain\r\n\r\nVoici.\r\n"
        + f'--b\r\nContent-Type: {kind}; name="{name}"\r\nContent-Disposition: attachment\r\n'.encode()
        + b"Content-Transfer-Encoding: base64\r\n\r\n"
        + base64.encodebytes(content).replace(b"\n", b"\r\n")
        + b"--b--\r\n"
    )


def keep_as_file(room: Mailroom, raw: bytes, to: str, sender: str = "sophie@boulangerie.example") -> ArrivalId:
    sha256 = hashlib.sha256(raw).hexdigest()
    mail = inbox.KeptMail(
        sha256=sha256,
        size=len(raw),
        raw=None,
        raw_path=room.house.files.put_inbound(sha256, raw),
        way=Way.SMTP,
        envelope_from=sender,
        recipients=(to,),
    )
    with room.house.database.writing() as session:
        (arrival,) = inbox.keep_mail(session, mail, now=room.house.now(session))
    return arrival


def test_a_large_file_is_stored_as_it_was_sent(room: Mailroom, firm: Firm, asked: Asked) -> None:
    started, sent = asked
    arrival = keep_as_file(room, with_file(reply(sent), PHOTO), address_in(sent))

    assert file_arrival(room.house, room.reader, arrival) is Outcome.POSTED
    seen = view(room.house, firm.anne, started.conversation_id)
    (attachment,) = seen.messages[-1].attachments
    assert (attachment.name, attachment.size, attachment.media_type) == ("four.jpg", len(PHOTO), "image/jpeg")
    assert room.house.files.read_attachment(seen.client.public_id, attachment.sha256) == PHOTO


class ShortReader(MailReader):
    """Reads a mail whose file loses its end: before it is read (``early``), or when its files are to be stored."""

    def __init__(self, room: Mailroom, path: str, *, early: bool) -> None:
        super().__init__()
        self.path = room.house.files.root / path
        self.early = early

    def parse(self, raw: RawMail) -> ParsedMail:
        if self.early:
            os.truncate(self.path, 1_000)
        found = super().parse(raw)
        os.truncate(self.path, 1_000)
        return found


def test_a_disk_that_fails_while_a_mail_is_read_or_stored_puts_it_off(
    room: Mailroom, firm: Firm, asked: Asked, clock: HandClock
) -> None:
    started, sent = asked
    raw = with_file(reply(sent), PHOTO)
    arrival = keep_as_file(room, raw, address_in(sent))
    path = room.house.files.inbound_name(hashlib.sha256(raw).hexdigest())
    for early in (True, False):
        assert file_arrival(room.house, ShortReader(room, path, early=early), arrival) is None
        with room.house.database.reading() as session:
            found = inbox.arrival(session, arrival)
        assert found is not None
        assert (found.state, found.errors, found.error) == (ArrivalState.KEPT, 0, None)
        assert room.house.files.put_inbound(hashlib.sha256(raw).hexdigest(), raw) == path
        clock.forward(minutes=1)

    assert file_arrival(room.house, room.reader, arrival) is Outcome.POSTED
    assert len(view(room.house, firm.anne, started.conversation_id).messages) == 2


def test_a_note_deep_inside_a_large_text_file_does_not_reach_the_client(
    room: Mailroom, firm: Firm, asked: Asked, out: Post, clock: HandClock
) -> None:
    started, _sent = asked
    secret = "Cette cliente est insolvable et nous préparons la fin de notre mission chez elle"
    to_anne = to_case_manager(room, asked, out, clock)
    note(room, firm.bram, started, secret)
    for number, before in ((4, 262_144 - 40), (5, 700_000)):
        text = "x " * (before // 2) + secret + " y" * 200_000
        raw = with_file(reply(to_anne, sender=ANNE, number=number), text.encode(), "text/csv", "export.csv")
        arrival = keep_as_file(room, raw, address_in(to_anne), sender="anne@fiduciaire.example")
        assert file_arrival(room.house, room.reader, arrival) is Outcome.HELD
        assert room.last()[1].reason == Why.REPEATS_A_NOTE
    raw = with_file(reply(to_anne, sender=ANNE, number=6), b"x " * 400_000, "text/csv", "export.csv")
    arrival = keep_as_file(room, raw, address_in(to_anne), sender="anne@fiduciaire.example")
    assert file_arrival(room.house, room.reader, arrival) is Outcome.POSTED


def test_a_disk_that_fails_once_while_a_mail_is_parsed_does_not_quarantine_it(room: Mailroom) -> None:
    """The reader takes any other fault for a bug that this mail has found."""
    raw = LargeMail(room.house.files.kept(room.house.files.put_inbound("ab" * 32, b"x")))
    (room.house.files.root / room.house.files.inbound_name("ab" * 32)).unlink()
    with pytest.raises(TemporaryFailure):
        raw[:1]
