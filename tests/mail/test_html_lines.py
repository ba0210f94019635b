"""HTML to lines: structure, depth, origin, links, hidden text."""

import pytest

from worker.core.parsed import BodyLine
from worker.mail.html_bounds import DEEPEST, bounded
from worker.mail.html_lines import html_lines


def lines_of(html: str) -> list[BodyLine]:
    return html_lines(html, 1_000)[0]


def texts_of(html: str) -> list[str]:
    return [line.text for line in lines_of(html)]


@pytest.mark.parametrize(
    ("html", "texts"),
    [
        ("a <b>gras</b> et <i>penché</i>", ["a gras et penché"]),
        ("<p>un</p><p>deux</p>", ["un", "", "deux"]),
        ("<div>un</div><div>deux<br>trois</div>", ["un", "deux", "trois"]),
        ("un<br><br><br>deux", ["un", "", "deux"]),
        (
            "<p class=MsoNormal>un<p class=MsoNormal>&nbsp;<p class=MsoNormal>deux<p class=MsoNormal>trois",
            ["un", "", "deux", "trois"],
        ),
        ("  un\n   deux\t trois&nbsp;quatre ", ["un deux trois quatre"]),
        ("<pre>a\n  b\n\nc</pre>", ["a", "  b", "", "c"]),
        ("<ul><li>a<li>b</ul><ol start=3><li>c<li>d</ol>", ["- a", "- b", "", "3. c", "4. d"]),
        ("<table><tr><td>TVA<td>21&nbsp;%<tr><td>Total<td>121</table>", ["TVA\t21 %", "Total\t121"]),
        ("avant<hr>après", ["avant", "-----", "après"]),
        ("<img src=x alt=Logo>a <img alt='🙂'> b", ["a 🙂 b"]),
        ("&lt;b&gt; &amp;amp; &eacute;", ["<b> &amp; é"]),
        ("a<o:p>&nbsp;</o:p>b", ["a b"]),
        ("<p>ouvert <b>jamais fermé<p>suite", ["ouvert jamais fermé", "", "suite"]),
    ],
)
def test_blocks_become_lines(html: str, texts: list[str]) -> None:
    assert texts_of(html) == texts


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("<a href='https://x.example/f'>la facture</a>", "la facture <https://x.example/f>"),
        ("<a href='https://x.example/'>x.example</a>", "x.example"),
        ("<a href='https://x.example'>https://www.x.example</a>", "https://www.x.example"),
        ("<a href='mailto:a@b.example'>a@b.example</a>", "a@b.example"),
        ("<a href='javascript:x'>ici</a>", "ici"),
        ("<a href='#top'>haut</a>", "haut"),
        ("<a href='https://x.example/f'><img src=y></a>fin", "fin"),
        ("<a href=\"https://x.example/?a=1&amp;b='2'\">ici</a>", "ici <https://x.example/?a=1&b='2'>"),
    ],
)
def test_links_show_where_they_lead_when_the_text_does_not(html: str, text: str) -> None:
    assert texts_of(html) == [text]


@pytest.mark.parametrize(
    "hidden",
    [
        '<div style="display:none">x</div>',
        '<span style="color:red; display : none !important">x</span>',
        '<div style="max-height:0px;overflow:hidden">x</div>',
        '<p style="mso-hide:all">x</p>',
        "<div hidden>x</div>",
        "<style>x</style>",
        "<script>x</script>",
        "<head><title>x</title></head>",
        "<!-- x -->",
        "<!--[if mso]><p>x</p><![endif]-->",
        "<style>x",
        "<title>x",
    ],
)
def test_hidden_text_goes(hidden: str) -> None:
    assert texts_of("vu" + hidden) == ["vu"]


def test_text_that_only_looks_hidden_stays() -> None:
    assert texts_of('<div style="max-height:0.5em">un</div><div style="display:block">deux</div>') == ["un", "deux"]


def test_blockquotes_deepen_and_leave_the_text_alone() -> None:
    found = lines_of("oui<blockquote type=cite>non<blockquote>jamais</blockquote></blockquote>fin")
    assert [(line.text, line.depth) for line in found if line.text] == [
        ("oui", 0),
        ("non", 1),
        ("jamais", 2),
        ("fin", 0),
    ]
    assert found[2].origin == ("blockquote_cite",)


@pytest.mark.parametrize("attribute", ['style="margin:0 0 0 40px;border:none"', "class=elementToProof"])
def test_a_blockquote_that_only_indents_is_no_quote(attribute: str) -> None:
    assert [line.depth for line in lines_of(f"<blockquote {attribute}>moi</blockquote>")] == [0]


