"""The bytes of a mail, read back with the standard library's two parsers."""

import base64
import email
import email.policy
from dataclasses import replace
from datetime import UTC, datetime
from email.message import EmailMessage, Message

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storage.states import Language
from tests.mail.letter_stories import REPLY_ADDRESS, a_long_letter
from worker.core.letters import Heading, LetterFile, Words
from worker.mail.building import build, build_pieces
from worker.mail.cleaning import SURROGATES
from worker.mail.mail_parts import CODED_AT_ONCE, clean_file_name, media_type
from worker.mail.printing import MailPrinter
from worker.mail.rendering import render

HEADING = Heading(
    from_name="Anne Dupont, Fiduciaire Générale",
    from_address="anne.dupont@fiduciaire.example",
    to_name="Sophie Martin",
    to_address="sophie@boulangerie.example",
    reply_to=REPLY_ADDRESS,
    message_id="aeaq6tqkx3mz5l2h@post.fiduciaire.example",
    dated_at=datetime(2026, 11, 24, 9, 5, tzinfo=UTC),
    language=Language.FR,
)
WORDS = Words(subject="Facture 2026-114", text="Bonjour,\nça va ?\n", html="<p>Bonjour,<br>ça va&nbsp;?</p>\n")
PDF = LetterFile(name="facture.pdf", media_type="application/pdf", content=b"%PDF-1.4 \x00\xff\r\n.\r\n" * 50)
ANY_TEXT = st.text(st.characters(exclude_categories=()), max_size=200)
PIECES = [
    *["\r\n", "\n", "\r", "\x00", "\u2028", "\x85", "\t", "\ud800", "😀", "é", "a" * 90, "From ", " ", "."],
    *["Bcc: ", "x@evil.example", ",", ";", '"', "<", ">", "(", "\\", "=?utf-8?q?", "?=", "=40", "=_", "--", "%"],
]
TRICKY = st.one_of(ANY_TEXT, st.lists(st.sampled_from(PIECES), max_size=12).map("".join))


def modern(raw: bytes) -> EmailMessage:
    return email.message_from_bytes(raw, policy=email.policy.default)


def text_of(part: Message) -> str:
    raw = part.get_payload(decode=True)
    assert isinstance(raw, bytes)
    return raw.decode("utf-8").replace("\r\n", "\n")


def leaves(raw: bytes) -> list[Message]:
    return [each for each in email.message_from_bytes(raw).walk() if not each.is_multipart()]


def assert_sendable(raw: bytes) -> None:
    assert raw.isascii()
    assert raw.endswith(b"\r\n")
    lines = raw.split(b"\r\n")
    assert max(len(line) for line in lines) <= 998
    assert not any(b"\n" in line or b"\r" in line or b"\x00" in line for line in lines)


def test_a_mail_without_files_is_a_text_and_its_html() -> None:
    raw = build(HEADING, WORDS)
    mail = email.message_from_bytes(raw)

    assert mail.get_content_type() == "multipart/alternative"
    assert [each.get_content_type() for each in leaves(raw)] == ["text/plain", "text/html"]
    assert [text_of(each) for each in leaves(raw)] == [WORDS.text, WORDS.html]
    assert [each.get_content_charset() for each in leaves(raw)] == ["utf-8", "utf-8"]


def test_files_stand_beside_the_words_and_arrive_as_they_were() -> None:
    raw = build(HEADING, WORDS, [PDF, replace(PDF, name="Relevé d'août 2026.pdf", content=b"")])
    mail = email.message_from_bytes(raw)
    files = leaves(raw)[2:]

    assert mail.get_content_type() == "multipart/mixed"
    assert [each.get_content_type() for each in mail.get_payload()] == [  # type: ignore[union-attr]  # a multipart
        "multipart/alternative",
        "application/pdf",
        "application/pdf",
    ]
    assert [each.get_filename() for each in files] == ["facture.pdf", "Relevé d'août 2026.pdf"]
    assert [each.get_payload(decode=True) for each in files] == [PDF.content, b""]
    assert [each.get_content_disposition() for each in files] == ["attachment", "attachment"]
    assert_sendable(raw)


def test_a_mail_sent_along_goes_as_a_file() -> None:
    """RFC 2046 5.2.1 allows no base64 on message/rfc822, and our lines must not depend on what is inside."""
    inside = b"From: a@b.example\nSubject: x\n\n" + b"y" * 2000 + b"\n.\n"
    raw = build(HEADING, WORDS, [LetterFile(name="mail.eml", media_type="message/rfc822", content=inside)])
    file = leaves(raw)[-1]

    assert file.get_content_type() == "application/octet-stream"
    assert file.get_filename() == "mail.eml"
    assert file.get_payload(decode=True) == inside
    assert_sendable(raw)


@pytest.mark.parametrize(
    ("given_type", "sent"),
    [
        ("application/pdf", "application/pdf"),
        ("Text/CSV; charset=cp1252", "text/csv"),
        ("multipart/mixed; boundary=x", "application/octet-stream"),
        ("message/partial", "application/octet-stream"),
        ("image/png\r\nBcc: x@y.example", "application/octet-stream"),
        ("nonsense", "application/octet-stream"),
        ("", "application/octet-stream"),
    ],
)
def test_a_media_type_is_a_plain_one_or_unknown(given_type: str, sent: str) -> None:
    assert media_type(given_type) == sent


