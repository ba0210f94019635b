"""A firm that asked its clients something, and the mails they send back: what the IMAP benchmark is made of.

Sizes: 70 % plain replies of 3-8 kB, 20 % with a file of 50-200 kB, 10 % HTML of 20-60 kB; with some files on the short
ones, a quarter carries a file. Each answers by the signed address and quotes the whole mail it answers.
"""

import base64
import email
import email.policy
import random  # noqa: TID251 - with a seed: the same mails every time
from dataclasses import dataclass, field
from email.message import EmailMessage
from pathlib import Path

from benchmarks.firm import Firm, make_firm
from storage import outbox_claims
from worker.core.relaying import RelayAnswer, SealedMail, Taken
from worker.flows.house import gate_of
from worker.flows.sending import send_mail
from worker.mail.printing import MailPrinter

WORDS = (
    "bonjour merci facture avril fournisseur four montant client dossier extrait banque paiement question achat vente "
    "piece jointe comptable trimestre declaration reponse voici oui non camion bureau loyer assurance carburant"
).split()
TEXT = "Bonjour, pouvez-vous nous dire à quoi correspond cette facture ? Elle n'est pas dans notre liste.\n" * 3


@dataclass
class TakesAll:
    """A relay that takes everything, and remembers it."""

    sent: list[SealedMail] = field(default_factory=list)
    name: str = "benchmark:25"

    def largest(self) -> int | None:
        return None

    def send(self, mail: SealedMail) -> RelayAnswer:
        self.sent.append(mail)
        return Taken(reply="250 2.0.0 queued", reports_asked=True)


@dataclass(frozen=True, kw_only=True)
class Asked:
    """One of our mails, as its reader has it."""

    reader: str
    reply_address: str
    message_id: str
    subject: str
    text: str


def ask_all(environment: dict[str, str], conversations: int) -> list[Asked]:
    """A new firm with so many conversations, the first mail of each sent."""
    firm = make_firm(environment, conversations)
    for client in firm.clients:
        firm.ask(client, TEXT)
    sent = send_all(firm)
    firm.house.database.close()
    return [as_read(each) for each in sent]


def send_all(firm: Firm) -> list[SealedMail]:
    relay, printer, house = TakesAll(), MailPrinter(), firm.house
    while True:
        with house.database.reading() as session:
            due = outbox_claims.due_mails(session, house.now(session), gate_of(house.policy), most=500)
        if not due:
            return relay.sent
        for each in due:
            send_mail(house, relay, printer, each)


def as_read(sent: SealedMail) -> Asked:
    read = email.message_from_bytes(sent.content[:], policy=email.policy.default)
    assert isinstance(read, EmailMessage)
    body = read.get_body(("plain",))
    assert body is not None
    return Asked(
        reader=sent.recipient,
        reply_address=str(read["Reply-To"]).rpartition("<")[2].strip(">"),
        message_id=str(read["Message-ID"]),
        subject=str(read["Subject"]),
        text=str(body.get_content()),
    )


def write_replies(folder: Path, asked: list[Asked], count: int, *, seed: int = 4711) -> int:
    """One file a mail, as Maildir names them; the size of all in bytes."""
    chance, size = random.Random(seed), 0
    folder.mkdir(parents=True)
    for number in range(count):
        mail = reply_to(chance, asked[number % len(asked)], number)
        size += len(mail)
        (folder / f"1790000000.M{number:06}P1.bench").write_bytes(mail)
    return size


def reply_to(chance: random.Random, asked: Asked, number: int) -> bytes:
    kind = chance.random()
    new = prose(chance, chance.randint(100, 900) if kind < 0.9 else 400)
    quoted = "\r\n".join("> " + line for line in asked.text.splitlines())
    text = f"{new}\r\n\r\nLe mar. 24 nov. 2026 à 10:00, Anne Dupont a écrit :\r\n{quoted}\r\n"
    boundary = f"b{number}"
    if kind < 0.9:
        if kind >= 0.7:
            file = chance.randbytes(chance.randint(37_000, 145_000))
        else:
            text += filler(chance, chance.randint(3_000, 8_000) - 1500 - len(text))
            file = chance.randbytes(900) if kind < 0.05 else b""
        body = plain_part(text) if not file else mixed(boundary, plain_part(text), pdf_part(number, file))
    else:
        body = alternative(boundary, plain_part(text), html_part(new, asked.text, chance))
    return (head(chance, asked, number) + body).encode("utf-8")


