"""The corpus of replies: one mail is one test, with what we sent and without."""

import re
from collections import Counter

import pytest

from tests.core.new_text.cases import Case, all_cases, body
from worker.core.new_text import Sent, cut_reply
from worker.core.new_text.markers import MARKERS

CASES = all_cases()
each_case = pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)


@each_case
def test_the_new_text_is_cut_out_by_what_we_sent(case: Case) -> None:
    cut = cut_reply(body(case.mail), None, case.sent)
    assert (cut.new_text, cut.method) == (case.new, case.method), case.why


@each_case
def test_the_new_text_is_cut_out_without_what_we_sent(case: Case) -> None:
    cut = cut_reply(body(case.mail), None, None)
    assert cut.new_text == case.new_when_unknown, f"{case.why} ({cut.method})"


@pytest.mark.parametrize("case", [case for case in CASES if case.unknown], ids=lambda case: case.name)
def test_the_new_text_is_cut_out_by_the_words_of_the_client(case: Case) -> None:
    mail = "\n".join(line for line in case.mail.split("\n") if line.strip("> ") not in MARKERS.values())
    cut = cut_reply(body(mail), None, None)
    assert (cut.new_text, cut.method) == (case.new_when_unknown, case.unknown), case.why


@each_case
def test_cutting_again_changes_nothing(case: Case) -> None:
    once = cut_reply(body(case.mail), None, case.sent).new_text
    assert cut_reply(body(once), None, case.sent).new_text == once, case.why


@each_case
def test_every_word_is_new_or_kept_beside(case: Case) -> None:
    words = Counter(re.findall(r"\w+", case.mail))
    for sent in (case.sent, None, Sent(texts=(), names=case.sent.names)):
        cut = cut_reply(body(case.mail), None, sent)
        assert words <= Counter(re.findall(r"\w+", f"{cut.new_text} {cut.quoted_text}")), case.why


def test_every_case_says_why() -> None:
    assert len(CASES) >= 60
    assert len({case.name for case in CASES}) == len(CASES)
    assert all(case.why for case in CASES)