@pytest.mark.parametrize(
    ("html", "origin"),
    [
        ('<div class="gmail_quote gmail_quote_container">x</div>', ("gmail_quote", "gmail_quote_container")),
        ("<div id=x_x_divRplyFwdMsg>x</div>", ("divRplyFwdMsg",)),
        ('<div id="yahoo_quoted_123">x</div>', ("yahoo_quoted",)),
        ('<div data-marker="__QUOTED_TEXT__">x</div>', ("__QUOTED_TEXT__",)),
        ('<div name="quote">x</div>', ("quote",)),
        ('<div style="border:none;border-top:solid #E1E1E1 1.0pt">x</div>', ("outlook_border",)),
        ("<div class=moz-cite-prefix><div id=Signature>x</div></div>", ("moz-cite-prefix", "Signature")),
        ("<div class=MsoNormal id=whatever>x</div>", ()),
        ("<div id=appendonsend></div><div>x</div>", ("appendonsend",)),
        ("<div id=Signature></div><div>x</div>", ()),
        ("<div class=yiv123gmail_signature>x</div>", ("gmail_signature",)),
        ("<div class=ydp1a2b3cyahoo_quoted>x</div>", ("yahoo_quoted",)),
        ("<div class=ecxgmail_quote>x</div>", ("gmail_quote",)),
        ("<div id=m_-81divRplyFwdMsg>x</div>", ("divRplyFwdMsg",)),
        ("<div class=y data-smartmail=gmail_signature>x</div>", ("gmail_signature",)),
        ("<div style='border-top: 1pt solid rgb(225, 225, 225)'>x</div>", ("outlook_border",)),
        ("<p style='color:red'>x</p>", ("coloured",)),
        ("<p style='background-color:red'>x</p>", ()),
        ("<font color=blue>x</font>", ("coloured",)),
        ("<div id=appendonsend>\n <span> </span></div>\n<div>x</div>", ("appendonsend",)),
    ],
)
def test_lines_tell_who_made_them(html: str, origin: tuple[str, ...]) -> None:
    assert lines_of(html) == [BodyLine(text="x", depth=0, origin=origin)]


def test_the_origin_ends_with_its_element() -> None:
    assert [line.origin for line in lines_of("<div class=gmail_quote>a</div>b")] == [("gmail_quote",), ()]


def test_what_is_too_much_is_left_out_and_said() -> None:
    lines, is_cut = html_lines("<div>x</div>" * 2_000, 1_000)
    assert (len(lines), is_cut) == (1_000, True)
    assert html_lines("<div>x</div>", 1_000)[1] is False


def test_images_inside_the_html_do_not_count() -> None:
    lines, is_cut = html_lines(f'<img src="data:image/png;base64,{"A" * 3_000_000}">texte', 1_000)
    assert ([line.text for line in lines], is_cut) == (["texte"], False)


def test_deep_nesting_keeps_the_text() -> None:
    assert texts_of("<div>" * 20_000 + "au fond" + "</div>" * 20_000 + "après") == ["au fond", "après"]


def test_the_tree_never_gets_deeper_than_it_may() -> None:
    assert bounded("<div>" * 20_000, 1_000_000)[0].count("<div>") == DEEPEST


def test_a_tag_keeps_few_attributes_and_none_that_is_long() -> None:
    html = "<div " + " ".join(f"a{number}=1" for number in range(50_000)) + f" id={'x' * 50_000} class=gmail_quote>"
    assert len(bounded(html, 1_000_000)[0]) < 3_000


def test_formatting_tags_that_trees_rebuild_at_each_paragraph_go() -> None:
    assert (
        bounded("<p><b id=1><font id=2><a href='http://x'>y</a>", 1_000)[0]
        == '<p><span id="2"><x-a href="http://x">y</x-a>'
    )


def test_a_link_around_a_block_tells_its_address_too() -> None:
    assert texts_of("<a href='https://x.example/f'><div>Payer</div></a>") == ["Payer", "<https://x.example/f>"]


@pytest.mark.parametrize(
    "hidden",
    [
        '<div style="font-size:0;line-height:0">aperçu</div>',
        '<div style="FONT-SIZE: 0px">aperçu <b>en gras</b></div>',
        '<span style="visibility:hidden">aperçu</span>',
        '<div style="opacity:0;">aperçu</div>',
        '<div style="opacity: 0">aperçu</div>',
        '<div style="mso-hide:all">aperçu</div>',
        "<p>&nbsp;&zwnj;&nbsp;&zwnj;&nbsp;&zwnj;&nbsp;&zwnj;</p>",
        "<p>&#847;&zwnj;&nbsp;&#847;&zwnj;&nbsp;&#847;</p>",
    ],
)
def test_a_hidden_preview_is_not_read(hidden: str) -> None:
    assert [line.text for line in html_lines(f"{hidden}<p>Bonjour</p>", 100)[0]] == ["Bonjour"]


@pytest.mark.parametrize(
    "shown",
    [
        '<table><td style="font-size:0px;padding:10px"><div style="font-size:13px">Bonjour</div></td></table>',
        '<div style="font-size:0.9em">Bonjour</div>',
        '<div style="font-size:10px">Bonjour</div>',
        '<div style="opacity:0.8">Bonjour</div>',
        '<div style="fill-opacity:0">Bonjour</div>',
        '<div style="font-size:0"></div>Bonjour',
    ],
)
def test_what_only_looks_hidden_is_read(shown: str) -> None:
    assert [line.text for line in html_lines(shown, 100)[0]] == ["Bonjour"]


def test_an_emoji_of_several_characters_stays_whole() -> None:
    family = "\U0001f468\u200d\U0001f469\u200d\U0001f467\u200d\U0001f466"
    assert [line.text for line in html_lines(f"<p>Merci {family}", 100)[0]] == [f"Merci {family}"]
