"""Filing: what an inbound mail becomes, by address and identity, once however often it comes."""

import email
import email.policy
import hashlib
from dataclasses import dataclass, replace

import pytest

from storage import addresses, attention, conversations, inbox, outbox, people, signed
from storage.records import Arrival, ArrivalId, Filing, PersonId, PublicId
from storage.states import (
    AddressKind,
    ArrivalState,
    AttentionReason,
    Evidence,
    Outcome,
    Tick,
    Visibility,
    Way,
)
from tests.conftest import Firm, HandClock
from tests.flows.conftest import Post
from tests.flows.test_portal import ask, view
from tests.flows.test_sending import only, tick
from worker.core.filing_rules import Why
from worker.core.parsed import ParsedMail
from worker.core.relaying import SealedMail
from worker.flows.conversations import Started, post_message
from worker.flows.filing import file_arrival
from worker.flows.house import House
from worker.flows.reading import list_conversations
from worker.flows.sweeping import sweep
from worker.mail.parsing import MailReader

SOPHIE = "Sophie Martin <sophie@boulangerie.example>"


@dataclass
class Mailroom:
    """Keeps raw mails as the sink does and files what is due, as the worker does."""

    house: House
    reader: MailReader
    bell: object

    def keep(
        self, raw: bytes, to: str = "", *, sender: str = "sophie@boulangerie.example", way: Way = Way.SMTP
    ) -> list[ArrivalId]:
        mail = inbox.KeptMail(
            sha256=hashlib.sha256(raw).hexdigest(),
            size=len(raw),
            raw=raw,
            raw_path=None,
            way=way,
            envelope_from=sender,
            recipients=(to,) if to else (),
        )
        with self.house.database.writing() as session:
            return inbox.keep_mail(session, mail, now=self.house.now(session))

    def file(
        self, raw: bytes, to: str = "", *, sender: str = "sophie@boulangerie.example"
    ) -> Outcome | ArrivalState | None:
        (arrival,) = self.keep(raw, to, sender=sender)
        return file_arrival(self.house, self.reader, arrival)

    def last(self) -> tuple[Arrival, Filing]:
        with self.house.database.reading() as session:
            arrival, filing = inbox.list_arrivals(session, most=1)[0]
        assert filing is not None
        return arrival, filing


@pytest.fixture
def room(house: House, reader: MailReader, bell: object) -> Mailroom:
    return Mailroom(house, reader, bell)


def header(sent: SealedMail, name: str) -> str:
    return str(email.message_from_bytes(sent.content, policy=email.policy.default)[name] or "")


def address_in(sent: SealedMail) -> str:
    return header(sent, "Reply-To").rpartition("<")[2].strip(">")


def reply(
    sent: SealedMail,
    text: str = "C'est le nouveau four.",
    *,
    sender: str = SOPHIE,
    to: str | None = None,
    references: bool = True,
    subject: str = "RE: Facture 2026-114",
    extra: str = "",
    number: int = 1,
) -> bytes:
    thread = (
        f"In-Reply-To: {header(sent, 'Message-ID')}\r\nReferences: {header(sent, 'Message-ID')}\r\n"
        if references
        else ""
    )
    return (
        f"From: {sender}\r\nTo: {to or address_in(sent)}\r\nSubject: {subject}\r\n{thread}{extra}"
        f"Date: Tue, 24 Nov 2026 10:0{number}:00 +0100\r\nMessage-ID: <reply-{number}@boulangerie.example>\r\n"
        f"MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n{text}\r\n"
    ).encode()


@pytest.fixture
def asked(out: Post, firm: Firm, clock: HandClock) -> tuple[Started, SealedMail]:
    """Anne's question went to Sophie alone."""
    started = ask(out.house, firm, to=[firm.sophie])
    clock.forward(seconds=60)
    out.run()
    return started, out.relay.sent[-1]


Asked = tuple[Started, SealedMail]


def texts(house: House, firm: Firm, started: Started, by: PersonId | None = None) -> list[str]:
    return [each.text for each in view(house, by or firm.anne, started.conversation_id).messages]


