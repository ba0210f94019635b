"""What the mails say: to whom, how to answer, and what is never shown.

A little longer than a module: all rules are about the one letter that is told at the top.
"""

from dataclasses import replace

import pytest
from hypothesis import strategies as st
from selectolax.lexbor import LexborHTMLParser

from storage.states import AboutKind, AsideReason, Language, MailKind, Side, Visibility
from tests.mail.letter_stories import FORMS, NOTE_ADDRESS, REPLY_ADDRESS, a_letter, a_long_letter, at
from worker.core.letter_rules import Unprintable
from worker.core.letters import Letter, LetterMessage, Refusal, RefusedFile
from worker.mail.cleaning import clean_lines
from worker.mail.phrases import phrases_in
from worker.mail.rendering import NoTemplate, render

ANY_TEXT = st.text(st.characters(exclude_categories=()), max_size=300)


def with_text(letter: Letter, text: str) -> Letter:
    return replace(letter, messages=(replace(letter.messages[0], text=text),))


def shown(html: str) -> str:
    return " ".join(LexborHTMLParser(html).text().split())


def test_a_note_with_an_address_that_leads_to_the_client_is_refused() -> None:
    note = a_letter(side=Side.FIRM, visibility=Visibility.INTERNAL)

    with pytest.raises(Unprintable, match="leads to the client"):
        render(replace(note, reply_address=REPLY_ADDRESS))


def test_a_note_to_a_contact_is_refused() -> None:
    with pytest.raises(Unprintable, match="firm's side only"):
        render(replace(a_letter(), visibility=Visibility.INTERNAL, reply_address=None))


def test_a_contact_is_never_shown_a_note_address() -> None:
    with pytest.raises(Unprintable, match="note address"):
        render(replace(a_letter(), note_address=NOTE_ADDRESS))


def test_a_contact_is_never_sent_a_failure_notice() -> None:
    notice = a_letter(MailKind.FAILURE_NOTICE, side=Side.FIRM)

    with pytest.raises(Unprintable, match="firm's side only"):
        render(replace(notice, side=Side.CLIENT, note_address=None))


def test_a_failure_notice_without_a_failure_is_refused() -> None:
    with pytest.raises(Unprintable, match="what failed"):
        render(replace(a_letter(side=Side.FIRM), kind=MailKind.FAILURE_NOTICE))


@pytest.mark.parametrize("language", Language)
def test_a_contact_reads_first_the_marker_then_how_to_answer(language: Language) -> None:
    say = phrases_in(language)
    words = render(a_letter(language=language))
    first, second = words.text.split("\n")[:2]

    assert first == say("marker")
    assert say("how.contact_wanted").startswith(second)
    assert shown(words.html).removeprefix(a_letter().subject).strip().startswith(say("marker"))


def test_nothing_is_said_to_be_awaited_when_no_answer_is_wanted() -> None:
    say = phrases_in(Language.EN)
    words = render(replace(a_letter(language=Language.EN), answer_wanted=False))

    assert say("how.contact") in words.text
    assert say("how.contact_wanted") not in words.text


def test_a_mail_that_cannot_be_answered_has_no_marker() -> None:
    words = render(replace(a_letter(), reply_address=None))

    assert phrases_in(Language.FR)("marker") not in words.text + words.html
    assert "en répondant" not in words.text


@pytest.mark.parametrize("language", Language)
def test_a_case_manager_sees_both_addresses_each_with_its_name(language: Language) -> None:
    say = phrases_in(language)
    words = render(a_letter(language=language, side=Side.FIRM))

    assert f"{say('address.reply')}\n  {REPLY_ADDRESS}\n{say('address.note')}\n  {NOTE_ADDRESS}\n" in words.text
    links = [each.attributes["href"] or "" for each in LexborHTMLParser(words.html).css("a")]
    assert [link.partition("?")[0] for link in links] == [
        "mailto:" + each.replace("+", "%2B") for each in (REPLY_ADDRESS, NOTE_ADDRESS)
    ]


@pytest.mark.parametrize("kind", [MailKind.MESSAGE, MailKind.CORRECTION])
def test_a_note_shows_the_note_address_alone_and_says_what_it_is(kind: MailKind) -> None:
    words = render(a_letter(kind, side=Side.FIRM, visibility=Visibility.INTERNAL))

    assert NOTE_ADDRESS in words.text
    assert REPLY_ADDRESS not in words.text + words.html
    assert phrases_in(Language.FR)("address.reply") not in words.text + words.html
    assert "NOTE INTERNE" in words.text
    assert "Note interne" in words.html


def test_a_failure_notice_shows_no_way_to_the_client() -> None:
    notice = a_letter(MailKind.FAILURE_NOTICE, side=Side.FIRM)
    assert notice.reply_address == REPLY_ADDRESS

    words = render(notice)

    assert REPLY_ADDRESS not in words.text + words.html
    assert phrases_in(Language.FR)("how.manager") not in words.text + words.html
    assert "n'arrive pas chez Sophie Martin" in words.text