def prose(chance: random.Random, size: int) -> str:
    lines, line = [], ""
    while sum(map(len, lines)) < size:
        line += chance.choice(WORDS) + " "
        if len(line) > 60:
            lines.append(line.strip().capitalize() + ".")
            line = ""
    return "\r\n".join(lines)


def filler(chance: random.Random, size: int) -> str:
    """More of what a thread quotes: older mails of others."""
    return "" if size <= 0 else "\r\n".join("> > " + line for line in prose(chance, size).split("\r\n")) + "\r\n"


def head(chance: random.Random, asked: Asked, number: int) -> str:
    trace = "".join(
        f"Received: from mx{hop}.bench.example (mx{hop}.bench.example [192.0.2.{hop}])\r\n"
        f"\tby in{hop}.firm.example (Postfix) with ESMTPS id {chance.randrange(16**10):010X}\r\n"
        f"\tfor <{asked.reply_address}>; Tue, 24 Nov 2026 10:{number % 60:02}:00 +0100 (CET)\r\n"
        for hop in range(1, 4)
    )
    return (
        f"Return-Path: <{asked.reader}>\r\nDelivered-To: office@firm.example\r\n{trace}"
        f"From: Contact <{asked.reader}>\r\nTo: Anne Dupont <{asked.reply_address}>\r\nSubject: RE: {asked.subject}\r\n"
        f"Date: Tue, 24 Nov 2026 10:{number // 60 % 60:02}:{number % 60:02} +0100\r\n"
        f"Message-ID: <{number}.{chance.randrange(16**12):x}@bench.example>\r\n"
        f"In-Reply-To: {asked.message_id}\r\nReferences: {asked.message_id}\r\nMIME-Version: 1.0\r\n"
    )


def plain_part(text: str) -> str:
    return f"Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n{text}"


def pdf_part(number: int, content: bytes) -> str:
    return (
        f'Content-Type: application/pdf; name="facture-{number}.pdf"\r\nContent-Transfer-Encoding: base64\r\n'
        f'Content-Disposition: attachment; filename="facture-{number}.pdf"\r\n\r\n'
        + base64.encodebytes(b"%PDF-1.7\n" + content).decode().replace("\n", "\r\n")
    )


def html_part(new: str, quoted: str, chance: random.Random) -> str:
    style = "mso-style-priority:99;margin:0cm;font-size:11.0pt;font-family:'Calibri',sans-serif;"
    paragraphs = "".join(
        f'<p class="MsoNormal" style="{style}"><span style="{style}">{line}<o:p></o:p></span></p>\r\n'
        for line in new.split("\r\n")
    )
    old = "<br>\r\n".join(quoted.splitlines())
    css = "".join(f"p.Mso{number}, li.Mso{number} {{{style}}}\r\n" for number in range(chance.randint(90, 300)))
    return (
        "Content-Type: text/html; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n"
        f"<html><head><style>\r\n{css}</style></head><body>{paragraphs}"
        f'<div style="border-top:solid #E1E1E1 1.0pt"><p><b>De :</b> Anne Dupont<br><b>Objet :</b> Facture</p></div>'
        f"<blockquote>{old}</blockquote></body></html>\r\n"
    )


def mixed(boundary: str, *parts: str) -> str:
    return several("mixed", boundary, *parts)


def alternative(boundary: str, *parts: str) -> str:
    return several("alternative", boundary, *parts)


def several(kind: str, boundary: str, *parts: str) -> str:
    inner = "".join(f"--{boundary}\r\n{part}\r\n" for part in parts)
    return f'Content-Type: multipart/{kind}; boundary="{boundary}"\r\n\r\n{inner}--{boundary}--\r\n'
