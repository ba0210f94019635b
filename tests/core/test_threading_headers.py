"""One mail thread per conversation: References within bounds, Thread-Index that Outlook can read."""

import base64
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storage.records import PublicId
from worker.core.threading_headers import ThreadHeaders, ThreadLink, extend_thread_index, thread_index, thread_of

ROOT = "conversation.7@mail.fiduciaire.example"
STARTED = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
CONVERSATION = PublicId(0x1122334455667788)
# Written as Outlook 2007 and 2013 do: bits 16-55 of the FILETIME, and bits 24-63.
OLD_OUTLOOK = bytes.fromhex("01D046C6FC06" + "C85C39B2C024428381B13C0C5C3FDEB4")
NEW_OUTLOOK = bytes.fromhex("0101DA71727C" + "814696A637E92446A36574D21F90B594")


def links(*ids: str) -> list[ThreadLink]:
    return [ThreadLink(message_id=each) for each in ids]


def written(headers: ThreadHeaders) -> str:
    return " ".join(f"<{each}>" for each in headers.references)


def encoded(index: bytes) -> str:
    return base64.b64encode(index).decode()


def test_the_first_mail_to_a_person_refers_to_the_root_and_answers_nothing() -> None:
    assert thread_of(ROOT, []) == ThreadHeaders(in_reply_to=None, references=(ROOT,))


def test_a_mail_answers_the_last_one_that_person_knows() -> None:
    found = thread_of(ROOT, links("ours.1@x.example", "<theirs.1@phone.example>"))

    assert found.in_reply_to == "theirs.1@phone.example"
    assert found.references == (ROOT, "ours.1@x.example", "theirs.1@phone.example")


def test_a_long_thread_keeps_the_root_and_the_latest_within_the_limit() -> None:
    ids = [f"{number:04}.abcdefghijklmnopqrstuvwxyz@mail.fiduciaire.example" for number in range(400)]
    found = thread_of(ROOT, links(*ids))

    assert found.references[0] == ROOT
    assert found.references[1:] == tuple(ids[-len(found.references) + 1 :])
    assert len(written(found)) <= 1500
    assert len(written(found)) + len(ids[0]) + 3 > 1500


def test_the_limit_counts_every_character_of_the_header() -> None:
    known = links("a@x.example", "b@x.example")
    exact = len(f"<{ROOT}> <a@x.example> <b@x.example>")

    assert thread_of(ROOT, known, limit=exact).references == (ROOT, "a@x.example", "b@x.example")
    assert thread_of(ROOT, known, limit=exact - 1).references == (ROOT, "b@x.example")


def test_the_last_mail_is_kept_even_where_nothing_else_fits() -> None:
    found = thread_of(ROOT, links("a@x.example", "b@x.example"), limit=10)

    assert found == ThreadHeaders(in_reply_to="b@x.example", references=(ROOT, "b@x.example"))


@pytest.mark.parametrize("bad", ["", "<>", "two words@x", "a\r\nBcc: b@c", "é@x.example", "a>b@c", "x" * 501])
def test_an_id_that_no_header_can_carry_is_passed_over(bad: str) -> None:
    found = thread_of(ROOT, links("good@x.example", bad))

    assert found == ThreadHeaders(in_reply_to="good@x.example", references=(ROOT, "good@x.example"))


def test_an_id_is_named_once_where_it_stood_last() -> None:
    found = thread_of(ROOT, links("a@x", "b@x", "a@x", ROOT))

    assert found == ThreadHeaders(in_reply_to=ROOT, references=(ROOT, "b@x", "a@x"))


@given(st.lists(st.text(max_size=600), max_size=60))
def test_whatever_people_call_their_mails_the_header_is_sound(ids: list[str]) -> None:
    found = thread_of(ROOT, links(*ids))

    assert len(written(found)) <= 1500
    assert written(found).isascii()
    assert written(found).isprintable()
    assert found.in_reply_to is None or found.in_reply_to in found.references


