"""Mistakes and coincidences of daily life that must not hurt anybody."""

import threading

import pytest

from storage import signed
from storage.states import Outcome, Tick
from tests.conftest import Firm, HandClock
from tests.flows.attacks import ANNE, note, plain
from tests.flows.mailroom import (
    Asked,
    Mailroom,
    address_in,
    header,
    note_address,
    reply,
    texts,
    to_case_manager,
)
from tests.flows.outgoing import LATER, Post, tick
from tests.flows.test_portal import ask, view
from worker.flows.conversations import Started, start_conversation
from worker.flows.filing import file_arrival


@pytest.mark.parametrize(
    "path",
    [
        "<SRS0=h4Kq=XY=boulangerie.example=sophie.martin.comptabilite.generale.belgique@forwarder.example>",
        '<"sophie martin"@boulangerie.example>',
        "<bounces+12345678-abcd-sophie=boulangerie.example-0123456789abcdef0123456789@em.sender.example>",
        "sophie at boulangerie",
    ],
)
def test_a_return_path_we_cannot_read_is_no_null_sender(room: Mailroom, firm: Firm, asked: Asked, path: str) -> None:
    """An MX in front writes Return-Path; SRS and VERP local parts are longer than 64. The envelope says who sent it."""
    _started, sent = asked
    raw = f"Return-Path: {path}\r\n".encode() + reply(sent, "Voici ma réponse")
    assert room.file(raw, address_in(sent), sender="x@forwarder.example") in {Outcome.POSTED, Outcome.HELD}


def test_a_rehearsal_that_fails_suppresses_no_client(out: Post, firm: Firm, clock: HandClock) -> None:
    from storage import addresses
    from tests.conftest import with_policy
    from worker.core.relaying import Never

    out.house = with_policy(out.house, redirect_all_to="rehearsal@fiduciaire.example")
    ask(out.house, firm, to=[firm.sophie])
    out.relay.answers = [Never(reply="550 5.1.1 no such user", status="5.1.1")]
    clock.forward(minutes=2)
    out.run()
    with out.house.database.reading() as session:
        assert addresses.mail_address_of(session, firm.sophie) is not None


def test_an_address_retired_in_the_undo_window_gets_no_mail(out: Post, firm: Firm, clock: HandClock) -> None:
    """A wrong address is corrected within the minute: the mail still goes to the stranger."""
    from storage import addresses
    from storage.states import AddressState

    ask(out.house, firm, to=[firm.sophie])
    with out.house.database.writing() as session:
        addresses.set_address_state(session, "sophie@boulangerie.example", AddressState.RETIRED)
    clock.forward(minutes=2)
    out.run()
    assert not [each for each in out.relay.sent if each.recipient == "sophie@boulangerie.example"]


def test_start_with_a_known_external_id_of_another_client_is_refused(room: Mailroom, firm: Firm) -> None:
    from worker.core.refusals import Refused

    house = room.house
    one = start_conversation(
        house, by=firm.anne, client_id=firm.bakery, subject="A", text="Pour la boulangerie", external_id="x1"
    )
    two = start_conversation(
        house, by=firm.bram, client_id=firm.garage, subject="B", text="Pour le garage", external_id="x1"
    )
    assert isinstance(one, Started)
    assert isinstance(two, Refused), "answered with the bakery's conversation; the garage's message is nowhere"


def test_a_spent_address_in_the_envelope_and_a_live_note_address(
    room: Mailroom, firm: Firm, asked: Asked, out: Post, clock: HandClock
) -> None:
    """Anne's note address was revoked, the reply address lives: a mail to both must not become shared."""
    started, _sent = asked
    to_anne = to_case_manager(room, asked, out, clock)
    token = room.house.keys.verify(note_address(to_anne).split("@")[0][2:])
    assert token is not None
    with room.house.database.writing() as session:
        signed.revoke_signed_address(session, token.public_id, now=clock.at)
    raw = reply(
        to_anne, "Pour nous seulement", sender=ANNE, to=f"{address_in(to_anne)}, {note_address(to_anne)}", number=5
    )
    for each in (address_in(to_anne), note_address(to_anne)):
        (arrival,) = room.keep(raw, each)
        file_arrival(room.house, room.reader, arrival)
    assert "Pour nous seulement" not in texts(room.house, firm, started, firm.sophie)


