"""The golden corpus: one mail is one test. ``--accept`` rewrites what is expected; read each difference."""

import re

import pytest

from benchmarks.reply_scores import judged, replies_in, ways
from tests.core.new_text.raw import FOLDER, NAMES, accept, cut_both_ways, read_expected

each_mail = pytest.mark.parametrize("name", NAMES)


@each_mail
def test_the_new_text_of_a_raw_mail(name: str, request: pytest.FixtureRequest) -> None:
    if request.config.getoption("--accept"):
        accept(name)
    expected = read_expected(name)
    known, unknown = cut_both_ways(name, expected.sent)
    assert (known.new_text, known.method) == (expected.new, expected.method), expected.why
    assert (unknown.new_text, unknown.method) == (expected.new_when_unknown, expected.unknown), expected.why


@each_mail
def test_every_word_of_a_raw_mail_is_new_or_kept_beside(name: str) -> None:
    expected = read_expected(name)
    for cut in cut_both_ways(name, expected.sent):
        kept = set(re.findall(r"\w+", f"{cut.new_text} {cut.quoted_text}"))
        assert set(re.findall(r"\w+", expected.written)) <= kept, expected.why


def test_nothing_of_an_author_is_lost_and_the_bars_hold() -> None:
    """In each spelling; who answers in colours inside a text part without HTML is beyond what can be known."""
    verdicts: dict[str, list[str]] = {}
    lost = []
    for reply in replies_in(FOLDER):
        for way, cut in ways(reply.mail, reply.sent):
            verdict = judged(cut, reply.written)
            verdicts.setdefault(way, []).append(verdict)
            if verdict == "lost":
                lost.append((reply.name, way))
    assert lost == [("outlook-coloured-answers-german", "text, sent unknown")]
    for way, found in verdicts.items():
        clean = found.count("clean") / len(found)
        assert clean >= (0.97 if way.endswith("sent known") else 0.92), f"{way}: {clean:.1%}"


def test_every_raw_mail_says_why() -> None:
    assert len(NAMES) >= 120
    assert all(read_expected(name).why for name in NAMES)