def test_a_failure_notice_says_what_failed_why_and_what_to_do() -> None:
    text = render(a_letter(MailKind.FAILURE_NOTICE, side=Side.FIRM)).text

    assert "Votre message à Sophie Martin n'a pas pu être remis" in text
    assert "L'adresse sophie@boulangerie.example n'existe pas ou n'existe plus." in text
    assert "Vérifiez l'adresse avec Sophie Martin" in text
    assert "5.1.1" in text
    assert "> Pourriez-vous nous envoyer" in text


def test_a_failure_of_somebody_elses_messages_names_the_author() -> None:
    notice = a_letter(MailKind.FAILURE_NOTICE, language=Language.EN, side=Side.FIRM)
    text = render(replace(notice, reader="Bram Peeters", messages=notice.messages * 2)).text

    assert "The messages of Anne Dupont to Sophie Martin could not be delivered" in text


def test_a_failure_without_an_address_says_that_none_is_known() -> None:
    notice = a_letter(MailKind.FAILURE_NOTICE, side=Side.FIRM)
    assert notice.failure is not None
    text = render(replace(notice, failure=replace(notice.failure, address="", status=""))).text

    assert "Aucune adresse e-mail valable" in text
    assert "Adresse" not in text
    assert "Code" not in text


def test_a_correction_says_which_message_it_replaces() -> None:
    words = render(a_letter(MailKind.CORRECTION))

    assert words.subject == "Facture 2026-114 de l'imprimerie", "a mail thread is one by its subject too"
    assert "du mardi 24 novembre 2026 à 10:05, écrit par Anne Dupont" in " ".join(words.text.split())


def test_the_subject_of_a_message_is_the_same_for_every_reader() -> None:
    subjects = {render(a_letter(MailKind.MESSAGE, each, *form)).subject for each in Language for form in FORMS}

    assert subjects == {"Facture 2026-114 de l'imprimerie"}


def test_a_subject_is_one_line_of_bounded_length_and_never_empty() -> None:
    long = render(replace(a_letter(), subject="mot " * 100)).subject

    assert render(replace(a_letter(), subject="Facture\r\nBcc: x@y.example\x00")).subject == "Facture Bcc: x@y.example"
    assert len(long) <= 180
    assert long.endswith("mot…")
    assert render(replace(a_letter(), subject=" \n ")).subject == "Boulangerie Martin"


def test_author_and_time_stand_above_a_message_only_where_they_tell_something() -> None:
    single = a_letter()
    of_another = replace(single, signer="Bram Peeters")

    assert "10:05" not in render(single).text
    assert "Anne Dupont, mardi 24 novembre 2026, 10:05" in render(of_another).text
    assert "Anne Dupont, mardi 24 novembre 2026, 10:05" in render(replace(single, messages=single.messages * 2)).text


@pytest.mark.parametrize(
    ("language", "when", "about"),
    [
        (Language.FR, "mardi 24 novembre 2026, 10:05", "facture 2026-114 du 3 novembre 2026 · 1 210,00 €"),
        (Language.NL, "dinsdag 24 november 2026, 10:05", "factuur 2026-114 van 3 november 2026 · € 1.210,00"),
        (Language.DE, "Dienstag, 24. November 2026, 10:05", "Rechnung 2026-114 vom 3. November 2026 · 1.210,00 €"),
        (Language.EN, "Tuesday 24 November 2026, 10:05", "invoice 2026-114 of 3 November 2026 · €1,210.00"),
    ],
)
def test_dates_and_amounts_are_written_as_the_reader_writes_them(language: Language, when: str, about: str) -> None:
    words = render(a_long_letter(language))

    for part in (words.text, shown(words.html)):
        assert when in part
        assert about in part.replace("\u00a0", " ")


def test_what_is_not_known_of_an_invoice_is_left_out() -> None:
    letter = a_letter()
    assert letter.about is not None
    bare = replace(letter.about, number=None, on=None, amount=None, counterparty=None)

    assert "Concerne\u00a0: facture\n" in render(replace(letter, about=bare)).text
    assert "opération bancaire\n" in render(replace(letter, about=replace(bare, kind=AboutKind.BANK_LINE))).text


def test_files_and_files_left_out_are_named_under_their_message() -> None:
    text = render(a_long_letter()).text.replace("\u00a0", " ")

    assert "(Message sans texte)\n\nPièces jointes : IMG_0421.jpg, IMG_0422.jpg\n" in text
    assert "Pièce jointe : facture 114.pdf\n" in text
    assert "portail : Scan complet du classeur 2026.tiff\n" in text


