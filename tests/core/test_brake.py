"""The brake: when a writer's mails come like a machine's."""

from datetime import timedelta

import pytest

from tests.conftest import START
from worker.core.brake import Brake, Past, PastMail, brake

MINUTE = timedelta(seconds=60)
LONG = "Je suis en congé et je vous répondrai à mon retour."


def mail(minutes: float, text: str = LONG, *, files: bool = False) -> PastMail:
    return PastMail(happened_at=START + timedelta(minutes=minutes), text=text, has_files=files)


def judged(
    *row: PastMail, count: int | None = None, ours: tuple[float, ...] = (), at_once: timedelta = MINUTE
) -> Brake | None:
    """The first is the present one, then what came before, newest first; ``ours``: when mails of ours went."""
    past = Past(
        count=len(row) - 1 if count is None else count,
        last=row[1:],
        ours=tuple((START + timedelta(minutes=each),) for each in ours),
    )
    return brake(row[0], past, free=20, most=200, at_once=at_once)


@pytest.mark.parametrize(
    ("before", "found"),
    [(0, None), (19, None), (20, Brake.MANY), (199, Brake.MANY), (200, Brake.TOO_MANY), (5_000, Brake.TOO_MANY)],
)
def test_above_twenty_copies_join_and_above_two_hundred_mails_are_held(before: int, found: Brake | None) -> None:
    assert judged(mail(0), count=before) is found
    assert found is None or found.holds is (found is not Brake.MANY)


def test_the_third_mail_with_one_text_is_held() -> None:
    assert judged(mail(20), mail(10)) is None
    assert judged(mail(20, LONG.upper() + " "), mail(10), mail(0)) is Brake.REPEATS
    assert judged(mail(20), mail(10, "Autre chose, plus longue."), mail(0)) is None


def test_photos_with_one_text_are_no_loop() -> None:
    assert judged(mail(2, files=True), mail(1, files=True), mail(0, files=True)) is None


def test_words_that_say_little_may_be_said_again() -> None:
    assert judged(mail(2, "ok"), mail(1, "ok"), mail(0, "Ok")) is None
    assert judged(mail(2, ""), mail(1, ""), mail(0, "")) is None


def test_the_third_mail_that_follows_ours_within_a_minute_is_held() -> None:
    row = [mail(20, "un"), mail(10, "deux"), mail(0, "trois")]

    assert judged(*row, ours=(-0.5, 9.5, 19.5)) is Brake.QUICK
    assert judged(*row, ours=(-0.5, 9.5, 18)) is None
    assert judged(*row, ours=(-0.5, 9.5, 18), at_once=MINUTE * 3) is Brake.QUICK
    assert judged(*row, ours=(0, 10, 20), at_once=timedelta(0)) is None
    assert judged(*row, ours=(-0.5, 9.5)) is None
    assert judged(*row[:2], ours=(9.5, 19.5)) is None


def test_several_mails_after_one_of_ours_are_one_answer() -> None:
    assert judged(mail(0.9, "c"), mail(0.6, "b"), mail(0.3, "a"), ours=(0,)) is None


def test_an_answer_may_come_before_the_relay_s_word_was_recorded() -> None:
    times = tuple(
        (START + timedelta(minutes=each - 0.2), START + timedelta(minutes=each + 0.3)) for each in (0, 10, 20)
    )
    past = Past(count=2, last=(mail(10, "b"), mail(0, "c")), ours=times)

    assert brake(mail(20, "a"), past, free=20, most=200, at_once=MINUTE) is Brake.QUICK
