"""What holds for every mail: no error, no word lost, stable when cut again."""

import re
from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from tests.core.new_text.cases import NAMES, all_cases, body, sent_text
from worker.core.new_text import Sent, cut_reply
from worker.core.parsed import BodyLine

OURS = {language: sent_text(language) for language in ("fr", "nl", "de", "en")}
MAILS = [case.mail for case in all_cases()]
PIECES = sorted({line for mail in MAILS for line in mail.split("\n")})

any_line = st.text(max_size=80) | st.sampled_from(PIECES) | st.sampled_from(PIECES).map("> ".__add__)
any_body = st.lists(st.builds(BodyLine, text=any_line, depth=st.integers(0, 3)), max_size=40)
shuffled_body = st.lists(st.sampled_from(PIECES), max_size=40).map("\n".join).map(body)
any_sent = st.none() | st.builds(
    Sent,
    texts=st.lists(st.sampled_from(sorted(OURS.values())) | st.text(max_size=60), max_size=3),
    names=st.sampled_from([(), NAMES]) | st.lists(st.text(max_size=8), max_size=3),
)


def words(text: str) -> Counter[str]:
    return Counter(
        re.findall(
            r"[^\W_]+", text.replace("\u200b", "").replace("\u2060", "").replace("\ufeff", "").replace("\u00ad", "")
        )
    )


@given(lines=any_body | shuffled_body, html=st.none() | any_body, sent=any_sent)
def test_any_lines_give_two_texts(lines: list[BodyLine], html: list[BodyLine] | None, sent: Sent | None) -> None:
    cut = cut_reply(lines, html, sent)
    assert 0 <= cut.confidence <= 1
    assert cut.method


@given(lines=shuffled_body, sent=any_sent)
def test_every_word_is_in_one_of_the_texts(lines: list[BodyLine], sent: Sent | None) -> None:
    cut = cut_reply(lines, None, sent)
    mail = words("\n".join(line.text for line in lines))
    assert mail <= words(f"{cut.new_text}\n{cut.quoted_text}")


@given(
    language=st.sampled_from(sorted(OURS)),
    above=st.integers(0, 3),
    words_above=st.lists(st.text("abcxyz", min_size=1, max_size=8), min_size=1, max_size=9),
)
def test_words_we_never_sent_are_never_cut_above_a_quote(language: str, above: int, words_above: list[str]) -> None:
    text = "\n".join([" ".join(words_above), *[""] * above, *(f"> {line}" for line in OURS[language].split("\n"))])
    cut = cut_reply(body(text), None, Sent(texts=(OURS[language],)))
    assert cut.new_text == " ".join(words_above)


@given(language=st.sampled_from(sorted(OURS)), place=st.integers(1, 14), prefix=st.sampled_from(["", "> ", "    "]))
def test_an_answer_between_any_two_lines_of_ours_is_kept(language: str, place: int, prefix: str) -> None:
    lines = [f"{prefix}{line}" for line in OURS[language].split("\n")]
    place = min(place, len(lines))
    text = "\n".join([*lines[:place], "zyxwab qrstuv", *lines[place:]])
    cut = cut_reply(body(text), None, Sent(texts=(OURS[language],)))
    assert cut.new_text.endswith("zyxwab qrstuv")
    assert "zyxwab" not in cut.quoted_text


@given(
    width=st.integers(20, 120), language=st.sampled_from(sorted(OURS)), prefix=st.sampled_from(["", "> ", ">> ", "| "])
)
def test_a_quote_is_found_however_it_is_wrapped(width: int, language: str, prefix: str) -> None:
    every = OURS[language].split()
    rows, row = [], ""
    for word in every:
        if row and len(row) + len(word) >= width:
            rows.append(row)
            row = ""
        row = f"{row} {word}".strip()
    text = "\n".join(["Mon texte.", "", *(f"{prefix}{row}" for row in [*rows, row])])
    cut = cut_reply(body(text), None, Sent(texts=(OURS[language],)))
    assert (cut.new_text, cut.method) == ("Mon texte.", "comparison")
