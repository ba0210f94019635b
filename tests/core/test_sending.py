"""The states of an outgoing mail: every event has an answer in every state, in any order and any number."""

from hypothesis import given
from hypothesis import strategies as st

from storage.states import Evidence, MailState, Tick
from worker.core.sending import NEXT, TICKS, Event, next_state, tick_of

events = st.sampled_from(Event)
REPORTS = [Event.REPORT_DELAYED, Event.REPORT_GOOD, Event.REPORT_FAILED, Event.RELAY_TOOK_IT]


def run(state: MailState, *happened: Event) -> MailState:
    for event in happened:
        state = next_state(state, event)
    return state


def test_every_state_answers_every_event() -> None:
    assert set(NEXT) == set(Event)
    assert set(TICKS) == set(MailState)
    for state in MailState:
        for event in Event:
            assert next_state(state, event) in MailState


@given(st.sampled_from(MailState), events)
def test_the_same_event_twice_is_the_event_once(state: MailState, event: Event) -> None:
    once = next_state(state, event)
    if once is not MailState.WAITING:
        assert next_state(once, event) == once


def test_the_relays_250_is_grey_and_only_evidence_is_blue() -> None:
    assert tick_of(run(MailState.SENDING, Event.RELAY_TOOK_IT)) is Tick.GREY
    assert tick_of(run(MailState.SENDING, Event.RELAY_TOOK_IT, Event.REPORT_GOOD)) is Tick.BLUE


def test_a_late_bounce_takes_the_tick_away() -> None:
    blue = run(MailState.SENDING, Event.RELAY_TOOK_IT, Event.REPORT_GOOD)

    assert tick_of(next_state(blue, Event.REPORT_FAILED)) is Tick.FAILED


@given(st.permutations(REPORTS))
def test_reports_in_any_order_end_in_failed_when_one_says_failed(order: list[Event]) -> None:
    assert run(MailState.SENDING, *order) is MailState.FAILED


@given(st.permutations([Event.REPORT_DELAYED, Event.REPORT_GOOD, Event.RELAY_TOOK_IT]))
def test_a_delay_told_late_is_no_news(order: list[Event]) -> None:
    assert run(MailState.SENDING, *order) is MailState.DELIVERED


def test_a_report_that_overtakes_the_record_of_the_250_counts() -> None:
    assert run(MailState.SENDING, Event.REPORT_GOOD, Event.RELAY_TOOK_IT) is MailState.DELIVERED


def test_a_success_report_does_not_undo_a_failure_but_an_answer_does() -> None:
    assert run(MailState.FAILED, Event.REPORT_GOOD) is MailState.FAILED
    assert run(MailState.FAILED, Event.PERSON_ANSWERED) is MailState.DELIVERED


@given(st.lists(events, max_size=12))
def test_a_cancelled_mail_never_comes_back(happened: list[Event]) -> None:
    assert run(MailState.CANCELLED, *happened) is MailState.CANCELLED


@given(st.sampled_from([MailState.ACCEPTED, MailState.DELIVERED, MailState.FAILED]), st.lists(events, max_size=12))
def test_a_mail_that_went_is_never_sent_again(state: MailState, happened: list[Event]) -> None:
    assert run(state, *happened) not in {MailState.SENDING, MailState.QUEUED, MailState.WAITING}


def test_seen_in_the_portal_is_blue_whatever_the_mail_did() -> None:
    assert tick_of(MailState.FAILED, Evidence.SEEN) is Tick.BLUE
    assert tick_of(MailState.CANCELLED, Evidence.SEEN) is Tick.BLUE
