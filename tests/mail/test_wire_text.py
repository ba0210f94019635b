"""The text on the wire is the same whether a mail is in memory or read a slice at a time."""

import re

from hypothesis import given
from hypothesis import strategies as st

from worker.mail.wire_text import dots_doubled, measures_of, wire_text, with_crlf

TRICKY = st.lists(st.sampled_from([b"\r", b"\n", b"\r\n", b".", b"a", b"\xe9"]), max_size=30).map(b"".join)
SIZES = st.integers(1, 9)


def whole_lines(content: bytes) -> bytes:
    """As one reads the rule: every line end is CRLF, the last line has one."""
    lines = re.sub(rb"\r\n|\r|\n", b"\r\n", content)
    return lines if lines.endswith(b"\r\n") or not lines else lines + b"\r\n"


@given(TRICKY)
def test_lines_end_with_crlf_whatever_came(content: bytes) -> None:
    written = b"".join(with_crlf(content))

    assert b"\r" not in written.replace(b"\r\n", b"")
    assert b"\n" not in written.replace(b"\r\n", b"")
    assert written.endswith(b"\r\n") or not content


@given(TRICKY, SIZES)
def test_wherever_a_text_is_cut_its_lines_are_the_same(content: bytes, size: int) -> None:
    assert b"".join(with_crlf(content, size)) == whole_lines(content)


@given(TRICKY, SIZES)
def test_wherever_a_text_is_cut_a_dot_that_begins_a_line_is_doubled_and_no_other(content: bytes, size: int) -> None:
    doubled = re.sub(rb"(?m)^\.", b"..", whole_lines(content))

    assert b"".join(dots_doubled(with_crlf(content, size))) == doubled
    assert b"".join(wire_text(content)) == doubled


@given(TRICKY)
def test_the_size_that_is_declared_is_that_of_the_lines_without_doubled_dots(content: bytes) -> None:
    measures = measures_of(content)

    assert measures.size == len(whole_lines(content))
    assert measures.is_ascii == content.isascii()
