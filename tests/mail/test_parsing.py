"""What is read in ordinary and in badly made mails."""

import base64
from datetime import UTC, datetime

import pytest

from tests.mail.written import HEAD, mail, multipart, part
from worker.core.parsed import BodyLine, ParsedMail
from worker.mail.limits import DEFAULT, Limits
from worker.mail.parsing import parse, read_mail

LONG_HTML = "<p>" + "Voici le détail de la facture que vous demandez. " * 20 + "</p>"


def read(raw: bytes) -> ParsedMail:
    return read_mail(raw, DEFAULT)


def test_an_ordinary_mail_is_read_whole() -> None:
    found = read(mail("text/plain; charset=utf-8", "Bonjour Anne,\nmerci.\n"))
    assert (found.sender, found.sender_name) == ("sophie@boulangerie.example", "Sophie Martin")
    assert found.to == ("anne.dupont@mail.fiduciaire.example",)
    assert found.subject == "Re: Facture 2024-118"
    assert found.message_id == "reply-1@boulangerie.example"
    assert found.dated_at == datetime(2026, 11, 24, 9, 15, tzinfo=UTC)
    assert found.text == "Bonjour Anne,\nmerci."
    assert (found.quarantine, found.files, found.report, found.html_lines) == (None, (), None, None)


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        ("text/plain", "Reçu, à bientôt l’été".encode()),
        ("text/plain", "Reçu, à bientôt l’été".encode("cp1252")),
        ("", "Reçu, à bientôt l’été".encode("cp1252")),
        ("text/plain; charset=utf-8", "Reçu, à bientôt l’été".encode("cp1252")),
        ("text/plain; charset=iso-8859-1", "Reçu, à bientôt l’été".encode()),
        ("text/plain; charset=us-ascii", "Reçu, à bientôt l’été".encode("cp1252")),
        ("text/plain; charset=x-unknown", "Reçu, à bientôt l’été".encode()),
        ("text/plain; charset=idna", "Reçu, à bientôt l’été".encode()),
        ("text/plain; charset=unicode_escape", "Reçu, à bientôt l’été".encode("cp1252")),
        ("text/plain; charset*=undefined''", "Reçu, à bientôt l’été".encode()),
        ("text/plain; charset=utf-16", "Reçu, à bientôt l’été".encode("utf-16")),
        ("text/plain; charset=windows-1252", "Reçu, à bientôt l’été".encode("cp1252")),
        ("text/plain; charset=utf-8", "Rec\u0327u, a\u0300 biento\u0302t l’e\u0301te\u0301".encode()),
    ],
)
def test_accents_survive_whatever_the_charset_says(content_type: str, body: bytes) -> None:
    start = f"{HEAD}Content-Type: {content_type}\n\n" if content_type else f"{HEAD}\n"
    assert read(start.encode() + body).text == "Reçu, à bientôt l’été"


def test_one_stray_byte_does_not_spoil_the_accents_around_it() -> None:
    assert read(mail("text/plain; charset=utf-8", "été l".encode() + b"\x92" + "été".encode())).text == "été l’été"


def test_what_a_database_or_a_terminal_chokes_on_is_gone() -> None:
    body = "a\x00b\x1bc\u202ed\u2066e\ufefff\u200e\u061c\u2069\tg\x85h\u2028i\rj".encode()
    assert read(mail("text/plain; charset=utf-8", body)).text == "abcdef\tg\nh\ni\nj"


def test_lone_surrogates_of_html_do_not_come_through() -> None:
    found = read(mail("text/html; charset=utf-8", "<p>a&#xD800;b&#0;c</p>")).text
    found.encode("utf-8")
    assert "\x00" not in found


@pytest.mark.parametrize(
    "label",
    ["utf-7", "hex", "zlib", "rot13", "idna", "punycode", "unicode_escape", "raw-unicode-escape", "bz2", "mbcs"],
)
def test_what_is_no_charset_of_mails_is_never_used(label: str) -> None:
    written = "x+2AA-y été xn--t-9gab \\u202e 616263"
    assert read(mail(f"text/plain; charset={label}", written)).text == written


def test_flowed_text_is_joined_and_keeps_its_quote_depth() -> None:
    body = "Une ligne \nqui continue \n> cité \n> encore\n>> plus profond\n \u0020espace\n-- \nSophie\n"
    lines = read(mail("text/plain; charset=utf-8; format=flowed", body)).lines
    assert [(line.text, line.depth) for line in lines] == [
        ("Une ligne qui continue ", 0),
        ("> cité encore", 1),
        (">> plus profond", 2),
        (" espace", 0),
        ("-- ", 0),
        ("Sophie", 0),
    ]


def test_delsp_takes_the_joining_blank_away() -> None:
    assert read(mail("text/plain; format=flowed; delsp=yes", "Donau \ndampf\n")).text == "Donaudampf"


