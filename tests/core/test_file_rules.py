"""Which files stand in a message, which are refused, and which images mean nothing."""

from dataclasses import replace
from typing import Any

import pytest

from storage.states import AsideReason, ScanState
from worker.core.file_looks import FileLook, Inside, Picture
from worker.core.file_rules import PROGRAMS, REFUSED, ArrivedFile, FileRules, judged, may_be_logo, may_be_shown

RULES = FileRules()
PDF = ArrivedFile(name="facture.pdf", media_type="application/pdf", size=1000)
LOGO = ArrivedFile(name="image001.png", media_type="image/png", size=5_000, times_seen=2)


def why(file: ArrivedFile, *, has_text: bool = True, rules: FileRules = RULES, **changes: Any) -> AsideReason | None:
    return judged([replace(file, **changes)], rules, has_text=has_text)[0]


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({}, None),
        ({"size": 0}, AsideReason.EMPTY),
        ({"size": RULES.largest}, None),
        ({"size": RULES.largest + 1}, AsideReason.TOO_LARGE),
        ({"look": FileLook(inside=Inside.READABLE)}, None),
        ({"look": FileLook(inside=Inside.ENCRYPTED)}, AsideReason.ENCRYPTED),
        ({"look": FileLook(inside=Inside.UNREADABLE)}, AsideReason.UNREADABLE),
        ({"scan": ScanState.CLEAN}, None),
        ({"scan": ScanState.INFECTED}, AsideReason.INFECTED),
        ({"scan": ScanState.INFECTED, "size": 0}, AsideReason.INFECTED),
    ],
)
def test_a_file_is_refused_for_what_it_is(changes: dict[str, Any], reason: AsideReason | None) -> None:
    assert why(PDF, **changes) is reason


@pytest.mark.parametrize("name", ["a.exe", "Facture.pdf.exe", "a.EXE", "a.exe. ", "a.js", "a.lnk", "a.ps1", ".bat"])
def test_a_program_is_refused_by_its_name(name: str) -> None:
    assert why(PDF, name=name) is AsideReason.REFUSED_TYPE


@pytest.mark.parametrize("name", ["exe", "a.exe.pdf", "a.xlsm", "a.html", "a.zip", "a", "exe.d", ""])
def test_what_only_looks_like_a_program_is_not_refused(name: str) -> None:
    assert why(PDF, name=name) is None


def test_a_program_is_refused_by_its_content() -> None:
    assert why(PDF, media_type="application/x-msdownload") is AsideReason.REFUSED_TYPE


def test_an_archive_is_refused_for_a_program_in_it() -> None:
    look = FileLook(inside=Inside.READABLE, names=("lisez-moi.txt", "dossier/setup.exe"))
    assert why(PDF, name="a.zip", look=look) is AsideReason.REFUSED_TYPE


def test_a_firm_may_refuse_other_types() -> None:
    rules = FileRules(refused_types=frozenset({"html"}))
    assert why(PDF, rules=rules, name="a.html") is AsideReason.REFUSED_TYPE
    assert why(PDF, rules=rules, name="a.exe", media_type="application/x-msdownload") is None


def test_types_are_endings_in_lower_case() -> None:
    assert all(each == each.lower().strip(".") for each in PROGRAMS)


def test_an_image_that_we_sent_means_nothing() -> None:
    assert why(LOGO, times_seen=0, is_ours=True) is AsideReason.OWN_IMAGE


def test_a_document_that_we_sent_and_that_comes_back_is_kept() -> None:
    assert why(PDF, is_ours=True) is None


@pytest.mark.parametrize(("seen", "reason"), [(0, None), (1, None), (2, AsideReason.SIGNATURE_IMAGE)])
def test_an_image_is_a_logo_when_it_comes_again_after_the_second_time(seen: int, reason: AsideReason | None) -> None:
    assert why(LOGO, times_seen=seen) is reason


def test_a_photo_is_never_a_logo() -> None:
    photo = FileLook(picture=Picture(width=100, height=100, is_from_camera=True))
    assert why(LOGO, look=photo, times_seen=9) is None


def test_an_image_over_100_kb_is_never_a_logo() -> None:
    assert why(LOGO, size=100_000) is AsideReason.SIGNATURE_IMAGE
    assert why(LOGO, size=100_001) is None


def test_a_document_that_comes_again_is_never_a_logo() -> None:
    assert why(PDF, times_seen=9) is None


def test_what_came_again_stays_when_it_is_all_that_the_mail_has() -> None:
    assert why(LOGO, has_text=False) is None
    assert judged([LOGO, LOGO], RULES, has_text=False) == [None, None]
    assert judged([LOGO, PDF], RULES, has_text=False) == [AsideReason.SIGNATURE_IMAGE, None]
    assert judged([LOGO, replace(PDF, size=0)], RULES, has_text=False) == [None, AsideReason.EMPTY]


@pytest.mark.parametrize(("width", "height", "is_tiny"), [(1, 1, True), (600, 1, True), (2, 90, True), (3, 3, False)])
def test_tiny_images_count_readers_or_draw_lines(width: int, height: int, is_tiny: bool) -> None:
    look = FileLook(picture=Picture(width=width, height=height, is_from_camera=False))
    assert why(LOGO, times_seen=0, look=look) is (AsideReason.TRACKING_IMAGE if is_tiny else None)


def test_an_image_without_meaning_is_told_to_nobody() -> None:
    silent = {AsideReason.OWN_IMAGE, AsideReason.SIGNATURE_IMAGE, AsideReason.TRACKING_IMAGE}
    assert REFUSED | silent == set(AsideReason)
    assert not REFUSED & silent


@pytest.mark.parametrize(
    ("size", "media_type", "may"),
    [(1, "image/png", True), (100_001, "image/png", False), (1, "application/pdf", False)],
)
def test_only_small_images_are_remembered(size: int, media_type: str, may: bool) -> None:
    assert may_be_logo(media_type, size) is may


@pytest.mark.parametrize(
    ("scan", "reason", "hook", "shown"),
    [
        (ScanState.UNSCANNED, None, False, True),
        (ScanState.UNSCANNED, None, True, False),
        (ScanState.CLEAN, None, True, True),
        (ScanState.CLEAN, AsideReason.ENCRYPTED, True, True),
        (ScanState.INFECTED, None, True, False),
        (ScanState.INFECTED, None, False, False),
        (ScanState.UNSCANNED, AsideReason.INFECTED, False, False),
    ],
)
def test_no_file_is_shown_before_it_is_clean_where_the_hook_is_on(
    scan: ScanState, reason: AsideReason | None, hook: bool, shown: bool
) -> None:
    assert may_be_shown(scan, reason, hook_is_on=hook) is shown