def test_earlier_messages_stand_below_with_who_and_when() -> None:
    text = render(a_long_letter()).text.replace("\u00a0", " ")

    assert "Le vendredi 20 novembre 2026 à 16:40, Marc Janssens a écrit :\n> Ik zoek het op.\n>\n> Marc\n" in text
    assert text.index("Messages précédents") > text.index("Donaudampf")


def test_a_name_that_ends_the_text_is_not_signed_again() -> None:
    signed = with_text(a_letter(), "Bonjour,\n\nBien à vous,\nAnne Dupont\nFiduciaire Générale\n")
    text = render(signed).text

    assert text.count("Anne Dupont") == 1


def test_a_case_manager_is_not_told_to_tell_the_client_of_a_wrong_address() -> None:
    """An answer is read by the client: who got a mail by mistake must not say so there."""
    text = " ".join(render(a_letter(language=Language.EN, side=Side.FIRM)).text.split())

    assert "by a note and not by an answer to the client" in text


def test_our_own_sentences_flow_and_what_people_wrote_stays_as_it_is() -> None:
    written = "mot " * 60 + "\n\n\n   en retrait  deux\nhttps://a.example/" + "x" * 120
    text = render(with_text(a_letter(), written)).text
    own = [line for line in text.replace(clean_lines(written), "").split("\n") if "Concerne" not in line]

    assert clean_lines(written) in text
    assert max(len(line) for line in own) <= 76


def test_an_address_longer_than_a_line_is_not_broken() -> None:
    address = "x" * 60 + "@" + "y" * 60 + ".example"
    notice = a_letter(MailKind.FAILURE_NOTICE, side=Side.FIRM)
    assert notice.failure is not None

    assert f"L'adresse\n{address}\n" in render(replace(notice, failure=replace(notice.failure, address=address))).text


def test_the_same_letter_gives_the_same_words() -> None:
    assert render(a_long_letter()) == render(a_long_letter())


def test_a_kind_without_words_says_so() -> None:
    with pytest.raises(NoTemplate, match="'reminder'"):
        render(replace(a_letter(), kind=MailKind.REMINDER))


def test_the_time_shown_is_the_one_given_in_the_readers_zone() -> None:
    message = LetterMessage(author="Marc", happened_at=at(0, 30, day=1), text="")

    assert "dimanche 1 novembre 2026, 00:30" in render(replace(a_letter(), messages=(message,))).text


def test_refused_files_are_named_with_their_reasons_and_what_to_do_once_per_reason() -> None:
    files = tuple(RefusedFile(name=name, why=AsideReason.ENCRYPTED) for name in ("a.pdf", "b\r\nBcc: x.pdf"))
    refused = replace(a_letter(MailKind.REFUSED_FILES), refusal=Refusal(author="", files=files))
    text = render(refused).text.replace("\u00a0", " ")

    assert "- a.pdf : protégé par un mot de passe\n- b Bcc: x.pdf : protégé par un mot de passe\n" in text
    assert text.count("renvoyez-le sans mot de passe") == 1
    assert "Le reste de votre message est bien arrivé." in text


def test_a_colleague_is_told_of_an_infected_file_and_not_what_its_sender_should_do() -> None:
    file = RefusedFile(name="a.pdf", why=AsideReason.INFECTED)
    told = replace(
        a_letter(MailKind.REFUSED_FILES, side=Side.FIRM, visibility=Visibility.INTERNAL),
        refusal=Refusal(author="Sophie Martin", files=(file,)),
    )
    text = " ".join(render(told).text.replace("\u00a0", " ").split())

    assert "Un fichier envoyé par Sophie Martin contient un virus" in text
    assert "votre appareil" not in text


def test_files_that_were_not_taken_over_or_not_scanned_are_named_under_their_message() -> None:
    text = render(a_long_letter()).text.replace("\u00a0", " ")

    assert "portail : Annexe.docx\n" in text
    assert "Non repris : relevé.pdf (protégé par un mot de passe)\n" in text


@pytest.mark.parametrize(("count", "said"), [(1, "Nobody can open it."), (2, "Nobody can open them.")])
def test_one_infected_file_is_not_spoken_of_as_several(count: int, said: str) -> None:
    files = (RefusedFile(name="a.exe", why=AsideReason.INFECTED),) * count
    letter = a_letter(MailKind.REFUSED_FILES, Language.EN, Side.FIRM)
    words = render(replace(letter, refusal=Refusal(author="Sophie Martin", files=files)))

    assert said in words.text
    assert said in words.html


def test_the_text_part_says_what_to_do_with_the_address_that_closes() -> None:
    words = render(replace(a_letter(language=Language.EN), close_address="a+abc@firm.example"))

    assert "(send an email to this address):\n  a+abc@firm.example" in words.text
    assert "send an email to this address" not in words.html
