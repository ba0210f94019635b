"""What stands in the body of an answer: the new words, and the mail it answers in the client's manner of quoting."""

import textwrap
from datetime import datetime
from html import escape as escape_all
from zoneinfo import ZoneInfo

from babel.dates import format_datetime

from worker.demo.world_answered import Answered, Mailbox

BRUSSELS = ZoneInfo("Europe/Brussels")
SENT_FROM = "Envoyé de mon iPhone"
NO_BREAK = "\u00a0"
MARK = "\ufeff"
"""iOS puts this invisible sign where the quoted mail begins."""


def escape(text: str) -> str:
    """Apostrophes stay, as clients leave them."""
    return escape_all(text, quote=False)


def when(pattern: str, at: datetime) -> str:
    """As a French client in Belgium shows it."""
    return format_datetime(at.astimezone(BRUSSELS), pattern, locale="fr")


def quoted(text: str) -> str:
    """``> `` before each line, ``>>`` where it was quoted already."""
    return "\n".join(f">{line}" if line.startswith(">") else f"> {line}".rstrip() for line in text.split("\n"))


def paragraphs(text: str, opening: str, closing: str, empty: str) -> str:
    return "".join(f"{opening}{escape(line) or empty}{closing}\n" for line in text.split("\n"))


def named(mailbox: Mailbox) -> str:
    return f"{mailbox.name} <{mailbox.address}>" if mailbox.name else mailbox.address


def iphone_attribution(answered: Answered) -> str:
    return f"Le {when('d MMM y à HH:mm', answered.written_at)}, {named(answered.writer)} a écrit :"


def iphone_text(answered: Answered, text: str) -> str:
    attribution = iphone_attribution(answered)
    return f"{text}\n\n{SENT_FROM}\n\n> {attribution}\n> \n{quoted(MARK + answered.text)}\n"


def iphone_html(answered: Answered, text: str) -> tuple[str, str]:
    """What stands above the files, and what below them."""
    meta = '<html><head><meta http-equiv="content-type" content="text/html; charset=utf-8"></head>'
    words = "<br>".join(escape(line) for line in text.split("\n"))
    above = f'{meta}<body dir="auto"><div dir="ltr">{words}</div>'
    attribution = escape(iphone_attribution(answered))
    below = (
        f'<div dir="ltr"><br>{SENT_FROM}</div>'
        f'<div dir="ltr"><br><blockquote type="cite">{attribution}<br><br></blockquote></div>'
        f'<blockquote type="cite"><div dir="ltr">{MARK}{answered.html}</div></blockquote></body></html>'
    )
    return above, below


def outlook_heads(answered: Answered) -> list[tuple[str, str]]:
    return [
        ("De", named(answered.writer)),
        ("Envoyé", when("EEEE d MMMM y HH:mm", answered.written_at)),
        ("À", "; ".join(named(one) for one in answered.to)),
        ("Objet", answered.subject),
    ]


def outlook_text(answered: Answered, text: str) -> str:
    heads = "\n".join(f"{name} : {value} " for name, value in outlook_heads(answered))
    return f"{text}\n\n{heads}\n\n{answered.text}\n"


def outlook_html(answered: Answered, text: str) -> str:
    words = paragraphs(text, "<p class=MsoNormal>", "<o:p></o:p></p>", "&nbsp;")
    heads = "<br>".join(f"<b>{name}&nbsp;:</b> {escape(value)}" for name, value in outlook_heads(answered))
    return (
        '<html xmlns:o="urn:schemas-microsoft-com:office:office" xmlns="http://www.w3.org/TR/REC-html40"><head>'
        "<style><!-- p.MsoNormal {margin:0cm; font-size:11.0pt; font-family:Calibri,sans-serif;} --></style></head>\n"
        "<body lang=FR-BE link=blue vlink=purple style='word-wrap:break-word'><div class=WordSection1>\n"
        f"{words}<p class=MsoNormal><o:p>&nbsp;</o:p></p>\n"
        "<div><div style='border:none;border-top:solid #E1E1E1 1.0pt;padding:3.0pt 0cm 0cm 0cm'>"
        f"<p class=MsoNormal>{heads}<o:p></o:p></p></div></div>\n"
        f"<p class=MsoNormal><o:p>&nbsp;</o:p></p>\n{answered.html}</div></body></html>"
    )


def gmail_when(answered: Answered) -> str:
    return when("EEE d MMM y à HH:mm", answered.written_at)


def gmail_text(answered: Answered, text: str) -> str:
    attribution = f"Le {gmail_when(answered)}, {named(answered.writer)} a écrit :"
    folded = "\n".join(textwrap.wrap(attribution, 78, break_long_words=False, break_on_hyphens=False))
    return f"{text}\n\n{folded}\n\n{quoted(answered.text)}\n"


def gmail_html(answered: Answered, text: str) -> str:
    lines = paragraphs(text, "<div>", "</div>", "<br>")
    writer = answered.writer
    link = f'&lt;<a href="mailto:{escape(writer.address)}">{escape(writer.address)}</a>&gt;'
    attribution = f"Le {gmail_when(answered)}, {escape(writer.name)} {link} a écrit{NO_BREAK}:"
    return (
        f'<div dir="ltr">{lines}</div><br><div class="gmail_quote gmail_quote_container">'
        f'<div dir="ltr" class="gmail_attr">{attribution}<br></div>'
        '<blockquote class="gmail_quote" style="margin:0px 0px 0px 0.8ex;border-left:1px solid rgb(204,204,204);'
        f'padding-left:1ex">{answered.html}</blockquote></div>'
    )


def stuffed(line: str) -> str:
    """RFC 3676: a line of one's own neither ends in a space (it would flow) nor begins like a quoted one."""
    line = line.rstrip(" ")
    return f" {line}" if line.startswith((">", " ", "From ")) else line


def thunderbird_text(answered: Answered, text: str, under: str | None) -> str:
    """The answer below the quoted mail, or below the quoted line that contains ``under``."""
    attribution = f"Le {when('dd/MM/y à HH:mm', answered.written_at)}, {answered.writer.name} a écrit :"
    lines = quoted(answered.text).split("\n")
    place = len(lines)
    if under is not None:
        hits = [number for number, line in enumerate(lines, start=1) if under in line]
        if not hits:
            raise ValueError(f"no line of the mail contains {under!r}")
        place = hits[0]
    between = ["", *(stuffed(line) for line in text.split("\n")), ""]
    return "\n".join([attribution, *lines[:place], *between, *lines[place:]]).rstrip("\n") + "\n"
