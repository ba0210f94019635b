"""What the HTML says of who made a line, with and without a text part; and what it may not take from the author."""

import pytest

from tests.core.new_text.cases import OURS, SENT, body
from worker.core.new_text import Cut, Sent, cut_reply
from worker.core.new_text.lending import with_origins
from worker.core.parsed import BodyLine
from worker.mail.html_lines import html_lines

BORDER = "<div style='border:none;border-top:solid #E1E1E1 1.0pt'>"
BLOCK = "Da: Anne &lt;anne@lambert.example&gt;<br>Inviato: 24/11/2026 10:12<br>Oggetto: Facture 2026-114"


def cut_html(html: str, sent: Sent | None = None) -> Cut:
    lines = html_lines(html, 1_000)[0]
    return cut_reply(lines, lines, sent)


@pytest.mark.parametrize(
    "quote",
    [
        "<div class=yahoo_quoted>Anne: <div>q</div></div>",
        "<div class='ydp7a1b2c3dyahoo_quoted'>q</div>",
        "<div class=protonmail_quote>q</div>",
        "<blockquote class=tutanota_quote>q</blockquote>",
        "<div name=quote><div name=quoted-content>q</div></div>",
        "<div id=mail-editor-reference-message-container>q</div>",
        "<div id=x_mail-editor-reference-message-container>q</div>",
        "<div class=ms-outlook-mobile-reference-message>q</div>",
        "<div id=divRplyFwdMsg>Anne</div><div>q</div>",
        "<div id=x_divRplyFwdMsg>Anne</div><div>q</div>",
        "<div id='m_-81divRplyFwdMsg'>Anne</div><div>q</div>",
        "<div id=appendonsend></div><hr><div id=divRplyFwdMsg>Anne</div><div>q</div>",
        f"{BORDER}{BLOCK}</div><p>q</p>",
        f"<div style='border-style: solid none none; border-color: rgb(181, 196, 223)'>{BLOCK}</div><p>q</p>",
        "<div class=moz-cite-prefix>Anne</div><blockquote type=cite>q</blockquote>",
        "<div class=gmail_quote><div class=gmail_attr>Anne</div><blockquote class=gmail_quote>q</blockquote></div>",
        "<p id=reply-intro>Anne</p><blockquote type=cite>q</blockquote>",
        "<span id=OLK_SRC_BODY_SECTION>q</span>",
        "<hr id=stopSpelling>Anne<br>q",
        "<hr id=zwchr data-marker=__DIVIDER__><div data-marker=__QUOTED_TEXT__>q</div>",
        "<div name=messageReplySection>Anne<blockquote type=cite>q</blockquote></div>",
        "<div class=zmail_extra>q</div>",
        "<div class=front-blockquote>q</div>",
        "<div class=missive_quote>q</div>",
        "<div class=hs_reply>q</div>",
    ],
)
def test_elements_of_mail_programs_tell_the_quote_in_any_language(quote: str) -> None:
    found = cut_html(f"<div>Io vengo domani.</div>{quote}")
    assert (found.new_text, found.method) == ("Io vengo domani.", "structure")


@pytest.mark.parametrize(
    "quote",
    [
        "<div class=protonmail_quote>q1<br>q2<br>q3<br>q4</div>",
        "<div name=quote>q1<br>q2<br>q3<br>q4</div>",
        "<div class=gmail_quote><div class=gmail_attr>Anne</div><blockquote class=gmail_quote>q</blockquote></div>",
    ],
)
def test_what_follows_a_container_stays(quote: str) -> None:
    assert cut_html(f"{quote}<div>Io vengo domani.</div>").new_text == "Io vengo domani."


def test_an_author_in_a_container_of_gmail_is_no_quote() -> None:
    found = cut_html(
        "<div class=gmail_quote><div class=gmail_attr>Anne</div><blockquote class=gmail_quote>q1</blockquote>"
        "<div>mia risposta</div><blockquote class=gmail_quote>q2</blockquote></div>"
    )
    assert found.new_text == "> q1\n\nmia risposta"


def test_a_line_on_top_without_a_header_below_begins_no_quote() -> None:
    assert "Sophie" in cut_html(f"Voici.{BORDER}Sophie Martin<br>Boulangerie</div>").new_text
    assert "fin" in cut_html("Voici.<div id=appendonsend></div><div>fin</div>").new_text


def test_the_element_of_proof_is_the_authors_own() -> None:
    html = "<blockquote class=elementToProof>Je cite la loi.</blockquote><div id=divRplyFwdMsg>Anne</div><div>q</div>"
    assert cut_html(html).new_text == "Je cite la loi."


