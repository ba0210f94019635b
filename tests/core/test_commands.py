"""Commands by mail: what is one, what is not, and what is posted beside it."""

import pytest

from worker.core.commands import BARE, VERBS, WORDS, Verb, asked_in, plain


def verbs(
    text: str, *, note: bool = False, names: tuple[str, ...] = ("Anne Dupont", "Fiduciaire Exemple")
) -> list[object]:
    asked = asked_in(text, at_note_address=note, names=names)
    return [] if asked is None else [each.verb for each in asked.orders]


@pytest.mark.parametrize(
    ("text", "verb"),
    [
        ("/close", Verb.CLOSE),
        ("/Clôturer", Verb.CLOSE),
        ("/SCHLIESSEN", Verb.CLOSE),
        ("/schließen", Verb.CLOSE),
        ("  /sluiten", Verb.CLOSE),
        ("/rouvrir", Verb.REOPEN),
        ("/wiedereröffnen", Verb.REOPEN),
        ("/traité", Verb.DONE),
        ("/klaar", Verb.DONE),
        ("/erledigt", Verb.DONE),
        ("/historique", Verb.HISTORY),
        ("/liste", Verb.LIST),
        ("/stop", Verb.STOP),
        ("/accepter i4", Verb.ACCEPT),
        ("/weigeren i4", Verb.REFUSE),
    ],
)
def test_a_line_with_a_slash_is_a_command_in_four_languages(text: str, verb: Verb) -> None:
    assert verbs(text) == [verb]
    assert verbs(text, note=True) == [verb]


@pytest.mark.parametrize(
    "text", ["Bonjour", "close", "fait", "1/2 de la facture", "Merci.\nclose", "le 3/11: payé", ""]
)
def test_what_does_not_start_with_a_slash_is_no_command_at_the_reply_address(text: str) -> None:
    assert verbs(text) == []


@pytest.mark.parametrize("text", ["/clse", "/", "//", "/ close", "/var/spool", "/accept"])
def test_what_starts_with_a_slash_is_never_a_message(text: str) -> None:
    asked = asked_in(text, at_note_address=False)

    assert asked is not None
    assert asked.message == ""


def test_a_command_that_nobody_knows_is_told_apart() -> None:
    asked = asked_in("/close\n/clse maintenant", at_note_address=False)

    assert asked is not None
    assert not asked.is_understood
    assert [each.written for each in asked.orders] == ["close", "clse"]


def test_what_stands_above_is_the_message_and_what_stands_below_is_not() -> None:
    asked = asked_in("Bonjour Sophie,\n\nMerci.\n\n/close\n/done\n\nAnne Dupont\nFiduciaire", at_note_address=False)

    assert asked is not None
    assert asked.message == "Bonjour Sophie,\n\nMerci."
    assert [each.verb for each in asked.orders] == [Verb.CLOSE, Verb.DONE]
    assert asked.below


@pytest.mark.parametrize(
    "text", ["fait", "Fait.", "done\n\nAnne Dupont", "accepter i4", "clôturer\n--\nAnne Dupont\nFiduciaire Exemple"]
)
def test_a_bare_word_is_a_command_at_the_note_address(text: str) -> None:
    assert len(verbs(text, note=True)) == 1


@pytest.mark.parametrize(
    "text",
    [
        "fait hier par téléphone",
        "Fait\nmais il manque encore la page 2",
        "Close le dossier",
        "stop à ce client",
        "adresse",
        "42",
    ],
)
def test_a_note_that_begins_with_such_a_word_stays_a_note(text: str) -> None:
    assert verbs(text, note=True) == []


def test_ids_and_words_of_a_command_are_told_apart() -> None:
    asked = asked_in("/contact i12 B001", at_note_address=False)

    assert asked is not None
    (order,) = asked.orders
    assert (order.id_of("i"), order.id_of("c"), order.words) == (12, None, ("B001",))


def test_every_word_means_one_thing_and_is_found_as_it_is_written() -> None:
    words = [word for each in WORDS.values() for word in each.split()]

    assert len(words) == len(set(words)) == len(VERBS)
    assert all(plain(word) == word for word in words)
    assert set(WORDS) >= BARE


@pytest.mark.parametrize("line", ["- /close", "* /close", "\u2022 /clore", "1. /close", "12) /close", "\uff0fclose"])
def test_a_command_in_a_list_or_with_another_slash_is_one(line: str) -> None:
    assert verbs(f"Bonjour\n{line}") == [Verb.CLOSE]


@pytest.mark.parametrize("line", ["- /clse", "1. /clôturr", "\uff0fclse"])
def test_a_slip_of_a_command_in_a_list_reaches_no_client(line: str) -> None:
    asked = asked_in(f"Bonjour\n{line}", at_note_address=False)

    assert asked is not None
    assert not asked.is_understood


@pytest.mark.parametrize(
    "line", ["- /mois", "- /dossier ouvert", "1. /an", "- 5 EUR/mois", "- /", "-/close", "- close"]
)
def test_what_a_list_says_of_prices_is_no_command(line: str) -> None:
    assert asked_in(f"Nos prix :\n- 20 EUR\n{line}", at_note_address=False) is None
