"""People who answer: each client's headers, quoting and files; automatic answers; a small PDF."""

import base64
import io
import re
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from email.mime.multipart import MIMEMultipart
from email.mime.text import MIMEText
from pathlib import Path
from urllib.parse import unquote

import pytest

from worker.demo.world import Setting, World
from worker.demo.world_attachments import AttachedFile, make_invoice, make_pdf
from worker.demo.world_clients import Client, reply_from
from worker.demo.world_journal import Happened
from worker.demo.world_sending import out_of_office, send_as, write_mail
from worker.demo.world_thread_index import filetime, next_thread_index

AT = datetime(2026, 11, 24, 10, 0, tzinfo=UTC)
SOPHIE = "sophie@boulangerie.example"
TOKEN = "abcdefghijklmnopqrstuvwxyz234567"
REPLY_TO = f"r+{TOKEN}@mail.firm.example"
RETURN_PATH = f"b+{TOKEN}@mail.firm.example"
INDEX = base64.b64encode(filetime(datetime(2026, 11, 24, 8, tzinfo=UTC)).to_bytes(8, "big")[:6] + b"g" * 16).decode()
TEXT = (
    "Répondez au-dessus de cette ligne.\n\nBonjour Sophie,\nà quoi sert la facture 2026-118 ?\n\n> plus tôt\n\nAnne\n"
)
HTML = "<html><body class='x'><p>Bonjour Sophie,</p><p>à quoi sert la facture 2026-118 ?</p></body></html>"
ANSWER = "Oui, c'est privé.\nÀ bientôt"


def mail_of_firm(**changes: str) -> bytes:
    made = MIMEMultipart("alternative")
    head = {
        "Return-Path": f"<{RETURN_PATH}>",
        "From": '"Anne Dupont, Fiduciaire Exemple" <anne.dupont@mail.firm.example>',
        "To": f"Sophie Martin <{SOPHIE}>",
        "Reply-To": f"Anne Dupont <{REPLY_TO}>",
        "Subject": "=?utf-8?q?Facture_2026-118_=3A_=C3=A0_clarifier?=",
        "Date": "Tue, 24 Nov 2026 09:05:00 +0000",
        "Message-ID": f"<{TOKEN}@mail.firm.example>",
        "References": "<root@mail.firm.example>\r\n <before@mail.firm.example>",
        "In-Reply-To": "<before@mail.firm.example>",
        "Thread-Index": INDEX,
        "Thread-Topic": "Facture 2026-118",
    }
    for name, value in (head | {name.replace("_", "-"): value for name, value in changes.items()}).items():
        if value:
            made[name] = value
    made.attach(MIMEText(TEXT, "plain", "utf-8"))
    made.attach(MIMEText(HTML, "html", "utf-8"))
    return made.as_bytes(policy=policy.SMTP)


def read(mail: bytes) -> EmailMessage:
    message = message_from_bytes(mail, policy=policy.default)
    assert all(not part.defects for part in message.walk())
    assert re.search(rb"(?<!\r)\n|\r(?!\n)", mail) is None
    return message


def words(message: EmailMessage, kind: str) -> str:
    part = message.get_body((kind,))
    assert part is not None
    return str(part.get_content()).replace("\r\n", "\n")


@pytest.mark.parametrize("client", list(Client))
def test_an_answer_goes_to_the_reply_address_and_continues_the_thread(client: Client) -> None:
    answer = read(reply_from(client, mail_of_firm(), ANSWER, written_at=AT))
    assert answer["From"] == f"Sophie Martin <{SOPHIE}>"
    assert answer["To"] == f"Anne Dupont <{REPLY_TO}>"
    assert answer["Subject"].lower() == "re: facture 2026-118 : à clarifier"
    assert answer["In-Reply-To"] == f"<{TOKEN}@mail.firm.example>"
    assert answer["References"].split() == [
        "<root@mail.firm.example>",
        "<before@mail.firm.example>",
        f"<{TOKEN}@mail.firm.example>",
    ]
    assert answer["Date"].datetime == AT
    assert re.fullmatch(r"<[^<>@\s]+@[^<>@\s]+>", answer["Message-ID"])
    assert answer["Auto-Submitted"] is None