def test_a_header_that_names_others_begins_no_quote_of_ours() -> None:
    html = "Voir.<div id=divRplyFwdMsg>De: Proximus &lt;f@proximus.example&gt;<br>Objet: facture</div><p>Payez.</p>"
    assert "Payez." in cut_html(html, SENT).new_text


def test_a_forward_in_a_container_is_the_message() -> None:
    html = "Voir.<div class=gmail_quote><div class=gmail_attr>---------- Forwarded message ---------</div>Payez.</div>"
    assert "Payez." in cut_html(html).new_text


def test_anothers_mail_that_is_passed_on_in_a_blockquote_is_the_message() -> None:
    """Open-Xchange forwards like that, without a word that says so."""
    below = (
        "<blockquote type='cite'>---------- Oorspronkelijk bericht ----------<br>Van: Smolders &lt;info@smolders.example&gt;"
        "<br>Aan: gunter@klant.example<br>Datum: 02-06-2026 15:44<br>Onderwerp: attest<br><br>De premie was 1.263 euro."
        "</blockquote>"
    )
    assert "1.263 euro" in cut_html(f"<p>Dit kreeg ik.</p>{below}", SENT).new_text


def test_a_marked_signature_goes_where_other_words_remain() -> None:
    signature = "<div id=Signature>Sophie Martin<br>Tél. 081 12 34 56</div>"
    assert cut_html(f"<div>Voici.</div>{signature}").new_text == "Voici."
    assert "Sophie" in cut_html(signature).new_text


def test_a_long_text_in_the_element_of_a_signature_stays() -> None:
    lines = "".join(f"<div>point {number}</div>" for number in range(20))
    assert "point 19" in cut_html(f"<div>Voici.</div><div id=Signature>{lines}</div>").new_text


def test_coloured_answers_below_a_greeting_stay_when_what_we_sent_is_not_known() -> None:
    quote = f"{BORDER}{BLOCK}</div><p>Privé ?</p><p style='color:red'>oui</p><p>Payé ?</p><p>Anne</p>"
    assert cut_html(f"<p>Bonjour,</p>{quote}").new_text == "Bonjour,\n\n> Privé ?\n\noui"


def test_answers_announced_but_not_found_keep_the_whole_mail() -> None:
    html = f"<p>Voir mes réponses ci-dessous.</p>{BORDER}{BLOCK}</div><p>Privé ? oui</p>"
    found = cut_html(html)
    assert "Privé ? oui" in found.new_text
    assert found.confidence == 0.4


def test_the_text_takes_what_the_html_knows() -> None:
    text = body("Io vengo domani.\nAnne <http://x.example>\nq uno due")
    html = html_lines("<p>Io vengo domani.</p><div id=divRplyFwdMsg>Anne</div><p>q uno due</p>", 100)[0]
    assert [line.origin for line in with_origins(text, html)] == [(), ("divRplyFwdMsg",), ()]
    assert cut_reply(text, html, None).new_text == "Io vengo domani."


def test_the_depth_of_a_flat_text_is_that_of_its_html() -> None:
    text = body("Io vengo domani.\nq uno due tre")
    html = html_lines("<p>Io vengo domani.</p><blockquote type=cite>q uno due tre</blockquote>", 100)[0]
    assert [line.depth for line in with_origins(text, html)] == [0, 1]


def test_a_prefix_that_the_author_typed_is_his() -> None:
    text = body("> mille euros\n\n> q uno due tre")
    html = html_lines("<p>&gt; mille euros</p><blockquote type=cite>q uno due tre</blockquote>", 100)[0]
    assert [line.depth for line in with_origins(text, html)] == [0, 0, 1]


def test_an_html_that_says_something_else_is_not_believed() -> None:
    text = body("Je viens demain matin avec tous les papiers.")
    html = html_lines("<blockquote type=cite>Achetez chez nous, tout est en solde.</blockquote>", 100)[0]
    assert with_origins(text, html) == text


def test_a_repeated_line_takes_the_origin_of_its_own_place() -> None:
    text = [BodyLine(text="oui"), BodyLine(text="Payé ?"), BodyLine(text="oui")]
    html = html_lines("<p>oui</p><p>Payé ?</p><div class=protonmail_quote>oui</div>", 100)[0]
    assert [line.origin for line in with_origins(text, html)] == [(), (), ("protonmail_quote",)]


def test_html_and_what_we_sent_agree() -> None:
    html = f"<p>Oui.</p><div class=protonmail_quote>Anne<blockquote>{OURS.replace(chr(10), '<br>')}</blockquote></div>"
    assert cut_html(html, SENT).new_text.startswith("Oui.")