def test_quote_marks_of_plain_text_are_counted_and_kept() -> None:
    lines = read(mail("text/plain", "oui\n> non\n> > peut-être\n>>jamais\n")).lines
    assert [(line.text, line.depth) for line in lines] == [
        ("oui", 0),
        ("> non", 1),
        ("> > peut-être", 2),
        (">>jamais", 2),
    ]


def test_apple_text_around_a_photo_is_joined() -> None:
    photo = part(
        "image/jpeg; name=IMG_1.jpg", b"\xff\xd8\xff\xe0photo", more="Content-Disposition: inline; filename=IMG_1.jpg\n"
    )
    found = read(
        multipart("mixed", part("text/plain", "Avant"), photo, part("text/plain", "Après".encode()), head=HEAD)
    )
    assert found.text == "Avant\nAprès"
    assert [file.name for file in found.files] == ["IMG_1.jpg"]


def test_of_alternatives_the_plain_text_is_read_and_the_html_kept_beside_it() -> None:
    raw = multipart("alternative", part("text/plain", "Bonjour"), part("text/html", "<p>Bonjour</p>"), head=HEAD)
    found = read(raw)
    assert found.text == "Bonjour"
    assert found.html_lines == (BodyLine(text="Bonjour"),)


@pytest.mark.parametrize("plain", ["", "\n \n", "See HTML", "<html><body>source</body></html>"])
def test_a_degenerate_plain_text_gives_way_to_the_html(plain: str) -> None:
    found = read(
        multipart("alternative", part("text/plain", plain), part("text/html; charset=utf-8", LONG_HTML), head=HEAD)
    )
    assert found.text.startswith("Voici le détail")


def test_a_mail_in_html_only_is_readable() -> None:
    found = read(mail("text/html; charset=utf-8", "<p>Bonjour</p><p>Merci</p>"))
    assert found.text == "Bonjour\n\nMerci"
    assert found.lines == found.html_lines


def test_html_that_calls_itself_plain_text_is_read_as_html() -> None:
    assert read(mail("text/plain", "<html><body><p>Bonjour</p></body></html>")).text == "Bonjour"


def test_the_charset_of_html_may_stand_in_its_meta() -> None:
    body = '<meta http-equiv="content-type" content="text/html; charset=iso-8859-2"><p>Łódź'.encode("iso-8859-2")
    assert read(mail("text/html", body)).text == "Łódź"


def test_a_multipart_without_its_boundary_is_still_read() -> None:
    body = b"--real\nContent-Type: text/plain\n\nBonjour\n--real\nContent-Type: application/pdf; name=a.pdf\n\n%PDF-1.4\n--real--\n"
    found = read(mail("multipart/mixed", body))
    assert (found.text, [file.name for file in found.files]) == ("Bonjour", ["a.pdf"])


def test_a_multipart_that_is_none_is_text() -> None:
    assert read(mail("multipart/mixed; boundary=b", "Bonjour")).text == "Bonjour"


def test_a_missing_last_boundary_loses_nothing() -> None:
    assert read(mail("multipart/mixed; boundary=b", "--b\n\nBonjour\nAnne")).text == "Bonjour\nAnne"


def test_a_boundary_that_begins_like_another_is_not_taken_for_it() -> None:
    inner = multipart("alternative", part("text/plain", "dedans"), part("text/html", "<p>autrement"), boundary="b1")
    found = read(multipart("mixed", inner, part("text/plain", "après".encode()), head=HEAD, boundary="b"))
    assert found.text == "dedans\naprès"


def test_bytes_that_are_no_mail_are_text() -> None:
    found = read(b"// not a mail\nat all")
    assert (found.text, found.sender, found.from_defects) == ("// not a mail\nat all", None, ("no_from",))


def test_no_bytes_at_all_are_a_mail_too() -> None:
    assert read(b"").lines == ()


def test_line_ends_of_old_macs_are_understood() -> None:
    assert read(b"From: a@b.example\rSubject: x\r\rBonjour\rAnne").text == "Bonjour\nAnne"


def test_a_line_that_is_no_header_is_left_out_and_the_rest_read() -> None:
    found = read(b"From: a@b.example\nwhat is this\n and this\nSubject: ok\n\nBonjour")
    assert (found.sender, found.subject, found.text) == ("a@b.example", "ok", "Bonjour")


