"""Is it a message, and may we answer it?"""

from dataclasses import replace
from typing import Any

import pytest

from worker.core.automatic import Automatic, judge
from worker.core.parsed import BodyLine, ParsedFile, ParsedMail
from worker.core.reports import Report
from worker.mail.spans import span_of
from worker.mail.transfer import Decoded

MAIL = ParsedMail(
    size=1,
    quarantine=None,
    fingerprint="",
    message_id=None,
    in_reply_to=(),
    references=(),
    subject="Re: Facture",
    sender="sophie@boulangerie.example",
    sender_name="",
    from_defects=(),
    to=(),
    cc=(),
    recipients_hint=(),
    return_path="sophie@boulangerie.example",
    dated_at=None,
    headers=(),
    lines=(BodyLine(text="Bonjour"),),
    html_lines=None,
    files=(),
    report=None,
    findings=(),
)


def judged(*headers: tuple[str, str], null_sender: bool = False, **changes: Any) -> Automatic:
    return judge(replace(MAIL, headers=headers, **changes), null_sender=null_sender)


def away(subject: str, *lines: str, **changes: Any) -> Automatic:
    return judged(subject=subject, lines=tuple(BodyLine(text=line) for line in lines), **changes)


@pytest.mark.parametrize(
    "headers",
    [
        (),
        (("auto-submitted", "no"),),
        (("auto-submitted", "No (a person)"),),
        (("x-auto-response-suppress", "None"),),
        (("precedence", "normal"),),
        (("content-type", "multipart/mixed; boundary=x"),),
    ],
)
def test_what_a_person_wrote_is_a_message_that_may_be_answered(headers: tuple[tuple[str, str], ...]) -> None:
    assert judged(*headers) == Automatic(is_message=True, may_answer=True, why=None)


@pytest.mark.parametrize(
    ("headers", "why"),
    [
        ((("auto-submitted", "auto-generated"),), "auto-submitted"),
        ((("auto-submitted", "AUTO-REPLIED; owner=x"),), "auto-submitted"),
        ((("content-type", "Multipart/Report; report-type=disposition-notification"),), "report"),
    ],
)
def test_what_a_machine_wrote_is_no_message(headers: tuple[tuple[str, str], ...], why: str) -> None:
    assert judged(*headers) == Automatic(is_message=False, may_answer=False, why=why)


def test_the_null_sender_is_a_machine_however_it_is_told() -> None:
    expected = Automatic(is_message=False, may_answer=False, why="null sender")
    assert judged(null_sender=True) == expected
    assert judged(null_sender=True, return_path=None) == expected


def test_a_return_path_that_anybody_can_write_makes_no_machine() -> None:
    assert judged(return_path="").is_message


def test_a_report_is_no_message_whatever_its_type_says() -> None:
    report = Report(envelope_id=None, original_message_id=None, recipients=())
    for sender in ("mailer-daemon@mx.example", "postmaster@mx.example", None):
        assert judged(report=report, sender=sender) == Automatic(is_message=False, may_answer=False, why="report")


def test_a_person_who_forwards_a_report_is_a_person() -> None:
    report = Report(envelope_id=None, original_message_id=None, recipients=())
    assert judged(report=report, sender="sophie@boulangerie.example").is_message


@pytest.mark.parametrize(
    ("headers", "why"),
    [
        ((("precedence", "Bulk"),), "precedence"),
        ((("list-id", "<x>"),), "list"),
        ((("list-unsubscribe", "<x>"),), "list"),
        ((("x-auto-response-suppress", "All"),), "x-auto-response-suppress"),
        ((("x-autoreply", "yes"),), "x-autoreply"),
        ((("x-autorespond", ""),), "x-autorespond"),
    ],
)
def test_weaker_signs_forbid_the_answer_only(headers: tuple[tuple[str, str], ...], why: str) -> None:
    assert judged(*headers) == Automatic(is_message=True, may_answer=False, why=why)


@pytest.mark.parametrize(
    "local", ["noreply", "no-reply", "no_reply+x", "donotreply", "do-not-reply", "ne-pas-repondre", "mailer-daemon"]
)
def test_nobody_reads_some_senders(local: str) -> None:
    assert judged(sender=f"{local}@shop.example") == Automatic(
        is_message=True, may_answer=False, why="nobody reads the sender"
    )


@pytest.mark.parametrize("local", ["norbert", "noreen", "reply", "sophie.noreply.martin"])
def test_people_with_such_names_are_people(local: str) -> None:
    assert judged(sender=f"{local}@shop.example").may_answer


@pytest.mark.parametrize(
    ("subject", "line"),
    [
        ("Réponse automatique : Facture", "Je suis absente jusqu'au 3 décembre."),
        ("Automatisch antwoord: Factuur", "Ik ben met verlof tot 3 december."),
        ("Automatische Antwort: Rechnung", "Ich bin bis 3. Dezember im Urlaub."),
        ("Automatic reply: Invoice", "I am out of the office until 3 December."),
        ("Out of Office", ""),
    ],
)
def test_the_formula_of_an_absence_is_no_message(subject: str, line: str) -> None:
    assert away(subject, line) == Automatic(is_message=False, may_answer=False, why="out of office")


def test_an_absence_that_asks_something_is_a_message() -> None:
    assert away("Absence du bureau vendredi", "Je serai absente, qui signe la TVA ?").is_message
    assert away("Absence du bureau", "Voici les extraits de compte de novembre.").is_message
    assert away("Re: Facture", "Je suis absente demain.").is_message
    assert away("Re: Absence du bureau", "De retour le 3 décembre.").is_message
    assert away("Vacation pay 2026", "The holiday pay was 1200 EUR, see our payroll.").is_message
    assert away("Absence du bureau en août", "Je signe moi-même, je suis de retour le 5.").is_message
    assert away("Out of office", *["I am out of the office."] * 200).is_message


def test_an_absence_with_a_file_is_a_message() -> None:
    file = ParsedFile(
        name="a.pdf",
        media_type="application/pdf",
        declared_type="application/pdf",
        content=Decoded(span_of(b"x"), ""),
        size=1,
        sha256="",
        inline=False,
        content_id=None,
    )
    assert away("Out of office", "I am on leave.", files=(file,)).is_message
    assert not away("Out of office", "I am on leave.", files=(replace(file, inline=True),)).is_message


def test_what_an_absence_quotes_does_not_count() -> None:
    lines = (BodyLine(text="I am on leave."), BodyLine(text="> when will you pay?", depth=1))
    assert not judged(subject="Out of office", lines=lines).is_message