def test_a_reply_becomes_a_message_with_only_its_new_text(room: Mailroom, firm: Firm, asked: Asked) -> None:
    started, sent = asked
    quoted = "C'est le nouveau four.\r\n\r\nLe mar. 24 nov. 2026 à 10:00, Anne Dupont <anne.dupont@mail.fiduciaire.example> a écrit :\r\n> Bonjour Sophie, à quoi correspond cette facture ?"

    assert room.file(reply(sent, quoted), address_in(sent)) is Outcome.POSTED
    assert texts(room.house, firm, started)[1:] == ["C'est le nouveau four."]
    message = view(room.house, firm.anne, started.conversation_id).messages[1]
    assert message.quoted_text is not None
    assert "à quoi correspond" in message.quoted_text


def test_a_reply_is_evidence_for_the_mail_it_answers(room: Mailroom, firm: Firm, asked: Asked) -> None:
    started, sent = asked
    room.file(reply(sent), address_in(sent))

    mail = only(room.house, started, firm.sophie)
    assert tick(room.house, firm, started, firm.sophie) is Tick.BLUE
    assert mail.evidence is Evidence.REPLY


def test_a_reply_is_no_evidence_for_mails_it_does_not_answer(
    room: Mailroom,
    firm: Firm,
    asked: Asked,
    out: Post,
    clock: HandClock,
) -> None:
    started, sent = asked
    post_message(room.house, by=firm.anne, conversation_id=started.conversation_id, text="Autre question")
    clock.forward(minutes=2)
    out.run()
    room.file(reply(sent), address_in(sent))

    shown = view(room.house, firm.anne, started.conversation_id).messages
    assert [each.ticks[0].tick for each in shown[:2]] == [Tick.BLUE, Tick.GREY]


def test_an_upper_cased_address_still_leads_back(room: Mailroom, firm: Firm, asked: Asked) -> None:
    _started, sent = asked

    assert room.file(reply(sent), address_in(sent).upper()) is Outcome.POSTED


def test_the_address_is_found_in_to_when_the_envelope_does_not_tell(room: Mailroom, firm: Firm, asked: Asked) -> None:
    _started, sent = asked

    assert room.file(reply(sent)) is Outcome.POSTED


@pytest.mark.parametrize(
    ("sender", "why"),
    [
        ("Mallory <mallory@elsewhere.example>", Why.OTHER_SENDER),
        ("Greta Klein <greta@garage.example>", Why.OTHER_SENDER),
        ("Marc Janssens <marc@boulangerie.example>", Why.OTHER_SENDER),
        ("sophie@boulangerie.example <mallory@elsewhere.example>", Why.NO_SENDER),
        ("Sophie <sophie@boulangerie.example>, Mallory <m@elsewhere.example>", Why.NO_SENDER),
    ],
)
def test_the_address_alone_proves_nobody(room: Mailroom, firm: Firm, asked: Asked, sender: str, why: Why) -> None:
    started, sent = asked

    assert room.file(reply(sent, sender=sender), address_in(sent)) is Outcome.HELD
    assert room.last()[1].reason == why
    assert len(texts(room.house, firm, started)) == 1
    with room.house.database.reading() as session:
        reasons = [
            each.reason for each in attention.open_reasons(session, started.conversation_id) if each.side == "firm"
        ]
    assert reasons == [AttentionReason.HELD]


def test_reply_to_is_never_identity(room: Mailroom, firm: Firm, asked: Asked) -> None:
    _started, sent = asked
    raw = reply(sent, sender="Mallory <m@elsewhere.example>", extra=f"Reply-To: {SOPHIE}\r\nSender: {SOPHIE}\r\n")

    assert room.file(raw, address_in(sent)) is Outcome.HELD


def test_two_from_headers_are_nobodys(room: Mailroom, firm: Firm, asked: Asked) -> None:
    _started, sent = asked
    raw = reply(sent, extra="From: Mallory <m@elsewhere.example>\r\n")

    assert room.file(raw, address_in(sent)) is Outcome.HELD
    assert room.last()[1].reason == Why.NO_SENDER


def test_a_forged_address_is_no_address(room: Mailroom, firm: Firm, asked: Asked) -> None:
    started, sent = asked
    good = address_in(sent)
    forged = good[:10] + ("a" if good[10] != "a" else "b") + good[11:]

    assert room.file(reply(sent, to=forged, references=False), forged) is Outcome.NEW_CONVERSATION
    assert len(texts(room.house, firm, started)) == 1


def test_a_good_address_without_a_row_is_held(room: Mailroom, firm: Firm, asked: Asked) -> None:
    _started, sent = asked
    token = room.house.keys.sign(AddressKind.REPLY, PublicId(12345))

    assert room.file(reply(sent, to=f"r+{token}@mail.fiduciaire.example", references=False)) is Outcome.HELD
    assert room.last()[1].reason == Why.NO_ROW


