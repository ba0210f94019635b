"""Letters as a firm and its clients write them, for the tests of words and bytes."""

from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from storage.records import About
from storage.states import AboutKind, AsideReason, Language, MailKind, Side, Visibility
from worker.core.file_rules import REFUSED
from worker.core.letters import Failure, Letter, LetterMessage, Notice, Opened, Refusal, RefusedFile, Rejected
from worker.core.rejections import Rejection

BRUSSELS = ZoneInfo("Europe/Brussels")
REPLY_ADDRESS = "r+aeaq6tqkx3mz5l2hqjv4wy7rdcbnu6fe@post.fiduciaire-exemple.example"
NOTE_ADDRESS = "n+aibq6tqkx3mz5l2hqjv4wy7rdcbnu6fe@post.fiduciaire-exemple.example"
FORMS = ((Side.CLIENT, Visibility.SHARED), (Side.FIRM, Visibility.SHARED), (Side.FIRM, Visibility.INTERNAL))

TEXTS = {
    Language.FR: "Bonjour Madame Martin,\n\nPourriez-vous nous envoyer la facture de l'imprimerie ? Elle manque encore.\n\nBien à vous",
    Language.NL: "Dag mevrouw Martin,\n\nKunt u ons de factuur van de drukkerij bezorgen? Ze ontbreekt nog.\n\nMet vriendelijke groeten",
    Language.DE: "Guten Tag Frau Martin,\n\nkönnten Sie uns die Rechnung der Druckerei schicken? Sie fehlt noch.\n\nMit freundlichen Grüßen",
    Language.EN: "Dear Ms Martin,\n\nCould you send us the printer's invoice? It is still missing.\n\nKind regards",
}


def at(hour: int, minute: int, day: int = 24) -> datetime:
    return datetime(2026, 11, day, hour, minute, tzinfo=BRUSSELS)


def a_letter(
    kind: MailKind = MailKind.MESSAGE,
    language: Language = Language.FR,
    side: Side = Side.CLIENT,
    visibility: Visibility = Visibility.SHARED,
) -> Letter:
    """Anne writes to Sophie; or Anne reads what Sophie wrote; or Bram reads Anne's note."""
    note = visibility is Visibility.INTERNAL
    author = "Sophie Martin" if side is Side.FIRM and not note else "Anne Dupont"
    letter = Letter(
        kind=kind,
        language=language,
        side=side,
        visibility=visibility,
        firm_name="Fiduciaire Générale",
        client_name="Boulangerie Martin",
        subject="Facture 2026-114 de l'imprimerie",
        reader={Side.CLIENT: "Sophie Martin", Side.FIRM: "Bram Peeters" if note else "Anne Dupont"}[side],
        signer=author,
        messages=(LetterMessage(author=author, happened_at=at(10, 5), text=TEXTS[language]),),
        about=About(
            kind=AboutKind.INVOICE,
            number="2026-114",
            on=date(2026, 11, 3),
            amount=Decimal("1210.00"),
            counterparty="Imprimerie Leroy",
        ),
        reply_address=None if note else REPLY_ADDRESS,
        note_address=None if side is Side.CLIENT else NOTE_ADDRESS,
        answer_wanted=True,
    )
    if kind is MailKind.NOTICE:
        told = Notice(person="Sophie Martin", count=20, minutes=120)
        return replace(letter, messages=(), notice=told)
    if kind is MailKind.REJECTION:
        return replace(letter, messages=(), rejected=Rejected(reason=Rejection.EMPTY, came_at=at(10, 5)))
    if kind is MailKind.OPENED_NOTICE:
        return replace(
            letter,
            messages=(),
            about=None,
            subject="Achat d'une camionnette",
            signer="Fiduciaire Générale",
            opened=Opened(old="Facture 2026-114 de l'imprimerie"),
        )
    if kind is MailKind.REFUSED_FILES:
        files = tuple(RefusedFile(name=f"{each}.pdf", why=each) for each in sorted(REFUSED))
        return replace(letter, messages=(), signer="Fiduciaire Générale", refusal=Refusal(author="", files=files))
    if kind is not MailKind.FAILURE_NOTICE:
        return letter
    failure = Failure(
        person="Sophie Martin", address="sophie@boulangerie.example", reason="userunknown", status="5.1.1"
    )
    mine = LetterMessage(author="Anne Dupont", happened_at=at(10, 5), text=TEXTS[language])
    return replace(letter, reader="Anne Dupont", signer="Anne Dupont", messages=(mine,), failure=failure)


def a_long_letter(
    language: Language = Language.FR, side: Side = Side.FIRM, visibility: Visibility = Visibility.SHARED
) -> Letter:
    """Everything at once: several messages, files, one left out, a text of only a file, long words, earlier messages."""
    letter = a_letter(language=language, side=side, visibility=visibility)
    author = letter.messages[0].author
    url = "https://www.bank.example/releves/2026/11/compte-a-vue?reference=" + "0123456789" * 12
    return replace(
        letter,
        messages=(
            LetterMessage(author=author, happened_at=at(10, 5), text=TEXTS[language], files=("facture 114.pdf",)),
            LetterMessage(author=author, happened_at=at(10, 7), text="", files=("IMG_0421.jpg", "IMG_0422.jpg")),
            LetterMessage(
                author=author,
                happened_at=at(10, 12),
                text=f"Voir aussi {url}.\n\n  1. ligne en retrait\n  2. " + "Donaudampfschifffahrt" * 8,
                files_left_out=("Scan complet du classeur 2026.tiff",),
                files_unscanned=("Annexe.docx",),
                files_refused=(RefusedFile(name="relevé.pdf", why=AsideReason.ENCRYPTED),),
            ),
        ),
        earlier=(
            LetterMessage(author="Marc Janssens", happened_at=at(16, 40, 20), text="Ik zoek het op.\n\nMarc"),
            LetterMessage(author="Anne Dupont", happened_at=at(9, 0, 19), text="Bonjour,\nil manque une facture."),
        ),
    )
