"""Headers that hold what strangers wrote: names, subjects, ids. Nothing of it starts a header or adds a recipient."""

import email
import email.policy
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from email.header import decode_header, make_header
from email.utils import getaddresses, parsedate_to_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storage.states import Language
from tests.mail.test_building import ANY_TEXT, HEADING, TRICKY, WORDS, modern
from worker.core.letter_rules import Unprintable
from worker.core.letters import Heading
from worker.mail.building import build
from worker.mail.cleaning import clean_line
from worker.mail.header_lines import MOST_REFERENCES, display

ATTACKS = [
    "Anne\r\nBcc: x@evil.example",
    "Anne\nX-Evil: 1",
    "Anne\r\n\r\n<html>",
    "Anne\x00",
    "Anne\u2028Bcc: x@evil.example",
    "x@evil.example",
    "x@evil.example, y@evil.example",
    '"x@evil.example" <x@evil.example>',
    "=?utf-8?q?x=40evil=2Eexample=2C?=",
    "=?utf-8?b?eEBldmlsLmV4YW1wbGUs?=",
    "=?utf-8?q?a=0D=0ABcc=3A_x=40evil=2Eexample?=",
    "=?=?utf-8?q?x=40evil.example=2C?=",
    "=\u200e?utf-8?q?x=40evil.example=2C?=",
    "é, x@evil.example",
    "Dupont, Anne",
    "Anne (Compta); groupe: a;",
    'Anne \\" <x@evil.example>',
    "\ud83d\udc00 Anne",
    "\ufeff\u202eennA",
    "",
    "é" * 300,
    "x" * 2000,
]


def subject_of(raw: bytes) -> str:
    return str(make_header(decode_header(email.message_from_bytes(raw)["Subject"].replace("\r\n", ""))))


@pytest.mark.parametrize("attack", ATTACKS)
def test_a_name_adds_no_header_and_no_recipient(attack: str) -> None:
    raw = build(replace(HEADING, from_name=attack, to_name=attack), replace(WORDS, subject=attack))
    mail, old = modern(raw), email.message_from_bytes(raw)

    for key, address in (("From", HEADING.from_address), ("To", HEADING.to_address)):
        assert mail.get_all(key) == [mail[key]]
        assert not mail[key].defects
        assert [each.addr_spec for each in mail[key].addresses] == [address]
        assert "@" not in mail[key].addresses[0].display_name
        assert [each for _, each in getaddresses(old.get_all(key, []))] == [address]
        unfolded = str(make_header(decode_header(old[key].replace("\r\n", ""))))
        assert unfolded.count("@") == 1
    assert "bcc" not in mail
    assert "x-evil" not in mail


@pytest.mark.parametrize("subject", ATTACKS)
def test_a_subject_that_plays_tricks_reads_back_as_it_was_cleaned(subject: str) -> None:
    assert subject_of(build(HEADING, replace(WORDS, subject=subject))) == clean_line(subject)


@given(TRICKY)
def test_a_subject_reads_back_as_it_was_cleaned(subject: str) -> None:
    raw = build(HEADING, replace(WORDS, subject=subject))

    assert subject_of(raw) == clean_line(subject)
    assert max(len(line) for line in raw.partition(b"\r\n\r\n")[0].split(b"\r\n")) <= 78


@given(st.text(st.characters(exclude_categories=(), exclude_characters='@<>"\\=?'), max_size=90))
def test_a_display_name_reads_back_as_it_was_cleaned(name: str) -> None:
    """Read with decode_header: the newer parser of Python 3.11 puts a space between two encoded words of a name."""
    written = email.message_from_bytes(build(replace(HEADING, from_name=name), WORDS))["From"]
    phrase = written.rpartition(HEADING.from_address)[0].rstrip("<").strip().strip('"')

    assert str(make_header(decode_header(phrase))) == clean_line(name)


def test_names_are_written_as_plainly_as_their_characters_allow() -> None:
    assert display("Anne Dupont") == "Anne Dupont"
    assert display("Dupont, Anne") == '"Dupont, Anne"'
    assert display("Hélène").startswith("=?utf-8?b?")
    assert display("info@fiduciaire.example") == '"info at fiduciaire.example"'


@pytest.mark.parametrize(
    "address",
    [
        "",
        "anne",
        "anne@",
        "@fiduciaire.example",
        "hélène@fiduciaire.example",
        "a@b.example, c@d.example",
        "a@b.example\r\nBcc: x@evil.example",
        "a@b.example>\r\n",
        '"a b"@c.example',
        "a@b@c.example",
        "=?utf-8?q?a?=@b.example",
        "a@" + "é" * 80 + ".example",
        "a@b..example",
        "a\ud800@b.example",
        "a@\ud800.example",
    ],
)
def test_an_address_one_cannot_mail_to_is_refused(address: str) -> None:
    for heading in (
        replace(HEADING, to_address=address),
        replace(HEADING, from_address=address),
        replace(HEADING, reply_to=address or "x"),
    ):
        with pytest.raises(Unprintable):
            build(heading, WORDS)


def test_a_domain_beyond_ascii_is_written_in_ascii() -> None:
    assert modern(build(replace(HEADING, to_address="Sophie@bäckerei.example"), WORDS))["To"].addresses[
        0
    ].addr_spec == ("Sophie@xn--bckerei-5wa.example")