def test_a_note_address_whose_token_is_broken_by_one_letter_is_still_a_note_for_the_eye(
    room: Mailroom, firm: Firm, asked: Asked, out: Post, clock: HandClock
) -> None:
    """Cc to an n+ address that does not verify (typed by hand, a retired key): the client must not read it."""
    started, _sent = asked
    to_anne = to_case_manager(room, asked, out, clock)
    bad = note_address(to_anne)
    bad = bad[:20] + ("a" if bad[20] != "a" else "b") + bad[21:]
    raw = reply(to_anne, "Pour nous seulement", sender=ANNE, to=f"{address_in(to_anne)}, {bad}", number=5)
    room.file(raw, address_in(to_anne))
    assert "Pour nous seulement" not in texts(room.house, firm, started, firm.sophie)


def test_a_note_address_in_a_hidden_place_is_seen(
    room: Mailroom, firm: Firm, asked: Asked, out: Post, clock: HandClock
) -> None:
    """To: encoded phrase, group, missing brackets, Resent-To."""
    started, _sent = asked
    to_anne = to_case_manager(room, asked, out, clock)
    for number, cc in enumerate(
        (
            f"Collegues: {note_address(to_anne)};",
            f"=?utf-8?q?coll=C3=A8gues?= {note_address(to_anne)}",
            f'"Anne, notes" <{note_address(to_anne)}>',
            f"'{note_address(to_anne)}'",
            f"mailto:{note_address(to_anne)}",
            f"{note_address(to_anne)} (notes)",
            f"<{note_address(to_anne)}>.",
            f"[{note_address(to_anne)}]",
        )
    ):
        raw = reply(to_anne, f"Secret {number}", sender=ANNE, extra=f"Cc: {cc}\r\n", number=number)
        room.file(raw, address_in(to_anne))
    shown = texts(room.house, firm, started, firm.sophie)
    assert [each for each in shown if each.startswith("Secret")] == []


@pytest.mark.parametrize("text", ["Merci, Marc a payé", "OK reçu", "Merci, non payé", "Bien reçu, Sophie Refuse"])
def test_thanks_that_say_something_need_action(room: Mailroom, firm: Firm, asked: Asked, text: str) -> None:
    from worker.core.thanks import is_pure_thanks

    expected = {
        "Merci, Marc a payé": False,
        "OK reçu": True,
        "Merci, non payé": False,
        "Bien reçu, Sophie Refuse": False,
    }
    assert is_pure_thanks(text) is expected[text]


