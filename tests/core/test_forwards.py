"""What a case manager passes on inline: when the original was sent, as the labels of four languages say it."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from worker.core.forwards import sent_at_in

BRUSSELS = ZoneInfo("Europe/Brussels")
WRITTEN = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("label", "sent"),
    [
        ("Date : lun. 23 nov. 2026 à 10:00", (23, 9, 0)),
        ("Envoyé : lundi 23 novembre 2026 10:05", (23, 9, 5)),
        ("Envoyé le : lundi 23 novembre 2026 à 10h05", (23, 9, 5)),
        ("Verzonden: maandag 23 november 2026 16:40", (23, 15, 40)),
        ("Date: ma 23 nov 2026 om 08:15", (23, 7, 15)),
        ("Datum: 23. November 2026 um 14:07:33 MEZ", (23, 13, 7)),
        ("Gesendet: Montag, 23. November 2026 14:07", (23, 13, 7)),
        ("Sent: Monday, November 23, 2026 4:40 PM", (23, 15, 40)),
        ("Sent: Monday, November 23, 2026 12:10 AM", (22, 23, 10)),
        ("*Date:* Mon, Nov 23, 2026 at 9:15 AM", (23, 8, 15)),
        ("> Date: 23 novembre 2026 à 10:00:12 UTC+1", (23, 9, 0)),
    ],
)
def test_the_date_of_the_labels_is_read(label: str, sent: tuple[int, int, int]) -> None:
    found = sent_at_in(["De : Luc <luc@x.example>", label, "Objet : x"], WRITTEN, BRUSSELS)
    assert found == datetime(2026, 11, sent[0], sent[1], sent[2], tzinfo=UTC)


@pytest.mark.parametrize(
    "label",
    [
        "Date : hier",
        "Date : lun. 23 nov. 2026",
        "Date : mardi 23 novembre 2026 à 10:00",
        "Date : 31 février 2026 10:00",
        "Date: 23 Nov 2027 10:00",
        "Sent: November 23, 2026 14:40 PM",
        "Objet : 23 novembre 2026 10:00",
        "",
    ],
)
def test_in_doubt_there_is_no_date(label: str) -> None:
    assert sent_at_in([label], WRITTEN, BRUSSELS) is None


def test_without_a_date_of_the_mail_around_it_there_is_none() -> None:
    assert sent_at_in(["Date : lun. 23 nov. 2026 à 10:00"], None, BRUSSELS) is None