@pytest.mark.parametrize(
    ("written", "subject"),
    [
        ("=?utf-8?Q?R=C3=A9ponse?=", "Réponse"),
        ("=?utf-8?B?UsOp?=\n =?utf-8?B?cG9uc2U=?=", "Réponse"),
        ("=?utf-8?Q?R=C3?= =?utf-8?Q?=A9ponse?=", "Réponse"),
        ("=?iso-8859-1?Q?R=E9ponse_=E0?= Anne", "Réponse à Anne"),
        ("=?x-none?Q?R=C3=A9ponse?=", "Réponse"),
        ("=?utf-8?B?UsOpcG9uc2U?=", "Réponse"),
        ("a =?utf-8?Q?b", "a =?utf-8?Q?b"),
        ("=?utf-8?X?b?=", "=?utf-8?X?b?="),
        ("=?utf-8?Q?a=00b=0Ac=E2=80=AEd?=", "ab cd"),
        ('"=?utf-8?Q?R=C3=A9ponse?="', '"Réponse"'),
        ("une longue\n ligne\n\tpliée", "une longue ligne pliée"),
    ],
)
def test_subjects_are_decoded_and_stay_on_one_line(written: str, subject: str) -> None:
    assert read(f"Subject: {written}\n\n".encode()).subject == subject


def test_a_raw_latin_subject_keeps_its_accents() -> None:
    assert read("Subject: Réponse à Anne\n\n".encode("latin-1")).subject == "Réponse à Anne"


@pytest.mark.parametrize(
    ("written", "ids"),
    [
        ("<a-b@x-y.example> <c@d.example>", ("a-b@x-y.example", "c@d.example")),
        ("<a b@c.example>\n <what ever!#>", ("ab@c.example", "whatever!#")),
        ("<a@b.example><a@b.example>", ("a@b.example",)),
        ("a@b.example", ("a@b.example",)),
        ("Message of today <a@b.example>", ("a@b.example",)),
        ("<", ()),
    ],
)
def test_references_tolerate_anything_between_brackets(written: str, ids: tuple[str, ...]) -> None:
    assert read(f"References: {written}\n\n".encode()).references == ids


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("Tue, 24 Nov 2026 10:15:00 +0100", datetime(2026, 11, 24, 9, 15, tzinfo=UTC)),
        ("24 Nov 26 10:15 CET", datetime(2026, 11, 24, 9, 15, tzinfo=UTC)),
        ("Tue, 24 Nov 2026 10:15:00", datetime(2026, 11, 24, 10, 15, tzinfo=UTC)),
        ("Tue, 31 Nov 2026 10:15:00 +0100", None),
        ("Mon, 1 Jan 0001 00:00:00 +2359", None),
        ("Tue, 24 Nov 2026 10:15:00 +9999", None),
        ("yesterday", None),
    ],
)
def test_dates_are_utc_or_nothing(written: str, expected: datetime | None) -> None:
    assert read(f"Date: {written}\n\n".encode()).dated_at == expected


def test_where_it_was_delivered_comes_in_order_of_trust() -> None:
    raw = b"X-Forwarded-To: d@x.example\nEnvelope-To: c@x.example\nX-Original-To: b@x.example\nDelivered-To: a@x.example\n\n"
    assert read(raw).recipients_hint == ("a@x.example", "b@x.example", "c@x.example", "d@x.example")


@pytest.mark.parametrize(
    ("line", "expected"), [("Return-Path: <>\n", ""), ("Return-Path: <a@b.example>\n", "a@b.example"), ("X: y\n", None)]
)
def test_the_null_sender_is_told_from_a_missing_return_path(line: str, expected: str | None) -> None:
    assert read(line.encode() + b"\n").return_path == expected


def test_addresses_are_found_in_every_shape_of_to() -> None:
    raw = 'To: "Dupont, Anne" <A@X.example>, b@x.example (Bram); Groep: c@x.example, <d@x.example>;, nobody, <@>\n\n'
    assert read(raw.encode()).to == ("a@x.example", "b@x.example", "c@x.example", "d@x.example")


def test_signed_mail_shows_its_text_and_not_its_signature() -> None:
    signature = part(
        "application/pkcs7-signature; name=smime.p7s",
        base64.b64encode(b"0\x80signature"),
        more="Content-Transfer-Encoding: base64\n",
    )
    found = read(multipart("signed", part("text/plain", "Bonjour"), signature, head=HEAD))
    assert (found.text, found.files) == ("Bonjour", ())
    assert "signature left out: application/pkcs7-signature" in [finding.found for finding in found.findings]


def test_a_long_text_is_shortened_and_kept_as_a_file() -> None:
    found = read(mail("text/plain", "ligne\n" * 400_000))
    assert len(found.lines) <= DEFAULT.lines + 1
    assert [file.size for file in found.files] == [400_000 * 7]
    assert any("text shortened" in finding.found for finding in found.findings)


class FaultyLimits(Limits):
    """Stands for a bug that shows when the body is read."""

    def __getattribute__(self, name: str) -> object:
        if name == "parts":
            raise KeyError("a bug")
        return super().__getattribute__(name)


def test_a_fault_of_ours_quarantines_the_mail_under_its_name() -> None:
    raw = b"Subject: x\n\nbody"
    with pytest.raises(KeyError):
        read_mail(raw, FaultyLimits())
    found = parse(raw, FaultyLimits())
    assert (found.quarantine, found.size, found.text) == ("error:KeyError", 16, "")
