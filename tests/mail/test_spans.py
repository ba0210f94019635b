"""A mail in a file is read as one in memory is, through a window of any width."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.mail.elsewhere import Elsewhere
from tests.mail.written import HEAD, content_of, mail, multipart, part
from worker.core.failures import TemporaryFailure
from worker.core.parsed import ParsedMail
from worker.mail.limits import DEFAULT
from worker.mail.parsing import parse, read_mail
from worker.mail.spans import Span, Window, span_of, with_line_feeds

TREE = multipart(
    "mixed",
    multipart("alternative", part("text/plain", "Bonjour\nAnne"), part("text/html", "<p>Bonjour"), boundary="in"),
    part("application/pdf; name=a.pdf", "JVBERi0xLjQ=\n" * 30, more="Content-Transfer-Encoding: base64\n"),
    part("message/rfc822", mail("text/plain", "dedans")),
    head=HEAD,
)


def both(found: ParsedMail) -> tuple[ParsedMail, list[bytes]]:
    return found, [content_of(each) for each in found.files]


@settings(deadline=None)
@given(st.binary(max_size=60), st.binary(min_size=1, max_size=3), st.integers(3, 20), st.integers(0, 70))
def test_a_window_finds_what_the_bytes_have(raw: bytes, wanted: bytes, width: int, start: int) -> None:
    window = Window(Elsewhere(raw), width=width)
    for end in (len(raw), len(raw) // 2):
        assert window.find(wanted, start, end) == raw.find(wanted, start, end)
    assert window[start : start + 5] == raw[start : start + 5]


@settings(deadline=None)
@given(st.integers(1, 3_000), st.integers(1, 60), st.sampled_from([b"\n", b"\r\n", b"\r"]))
def test_a_mail_through_a_window_is_the_mail_in_memory(at: int, width: int, line_end: bytes) -> None:
    raw = TREE.replace(b"\r\n", line_end)[:at]
    through = Span(Window(Elsewhere(raw), width=50 + width), 0, len(raw))
    assert both(read_mail(through, DEFAULT)) == both(read_mail(raw, DEFAULT))


def test_lines_that_end_with_returns_alone_are_read_as_lines() -> None:
    span = span_of(Elsewhere(b"a\rb\r\rc"))
    assert with_line_feeds(span)[:] == b"a\nb\n\nc"
    assert with_line_feeds(span_of(b"a\r\nb")) == span_of(b"a\r\nb")


def test_a_large_file_is_never_read_as_a_whole() -> None:
    large = part("application/pdf; name=a.pdf", b"JVBERi0xLjQK\n" * 200_000, more="Content-Transfer-Encoding: base64\n")
    raw = Elsewhere(multipart("mixed", part("text/plain", "Voici."), large, head=HEAD))
    found = parse(raw)
    assert [(file.size, file.media_type) for file in found.files] == [(1_800_000, "application/pdf")]
    assert len(raw) > 2_600_000
    assert max(raw.reads) < 300_000


@pytest.mark.parametrize("reads", range(5))
def test_a_disk_that_breaks_while_a_mail_is_read_says_nothing_about_the_mail(reads: int) -> None:
    text = part("text/plain", b"Voici la facture.\n" * 60_000)
    with pytest.raises(TemporaryFailure):
        parse(Elsewhere(multipart("mixed", text, head=HEAD), breaks_after=reads))


def test_what_is_near_in_a_window_costs_no_further_read() -> None:
    raw = Elsewhere(bytes(range(100)))
    window = Window(raw, width=50)
    assert [window[at : at + 5] for at in (10, 20, 15, 55)] == [raw.content[at : at + 5] for at in (10, 20, 15, 55)]
    assert raw.reads == [50]
