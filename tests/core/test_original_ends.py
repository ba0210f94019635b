"""Where the words of a passed-on mail end."""

import pytest

from worker.core.original_ends import end_of_original
from worker.core.parsed import BodyLine

FROM = BodyLine(text="De : Sophie Martin <sophie@boulangerie.example>")


def kept(text: str, *, colleagues: tuple[str, ...] = ("bram",)) -> str:
    lines = [FROM, *(BodyLine(text=each) for each in text.split("\n"))]
    return "\n".join(line.text for line in lines[1 : end_of_original(lines, 0, 1, colleagues=colleagues)])


@pytest.mark.parametrize(
    "text",
    [
        "Bonjour,\n\nvoici la facture.\n\nMerci",
        "Bram, voici la facture.\n\nMerci",
        "Bonjour,\n\nBien à vous,\n\nSophie Martin",
        "Bonjour,\n\nSophie",
        "Sophie Martin a payé la facture.\nMerci",
        "Bonjour,\n> vous écriviez ceci\nD'accord.",
        "Voici :\n- un\n- deux",
    ],
)
def test_a_mail_that_nothing_follows_is_kept_whole(text: str) -> None:
    assert kept(text).rstrip("\n") == text


@pytest.mark.parametrize(
    "closing",
    ["Cordialement", "Bien à vous,", "Met vriendelijke groeten", "Mit freundlichen Grüßen", "Kind regards,", "Mvg"],
)
def test_behind_a_greeting_only_the_writers_name_is_his(closing: str) -> None:
    assert kept(f"Voici.\n{closing}\nSophie Martin\nBram : elle ment.") == f"Voici.\n{closing}\nSophie Martin"
    assert kept(f"Voici.\n{closing}\nElle ment.") == f"Voici.\n{closing}"


def test_a_colleague_who_is_called_at_the_beginning_is_the_writers_word_below_it_may_not_be() -> None:
    assert kept("Bram, voici.\n\nBram, elle ment.") == "Bram, voici.\n"
    assert kept("Voici.\n\nLuc, elle ment.") == "Voici.\n\nLuc, elle ment."


def test_another_head_ends_it_though_outlook_leaves_out_the_addresses_of_colleagues() -> None:
    assert kept("Voici.\n\nDe : Bram Peeters\nEnvoyé : lundi\nÀ : Anne\n\nElle ment.") == "Voici.\n"
    assert kept("Voici.\nDe : la part de Luc\nMerci") == "Voici.\nDe : la part de Luc\nMerci"


def test_less_quoting_ends_it() -> None:
    lines = [BodyLine(text="> " + FROM.text, depth=1), BodyLine(text="> Voici.", depth=1), BodyLine(text="Elle ment.")]
    assert end_of_original(lines, 0, 1, colleagues=()) == 2


def test_the_end_of_the_programs_element_ends_it() -> None:
    around = ("gmail_quote",)
    lines = [BodyLine(text=FROM.text, origin=around), BodyLine(text="Voici.", origin=around), BodyLine(text="Vu.")]
    assert end_of_original(lines, 0, 1, colleagues=()) == 2