def test_two_starts_with_one_external_id_at_once_are_one(room: Mailroom, firm: Firm) -> None:
    results: list[object] = []
    barrier = threading.Barrier(2)

    def start() -> None:
        barrier.wait()
        try:
            results.append(
                start_conversation(
                    room.house, by=firm.anne, client_id=firm.bakery, subject="A", text="Un", external_id="same"
                )
            )
        except Exception as fault:  # noqa: BLE001
            results.append(type(fault).__name__)

    threads = [threading.Thread(target=start) for _ in range(2)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert all(isinstance(each, Started) for each in results), results


def test_a_reply_with_a_forged_in_reply_to_proves_only_its_own_mail(
    room: Mailroom, firm: Firm, out: Post, clock: HandClock
) -> None:
    """Marc answers with Sophie's Message-ID: Sophie's tick stays grey."""
    started = ask(room.house, firm)
    clock.forward(minutes=2)
    out.run()
    to_sophie, to_marc = sorted(out.relay.sent[-2:], key=lambda each: each.recipient, reverse=True)
    raw = reply(to_marc, sender="Marc Janssens <marc@boulangerie.example>").replace(
        header(to_marc, "Message-ID").encode(), header(to_sophie, "Message-ID").encode()
    )
    assert room.file(raw, address_in(to_marc)) is Outcome.POSTED
    assert tick(room.house, firm, started, firm.sophie) is Tick.GREY


def test_a_deleted_note_or_message_does_not_come_back_by_a_failure_notice(
    out: Post, room: Mailroom, firm: Firm, clock: HandClock
) -> None:
    """A message deleted before its mail failed: the notice to its author (and others) does not print it."""
    from worker.core.relaying import Never
    from worker.flows.messages import delete_message

    started = ask(out.house, firm, to=[firm.sophie])
    out.relay.answers = [LATER, Never(reply="550 5.7.1 no", status="5.7.1")]
    clock.forward(minutes=2)
    out.run()
    clock.forward(hours=1)
    out.relay.before = lambda: None
    out.run()
    delete_message(out.house, by=firm.anne, message_id=started.message_id)
    clock.forward(minutes=2)
    out.run()
    notice = [each for each in out.relay.sent if each.recipient == "anne@fiduciaire.example"]
    assert notice
    assert "à quoi correspond" not in plain(notice[-1].content[:])


def test_mail_of_a_person_seen_in_the_portal_is_told_the_client_reads_nothing_of_firm_ticks(
    room: Mailroom, firm: Firm, asked: Asked, out: Post, clock: HandClock
) -> None:
    """A contact's view must not show reasons of the firm's side or failure texts of the firm's own mailboxes."""
    started, _sent = asked
    to_case_manager(room, asked, out, clock)
    seen = view(room.house, firm.sophie, started.conversation_id)
    assert seen.waits_for_firm == ()


@pytest.mark.parametrize("with_file", [False, True])
def test_words_that_she_writes_a_second_time_are_new_text(
    room: Mailroom, firm: Firm, asked: Asked, *, with_file: bool
) -> None:
    """Every month the same sentence, no quote in the mail: it is not a quotation of her last mail."""
    started, sent = asked
    words = "Bonjour Anne,\r\n\r\nJe confirme que toutes les factures du mois sont complètes et exactes.\r\n\r\nMontant payé: {}"
    for number, amount in ((1, "500"), (2, "700")):
        raw = reply(sent, words.format(amount), number=number)
        if with_file:
            head = raw.split(b"MIME-Version", 1)[0]
            raw = (
                head
                + b'MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary="b"\r\n\r\n--b\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n'
                + "Je confirme que toutes les factures du mois sont complètes et exactes.".encode()
                + b'\r\n--b\r\nContent-Type: application/pdf\r\nContent-Disposition: attachment; filename="f.pdf"\r\n\r\n%PDF-1.4\r\n--b--\r\n'
            )
        room.file(raw, address_in(sent))
    assert "Je confirme que toutes" in texts(room.house, firm, started)[-1]


def test_a_note_that_repeats_a_shared_text_is_posted(
    room: Mailroom, firm: Firm, asked: Asked, out: Post, clock: HandClock
) -> None:
    """A note with the words of an earlier message is held as empty."""
    _started, _sent = asked
    to_anne = to_case_manager(room, asked, out, clock)
    address = note_address(to_anne)
    text = "Bram, peux-tu vérifier cette facture avec la cliente demain matin ?"
    for number in (1, 2):
        raw = reply(to_anne, text, sender=ANNE, to=address, number=number + 3)
        assert room.file(raw, address) is Outcome.POSTED


def test_a_contact_cannot_find_out_what_a_note_says(room: Mailroom, firm: Firm, asked: Asked) -> None:
    """She sends a guess with a file: what the note says is taken for a quotation and vanishes from her text."""
    started, sent = asked
    note(room, firm.bram, started, "La facture a été payée en espèces par le frère du gérant le 12 mars")
    head = reply(sent).split(b"MIME-Version", 1)[0]
    raw = (
        head
        + b'MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary="b"\r\n\r\n--b\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n'
        + "La facture a été payée en espèces par le frère du gérant le 12 mars".encode()
        + b'\r\n--b\r\nContent-Type: application/pdf\r\nContent-Disposition: attachment; filename="f.pdf"\r\n\r\n%PDF-1.4\r\n--b--\r\n'
    )
    room.file(raw, address_in(sent))
    assert "espèces" in texts(room.house, firm, started, firm.sophie)[-1]
