"""How fast new text is cut: mails per second on a mix of ordinary replies and on raw mails, and hostile inputs.

Run ``python -m benchmarks.new_text``. Seconds are of the processor, for others share the machine. Hostile times also
stand as a ratio to a plain split-and-join pass over the same input in the same run.
"""

import time
from collections.abc import Callable, Iterator

from benchmarks.reply_scores import CORPUS, replies_in
from worker.core.new_text import Sent, cut_reply
from worker.core.parsed import BodyLine
from worker.mail.parsing import parse

ROUNDS = 200
OURS = """--- Répondez au-dessus de cette ligne ---

Pourriez-vous nous envoyer la facture 2026-114 de Proximus ? Il nous manque ce document pour la déclaration TVA.

1. Cet achat est-il professionnel ou privé ?
2. Comment l'avez-vous payé ?

Facture 2026-114
Proximus, 12/10/2026, 118,40 EUR

Anne Dupont
Fiduciaire Lambert"""
NAMES = ("r+mfzwizlsmnygk4tfon2gk43u@mail.lambert.example", "Anne Dupont", "Facture 2026-114")
GMAIL = "Le mar. 24 nov. 2026 à 10:12, Anne Dupont <\nr+mfzwizlsmnygk4tfon2gk43u@mail.lambert.example> a écrit :"
OUTLOOK = """De : Anne Dupont <r+mfzwizlsmnygk4tfon2gk43u@mail.lambert.example>
Envoyé : mardi 24 novembre 2026 10:12
À : Sophie Martin <sophie@boulangerie.example>
Objet : Facture 2026-114
"""
TEXT = "Bonjour Anne,\n\nVoici la facture demandée, elle a été payée par carte.\n\nBien à vous,\nSophie Martin"
PREFIXED = "\n".join(f"> {line}" for line in OURS.split("\n"))
MIX = [
    f"{TEXT}\n\n{GMAIL}\n\n{PREFIXED}",
    f"{TEXT}\n\n{OUTLOOK}\n{OURS}",
    f"{GMAIL}\n\n{PREFIXED}\n\n{TEXT}",
    f"{TEXT}\n\nEnvoyé de mon iPhone\n\n{GMAIL}\n{PREFIXED}\n>\n> Le 3 nov., Sophie a écrit :\n>\n>> {TEXT}",
    TEXT,
    f"{GMAIL}\n{PREFIXED.replace('privé ?', 'privé ?' + chr(10) + 'privé')}",
]


def body(text: str) -> list[BodyLine]:
    return [BodyLine(text=line, depth=len(line) - len(line.lstrip(">"))) for line in text.split("\n")]


def hostile() -> Iterator[tuple[str, str]]:
    yield "1 MB of > in one line", ">" * 1_000_000
    yield "1 MB of > lines", "> \n" * 333_333
    yield "1 MB of deeper > lines", "\n".join(">" * (n % 2_000) for n in range(1_000))
    yield "On 66,000 times in one line", "On " * 66_000
    yield "On 66,000 times in lines", "On \n" * 66_000
    yield "On 24 Nov 2026 without an end", "On 24 Nov 2026 at 10:12, a@b.example\n" * 50_000
    yield "20,000 From: lines", "From: a@b.example\n" * 20_000
    yield "20,000 From:, Sent: lines", "From: a@b.example\nSent: 10:12\n" * 10_000
    yield "header block never ends", "From: a@b.example\nSent: 10:12\nwrap\nwrap\n" * 10_000
    yield "100,000 blank lines", "\n" * 100_000
    yield "2,000,000 blank lines", "\n" * 2_000_000
    yield "200,000 dashes", "-" * 200_000
    yield "dashes and words", "----- a " * 250_000
    yield "200,000 dash lines", "-----\n" * 200_000
    yield "20,000 signature marks", "-- \na\n" * 10_000
    yield "2 MB of marker lines", "--- Répondez au-dessus de cette ligne ---\n" * 48_000
    yield "2 MB of half markers", "ligne ligne\n" * 160_000
    yield "2 MB of brackets", "<http:[cid:" * 180_000
    yield "2 MB of one word", "a" * 2_000_000
    yield "2 MB of digits", "1" * 2_000_000
    yield "2 MB of what we sent", f"{OURS}\n" * 5_500
    yield "2 MB of quote and answer", "> Comment l'avez-vous payé ?\noui\n" * 50_000
    yield "2 MB of disclaimers", "x\n\nconfidentiel par erreur\n\n" * 70_000
    yield "2 MB of accents", "é\u00a0" * 1_000_000
    yield "400,000 carriage returns", "a\r" * 400_000