def test_a_revoked_address_counts_as_none_for_its_participant_and_holds_for_others(
    room: Mailroom, firm: Firm, asked: Asked, clock: HandClock
) -> None:
    _started, sent = asked
    token = room.house.keys.verify(address_in(sent).split("@")[0][2:])
    assert token is not None
    with room.house.database.writing() as session:
        signed.revoke_signed_address(session, token.public_id, now=clock.at)

    mallory = reply(sent, sender="M <m@elsewhere.example>", references=False, number=2)
    assert room.file(mallory, address_in(sent)) is Outcome.HELD
    assert room.file(reply(sent, references=False), address_in(sent)) is Outcome.NEW_CONVERSATION


def test_our_ids_in_references_lead_back_for_the_participant_only(room: Mailroom, firm: Firm, asked: Asked) -> None:
    started, sent = asked
    house_address = header(sent, "From").split("<")[1].strip(">")

    assert room.file(reply(sent, to=house_address), house_address) is Outcome.POSTED
    assert room.last()[1].reason == Why.REFERENCES
    other = reply(sent, to=house_address, sender="Greta Klein <greta@garage.example>", number=2)
    assert room.file(other, house_address) is Outcome.NEW_CONVERSATION
    assert len(texts(room.house, firm, started)) == 2


def test_a_known_sender_without_address_opens_a_conversation_for_the_firm(
    room: Mailroom, firm: Firm, asked: Asked
) -> None:
    _started, sent = asked
    raw = reply(
        sent,
        "Bonjour, une question sur la TVA",
        to="new@mail.fiduciaire.example",
        references=False,
        subject="TVA du trimestre",
    )

    assert room.file(raw, "new@mail.fiduciaire.example") is Outcome.NEW_CONVERSATION
    newest = list_conversations(room.house, by=firm.anne)[0].conversation
    assert newest.subject == "TVA du trimestre"
    assert newest.starter_side == "client"
    shown = view(room.house, firm.anne, newest.id).messages[0]
    assert shown.message.sender_unverified
    assert {each.person.id for each in shown.ticks} == {firm.anne}


def test_a_contact_of_two_clients_is_held_unless_the_address_says_which(
    room: Mailroom, firm: Firm, clock: HandClock
) -> None:
    with room.house.database.writing() as session:
        people.add_contact(session, firm.garage, firm.sophie, gets_requests=True, now=clock.at)
    raw = f"From: {SOPHIE}\r\nSubject: x\r\nDate: Tue, 24 Nov 2026 10:00:00 +0100\r\nMessage-ID: <{{n}}@x.example>\r\n\r\nbonjour\r\n"

    assert room.file(raw.format(n=1).encode(), "new@mail.fiduciaire.example") is Outcome.HELD
    assert room.last()[1].reason == Why.WHICH_CLIENT
    assert room.file(raw.format(n=2).encode(), "garage.klein@mail.fiduciaire.example") is Outcome.NEW_CONVERSATION
    assert list_conversations(room.house, by=firm.bram)[0].conversation.client_id == firm.garage


def test_an_unknown_sender_is_held_and_never_answered(room: Mailroom, firm: Firm, out: Post, clock: HandClock) -> None:
    raw = b"From: Who <who@elsewhere.example>\r\nSubject: x\r\nDate: Tue, 24 Nov 2026 10:00:00 +0100\r\nMessage-ID: <1@x>\r\n\r\nhello\r\n"

    assert room.file(raw, "new@mail.fiduciaire.example") is Outcome.HELD
    assert room.last()[1].reason == Why.UNKNOWN_SENDER
    clock.forward(days=1)
    assert out.run() == []


def test_a_case_manager_answers_from_his_mail_client(
    room: Mailroom,
    firm: Firm,
    asked: Asked,
    out: Post,
    clock: HandClock,
) -> None:
    _started, sent = asked
    room.file(reply(sent), address_in(sent))
    clock.forward(minutes=4)
    out.run()
    to_anne = out.relay.sent[-1]
    assert to_anne.recipient == "anne@fiduciaire.example"
    raw = reply(to_anne, "Parfait, je l'encode.", sender="Anne Dupont <anne@fiduciaire.example>", number=3)

    assert room.file(raw, address_in(to_anne), sender="anne@fiduciaire.example") is Outcome.POSTED
    out.run()
    assert out.relay.sent[-1].recipient == "sophie@boulangerie.example"
    assert "Parfait, je l'encode." in out.text()