def test_the_index_of_a_start_is_22_bytes_with_the_time_in_it() -> None:
    index = base64.b64decode(thread_index(CONVERSATION, STARTED, []))
    ticks = int.from_bytes(index[:6], "big") << 16
    said = datetime(1601, 1, 1, tzinfo=UTC) + timedelta(microseconds=ticks // 10)

    assert len(index) == 22
    assert index[0] == 1
    assert timedelta(0) <= STARTED - said < timedelta(milliseconds=7)


def test_the_index_is_the_same_on_every_try_and_another_for_another_conversation() -> None:
    replies = [STARTED + timedelta(hours=1)]

    assert thread_index(CONVERSATION, STARTED, replies) == thread_index(CONVERSATION, STARTED, replies)
    assert thread_index(CONVERSATION, STARTED, [])[10:] != thread_index(PublicId(1), STARTED, [])[10:]


def test_each_reply_adds_five_bytes_behind_those_of_the_one_before() -> None:
    hour, days = STARTED + timedelta(hours=1), STARTED + timedelta(days=3)
    start, first, second = (
        base64.b64decode(thread_index(CONVERSATION, STARTED, replies)) for replies in ([], [hour], [hour, days])
    )

    assert (len(first), len(second)) == (27, 32)
    assert second.startswith(first)
    assert first.startswith(start)
    assert second[31] & 0x0F == 1


@pytest.mark.parametrize(("span", "code", "shift"), [(timedelta(hours=1), 0, 18), (timedelta(days=800), 1, 23)])
def test_the_time_of_a_reply_counts_from_the_start(span: timedelta, code: int, shift: int) -> None:
    index = base64.b64decode(thread_index(CONVERSATION, STARTED, [STARTED + span]))
    delta = int.from_bytes(index[22:26], "big")
    said = timedelta(microseconds=((delta & 0x7FFFFFFF) << shift) // 10)

    assert delta >> 31 == code
    assert abs(said - span) < timedelta(seconds=1)


@pytest.mark.parametrize("theirs", [OLD_OUTLOOK, NEW_OUTLOOK])
def test_the_index_of_a_client_who_started_is_continued(theirs: bytes) -> None:
    begun = datetime(1601, 1, 1, tzinfo=UTC) + timedelta(
        microseconds=int.from_bytes(bytes([1]) + theirs.lstrip(b"\x01")[:5], "big") * 2**16 // 10
    )
    extended = extend_thread_index(f" {encoded(theirs)[:12]}\r\n {encoded(theirs)[12:]} ", begun + timedelta(days=1))

    assert extended is not None
    index = base64.b64decode(extended)
    assert index[:22] == theirs
    assert len(index) == 27
    assert abs(
        timedelta(microseconds=(int.from_bytes(index[22:26], "big") << 18) // 10) - timedelta(days=1)
    ) < timedelta(seconds=2)


@pytest.mark.parametrize(
    "garbage",
    [
        "",
        "AQ==",
        "no base64 é",
        "=" * 40,
        encoded(OLD_OUTLOOK[:-1]),
        encoded(OLD_OUTLOOK + b"123"),
        encoded(b"\x02" * 22),
        "*" + encoded(OLD_OUTLOOK),
    ],
)
def test_what_is_no_index_is_not_continued(garbage: str) -> None:
    assert extend_thread_index(garbage, STARTED) is None


def test_an_index_stops_growing_before_the_header_line_is_too_long() -> None:
    index = thread_index(CONVERSATION, STARTED, [STARTED + timedelta(hours=hour) for hour in range(500)])
    extended = extend_thread_index(index, STARTED + timedelta(days=40))

    assert len(index) < 500
    assert extended == index


@given(st.text(max_size=3000))
def test_any_index_of_theirs_gives_an_index_or_none(theirs: str) -> None:
    extended = extend_thread_index(theirs, STARTED)

    assert extended is None or len(extended) < 500