@pytest.mark.parametrize("client", list(Client))
def test_an_answer_to_an_answer_keeps_one_prefix(client: Client) -> None:
    mail = mail_of_firm(Subject="Re: RE: Antw: TR : Facture", References="", Reply_To="")
    answer = read(reply_from(client, mail, ANSWER, written_at=AT))
    assert answer["Subject"].partition(":")[2] == " Facture"
    assert answer["To"] == '"Anne Dupont, Fiduciaire Exemple" <anne.dupont@mail.firm.example>'
    assert answer["References"].split() == ["<before@mail.firm.example>", f"<{TOKEN}@mail.firm.example>"]


@pytest.mark.parametrize("client", list(Client))
def test_two_answers_are_two_mails(client: Client) -> None:
    one, other = (read(reply_from(client, mail_of_firm(), ANSWER, written_at=AT)) for _ in range(2))
    assert one["Message-ID"] != other["Message-ID"]


@pytest.mark.parametrize("client", list(Client))
def test_somebody_else_can_answer(client: Client) -> None:
    answer = read(reply_from(client, mail_of_firm(), ANSWER, sender="Éric <eric@ailleurs.example>", written_at=AT))
    assert answer["From"].addresses[0].addr_spec == "eric@ailleurs.example"
    assert answer["From"].addresses[0].display_name == "Éric"


@pytest.mark.parametrize("client", list(Client))
def test_files_travel_whole_with_their_names(client: Client) -> None:
    files = [
        make_invoice("12", "30,00", "Garage"),
        AttachedFile(name="reçu été.txt", media_type="text/plain", content=b"a\r\n\x00"),
    ]
    answer = read(reply_from(client, mail_of_firm(), ANSWER, files=files, written_at=AT))
    found = {
        unquote(str(part.get_filename())): part.get_payload(decode=True)
        for part in answer.walk()
        if part.get_filename() is not None
    }
    assert found == {file.name: file.content for file in files}


def test_an_iphone_quotes_its_own_attribution_line() -> None:
    answer = read(reply_from("iphone", mail_of_firm(), ANSWER, written_at=AT))
    text = words(answer, "plain")
    assert text.startswith(f"{ANSWER}\n\nEnvoyé de mon iPhone\n\n> Le 24 nov. 2026 à 10:05, Anne Dupont, ")
    assert "Exemple <anne.dupont@mail.firm.example> a écrit :\n" in text
    assert "> à quoi sert la facture 2026-118 ?\n>\n>> plus tôt\n" in text
    html = words(answer, "html")
    assert html.count('<blockquote type="cite">') == 2
    assert "<p>à quoi sert la facture 2026-118 ?</p>" in html
    assert html.index("privé") < html.index("Envoyé de mon iPhone") < html.index("blockquote")
    assert answer["X-Mailer"].startswith("iPhone Mail")


def test_an_iphone_puts_files_between_two_halves_of_the_html() -> None:
    files = [make_invoice("12", "30,00", "Garage")]
    answer = read(reply_from("iphone", mail_of_firm(), ANSWER, files=files, written_at=AT))
    types = [part.get_content_type() for part in answer.walk()]
    assert types == [
        "multipart/alternative",
        "text/plain",
        "multipart/mixed",
        "text/html",
        "application/pdf",
        "text/html",
    ]


