"""Checks run side by side, each within its time; nothing hangs, no fault of one stops another, no secret shows."""

import threading
from collections.abc import Iterator

from tests.checking.conftest import levels, told
from worker.checking.running import Check, verdicts_of
from worker.checking.verdicts import Verdict, ok, warning


def test_a_check_that_hangs_is_a_fault_and_the_others_are_told() -> None:
    is_over = threading.Event()

    def hang() -> Iterator[Verdict]:
        yield ok("half", "done")
        is_over.wait(60)

    checks = [Check(about="hung", look=hang, seconds=0.1), Check(about="good", look=lambda: [ok("good", "fine")])]

    assert levels(verdicts_of(checks)) == {"half": "ok", "hung": "fault", "good": "ok"}
    is_over.set()


def test_a_check_that_breaks_is_a_fault_that_tells_its_class_alone() -> None:
    def broken() -> Iterator[Verdict]:
        raise ValueError("what somebody wrote")

    checks = [Check(about="broken", look=broken), Check(about="good", look=lambda: [ok("good", "fine")])]
    found = told(verdicts_of(checks))

    assert found["broken"].found == "this check broke (ValueError)"
    assert found["good"].level == "ok"


def test_all_checks_begin_at_once_and_are_told_in_order() -> None:
    both = threading.Barrier(2, timeout=10)

    def meet(about: str) -> Iterator[Verdict]:
        both.wait()
        yield ok(about, "met")

    checks = [Check(about=name, look=lambda name=name: meet(name)) for name in ("first", "second")]  # type: ignore[misc]

    assert [each.about for each in verdicts_of(checks)] == ["first", "second"]


def test_no_secret_shows_whoever_says_it() -> None:
    def tells() -> Iterator[Verdict]:
        yield warning("relay", "535 you said pass and password", "try password again")

    (found,) = verdicts_of([Check(about="relay", look=tells)], secrets={"pass", "password"})

    assert (found.found, found.todo) == ("535 you said … and …", "try … again")
