"""Undone in pieces is undone as a whole, however the pieces are cut."""

import base64
import quopri
from collections.abc import Iterator
from itertools import chain

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.mail import whole_transfer
from tests.mail.elsewhere import Elsewhere
from worker.mail.spans import PIECE, span_of
from worker.mail.transfer import LONGEST_UU_LINE, MOST_CHUNKS, MOST_UU_LINES, Decoded, lines_of, undone

WRITTEN = {
    "base64": [b"JVBERi0xLjQ", b"=", b"==", b"A", b"/+", b"\r\n", b"\n", b" ", b"\t", b"!", b"\xff", b"deux mots "],
    "quoted-printable": [b"=", b"==", b"=\r", b"=\n", b"=\r\n", b"=4", b"=41", b"41", b"E", b"=e9", b"\r", b"\n", b" "],
    "x-uuencode": [b"begin 644 a\n", b"begin ", b"\n", b"\r", b"\r\n", b"#0V%T", b"!", b"~~~", b"`", b"end", b" "],
}


@st.composite
def written(draw: st.DrawFn) -> tuple[str, bytes, list[int]]:
    """An encoding, bytes that are nearly in it, and where they are cut."""
    encoding = draw(st.sampled_from([*WRITTEN, "8bit", ""]))
    pieces = st.one_of(st.sampled_from(list(chain(*WRITTEN.values()))), st.binary(max_size=4))
    if encoding in WRITTEN:
        pieces = st.one_of(st.sampled_from(WRITTEN[encoding]), pieces)
    data = b"".join(draw(st.lists(pieces, max_size=40)))
    return encoding, data, draw(st.lists(st.integers(1, 7), min_size=1, max_size=5))


def cut(data: bytes, sizes: list[int]) -> Iterator[bytes]:
    at = turn = 0
    while at < len(data):
        size = sizes[turn % len(sizes)]
        yield data[at : at + size]
        at, turn = at + size, turn + 1


def in_pieces(data: bytes, encoding: str, sizes: list[int]) -> bytes:
    return b"".join(undone(lambda: cut(data, sizes), encoding))


@settings(deadline=None)
@given(written())
@example(("quoted-printable", b"==\r\nA", [2]))
@example(("quoted-printable", b"=\rdropped =41 too\nA", [1]))
@example(("quoted-printable", b"===\rdropped\nA=4", [3]))
@example(("base64", b"JVBE=Ri0x=LjQ=", [5]))
@example(("base64", b"JVBERi0xL", [3]))
@example(("base64", b"deux mots en voila", [1]))
@example(("x-uuencode", b"x\r\nbegin 644 a\r\n#0V%T\r\n`\r\nend\r\n", [3]))
@example(("x-uuencode", b"begin 644 a", [7]))
@example(("x-uuencode", b"xbegin 644 a\n#0V%T\n", [1]))
def test_pieces_give_what_the_whole_gives(case: tuple[str, bytes, list[int]]) -> None:
    encoding, data, sizes = case
    assert in_pieces(data, encoding, sizes) == whole_transfer.undone(data, encoding)


@settings(deadline=None, max_examples=50)
@given(st.binary(max_size=3_000), st.sampled_from([1, 2, 3, 76, 1_000]))
def test_what_is_well_encoded_comes_back(content: bytes, size: int) -> None:
    assert in_pieces(base64.encodebytes(content), "base64", [size]) == content
    assert in_pieces(quopri.encodestring(content), "quoted-printable", [size]) == content


@pytest.mark.parametrize("count", [MOST_CHUNKS - 1, MOST_CHUNKS, MOST_CHUNKS + 1, 3 * MOST_CHUNKS])
@pytest.mark.parametrize("size", [1, 2, 3, 5, 4_000])
def test_joined_blocks_are_counted_over_the_pieces(count: int, size: int) -> None:
    data = b"QQ==" * count
    assert in_pieces(data, "base64", [size]) == whole_transfer.undone(data, "base64")


def test_the_start_of_a_content_is_its_start() -> None:
    content = Decoded(span_of(base64.encodebytes(bytes(range(256)) * 40)), "base64")
    assert content.start(300) == (bytes(range(256)) * 2)[:300]
    assert len(content.start(1_000_000)) == 256 * 40


def test_an_attached_mail_that_is_not_encoded_is_read_where_it_lies() -> None:
    span = span_of(b"Subject: x\r\n\r\ny")
    assert Decoded(span, "7bit").as_mail() is span
    assert Decoded(span_of(b"U3ViamVjdDogeA=="), "base64").as_mail() == b"Subject: x"


def test_uuencoding_without_end_or_measure_stays_as_it_came_or_ends() -> None:
    endless = b"begin 644 a\n" + b"!\n" * MOST_UU_LINES
    assert in_pieces(endless, "x-uuencode", [256 * 1024]) == endless
    long = b"begin 644 a\n#0V%T" + b" " * 3 * LONGEST_UU_LINE + b"\nend\n"
    assert in_pieces(long, "x-uuencode", [1_000]) == b"Cat"


def test_a_line_without_end_is_held_at_its_measure() -> None:
    (line,) = lines_of(iter([b"x" * LONGEST_UU_LINE] * 5))
    assert len(line) == LONGEST_UU_LINE


def test_no_more_of_a_content_is_read_than_is_asked_for() -> None:
    raw = Elsewhere(b"x" * 5 * PIECE)
    assert Decoded(span_of(raw), "8bit").start(10) == b"x" * 10
    assert len(raw.reads) == 1


def test_base64_is_looked_at_once_however_often_it_is_read() -> None:
    raw = Elsewhere(b"QUJD" * PIECE)
    content = Decoded(span_of(raw), "base64")
    first = b"".join(content.pieces())
    once = len(raw.reads)
    assert b"".join(content.pieces()) == first
    assert len(raw.reads) - once == once // 2