def to_case_manager(room: Mailroom, asked: Asked, out: Post, clock: HandClock) -> SealedMail:
    _started, sent = asked
    room.file(reply(sent), address_in(sent))
    clock.forward(minutes=4)
    out.run()
    return out.relay.sent[-1]


def note_address(sent: SealedMail) -> str:
    body = email.message_from_bytes(sent.content, policy=email.policy.default)
    part = body.get_body(("plain",))
    assert part is not None
    words = str(part.get_content()).replace("<", " ").replace(">", " ").split()
    return next(word.strip(".,;:()") for word in words if word.startswith("n+") and "@" in word)


def test_a_mail_to_the_note_address_is_internal(
    room: Mailroom,
    firm: Firm,
    asked: Asked,
    out: Post,
    clock: HandClock,
) -> None:
    started, _sent = asked
    to_anne = to_case_manager(room, asked, out, clock)
    address = note_address(to_anne)
    raw = reply(to_anne, "Client à surveiller", sender="Anne Dupont <anne@fiduciaire.example>", to=address, number=4)

    assert room.file(raw, address) is Outcome.POSTED
    assert texts(room.house, firm, started, firm.sophie) == texts(room.house, firm, started)[:2]
    assert view(room.house, firm.anne, started.conversation_id).messages[-1].message.visibility is Visibility.INTERNAL


def test_a_mail_to_both_a_note_and_a_reply_address_is_a_note(
    room: Mailroom,
    firm: Firm,
    asked: Asked,
    out: Post,
    clock: HandClock,
) -> None:
    started, _sent = asked
    to_anne = to_case_manager(room, asked, out, clock)
    both = f"{address_in(to_anne)}, {note_address(to_anne)}"
    raw = reply(to_anne, "Pour nous", sender="Anne Dupont <anne@fiduciaire.example>", to=both, number=5)

    for address in both.split(", "):
        (arrival,) = room.keep(raw, address)
        file_arrival(room.house, room.reader, arrival)

    assert "Pour nous" not in texts(room.house, firm, started, firm.sophie)
    assert texts(room.house, firm, started).count("Pour nous") == 1


def test_a_contact_cannot_use_a_note_address(room: Mailroom, firm: Firm, asked: Asked) -> None:
    started, sent = asked
    with room.house.database.writing() as session:
        sophie = conversations.participant_of(session, started.conversation_id, firm.sophie)
        assert sophie is not None
        row = signed.add_signed_address(
            session,
            AddressKind.NOTE,
            now=room.house.now(session),
            conversation_id=started.conversation_id,
            participant_id=sophie.id,
        )
    address = f"n+{room.house.keys.sign(AddressKind.NOTE, row.public_id)}@mail.fiduciaire.example"

    assert room.file(reply(sent, to=address), address) is Outcome.HELD


def test_a_case_managers_mail_that_repeats_a_note_is_held(
    room: Mailroom,
    firm: Firm,
    asked: Asked,
    out: Post,
    clock: HandClock,
) -> None:
    started, _sent = asked
    to_anne = to_case_manager(room, asked, out, clock)
    secret = "ce client ne paie jamais ses factures à temps et il faut le relancer"
    post_message(
        room.house, by=firm.bram, conversation_id=started.conversation_id, text=secret, visibility=Visibility.INTERNAL
    )
    raw = reply(to_anne, f"Bonjour. {secret}", sender="Anne Dupont <anne@fiduciaire.example>", number=6)

    assert room.file(raw, address_in(to_anne)) is Outcome.HELD
    assert room.last()[1].reason == Why.REPEATS_A_NOTE


def test_a_case_manager_without_a_signed_address_is_held(room: Mailroom, firm: Firm) -> None:
    raw = b"From: Anne <anne@fiduciaire.example>\r\nSubject: x\r\nDate: Tue, 24 Nov 2026 10:00:00 +0100\r\nMessage-ID: <1@x>\r\n\r\nhello\r\n"

    assert room.file(raw, "boulangerie.martin@mail.fiduciaire.example") is Outcome.HELD
    assert room.last()[1].reason == Why.CASE_MANAGER_UNPROVEN


