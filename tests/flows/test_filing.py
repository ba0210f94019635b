"""Filing: a reply becomes a message in the right conversation, with only its new text and with its files."""

import pytest

from storage import outbox
from storage.states import (
    Evidence,
    Outcome,
    Tick,
)
from tests.conftest import Firm, HandClock
from tests.flows.mailroom import (
    Asked,
    Mailroom,
    address_in,
    header,
    reply,
    texts,
)
from tests.flows.outgoing import Post, only, tick
from tests.flows.test_portal import view
from worker.cli.views import print_message
from worker.flows.conversations import post_message
from worker.flows.explaining import explain_message


def test_a_reply_becomes_a_message_with_only_its_new_text(room: Mailroom, firm: Firm, asked: Asked) -> None:
    started, sent = asked
    quoted = "C'est le nouveau four.\r\n\r\nLe mar. 24 nov. 2026 à 10:00, Anne Dupont <anne.dupont@mail.fiduciaire.example> a écrit :\r\n> Bonjour Sophie, à quoi correspond cette facture ?"

    assert room.file(reply(sent, quoted), address_in(sent)) is Outcome.POSTED
    assert texts(room.house, firm, started)[1:] == ["C'est le nouveau four."]
    message = view(room.house, firm.anne, started.conversation_id).messages[1]
    assert message.quoted_text is not None
    assert "à quoi correspond" in message.quoted_text


def test_what_was_cut_and_by_which_rule_is_kept_shown_and_explained(
    room: Mailroom, firm: Firm, asked: Asked, capsys: pytest.CaptureFixture[str]
) -> None:
    started, sent = asked
    quoted = "C'est le four.\r\n\r\nLe 24/11/2026 à 10:00, Anne Dupont a écrit :\r\n> Bonjour Sophie, à quoi correspond cette facture ?"
    room.file(reply(sent, quoted), address_in(sent))

    message = view(room.house, firm.anne, started.conversation_id).messages[1]
    assert (message.cut_rule, message.cut_confidence) == ("comparison+header", 0.98)
    told = explain_message(room.house, message.message.id) or []
    assert [each.told for each in told if each.what == "new text"] == ["comparison+header, confidence 0.98"]
    print_message(message, full=False)
    assert "à quoi correspond" not in capsys.readouterr().out
    print_message(message, full=True)
    shown = " ".join(capsys.readouterr().out.split())
    assert "à quoi correspond cette facture" in shown
    assert "cut by comparison+header, confidence 0.98" in shown


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


def test_an_empty_mail_is_rejected_and_not_posted(room: Mailroom, firm: Firm, asked: Asked) -> None:
    started, sent = asked

    assert room.file(reply(sent, "   "), address_in(sent)) is Outcome.REJECTED
    assert len(texts(room.house, firm, started)) == 1


def test_a_mail_of_nothing_but_our_own_words_is_kept_whole(room: Mailroom, firm: Firm, asked: Asked) -> None:
    started, sent = asked
    quoted = "> Bonjour Sophie, à quoi correspond cette facture ?"

    assert room.file(reply(sent, quoted), address_in(sent)) is Outcome.POSTED
    assert "à quoi correspond" in texts(room.house, firm, started)[-1]
    assert view(room.house, firm.anne, started.conversation_id).messages[-1].cut_rule == "kept everything"


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
