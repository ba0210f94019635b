"""The parser is total: on generated trees, on mutated mails and on plain bytes. ``read_mail`` is called, without the net
of ``parse``, so that a bug fails here instead of being quarantined.
"""

import codecs
import dataclasses
import hashlib
import os
import unicodedata
from collections.abc import Iterator

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.mail.elsewhere import Elsewhere
from tests.mail.written import HEAD, content_of, mail, multipart, part, report_mail
from worker.core.automatic import judge
from worker.core.parsed import ParsedMail
from worker.mail.charsets import CODECS, clean, decode
from worker.mail.file_names import different_names, file_name
from worker.mail.limits import DEFAULT, Limits
from worker.mail.parsing import parse, read_mail
from worker.mail.spans import Span, Window

SMALL = Limits(
    size=60_000, header_bytes=4_000, headers=30, header_line=2_000, encoded_words=20, parameters=10, parts=12
)
relaxed = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
FUZZ = int(os.environ.get("FUZZ", "200"))
"""Examples of each of five properties of the parser: 10,000 together in CI, more in `make fuzz`, each within 2 s there."""
CI = 2_000
thorough = settings(relaxed, max_examples=FUZZ, deadline=2_000 if FUZZ > CI else None)


SAMPLES = [
    mail("text/plain; charset=utf-8; format=flowed", "Bonjour \nAnne\n> cité\n-- \nSophie"),
    mail(
        "text/html; charset=iso-8859-1",
        "<p>Été <a href='https://x.example/a?b=c'>ici</a><blockquote type=cite>x</blockquote>".encode("latin-1"),
    ),
    multipart(
        "mixed",
        multipart(
            "alternative",
            part("text/plain", "Bonjour"),
            part("text/html", "<div class=gmail_quote>Bonjour</div>"),
            boundary="inner",
        ),
        part(
            "application/pdf; name*0*=utf-8''fact%C3%BC; name*1=re.pdf",
            "JVBERi0xLjQ=",
            more="Content-Transfer-Encoding: base64\nContent-Disposition: attachment\n",
        ),
        part("message/rfc822", mail("text/plain", "dedans")),
        head=HEAD
        + "References: <a@b.example>\n <c-d@e.example>\nCc: =?utf-8?Q?Anne=2C?= <anne@x.example>, b@x.example\n",
    ),
    report_mail(
        "Original-Envelope-Id: token\n\nFinal-Recipient: rfc822;sophie@x.example\nAction: failed\nStatus: 5.1.1\n"
        "Diagnostic-Code: smtp; 550 5.1.1 User unknown\n"
    ),
]