def test_the_same_mail_again_changes_nothing_whatever_its_trace_headers(
    room: Mailroom, firm: Firm, asked: Asked
) -> None:
    started, sent = asked
    raw = reply(sent)
    room.file(raw, address_in(sent))
    again = b"Received: from mx2 by mx1; Tue, 24 Nov 2026 10:05:00 +0100\r\n" + raw

    assert room.file(again, address_in(sent)) is Outcome.IGNORED
    assert room.keep(raw, address_in(sent)) == [], "the same bytes to the same recipient are one arrival"
    assert len(texts(room.house, firm, started)) == 2
    assert (room.last()[0].ended_why or "").startswith("duplicate of f")


def test_another_mail_with_a_reused_message_id_is_another_message(room: Mailroom, firm: Firm, asked: Asked) -> None:
    started, sent = asked
    room.file(reply(sent, "Un"), address_in(sent))
    room.file(reply(sent, "Deux"), address_in(sent))

    assert texts(room.house, firm, started)[1:] == ["Un", "Deux"]


def test_mails_without_message_id_and_date_are_neither_dropped_nor_merged(
    room: Mailroom, firm: Firm, asked: Asked
) -> None:
    started, sent = asked
    for text in ("Un", "Deux"):
        raw = f"From: {SOPHIE}\r\nTo: {address_in(sent)}\r\nSubject: x\r\n\r\n{text}\r\n".encode()
        assert room.file(raw, address_in(sent)) is Outcome.POSTED

    assert texts(room.house, firm, started)[1:] == ["Un", "Deux"]


def dsn(sent: SealedMail, action: str, status: str, *, envelope: bool = True, to: str | None = None) -> bytes:
    return (
        f"From: MAILER-DAEMON@mx.example\r\nTo: {to or sent.envelope_from}\r\nSubject: Report\r\n"
        f"Date: Tue, 24 Nov 2026 10:00:30 +0100\r\nMessage-ID: <dsn-{action}@mx.example>\r\nAuto-Submitted: auto-replied\r\nMIME-Version: 1.0\r\n"
        'Content-Type: multipart/report; report-type=delivery-status; boundary="b"\r\n\r\n'
        "--b\r\nContent-Type: text/plain\r\n\r\nReport.\r\n"
        "--b\r\nContent-Type: message/delivery-status\r\n\r\n"
        + (f"Original-Envelope-Id: {sent.envelope_id}\r\n" if envelope else "")
        + "Reporting-MTA: dns; mx.example\r\n\r\n"
        f"Final-Recipient: rfc822; {sent.recipient}\r\nAction: {action}\r\nStatus: {status}\r\n\r\n"
        f"--b\r\nContent-Type: text/rfc822-headers\r\n\r\nMessage-ID: {header(sent, 'Message-ID')}\r\nSubject: x\r\n\r\n--b--\r\n"
    ).encode()


@pytest.mark.parametrize(
    ("action", "status", "seen"),
    [("delivered", "2.0.0", Tick.BLUE), ("failed", "5.1.1", Tick.FAILED), ("delayed", "4.4.1", Tick.GREY)],
)
def test_a_report_moves_the_tick(
    room: Mailroom, firm: Firm, asked: Asked, action: str, status: str, seen: Tick
) -> None:
    started, sent = asked

    assert room.file(dsn(sent, action, status), sent.envelope_from, sender="") is Outcome.REPORT
    assert tick(room.house, firm, started, firm.sophie) is seen


def test_a_report_without_return_path_is_matched_by_envelope_id_or_returned_headers(
    room: Mailroom, firm: Firm, asked: Asked
) -> None:
    started, sent = asked
    raw = dsn(sent, "delivered", "2.0.0", envelope=False, to="office@fiduciaire.example")

    assert room.file(raw, "new@mail.fiduciaire.example", sender="") is Outcome.REPORT
    assert tick(room.house, firm, started, firm.sophie) is Tick.BLUE


def test_a_forged_report_changes_nothing(room: Mailroom, firm: Firm, asked: Asked) -> None:
    started, sent = asked
    forged = replace(
        sent,
        envelope_id="x" * 32,
        envelope_from="b+guess@mail.fiduciaire.example",
        content=b"Message-ID: <guess@mail.fiduciaire.example>\r\n\r\n",
    )

    assert room.file(dsn(forged, "failed", "5.1.1"), "new@mail.fiduciaire.example", sender="") is Outcome.IGNORED
    assert tick(room.house, firm, started, firm.sophie) is Tick.GREY


