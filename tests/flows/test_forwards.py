"""What a case manager passes on is the client's message; what went to the client already is not sent again."""

from collections.abc import Iterable

import pytest

from storage.states import Outcome, Visibility
from tests.conftest import Firm, HandClock
from tests.flows.attacks import ANNE
from tests.flows.authentication import result
from tests.flows.clicking import sent_to
from tests.flows.mailroom import Asked, Mailroom, address_in, note_address, reply, to_case_manager
from tests.flows.outgoing import Post
from tests.flows.test_authentication import BAKERY
from tests.flows.test_portal import view
from worker.cli.views import print_conversation
from worker.core.filing_facts import Why
from worker.core.original_signatures import OriginalSignature, SignatureState
from worker.core.relaying import SealedMail
from worker.flows.reading import list_conversations
from worker.mail.parsing import MailReader

INLINE = """Voir ci-dessous, à encoder.

---------- Message transféré ---------
De : Sophie Martin <sophie@boulangerie.example>
Date : lun. 23 nov. 2026 à 10:00
Objet : Facture du four
À : anne@fiduciaire.example

Bonjour Anne, voici la facture du four.
/close
"""


@pytest.fixture
def to_anne(trusted: Mailroom, asked: Asked, out: Post, clock: HandClock) -> SealedMail:
    return to_case_manager(trusted, asked, out, clock)


def forward(text: str = INLINE, to: str = BAKERY, subject: str = "TR: Facture du four", number: int = 30) -> bytes:
    return (
        f"{result('pass')}From: {ANNE}\r\nTo: {to}\r\nSubject: {subject}\r\nDate: Tue, 24 Nov 2026 10:00:00 +0100\r\n"
        f"Message-ID: <forward-{number}@fiduciaire.example>\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n{text}\r\n"
    ).encode()


def test_a_forward_to_the_clients_address_is_the_clients_message(
    trusted: Mailroom, firm: Firm, out: Post, clock: HandClock
) -> None:
    assert trusted.file(forward(), BAKERY) is Outcome.NEW_CONVERSATION
    newest = list_conversations(trusted.house, by=firm.anne)[0].conversation
    assert (newest.subject, newest.starter_side, newest.starter_id) == ("Facture du four", "client", firm.sophie)
    message, comment = view(trusted.house, firm.anne, newest.id).messages
    assert message.text == "Bonjour Anne, voici la facture du four.\n/close"
    assert (message.message.author_id, message.message.forwarded_by_id) == (firm.sophie, firm.anne)
    assert message.message.original_from == "sophie@boulangerie.example"
    assert f"{message.message.original_at:%d %H:%M}" == "23 09:00"
    assert (comment.text, comment.message.visibility) == ("Voir ci-dessous, à encoder.", Visibility.INTERNAL)
    clock.forward(minutes=10)
    out.run()
    assert {each.recipient for each in out.relay.sent} <= {"anne@fiduciaire.example"}


def test_a_forward_to_a_note_address_joins_that_conversation(
    trusted: Mailroom, firm: Firm, asked: Asked, to_anne: SealedMail, out: Post, clock: HandClock
) -> None:
    started, _sent = asked
    to = note_address(to_anne)
    mailed = len(sent_to(out, "sophie@boulangerie.example"))

    assert trusted.file(forward(to=to), to) is Outcome.POSTED
    message, comment = view(trusted.house, firm.anne, started.conversation_id).messages[-2:]
    assert (message.message.author_id, message.message.forwarded_by_id) == (firm.sophie, firm.anne)
    assert comment.text == "Voir ci-dessous, à encoder."
    clock.forward(minutes=10)
    out.run()
    assert len(sent_to(out, "sophie@boulangerie.example")) == mailed


def test_what_somebody_else_wrote_is_not_mailed_to_the_client_either(
    trusted: Mailroom, firm: Firm, asked: Asked, to_anne: SealedMail, out: Post, clock: HandClock
) -> None:
    to = note_address(to_anne)
    mailed = len(sent_to(out, "sophie@boulangerie.example"))

    assert trusted.file(forward(INLINE.replace("sophie@boulangerie", "luc@supplier"), to=to), to) is Outcome.POSTED
    clock.forward(minutes=10)
    out.run()
    assert len(sent_to(out, "sophie@boulangerie.example")) == mailed


def test_an_attached_original_brings_its_own_from_and_date(trusted: Mailroom, firm: Firm) -> None:
    raw = (
        f"{result('pass')}From: {ANNE}\r\nTo: {BAKERY}\r\nSubject: Fwd: Four\r\nDate: Tue, 24 Nov 2026 10:00:00 +0100\r\n"
        'Message-ID: <f1@fiduciaire.example>\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary="b"\r\n\r\n'
        "--b\r\nContent-Type: text/plain\r\n\r\nA encoder\r\n--b\r\nContent-Type: message/rfc822\r\n\r\n"
        "From: Luc <luc@supplier.example>\r\nDate: Mon, 23 Nov 2026 09:00:00 +0100\r\nSubject: Four\r\n\r\nVoici.\r\n--b--\r\n"
    ).encode()

    assert trusted.file(raw, BAKERY) is Outcome.NEW_CONVERSATION
    newest = list_conversations(trusted.house, by=firm.anne)[0].conversation
    message, comment = view(trusted.house, firm.anne, newest.id).messages
    assert (message.text, message.message.author_id) == ("Four\n\nVoici.", firm.anne)
    assert message.message.visibility is Visibility.INTERNAL
    assert message.message.original_from == "luc@supplier.example"
    assert message.message.original_at is not None
    assert f"{message.message.original_at:%d %H:%M}" == "23 08:00"
    assert comment.text == "A encoder"


