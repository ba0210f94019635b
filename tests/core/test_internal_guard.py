"""The last check before the relay: an internal message never reaches a client."""

import re

from hypothesis import given
from hypothesis import strategies as st

from storage.states import Side, Visibility
from worker.core.internal_guard import repeats_a_note, secrets_of, why_internal, windows_of

NOTE = "ce client ne paie jamais ses factures à temps et il faut le relancer"
SHARED, INTERNAL = Visibility.SHARED, Visibility.INTERNAL
words = st.lists(st.sampled_from("un deux trois quatre cinq six sept huit neuf dix onze douze".split()), max_size=30)


def why(
    *,
    reader: Side = Side.CLIENT,
    mail: Visibility = SHARED,
    carried: tuple[Visibility, ...] = (SHARED,),
    text: str = "Bonjour",
    notes: tuple[str, ...] = (NOTE,),
    shared: tuple[str, ...] = (),
) -> str | None:
    return why_internal(reader=reader, mail=mail, carried=carried, text=text, notes=notes, shared=shared)


def test_an_ordinary_mail_passes() -> None:
    assert why() is None


def test_an_internal_mail_is_for_the_firm_only() -> None:
    assert why(mail=INTERNAL, carried=(INTERNAL,), reader=Side.CLIENT) is not None
    assert why(mail=INTERNAL, carried=(INTERNAL,), reader=Side.FIRM, text=NOTE) is None


def test_a_mail_that_can_be_answered_carries_no_internal_message_not_even_to_a_colleague() -> None:
    assert why(carried=(SHARED, INTERNAL), reader=Side.FIRM) is not None
    assert why(carried=(INTERNAL,), reader=Side.CLIENT) is not None


def test_a_text_that_repeats_eight_words_of_a_note_is_stopped_however_it_is_written() -> None:
    assert why(text=f"Bonjour, {NOTE}.") is not None
    assert why(text="> CE CLIENT ne\n> paie, jamais ses\n> factures à temps") is not None
    assert why(text="ce client ne paie jamais") is None


def test_a_short_note_is_compared_whole() -> None:
    assert why(notes=("mauvais payeur notoire",), text="Bonjour mauvais payeur notoire !") is not None
    assert why(notes=("mauvais payeur notoire",), text="Bonjour mauvais payeur") is None


def test_words_that_both_sides_read_already_are_no_secret() -> None:
    assert why(text=NOTE, shared=(NOTE,)) is None


@given(words, words)
def test_a_whole_note_inside_any_text_is_found(before: list[str], after: list[str]) -> None:
    text = " ".join([*before, NOTE, *after])

    assert why(text=text) is not None
    assert repeats_a_note(text, [NOTE])


def test_a_case_managers_mail_is_compared_by_runs_of_eight_words() -> None:
    assert not repeats_a_note("ce client ne paie jamais ses factures", [NOTE])
    assert not repeats_a_note("merci beaucoup", ["merci"])


@given(st.lists(st.integers(1, 40), max_size=8), st.integers(0, 300))
def test_a_note_in_a_long_text_is_found_wherever_it_is_cut(sizes: list[int], before: int) -> None:
    rest, pieces = "mot " * before + NOTE + " suite" * 20, []
    for size in sizes:
        pieces.append(rest[:size])
        rest = rest[size:]
    assert any(repeats_a_note(window, [NOTE]) for window in windows_of([*pieces, rest]))


def test_long_texts_are_looked_at_in_stretches_of_their_pieces() -> None:
    windows = list(windows_of(["mot " * 1_000] * 5 + ["x" * 9_000] * 5))
    assert max(len(each) for each in windows) < 9_000 + 4_001


CARD = "Anne Dupont\nFiduciaire Exemple SRL\nRue de la Loi 12, 1000 Bruxelles\nTél. +32 2 555 12 34"


def test_the_writers_own_card_below_a_note_is_no_secret() -> None:
    of_anne, of_bram = (secrets_of([f"À voir.\n\n{CARD}"], writer=name) for name in ("Anne Dupont", "Bram Peeters"))
    assert not of_anne.found_in(f"Merci !\n\n{CARD}")
    assert of_bram.found_in(f"Merci !\n\n{CARD}")


def test_sentences_below_the_writers_name_stay_secret() -> None:
    assert secrets_of([f"Vu.\n\nAnne Dupont\n{NOTE}"], writer="Anne Dupont").found_in(NOTE)
    assert secrets_of([f"{CARD}\n{NOTE}"], writer="Anne Dupont").found_in(NOTE)


def test_a_note_with_tags_between_its_words_stays_whole_in_one_stretch() -> None:
    written = NOTE.replace(" ", ' </b><b style="color: red; margin: 0 0 0 0"> ')
    pieces = ["x " * 500 + written[:300], written[300:] + " y" * 500]
    assert any(repeats_a_note(re.sub("<[^<>]*>", "", each), [NOTE]) for each in windows_of(pieces))