def test_an_out_of_office_answer_at_the_return_path_is_evidence_and_no_message(
    room: Mailroom, firm: Firm, asked: Asked
) -> None:
    started, sent = asked
    raw = reply(
        sent, "Je suis absente.", to=sent.envelope_from, extra="Auto-Submitted: auto-replied\r\n", subject="Absence"
    )

    assert room.file(raw, sent.envelope_from, sender="") is Outcome.IGNORED
    assert room.last()[1].reason == Why.OUT_OF_OFFICE
    assert tick(room.house, firm, started, firm.sophie) is Tick.BLUE
    assert len(texts(room.house, firm, started)) == 1


def test_automatic_mail_at_the_reply_address_is_not_posted(room: Mailroom, firm: Firm, asked: Asked) -> None:
    started, sent = asked

    assert room.file(reply(sent, extra="Auto-Submitted: auto-generated\r\n"), address_in(sent)) is Outcome.IGNORED
    assert len(texts(room.house, firm, started)) == 1


def test_auto_submitted_no_is_a_person(room: Mailroom, firm: Firm, asked: Asked) -> None:
    _started, sent = asked

    assert room.file(reply(sent, extra="Auto-Submitted: no\r\n"), address_in(sent)) is Outcome.POSTED


def test_our_own_mail_that_comes_back_is_ignored(room: Mailroom, firm: Firm, asked: Asked) -> None:
    _started, sent = asked

    assert room.file(sent.content, address_in(sent), sender=sent.envelope_from) is Outcome.IGNORED
    assert room.last()[1].reason == Why.OWN_MAIL


def test_a_photo_without_a_word_is_a_message(room: Mailroom, firm: Firm, asked: Asked) -> None:
    started, sent = asked
    raw = reply(sent).split(b"MIME-Version", 1)[0] + (
        b'MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary="b"\r\n\r\n--b\r\nContent-Type: text/plain\r\n\r\n\r\n'
        b'--b\r\nContent-Type: application/pdf; name="facture.pdf"\r\nContent-Disposition: attachment; filename="facture.pdf"\r\n'
        b"Content-Transfer-Encoding: base64\r\n\r\nJVBERi0xLjQKJSVFT0YK\r\n--b--\r\n"
    )

    assert room.file(raw, address_in(sent)) is Outcome.POSTED
    message = view(room.house, firm.anne, started.conversation_id).messages[-1]
    assert [each.name for each in message.attachments] == ["facture.pdf"]
    assert (
        room.house.files.read_attachment(
            view(room.house, firm.anne, started.conversation_id).client.public_id, message.attachments[0].sha256
        )
        == b"%PDF-1.4\n%%EOF\n"
    )


def test_an_empty_mail_is_held_and_not_posted(room: Mailroom, firm: Firm, asked: Asked) -> None:
    _started, sent = asked

    assert room.file(reply(sent, "   "), address_in(sent)) is Outcome.HELD


def test_a_mail_of_nothing_but_our_own_words_is_kept_whole(room: Mailroom, firm: Firm, asked: Asked) -> None:
    started, sent = asked
    quoted = "> Bonjour Sophie, à quoi correspond cette facture ?"

    assert room.file(reply(sent, quoted), address_in(sent)) is Outcome.POSTED
    assert "à quoi correspond" in texts(room.house, firm, started)[-1]
    assert view(room.house, firm.anne, started.conversation_id).messages[-1].cut_rule == "kept everything"


class BrokenReader(MailReader):
    def parse(self, raw: bytes) -> ParsedMail:
        raise ZeroDivisionError


def test_a_mail_that_breaks_our_code_is_quarantined_after_three_tries_and_can_be_refiled(
    room: Mailroom, firm: Firm, asked: Asked, clock: HandClock
) -> None:
    _started, sent = asked
    (arrival,) = room.keep(reply(sent), address_in(sent))
    broken = BrokenReader()
    for expected in (None, None, ArrivalState.QUARANTINED):
        assert file_arrival(room.house, broken, arrival) == expected
        clock.forward(hours=1)

    with room.house.database.writing() as session:
        shelved = inbox.arrival(session, arrival)
        assert shelved is not None
        assert shelved.error == "error:ZeroDivisionError"
        assert inbox.reopen_arrival(session, arrival, now=clock.at)
    assert file_arrival(room.house, room.reader, arrival) is Outcome.POSTED