def is_clean(text: str) -> bool:
    categories = {unicodedata.category(character) for character in text if character not in "\n\t"}
    return (
        unicodedata.is_normalized("NFC", text)
        and not categories & {"Cc", "Cs"}
        and not set(text) & set("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
    )


def check(found: ParsedMail, raw: bytes) -> None:
    """The promises of worker.core.parsed."""
    assert found.size == len(raw)
    texts = [
        found.subject,
        found.sender_name,
        *(value for _, value in found.headers),
        *(file.name for file in found.files),
    ]
    lines = [*found.lines, *(found.html_lines or ())]
    assert all(is_clean(text) and "\n" not in text for text in [*texts, *(line.text for line in lines)])
    assert all(line.depth >= 0 for line in lines)
    assert (found.sender is None) == bool(found.from_defects) or found.quarantine is not None
    assert all(hashlib.sha256(content_of(file)).hexdigest() == file.sha256 for file in found.files)
    assert len({file.name.casefold() for file in found.files}) == len(found.files)
    for text in strings_in(found):
        assert "\x00" not in text
        text.encode("utf-8")
    judge(found, null_sender=False)


def strings_in(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif dataclasses.is_dataclass(value):
        yield from strings_in(tuple(getattr(value, each.name) for each in dataclasses.fields(value)))
    elif isinstance(value, tuple):
        for each in value:
            yield from strings_in(each)


@thorough
@given(st.binary(max_size=2_000))
def test_any_bytes_are_read(raw: bytes) -> None:
    check(read_mail(raw, DEFAULT), raw)


@st.composite
def mutated(draw: st.DrawFn) -> bytes:
    raw = bytearray(draw(st.sampled_from(SAMPLES)))
    for _ in range(draw(st.integers(1, 8))):
        at = draw(st.integers(0, len(raw)))
        match draw(st.integers(0, 3)):
            case 0:
                raw[at : at + 1] = draw(st.binary(max_size=3))
            case 1:
                del raw[at : at + draw(st.integers(1, 60))]
            case 2:
                raw[at:at] = raw[at : at + draw(st.integers(1, 120))] * draw(st.integers(1, 5))
            case _:
                raw[at:at] = draw(
                    st.sampled_from(
                        [b"\x00", b"\r", b"\n", b'"', b"<", b">", b";", b"=?", b"?=", b"--=_b\r\n", b"\xff"]
                    )
                )
    return bytes(raw)


@thorough
@given(mutated())
def test_mutated_mails_are_read(raw: bytes) -> None:
    check(read_mail(raw, DEFAULT), raw)


@thorough
@given(mutated())
def test_small_limits_quarantine_and_never_raise(raw: bytes) -> None:
    check(read_mail(raw, SMALL), raw)


MEDIA_TYPES = st.sampled_from(
    [
        "text/plain",
        "text/html",
        "application/pdf",
        "image/png",
        "message/rfc822",
        "text/calendar",
        "message/delivery-status",
        "TEXT/x",
        "",
        "/",
        "text",
    ]
)
CHARSETS = st.sampled_from(
    ["", "; charset=utf-8", "; charset=idna", "; charset*0*=x''y", "; charset=utf-16", "; format=flowed; delsp=yes"]
)
ENCODINGS = st.sampled_from(
    [
        "",
        "Content-Transfer-Encoding: base64\n",
        "Content-Transfer-Encoding: quoted-printable\n",
        "Content-Transfer-Encoding: x-uuencode\n",
    ]
)
DISPOSITIONS = st.sampled_from(
    [
        "",
        'Content-Disposition: attachment; filename="a/..\\\\b.pdf"\n',
        "Content-Disposition: inline; filename*=utf-8''%E2%80%AEfdp.exe\nContent-ID: <a@b>\n",
    ]
)
LEAVES = st.builds(
    lambda kind, charset, encoding, disposition, body: part(kind + charset, body, more=encoding + disposition),
    MEDIA_TYPES,
    CHARSETS,
    ENCODINGS,
    DISPOSITIONS,
    st.one_of(st.binary(max_size=200), st.text(max_size=100).map(lambda text: text.encode("utf-8", "surrogatepass"))),
)
TREES = st.recursive(
    LEAVES,
    lambda inner: st.builds(
        lambda kind, children, boundary: multipart(kind, *children, boundary=boundary),
        st.sampled_from(["mixed", "alternative", "related", "report", "signed", "digest", "x"]),
        st.lists(inner, max_size=4),
        st.sampled_from(["a", "aa", "=_b", "b c", "(x)"]),
    ),
    max_leaves=12,
)


@thorough
@given(TREES)
def test_generated_trees_are_read(tree: bytes) -> None:
    raw = HEAD.encode() + tree
    check(read_mail(raw, DEFAULT), raw)


@relaxed
@given(TREES, st.integers(40, 400))
def test_a_tree_in_a_file_is_the_tree_in_memory(tree: bytes, width: int) -> None:
    raw = HEAD.encode() + tree
    through = Span(Window(Elsewhere(raw), width=width), 0, len(raw))
    found, same = read_mail(through, DEFAULT), read_mail(raw, DEFAULT)
    assert found == same
    assert [content_of(each) for each in found.files] == [content_of(each) for each in same.files]


@thorough
@given(TREES)
def test_the_same_bytes_give_the_same_mail(tree: bytes) -> None:
    assert parse(tree) == parse(tree)


@relaxed
@given(st.text(max_size=300))
def test_clean_text_is_clean_and_stays_so(text: str) -> None:
    once = clean(text)
    assert is_clean(once)
    assert clean(once) == once


@relaxed
@given(st.binary(max_size=200), st.sampled_from([*CODECS, "idna", "punycode", "zlib", "unicode_escape", "\x00", None]))
def test_every_charset_gives_text(data: bytes, label: str | None) -> None:
    clean(decode(data, label)).encode("utf-8")


def test_every_codec_of_the_list_is_there() -> None:
    assert all(codecs.lookup(codec) for codec in CODECS.values())


NAME_PIECES = st.sampled_from(
    [
        "..",
        "/",
        "\\",
        "\x00",
        "CON",
        "con.txt",
        "lpt1",
        ".",
        " ",
        "\u202e",
        "\u200b",
        ":",
        "é",
        "e\u0301",
        "x" * 200,
        ".pdf",
        "🙂" * 60,
        "\n",
    ]
)


@relaxed
@given(st.one_of(st.text(max_size=300), st.lists(NAME_PIECES, max_size=8).map("".join)))
def test_file_names_are_safe_whatever_was_written(written: str) -> None:
    name = file_name(written, "application/pdf")
    assert is_clean(name)
    assert 0 < len(name) <= 150
    assert len(name.encode()) <= 200
    assert not set(name) & set('/\\<>:"|?*\n\t')
    assert not name.startswith((".", " "))
    assert not name.endswith((".", " "))
    assert name.split(".")[0].strip().lower() not in {"con", "prn", "aux", "nul", "com1", "lpt1"}


@relaxed
@given(st.lists(st.sampled_from(["a.pdf", "A.PDF", "a (2).pdf", "b", "x" * 150, "x" * 146 + ".pdf"]), max_size=12))
def test_names_of_one_mail_differ(names: list[str]) -> None:
    found = different_names(names)
    assert len({name.casefold() for name in found}) == len(names)
    assert all(len(name) <= 150 for name in found)
