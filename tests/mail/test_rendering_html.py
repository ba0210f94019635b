"""What people wrote, safe in a mail, and HTML that every mail program and reader can show."""

import re
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st
from selectolax.lexbor import LexborHTMLParser

from storage.states import Language, MailKind, Side
from tests.mail.letter_stories import FORMS, a_letter, a_long_letter
from worker.core.letters import Letter
from worker.mail.cleaning import clean_line, clean_lines, shortened
from worker.mail.rendering import render

ANY_TEXT = st.text(st.characters(exclude_categories=()), max_size=300)


def with_text(letter: Letter, text: str) -> Letter:
    return replace(letter, messages=(replace(letter.messages[0], text=text),))


def test_what_people_wrote_is_escaped_and_only_web_addresses_become_links() -> None:
    text = "<script>alert(1)</script> javascript:alert(1) <img src=x> voir https://a.example/?x=1&y=<b>, puis\nftp://b.example"
    html = render(with_text(a_letter(), text)).html
    tree = LexborHTMLParser(html)

    assert '<a href="https://a.example/?x=1&amp;y=">' in html
    assert not tree.css("script, img")
    assert [each.attributes["href"] for each in tree.css("a")] == ["https://a.example/?x=1&y="]
    assert "javascript:alert(1)" in tree.text()


def test_indents_and_line_breaks_survive_mail_programs_that_drop_spaces() -> None:
    html = render(with_text(a_letter(), "a  b\n   c\n\n\nd")).html

    assert ">a \u00a0b<br>\n\u00a0\u00a0\u00a0c</p>\n" in html
    assert "><br>\nd</p>" in html


def test_names_of_people_clients_and_files_are_escaped() -> None:
    evil = '"><script>x</script>'
    letter = a_long_letter()
    letter = replace(
        letter, reader=evil, signer=evil, firm_name=evil, client_name=evil, subject=evil, note_address=f"n+a@{evil}"
    )
    letter = replace(
        letter, messages=(replace(letter.messages[0], author=evil, files=(evil,), files_left_out=(evil,)),)
    )
    notice = a_letter(MailKind.FAILURE_NOTICE, side=Side.FIRM)
    assert notice.failure is not None
    notice = replace(notice, failure=replace(notice.failure, person=evil, address=evil, status=evil))

    for each in (letter, replace(letter, kind=MailKind.CORRECTION), notice):
        assert "<script" not in render(each).html


def test_a_mail_asks_nothing_of_the_web() -> None:
    for form in FORMS:
        html = render(a_letter(MailKind.MESSAGE, Language.FR, *form)).html
        tree = LexborHTMLParser(html)

        assert not tree.css("img, script, link, style, form, iframe, button, video, audio, object")
        assert "http://" not in html
        assert "https://" not in html
        assert "url(" not in html


def test_the_html_is_made_for_screen_readers_and_dark_mode() -> None:
    for language in Language:
        tree = LexborHTMLParser(render(a_long_letter(language)).html)
        root, scheme = tree.css_first("html"), tree.css_first("meta[name=color-scheme]")

        assert root is not None
        assert root.attributes["lang"] == language
        assert all(each.attributes["role"] == "presentation" for each in tree.css("table"))
        assert scheme is not None
        assert scheme.attributes["content"] == "light dark"
        assert len(tree.css("h2")) == 4
        styles = ";".join(each.attributes["style"] or "" for each in tree.css("[style]"))
        assert not re.search(r"(?:^|;)\s*(?:color|background)", styles)


@given(ANY_TEXT, ANY_TEXT)
def test_any_text_and_name_gives_words_that_hold_them(text: str, name: str) -> None:
    letter = with_text(a_letter(), text)
    words = render(replace(letter, subject=name, reader=name, client_name=name, signer=name))

    assert (clean_lines(text) or "(Message sans texte)") in words.text
    assert "\n" not in words.subject
    (words.subject + words.text + words.html).encode("utf-8")
    tree = LexborHTMLParser(words.html)
    assert len(tree.css("td")) == 4
    assert not tree.css("script")
    visible = re.sub(r"\s", "", tree.text())
    assert re.sub(r"\s", "", clean_lines(text)) in visible


def test_line_ends_of_all_systems_are_one() -> None:
    assert clean_lines("a\r\nb\rc\u2028d\u2029e\x85f\vg\x0c") == "a\nb\nc\nd\ne\nf\ng"


@given(ANY_TEXT)
def test_clean_text_has_no_line_end_but_the_line_feed_and_stays_clean(text: str) -> None:
    clean = clean_lines(text)

    assert clean.splitlines() == (clean.split("\n") if clean else [])
    assert clean_lines(clean) == clean
    assert clean_line(clean_line(text)) == clean_line(text)
    assert not any(0xD800 <= ord(each) <= 0xDFFF or each in "\x00\r\u202e\u2066" for each in clean)


@given(st.text("ab ", max_size=60), st.integers(2, 30))
def test_a_shortened_line_is_never_longer_than_asked(line: str, most: int) -> None:
    assert len(shortened(line, most)) <= most


def test_hostile_texts_are_rendered_in_little_time() -> None:
    """Brackets and full stops after a web address were once counted anew for each (a second per kilobyte)."""
    for text in ("http://" + ")." * 200_000, "http://a " * 40_000, " " * 400_000, "\n" * 400_000, "<" * 400_000):
        render(with_text(a_letter(), text))