def test_a_lost_lease_counts_apart_and_a_mail_that_kills_workers_is_shelved(
    room: Mailroom, firm: Firm, asked: Asked, clock: HandClock
) -> None:
    _started, sent = asked
    (arrival,) = room.keep(reply(sent), address_in(sent))
    for _ in range(6):
        with room.house.database.writing() as session:
            claimed = inbox.claim_arrival(session, arrival, clock.at, lease=room.house.policy.file_lease)
        if claimed is None or claimed.lost_leases >= 5:
            break
        clock.forward(seconds=400)
    clock.forward(seconds=400)
    assert file_arrival(room.house, room.reader, arrival) is None

    with room.house.database.reading() as session:
        shelved = inbox.arrival(session, arrival)
    assert shelved is not None
    assert (shelved.state, shelved.errors) == (ArrivalState.QUARANTINED, 0)


def test_missing_bytes_on_disk_are_a_fault_that_passes(
    room: Mailroom, firm: Firm, asked: Asked, clock: HandClock
) -> None:
    _started, sent = asked
    raw = reply(sent)
    path = room.house.files.put_inbound(hashlib.sha256(raw).hexdigest(), raw)
    mail = inbox.KeptMail(
        sha256=hashlib.sha256(raw).hexdigest(),
        size=len(raw),
        raw=None,
        raw_path=path,
        way=Way.LMTP,
        envelope_from="sophie@boulangerie.example",
        recipients=(address_in(sent),),
    )
    with room.house.database.writing() as session:
        (arrival,) = inbox.keep_mail(session, mail, now=clock.at)
    moved = room.house.files.root / "elsewhere"
    (room.house.files.root / path).rename(moved)
    assert file_arrival(room.house, room.reader, arrival) is None
    moved.rename(room.house.files.root / path)
    clock.forward(minutes=1)

    assert file_arrival(room.house, room.reader, arrival) is Outcome.POSTED


def test_the_sweep_rings_for_arrivals_that_nobody_rang_for(
    room: Mailroom, firm: Firm, asked: Asked, bell: object
) -> None:
    _started, sent = asked
    arrivals = room.keep(reply(sent), address_in(sent))
    sweep(room.house)

    assert room.bell.inbound == arrivals  # type: ignore[attr-defined]


def test_two_people_with_one_mailbox_are_told_apart_by_name(room: Mailroom, firm: Firm, clock: HandClock) -> None:
    with room.house.database.writing() as session:
        paul = people.add_person(session, name="Paul Martin", language="fr", now=clock.at)  # type: ignore[arg-type]
        addresses.add_address(
            session,
            paul,
            written="sophie@boulangerie.example",
            normal="sophie@boulangerie.example",
            is_primary=True,
            now=clock.at,
        )
        people.add_contact(session, firm.bakery, paul, gets_requests=False, now=clock.at)
    raw = b"From: Paul Martin <sophie@boulangerie.example>\r\nSubject: x\r\nDate: Tue, 24 Nov 2026 10:00:00 +0100\r\nMessage-ID: <1@x>\r\n\r\nbonjour\r\n"

    assert room.file(raw, "new@mail.fiduciaire.example") is Outcome.NEW_CONVERSATION
    newest = list_conversations(room.house, by=firm.anne)[0].conversation
    assert newest.starter_id == paul


def test_the_next_mail_to_a_writer_answers_his_own_mail(
    room: Mailroom,
    firm: Firm,
    asked: Asked,
    out: Post,
    clock: HandClock,
) -> None:
    started, sent = asked
    room.file(reply(sent), address_in(sent))
    post_message(room.house, by=firm.anne, conversation_id=started.conversation_id, text="Merci, et la suivante ?")
    clock.forward(minutes=6)
    out.run()

    to_sophie = [each for each in out.relay.sent if each.recipient == "sophie@boulangerie.example"][-1]
    assert header(to_sophie, "In-Reply-To") == "<reply-1@boulangerie.example>"


def test_outbox_and_inbox_agree_on_what_was_answered(room: Mailroom, firm: Firm, asked: Asked) -> None:
    _started, sent = asked
    room.file(reply(sent), address_in(sent))

    with room.house.database.reading() as session:
        mail = outbox.mail_by_message_id(session, header(sent, "Message-ID").strip("<>"))
    assert mail is not None
    assert {"step": "references", "found": f"answers o{mail.id}"} in room.last()[1].findings
