"""Only CR LF . CR LF ends a mail, wherever the network cuts it."""

import pytest
from hypothesis import given
from hypothesis import strategies as some

from worker.mail.sink_data import DataReader

NOT_ENDS = {
    "LF . LF": b"\n.\n",
    "CR . CR": b"\r.\r",
    "LF . CRLF": b"\n.\r\n",
    "CRLF . LF": b"\r\n.\n",
    "CR . CRLF": b"\r.\r\n",
    "CRLF . CR": b"\r\n.\r",
    "CRLF . space CRLF": b"\r\n. \r\n",
    "CRLF NUL . CRLF": b"\r\n\0.\r\n",
    "CRLF . NUL CRLF": b"\r\n.\0\r\n",
    "CR NUL LF . CRLF": b"\r\0\n.\r\n",
    "LF CR . LF CR": b"\n\r.\n\r",
}


def read_all(chunks: list[bytes]) -> tuple[bytes, DataReader]:
    reader = DataReader()
    content = b""
    for position, chunk in enumerate(chunks):
        content += reader.feed(chunk)
        if reader.ended:
            reader.rest += b"".join(chunks[position + 1 :])
            break
    return content, reader


@pytest.mark.parametrize("ending", NOT_ENDS.values(), ids=NOT_ENDS.keys())
def test_nothing_but_the_one_terminator_ends_a_mail(ending: bytes) -> None:
    content, reader = read_all([b"first" + ending + b"MAIL FROM:<x@y>", b"\r\n.\r\nRSET\r\n"])

    assert b"MAIL FROM:<x@y>\r\n" in content
    assert (reader.ended, reader.rest) == (True, b"RSET\r\n")


@pytest.mark.parametrize("ending", NOT_ENDS.values(), ids=NOT_ENDS.keys())
def test_what_looks_like_an_end_does_not_end_a_mail_that_stops_there(ending: bytes) -> None:
    assert not read_all([b"first" + ending])[1].ended


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        (b".\r\n", b""),
        (b"\r\n.\r\n", b"\r\n"),
        (b"one\r\n.\r\n", b"one\r\n"),
        (b"..\r\n.\r\n", b".\r\n"),
        (b".one\r\n..two\r\n...\r\n.\r\n", b"one\r\n.two\r\n..\r\n"),
        (b"a\r\n\r\n..\r\n\r\n.\r\n", b"a\r\n\r\n.\r\n\r\n"),
        (b"a.\r\n.b\r\n.\r\n", b"a.\r\nb\r\n"),
        (b"\0\xff\r\n.\r\n", b"\0\xff\r\n"),
    ],
)
def test_dots_are_taken_away_at_the_beginning_of_lines_only(sent: bytes, kept: bytes) -> None:
    for size in range(1, len(sent) + 1):
        content, reader = read_all([sent[start : start + size] for start in range(0, len(sent), size)])
        assert (content, reader.ended, reader.rest) == (kept, True, b""), size


PIECES = some.lists(some.sampled_from([b"\r", b"\n", b".", b"\r\n", b"\r\n.", b"x", b"\0", b"\r\n.\r\n"]), max_size=40)


def as_the_rfc_says(sent: bytes) -> tuple[bytes, bytes] | None:
    """Line by line: the content and what follows, None without an end."""
    kept: list[bytes] = []
    rest = sent
    while b"\r\n" in rest:
        line, _, rest = rest.partition(b"\r\n")
        if line == b".":
            return b"".join(kept), rest
        kept.append((line[1:] if line.startswith(b".") else line) + b"\r\n")
    return None


@given(PIECES, some.lists(some.integers(1, 7), min_size=1, max_size=10))
def test_cut_anywhere_it_reads_as_the_rfc_reads_it_whole(pieces: list[bytes], sizes: list[int]) -> None:
    sent = b"".join(pieces)
    chunks: list[bytes] = []
    at = 0
    while at < len(sent):
        size = sizes[len(chunks) % len(sizes)]
        chunks.append(sent[at : at + size])
        at += size

    content, reader = read_all(chunks)

    expected = as_the_rfc_says(sent)
    assert reader.ended == (expected is not None)
    if expected is not None:
        assert (content, reader.rest) == expected
        before_the_end = sent[: len(sent) - len(expected[1])]
        assert reader.bare_lf == (before_the_end.count(b"\n") != before_the_end.count(b"\r\n"))
