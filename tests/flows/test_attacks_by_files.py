"""Attacks on what must not be read by clients, by way of the files, the subject and the addresses of a case manager's
mail; and what must not be held for ever.
"""

import base64
from collections.abc import Iterator
from dataclasses import replace

import pytest

from storage.states import Outcome
from tests.conftest import Firm, HandClock
from tests.flows.attacks import ANNE, note
from tests.flows.authentication import result
from tests.flows.mailroom import Asked, Mailroom, address_in, note_address, reply, to_case_manager
from tests.flows.outgoing import Post
from tests.flows.test_authentication import BAKERY
from worker.core.filing_facts import Why
from worker.core.relaying import SealedMail
from worker.flows import attached_texts
from worker.flows.attached_texts import read_attached
from worker.flows.conversations import post_message
from worker.flows.note_guard import compare, tells_a_note

SECRET = "ce client ne paie jamais ses factures à temps et il faut le relancer"
CARD = "Anne Dupont\r\nFiduciaire Exemple SRL\r\nRue de la Loi 12, 1000 Bruxelles\r\nTél. +32 2 555 12 34\r\nTVA BE 0123.456.789"
MAIL = (
    f"From: Bram <bram@fiduciaire.example>\r\nSubject: x\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n{SECRET}\r\n"
)


@pytest.fixture
def to_anne(room: Mailroom, asked: Asked, out: Post, clock: HandClock) -> SealedMail:
    return to_case_manager(room, asked, out, clock)


@pytest.fixture
def noted(room: Mailroom, firm: Firm, asked: Asked, to_anne: SealedMail) -> SealedMail:
    note(room, firm.bram, asked[0], SECRET)
    return to_anne


def with_files(raw: bytes, *files: tuple[str, str, bytes]) -> bytes:
    """``files``: name, declared type, content."""
    head, _, text = raw.partition(b"Content-Type: text/plain; charset=utf-8\r\n\r\n")
    parts = b"".join(
        f"--b\r\nContent-Type: {kind}; name={name}\r\nContent-Disposition: attachment; filename={name}\r\n"
        f"{'' if kind == 'message/rfc822' else 'Content-Transfer-Encoding: base64'}\r\n\r\n".replace(
            "\r\n\r\n\r\n", "\r\n\r\n"
        ).encode()
        + (content if kind == "message/rfc822" else base64.encodebytes(content).replace(b"\n", b"\r\n"))
        + b"\r\n"
        for name, kind, content in files
    )
    body = b"--b\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n" + text + parts + b"--b--\r\n"
    return head + b'Content-Type: multipart/mixed; boundary="b"\r\n\r\n' + body


def file_by_anne(room: Mailroom, sent: SealedMail, *files: tuple[str, str, bytes], number: int = 5) -> object:
    raw = with_files(reply(sent, "Voici les documents.", sender=ANNE, number=number), *files)
    return room.file(raw, address_in(sent))


@pytest.mark.parametrize("many", [1, 25])
def test_a_note_in_the_last_of_many_files_is_held(room: Mailroom, noted: SealedMail, many: int) -> None:
    files = [(f"f{n}.csv", "text/csv", f"a;b;{n}".encode()) for n in range(many)]
    assert file_by_anne(room, noted, *files, ("last.csv", "text/csv", SECRET.encode())) is Outcome.HELD
    assert room.last()[1].reason == Why.REPEATS_A_NOTE
    assert file_by_anne(room, noted, *files, number=6) is Outcome.POSTED


@pytest.mark.parametrize("name", ["note.eml", "note.txt", "note.html", "note.pdf", "note"])
@pytest.mark.parametrize("kind", ["application/octet-stream", "message/rfc822", "application/pdf", "image/jpeg"])
def test_an_attached_note_is_found_whatever_it_is_called(
    room: Mailroom, noted: SealedMail, name: str, kind: str
) -> None:
    assert file_by_anne(room, noted, (name, kind, MAIL.encode())) is Outcome.HELD


@pytest.mark.parametrize(
    "content",
    [
        SECRET.encode("cp1252"),
        SECRET.encode("utf-16"),
        SECRET.encode("utf-16-le"),
        b"\xef\xbb\xbf" + SECRET.encode(),
        b"<p>" + SECRET.replace(" ", "</b> <b style='color:red'>").encode() + b"</p>",
        SECRET.replace("à", "&agrave;").encode(),
        SECRET.replace("jamais", "ja<b>mais</b>").encode(),
        b"From: a@b\nSubject: x\nContent-Transfer-Encoding: base64\n\n" + base64.b64encode(SECRET.encode()),
        b"Subject: x\nFrom: a@b\nContent-Type: message/rfc822\n\nFrom: a@b\nTo: c@d\n"
        b"Content-Transfer-Encoding: base64\n\n" + base64.b64encode(SECRET.encode()),
    ],
    ids=["cp1252", "utf-16", "no mark", "mark", "tags", "entities", "tags in words", "encoded mail", "mail in a mail"],
)
def test_a_note_in_a_file_without_a_type_is_found_however_it_is_written(
    room: Mailroom, noted: SealedMail, content: bytes
) -> None:
    assert file_by_anne(room, noted, ("datei", "application/octet-stream", content)) is Outcome.HELD