def test_outlook_puts_a_header_block_under_a_line() -> None:
    answer = read(reply_from("outlook", mail_of_firm(), ANSWER, written_at=AT))
    text = words(answer, "plain")
    assert text.startswith(f"{ANSWER}\n\nDe : Anne Dupont, Fiduciaire Exemple <anne.dupont@mail.firm.example> \n")
    assert "Envoyé : mardi 24 novembre 2026 10:05 \n" in text
    assert f"À : Sophie Martin <{SOPHIE}> \nObjet : Facture 2026-118 : à clarifier \n\nRépondez" in text
    assert "\n>" not in text.replace("\n> plus tôt", "")
    html = words(answer, "html")
    assert "border-top:solid #E1E1E1 1.0pt" in html
    assert "<b>Envoyé&nbsp;:</b> mardi 24 novembre 2026 10:05<br>" in html
    assert html.index("privé") < html.index("E1E1E1") < html.index("<p>à quoi sert")
    assert answer["Subject"].startswith("RE: ")
    assert answer["Thread-Topic"] == "Facture 2026-118"
    assert {part.get_content_charset() for part in answer.walk() if not part.is_multipart()} == {"iso-8859-1"}


def test_outlook_takes_utf_8_when_latin_1_is_not_enough() -> None:
    answer = read(reply_from("outlook", mail_of_firm(), "30 €", written_at=AT))
    assert words(answer, "plain").startswith("30 €\n")
    assert {part.get_content_charset() for part in answer.walk() if not part.is_multipart()} == {"utf-8"}


def test_outlook_makes_the_thread_index_one_answer_longer() -> None:
    answer = read(reply_from("outlook", mail_of_firm(), ANSWER, written_at=AT))
    made = base64.b64decode(answer["Thread-Index"])
    assert made[:22] == base64.b64decode(INDEX)
    assert len(made) == 27
    # Two hours in steps of 2^18 times 100 ns; the index's own start is known to 2^16 of them.
    assert int.from_bytes(made[22:26], "big") == pytest.approx(2 * 3600 * 10**7 / 2**18, abs=1)


@pytest.mark.parametrize(
    "index", ["", "no base64!", base64.b64encode(b"short").decode(), base64.b64encode(b"x" * 24).decode()]
)
def test_a_thread_index_that_cannot_be_read_begins_anew(index: str) -> None:
    made = base64.b64decode(next_thread_index(index, AT))
    assert made[:6] == filetime(AT).to_bytes(8, "big")[:6]
    assert len(made) == 27


def test_gmail_folds_the_attribution_line_and_names_its_quote() -> None:
    answer = read(reply_from("gmail", mail_of_firm(), ANSWER, written_at=AT))
    text = words(answer, "plain")
    assert text.startswith(
        f"{ANSWER}\n\nLe mar. 24 nov. 2026 à 10:05, Anne Dupont, Fiduciaire Exemple\n<anne.dupont@mail"
    )
    assert "> à quoi sert la facture 2026-118 ?\n" in text
    html = words(answer, "html")
    assert '<div class="gmail_quote gmail_quote_container"><div dir="ltr" class="gmail_attr">Le mar. 24 nov.' in html
    assert html.index("privé") < html.index("gmail_quote") < html.index("<p>à quoi sert")


def test_thunderbird_answers_below_in_text_alone() -> None:
    answer = read(reply_from("thunderbird", mail_of_firm(), f"{ANSWER}\n> pas une citation", written_at=AT))
    assert answer.get_content_type() == "text/plain"
    assert answer.get_param("format") == "flowed"
    text = words(answer, "plain")
    assert text.startswith("Le 24/11/2026 à 10:05, Anne Dupont, Fiduciaire Exemple a écrit :\n> Répondez")
    assert text.endswith(f"> Anne\n\n{ANSWER}\n > pas une citation\n")


def test_thunderbird_answers_between_the_lines() -> None:
    mail = mail_of_firm()
    text = words(read(reply_from("thunderbird", mail, ANSWER, written_at=AT, under="à quoi sert")), "plain")
    assert f"> à quoi sert la facture 2026-118 ?\n\n{ANSWER}\n\n>\n>> plus tôt\n" in text
    assert text.endswith("> Anne\n")