class WithKeys(MailReader):
    """A reader whose name server says the same of every signature, and counts how often it is asked."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[bytes] = []

    def signature(self, content: Iterable[bytes]) -> OriginalSignature:
        self.asked.append(b"".join(content))
        return OriginalSignature(state=SignatureState.VALID, domain="supplier.example")


def attached(sender: str = ANNE, subject: str = "Fwd: Four", to: str = BAKERY) -> bytes:
    return (
        f"{result('pass')}From: {sender}\r\nTo: {to}\r\nSubject: {subject}\r\nDate: Tue, 24 Nov 2026 10:00:00 +0100\r\n"
        'Message-ID: <f1@fiduciaire.example>\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary="b"\r\n\r\n'
        "--b\r\nContent-Type: text/plain\r\n\r\nA encoder\r\n--b\r\nContent-Type: message/rfc822\r\n\r\n"
        "From: Luc <luc@supplier.example>\r\nSubject: Four\r\n\r\nVoici.\r\n--b--\r\n"
    ).encode()


def test_the_signature_of_an_attached_original_is_checked_and_shown(
    trusted: Mailroom, firm: Firm, capsys: pytest.CaptureFixture[str]
) -> None:
    reader = WithKeys()
    assert Mailroom(trusted.house, reader, trusted.bell).file(attached(), BAKERY) is Outcome.NEW_CONVERSATION
    assert [raw.split(b"\r\n")[0] for raw in reader.asked] == [b"From: Luc <luc@supplier.example>"]
    newest = list_conversations(trusted.house, by=firm.anne)[0].conversation
    shown = view(trusted.house, firm.anne, newest.id)
    assert shown.messages[0].message.original_signature == "valid supplier.example"
    print_conversation(shown, full=False)
    said = " ".join(capsys.readouterr().out.split())
    assert "forwarded by Anne Dupont from luc@supplier.example signature valid supplier.example" in said


@pytest.mark.parametrize(
    ("sender", "subject"),
    [("Sophie <sophie@boulangerie.example>", "Fwd: Four"), (ANNE, "Four")],
    ids=["contact", "no forward"],
)
def test_no_key_is_looked_for_when_nobody_of_the_firm_passes_a_mail_on(
    trusted: Mailroom, sender: str, subject: str
) -> None:
    reader = WithKeys()
    Mailroom(trusted.house, reader, trusted.bell).file(attached(sender, subject), BAKERY)
    assert reader.asked == []


def test_a_colleagues_mail_is_not_passed_on_to_a_client(
    trusted: Mailroom, firm: Firm, asked: Asked, to_anne: SealedMail
) -> None:
    started, _sent = asked
    text = INLINE.replace("sophie@boulangerie.example", "bram@fiduciaire.example")
    to = note_address(to_anne)

    assert trusted.file(forward(text), BAKERY) is Outcome.HELD
    assert trusted.last()[1].reason == Why.COLLEAGUES_MAIL
    assert trusted.file(forward(text, to=to, number=31), to) is Outcome.POSTED
    last = view(trusted.house, firm.anne, started.conversation_id).messages[-1].message
    assert (last.visibility, last.author_id) == (Visibility.INTERNAL, firm.anne)


def test_a_forward_at_the_note_address_whose_writer_cannot_be_read_stays_a_note(
    trusted: Mailroom, firm: Firm, asked: Asked, to_anne: SealedMail
) -> None:
    started, _sent = asked
    to = note_address(to_anne)

    assert trusted.file(forward("Vu au téléphone avec lui.", to=to), to) is Outcome.POSTED
    assert (
        view(trusted.house, firm.anne, started.conversation_id).messages[-1].message.visibility is Visibility.INTERNAL
    )


def test_what_went_to_the_client_already_is_filed_as_sent_and_not_sent_again(
    trusted: Mailroom, firm: Firm, out: Post, clock: HandClock
) -> None:
    raw = forward("Bonjour, il manque une page.", to=f"Sophie <Sophie@Boulangerie.example>, {BAKERY}", subject="Page 2")

    assert trusted.file(raw, BAKERY) is Outcome.NEW_CONVERSATION
    clock.forward(minutes=10)
    out.run()
    assert {each.recipient for each in out.relay.sent} == {"marc@boulangerie.example"}
    newest = list_conversations(trusted.house, by=firm.anne)[0].conversation
    assert view(trusted.house, firm.sophie, newest.id).messages[0].text == "Bonjour, il manque une page."


def test_a_contacts_copy_to_a_case_manager_is_mailed_all_the_same(
    trusted: Mailroom, firm: Firm, asked: Asked, out: Post, clock: HandClock
) -> None:
    """Her mail program's copy holds no address to answer the client by."""
    _started, sent = asked
    raw = reply(sent, extra="Cc: anne@fiduciaire.example\r\n")

    assert trusted.file(raw, address_in(sent)) is Outcome.POSTED
    clock.forward(minutes=4)
    out.run()
    assert sent_to(out, "anne@fiduciaire.example")