def hostile_html() -> Iterator[tuple[str, str, str]]:
    """Text part and HTML part of one mail."""
    yield (
        "text and HTML in another order",
        "a b c " * 150_000,
        f"<blockquote type=cite>{'a c b ' * 150_000}</blockquote>",
    )
    words = [f"w{number}" for number in range(100_000)]
    yield "HTML turned round", " ".join(words), f"<div class=gmail_quote>{' '.join(reversed(words))}</div>"
    yield "36,000 tables", "x", "<table><tr><td>x" * 36_000
    yield "50,000 unclosed tags", "x", "<b>" * 50_000
    yield "5,000 nested divs", "x", "<div>" * 5_000
    yield "20,000 quotes and answers", "ok\n" * 20_000, "<blockquote type=cite>a</blockquote><div>ok</div>" * 20_000
    border = "<div style='border-top:solid #E1E1E1 1.0pt'>De: a@b.example<br>Date: 12/10/2026 10:12</div>"
    yield "20,000 header blocks", "ok", border * 20_000
    yield "20,000 coloured lines", "ok", f"<hr id=stopSpelling>{'<p style=color:red>x</p><p>y</p>' * 20_000}"
    yield "20,000 signatures", "ok\n" * 20_000, "<div id=Signature>a</div><div>ok</div>" * 20_000


def mail_of(text: str, html: str) -> bytes:
    parts = "".join(
        f"--b\r\nContent-Type: text/{kind}; charset=utf-8\r\n\r\n{content}\r\n"
        for kind, content in (("plain", text), ("html", html))
    )
    return f"From: a@b.example\r\nContent-Type: multipart/alternative; boundary=b\r\n\r\n{parts}--b--\r\n".encode()


def report_hostile_html(name: str, raw: bytes) -> None:
    begun = time.process_time()
    mail = parse(raw)
    parsed = time.process_time() - begun
    sent = Sent(texts=(OURS,), names=NAMES)
    known, unknown = (timed(lambda sent=sent: cut_reply(mail.lines, mail.html_lines, sent)) for sent in (sent, None))
    print(
        f"{name:32} {len(raw) / 1e6:5.2f} MB  known {known:6.3f} s  unknown {unknown:6.3f} s  parsed in {parsed:.3f} s"
    )


def raw_mails() -> None:
    """The corpus, from bytes to new text, and the cut alone."""
    replies = list(replies_in(CORPUS))
    raws = [(CORPUS / f"{reply.name}.eml").read_bytes() for reply in replies]
    parsing = timed(lambda: [parse(raw) for raw in raws])
    cutting = timed(lambda: [cut_reply(each.mail.lines, each.mail.html_lines, each.sent) for each in replies])
    print(f"raw replies with HTML, cut:      {len(raws) / cutting:7.0f} mails/s")
    print(f"the same, parsed and cut:        {len(raws) / (parsing + cutting):7.0f} mails/s")


def timed(work: Callable[[], object]) -> float:
    begun = time.process_time()
    work()
    return time.process_time() - begun


def ordinary(sent: Sent | None) -> float:
    mails = [body(mail) for mail in MIX]
    seconds = timed(lambda: [cut_reply(mail, None, sent) for _ in range(ROUNDS) for mail in mails])
    return ROUNDS * len(mails) / seconds


def report_hostile(name: str, text: str) -> None:
    lines = body(text)
    plain = min(timed(lambda: "\n".join(" ".join(line.text.split()) for line in lines)) for _ in range(3))
    sent = Sent(texts=(OURS,), names=NAMES)
    known, unknown = (timed(lambda sent=sent: cut_reply(lines, None, sent)) for sent in (sent, None))
    ratio = max(known, unknown) / max(plain, 1e-6)
    print(f"{name:32} {len(text) / 1e6:5.2f} MB  known {known:6.3f} s  unknown {unknown:6.3f} s  {ratio:8.1f} x plain")


def main() -> None:
    print(f"ordinary replies, sent known:    {ordinary(Sent(texts=(OURS,), names=NAMES)):7.0f} mails/s")
    print(f"ordinary replies, sent unknown:  {ordinary(None):7.0f} mails/s")
    raw_mails()
    for name, text in hostile():
        report_hostile(name, text)
    for name, text, html in hostile_html():
        report_hostile_html(name, mail_of(text, html))
    long_sent = Sent(texts=("a b c d " * 250_000, *[OURS] * 500), names=NAMES)
    print(f"{'2 MB of texts that we sent':32} {timed(lambda: cut_reply(body(MIX[0]), None, long_sent)):.3f} s")


if __name__ == "__main__":
    main()