def test_an_answer_between_lines_needs_the_line_and_the_client() -> None:
    with pytest.raises(ValueError, match="no line of the mail contains"):
        reply_from("thunderbird", mail_of_firm(), ANSWER, under="nowhere")
    with pytest.raises(ValueError, match="does not answer between the lines"):
        reply_from("iphone", mail_of_firm(), ANSWER, under="à quoi sert")
    with pytest.raises(ValueError, match="is not one address"):
        reply_from("iphone", mail_of_firm(), ANSWER, sender="Sophie")


@pytest.mark.parametrize("client", list(Client))
def test_a_mail_without_html_is_answered_too(client: Client) -> None:
    plain = write_mail("Anne <anne@firm.example>", f"Sophie <{SOPHIE}>", "Sujet", "1 < 2 & 3", written_at=AT)
    answer = read(reply_from(client, plain, ANSWER, written_at=AT))
    assert "1 < 2 & 3" in words(answer, "plain")
    assert client is Client.THUNDERBIRD or "1 &lt; 2 &amp; 3" in words(answer, "html")


def test_an_out_of_office_answer_goes_to_the_return_path_and_says_what_it_is() -> None:
    answer = read(out_of_office(mail_of_firm(), "Absente jusqu'au 1er décembre.", written_at=AT))
    assert answer["To"] == RETURN_PATH
    assert answer["From"] == f"Sophie Martin <{SOPHIE}>"
    assert answer["Auto-Submitted"].startswith("auto-replied")
    assert answer["Subject"] == "Réponse automatique : Facture 2026-118 : à clarifier"
    assert answer["In-Reply-To"] == f"<{TOKEN}@mail.firm.example>"


@pytest.mark.parametrize("path", ["<>", ""])
def test_nothing_answers_a_null_return_path(path: str) -> None:
    with pytest.raises(ValueError, match="without return path"):
        out_of_office(mail_of_firm(Return_Path=path), "Absente.")


def test_people_hand_their_mail_to_the_world(tmp_path: Path) -> None:
    firm = Setting(folder=tmp_path / "firm", domain="other.example", people=(REPLY_TO, RETURN_PATH))
    with World(firm) as sink, World(Setting(folder=tmp_path / "people", domain="mail.firm.example")) as world:
        world.lead_to(sink.host, sink.port)
        send_as(SOPHIE, reply_from("iphone", mail_of_firm(), ANSWER), host=world.host, port=world.port)
        send_as("", out_of_office(mail_of_firm(), "Absente."), host=world.host, port=world.port)
        sink.wait_for(lambda seen: seen.count(Happened.STORED) == 2)
        assert [mail.envelope.sender for mail in sink.received] == [SOPHIE, ""]
        assert b"iPhone Mail" in sink.mails_of(REPLY_TO)[0]
        assert b"Return-Path: <>" in sink.mails_of(RETURN_PATH)[0]


def test_the_pdf_is_one_that_readers_can_read() -> None:
    content = make_pdf("Garage (Klein) \\ fils", "Total : 30,00 € é")
    assert content.startswith(b"%PDF-1.4\n")
    assert content.endswith(b"%%EOF\n")
    start = int(content.rsplit(b"startxref\n", 1)[1].split(b"\n")[0])
    assert content[start:].startswith(b"xref\n0 6\n")
    rows = content[start:].split(b"\n")[3:8]
    for number, row in enumerate(rows, start=1):
        assert len(row) == 19
        assert io.BytesIO(content[int(row[:10]) :]).readline() == b"%d 0 obj\n" % number
    (length,) = re.findall(rb"/Length (\d+)", content)
    stream = content.split(b"stream\n", 1)[1].split(b"\nendstream", 1)[0]
    assert len(stream) == int(length)
    assert rb"(Garage \(Klein\) \\ fils) Tj" in stream
    assert b"(Total : 30,00 ? \xe9) Tj" in stream