def test_more_attached_mails_than_are_read_are_held(room: Mailroom, noted: SealedMail) -> None:
    """Nobody can say that none of them holds a note."""
    mails = [(f"m{n}.eml", "message/rfc822", b"From: a@b.example\r\nSubject: x\r\n\r\nVoici.\r\n") for n in range(101)]
    assert len(mails) > attached_texts.MOST_MAILS
    assert file_by_anne(room, noted, *mails) is Outcome.HELD
    assert room.last()[1].reason == Why.TOO_MUCH_TO_READ


def test_a_note_address_in_the_kept_text_is_held(room: Mailroom, to_anne: SealedMail) -> None:
    text = f"Bonjour Sophie, répondez-moi à {note_address(to_anne)} s'il vous plaît."
    assert room.file(reply(to_anne, text, sender=ANNE, number=6), address_in(to_anne)) is Outcome.HELD
    assert room.last()[1].reason == Why.REPEATS_A_NOTE


def test_a_note_address_in_the_cut_part_holds_nothing(room: Mailroom, to_anne: SealedMail) -> None:
    text = f"Merci Sophie.\r\n\r\nLe 24 nov. 2026, Anne a écrit :\r\n> note : {note_address(to_anne)}"
    assert room.file(reply(to_anne, text, sender=ANNE, number=6), address_in(to_anne)) is Outcome.POSTED


def test_a_note_in_the_subject_of_a_new_mail_is_held(trusted: Mailroom, firm: Firm, asked: Asked) -> None:
    note(trusted, firm.bram, asked[0], SECRET)
    raw = (
        f"{result('pass')}From: {ANNE}\r\nTo: {BAKERY}\r\nSubject: {SECRET}\r\nDate: Tue, 24 Nov 2026 10:00:00 +0100\r\n"
        "Message-ID: <s@fiduciaire.example>\r\nContent-Type: text/plain; charset=utf-8\r\n\r\nBonjour Sophie.\r\n"
    ).encode()
    assert trusted.file(raw, BAKERY) is Outcome.HELD


def test_a_signature_that_stood_in_a_note_does_not_hold_every_reply(room: Mailroom, to_anne: SealedMail) -> None:
    to = note_address(to_anne)
    signed = reply(to_anne, f"Bram, tu peux regarder ?\r\n\r\n{CARD}", sender=ANNE, to=to, number=5)
    assert room.file(signed, to) is Outcome.POSTED
    raw = reply(to_anne, f"Bonjour Sophie, tout est en ordre.\r\n\r\n{CARD}", sender=ANNE, number=6)
    assert room.file(raw, address_in(to_anne)) is Outcome.POSTED


def test_a_note_that_begins_with_a_name_is_no_signature(
    room: Mailroom, firm: Firm, asked: Asked, to_anne: SealedMail
) -> None:
    note(room, firm.bram, asked[0], f"Anne Dupont\n{SECRET}")
    assert room.file(reply(to_anne, SECRET, sender=ANNE, number=6), address_in(to_anne)) is Outcome.HELD


def test_what_both_sides_read_already_is_no_secret(room: Mailroom, firm: Firm, asked: Asked, noted: SealedMail) -> None:
    post_message(room.house, by=firm.anne, conversation_id=asked[0].conversation_id, text=f"On dit que {SECRET} !")
    raw = reply(noted, f"Vous écrivez que {SECRET}.", sender=ANNE, number=6)
    assert room.file(raw, address_in(noted)) is Outcome.POSTED


def test_a_note_that_comes_after_the_files_were_compared_is_found_in_them(
    room: Mailroom, firm: Firm, asked: Asked, noted: SealedMail
) -> None:
    late = "cette cliente est insolvable et nous préparons la fin de notre mission"
    raw = with_files(reply(noted, "Voici.", sender=ANNE), ("a.csv", "text/csv", late.encode()))
    attached = read_attached(room.reader, room.reader.parse(raw))
    compared = compare(room.house, firm.bakery, ("Voici.",), attached, writer="Anne Dupont")

    def is_told(texts: tuple[str, ...]) -> bool:
        with room.house.database.reading() as session:
            return tells_a_note(session, room.house, firm.bakery, texts, compared, writer="Anne Dupont")

    assert not is_told(("Voici.",))
    assert is_told((SECRET,)), "a text that was not compared before"
    note(room, firm.bram, asked[0], late)
    assert is_told(("Voici.",))


def test_files_are_not_read_again_under_the_lock(room: Mailroom, firm: Firm, noted: SealedMail) -> None:
    raw = with_files(reply(noted, "Voici.", sender=ANNE), ("a.csv", "text/csv", b"a;b;c\r\n"))
    read: list[str] = []

    class Listening(attached_texts.TextFile):
        def pieces(self) -> Iterator[str]:
            read.append("read")
            return super().pieces()

    attached = read_attached(room.reader, room.reader.parse(raw))
    files = tuple(Listening(content=each.content, encoding=each.encoding) for each in attached.files)
    compared = compare(room.house, firm.bakery, ("Voici.",), replace(attached, files=files), writer="Anne Dupont")
    assert read == ["read"]
    with room.house.database.reading() as session:
        assert not tells_a_note(session, room.house, firm.bakery, ("Voici.",), compared, writer="Anne Dupont")
    assert read == ["read"]