@pytest.mark.parametrize(
    ("given_name", "clean"),
    [
        ("../../etc/passwd", "_.._etc_passwd"),
        ("C:\\factures\\août.pdf", "C__factures_août.pdf"),
        ("..", "file"),
        ("", "file"),
        ('a"b\r\nBcc: x.pdf', "a_b Bcc_ x.pdf"),
        (".htaccess", "htaccess"),
        ("facture\u202efdp.exe", "facturefdp.exe"),
        ("x" * 400 + ".pdf", "x" * 149 + "….pdf"),
    ],
)
def test_a_file_name_is_one_name_and_keeps_its_ending(given_name: str, clean: str) -> None:
    assert clean_file_name(given_name) == clean


def test_the_same_input_gives_the_same_bytes_and_another_mail_other_boundaries() -> None:
    words = render(a_long_letter())
    first, again = (b"".join(MailPrinter().build(HEADING, words, [PDF])) for _ in range(2))
    other = build(replace(HEADING, message_id="other@post.fiduciaire.example"), words, [PDF])

    assert first == again
    assert email.message_from_bytes(first).get_boundary() != email.message_from_bytes(other).get_boundary()


class Slow:
    """A file that is read a slice at a time, and remembers how."""

    def __init__(self, content: bytes) -> None:
        self.content = content
        self.asked: list[int] = []

    def __len__(self) -> int:
        return len(self.content)

    def __getitem__(self, key: slice, /) -> bytes:
        found = self.content[key]
        self.asked.append(len(found))
        return found


@pytest.mark.parametrize("more", [-CODED_AT_ONCE, 1 - CODED_AT_ONCE, -1, 0, 1, 57, CODED_AT_ONCE + 20])
def test_a_file_that_is_coded_in_pieces_arrives_as_it_was_in_lines_of_76(more: int) -> None:
    content = bytes(range(256)) * (CODED_AT_ONCE // 256 + 1)
    content = (content + content + content)[: CODED_AT_ONCE + more]
    raw = build(HEADING, WORDS, [replace(PDF, content=Slow(content))])
    coded = base64.encodebytes(content).replace(b"\n", b"\r\n")

    assert leaves(raw)[-1].get_payload(decode=True) == content
    assert b"\r\n\r\n" + coded + b"\r\n--=_" in raw


def test_no_more_of_a_large_file_is_read_than_was_asked_for() -> None:
    file = Slow(b"x" * (CODED_AT_ONCE * 3))
    pieces = build_pieces(HEADING, WORDS, [replace(PDF, content=file)])
    while not file.asked:
        next(pieces)

    assert file.asked == [CODED_AT_ONCE]
    assert max(len(each) for each in pieces) < CODED_AT_ONCE * 2


def test_no_text_can_end_a_part() -> None:
    edges = [each.get_boundary() for each in email.message_from_bytes(build(HEADING, WORDS, [PDF])).walk()]
    text = "".join(f"--{edge}--\n--{edge}\n\n" for edge in edges if edge)
    raw = build(HEADING, replace(WORDS, text=text), [replace(PDF, content=text.encode())])

    assert [each.get_content_type() for each in leaves(raw)] == ["text/plain", "text/html", "application/pdf"]
    assert text_of(leaves(raw)[0]) == text


def test_texts_of_other_alphabets_are_sent_in_their_shortest_form() -> None:
    raw = build(HEADING, replace(WORDS, text="Ελληνικά κείμενα\n" * 20))

    assert [each["Content-Transfer-Encoding"] for each in leaves(raw)] == ["base64", "quoted-printable"]
    assert text_of(leaves(raw)[0]) == "Ελληνικά κείμενα\n" * 20


def test_what_cannot_be_encoded_is_replaced_and_line_ends_become_one_kind() -> None:
    raw = build(HEADING, replace(WORDS, text="a\ud800b\r\nc\rd\ne\x85f\x00"))

    assert text_of(leaves(raw)[0]) == "a\ufffdb\nc\nd\ne\x85f\x00"
    assert_sendable(raw)


@given(TRICKY, TRICKY, TRICKY, TRICKY, TRICKY)
def test_whatever_people_wrote_it_is_one_mail_to_one_person(
    name: str, other_name: str, subject: str, text: str, file_name: str
) -> None:
    heading = replace(HEADING, from_name=name, to_name=other_name, thread_topic=subject)
    words = Words(subject=subject, text=text, html=text)
    raw = build(
        heading, words, [LetterFile(name=file_name, media_type=file_name, content=file_name.encode("utf-8", "replace"))]
    )

    assert_sendable(raw)
    known = ["From", "To", "Reply-To", "Subject", "Date", "Message-ID", "Content-Language", "MIME-Version"]
    headers = [key for key in email.message_from_bytes(raw).keys() if key not in {"Thread-Topic", "Content-Type"}]  # noqa: SIM118 - a message is no dict: keys repeat
    assert headers == known
    mail = modern(raw)
    for key, address in (("From", heading.from_address), ("To", heading.to_address), ("Reply-To", REPLY_ADDRESS)):
        assert [each.addr_spec for each in mail[key].addresses] == [address]
    sent = SURROGATES.sub("\ufffd", text.replace("\r\n", "\n").replace("\r", "\n"))
    parts = leaves(raw)
    assert [text_of(each) for each in parts[:2]] == [sent, sent]
    assert parts[2].get_filename() == clean_file_name(file_name)