@given(ANY_TEXT)
def test_any_address_is_refused_or_the_only_one(address: str) -> None:
    try:
        raw = build(replace(HEADING, to_address=address), WORDS)
    except Unprintable:
        return
    assert len(modern(raw)["To"].addresses) == 1


@pytest.mark.parametrize("message_id", ["", "a", "<a@b>", "a b@c", "a@b\r\nBcc: x@y", "é@b", "a@b>", "a" * 300 + "@b"])
def test_a_message_id_that_is_none_is_refused(message_id: str) -> None:
    with pytest.raises(Unprintable):
        build(replace(HEADING, message_id=message_id), WORDS)


def test_a_time_without_a_zone_is_refused() -> None:
    with pytest.raises(Unprintable):
        build(replace(HEADING, dated_at=datetime(2026, 11, 24)), WORDS)  # noqa: DTZ001 - that is the point


def test_the_date_is_the_moment_given_in_utc() -> None:
    brussels = replace(HEADING, dated_at=datetime(2026, 11, 24, 10, 5, tzinfo=timezone(timedelta(hours=1))))

    assert build(brussels, WORDS) == build(HEADING, WORDS)
    raw = email.message_from_bytes(build(HEADING, WORDS))
    assert raw["Date"] == "Tue, 24 Nov 2026 09:05:00 +0000"
    assert parsedate_to_datetime(raw["Date"]).astimezone(UTC) == HEADING.dated_at


def references(heading: Heading) -> list[str]:
    return str(email.message_from_bytes(build(heading, WORDS))["References"] or "").split()


def test_references_keep_the_first_and_the_last_within_their_length() -> None:
    ids = tuple(f"{number}.{'x' * 80}@client.example" for number in range(60))
    kept = references(replace(HEADING, references=ids, in_reply_to=ids[-1]))

    assert kept[0] == f"<{ids[0]}>"
    assert kept[1:] == [f"<{each}>" for each in ids[-len(kept) + 1 :]]
    assert MOST_REFERENCES - 200 < len("\r\n ".join(kept)) <= MOST_REFERENCES


@given(st.lists(st.one_of(TRICKY, st.text("ab@.", min_size=1, max_size=1600)), max_size=8))
def test_ids_of_strangers_come_along_whole_or_not_at_all(ids: list[str]) -> None:
    heading = replace(HEADING, references=tuple(ids), in_reply_to=ids[-1] if ids else None)
    raw = build(heading, WORDS)
    kept = references(heading)

    assert {each.strip("<>") for each in kept} <= set(ids)
    assert len("\r\n ".join(kept)) <= MOST_REFERENCES
    assert email.message_from_bytes(raw).get_all("Bcc") is None
    assert max(len(line) for line in raw.split(b"\r\n")) <= 998


def test_one_reference_stands_once() -> None:
    assert references(replace(HEADING, references=("a@b",))) == ["<a@b>"]


def test_two_long_ids_are_both_kept() -> None:
    ids = ("a" * 700, "b" * 700)

    assert references(replace(HEADING, references=ids)) == [f"<{each}>" for each in ids]


def test_every_header_of_a_heading_is_written() -> None:
    heading = replace(
        HEADING,
        in_reply_to="last@client.example",
        references=("first@client.example", "last@client.example"),
        thread_topic="Relevé d'août",
        thread_index="AdxYz0123456789abcdefgh==",
        auto_submitted="auto-generated",
        suppress_responses="RN, NRN, AutoReply",
        language=Language.NL,
    )
    mail = modern(build(heading, WORDS))

    assert mail.keys() == [
        "From",
        "To",
        "Reply-To",
        "Subject",
        "Date",
        "Message-ID",
        "In-Reply-To",
        "References",
        "Thread-Topic",
        "Thread-Index",
        "Auto-Submitted",
        "X-Auto-Response-Suppress",
        "Content-Language",
        "MIME-Version",
        "Content-Type",
    ]
    assert mail["Message-ID"] == f"<{HEADING.message_id}>"
    assert mail["In-Reply-To"] == "<last@client.example>"
    assert mail["Thread-Topic"] == "Relevé d'août"
    assert mail["Thread-Index"] == "AdxYz0123456789abcdefgh=="
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["X-Auto-Response-Suppress"] == "RN, NRN, AutoReply"
    assert mail["Content-Language"] == "nl"


def test_what_a_person_wrote_carries_no_mark_of_a_machine() -> None:
    mail = modern(build(HEADING, WORDS))

    for name in ("Auto-Submitted", "X-Auto-Response-Suppress", "Precedence", "List-Unsubscribe", "In-Reply-To"):
        assert name not in mail


def test_a_mail_without_a_way_back_has_no_reply_to() -> None:
    assert "Reply-To" not in modern(build(replace(HEADING, reply_to=None), WORDS))


@pytest.mark.parametrize("value", ["All", "RN, DR", "NDR", "x\r\nBcc: x@y.example", "", "a b"])
def test_a_keyword_that_would_stop_reports_or_holds_more_is_refused(value: str) -> None:
    with pytest.raises(Unprintable):
        build(replace(HEADING, suppress_responses=value), WORDS)


@pytest.mark.parametrize("index", ["", "a b", "é", "x\r\nBcc: x@y.example", "A" * 2000])
def test_a_thread_index_that_is_none_is_left_out(index: str) -> None:
    mail = modern(build(replace(HEADING, thread_index=index), WORDS))

    assert "Thread-Index" not in mail
    assert "Bcc" not in mail
