"""Limits per peer hold at the border, and whatever they say is temporary."""

from dataclasses import replace

import pytest

from worker.mail.sink_desk import SinkSettings
from worker.mail.sink_limits import FORGIVEN_AFTER_S, MINUTE_S, MOST_PEERS, Limits

BORDER = SinkSettings(max_sessions=3, peer_sessions=2, peer_unknown_in_a_row=2, peer_mails_a_minute=2)
BEHIND = replace(BORDER, at_border=False)
LMTP = replace(BORDER, protocol="lmtp")
A, B = "192.0.2.1", "192.0.2.2"


def test_a_session_more_than_all_may_have_waits_until_one_ends() -> None:
    limits = Limits(BEHIND)
    assert [limits.may_enter(A) for _ in range(4)] == [True, True, True, False]

    limits.leave(A)

    assert limits.may_enter(B)


def test_one_peer_does_not_take_all_sessions() -> None:
    limits = Limits(BORDER)

    assert [limits.may_enter(A), limits.may_enter(A), limits.may_enter(A), limits.may_enter(B)] == [
        True,
        True,
        False,
        True,
    ]


def test_a_peer_that_tries_names_is_stopped_until_it_finds_one_or_time_has_passed() -> None:
    limits = Limits(BORDER)
    assert [limits.may_guess_on(A, 0), limits.may_guess_on(A, 1), limits.may_guess_on(A, 2)] == [True, True, False]
    assert limits.may_guess_on(B, 2)

    assert limits.may_guess_on(A, 2 + FORGIVEN_AFTER_S)

    limits.may_guess_on(A, 700)
    limits.found_one(A)
    assert limits.may_guess_on(A, 701)


def test_mails_in_a_minute_are_counted_per_peer() -> None:
    limits = Limits(BORDER)
    assert [limits.may_send(A, 100), limits.may_send(A, 101), limits.may_send(A, 102)] == [True, True, False]
    assert limits.may_send(B, 102)
    assert limits.may_send(A, 100 + MINUTE_S)


@pytest.mark.parametrize("settings", [BEHIND, LMTP], ids=["behind an MX", "LMTP"])
def test_behind_an_mx_nobody_is_counted(settings: SinkSettings) -> None:
    limits = Limits(settings)

    assert all(limits.may_enter(A) for _ in range(3))
    assert all(limits.may_guess_on(A, 0) and limits.may_send(A, 0) for _ in range(100))


def test_neighbours_in_one_ipv6_network_are_one_peer() -> None:
    limits = Limits(BORDER)

    limits.may_enter("2001:db8::1")
    limits.may_enter("2001:db8::2")

    assert not limits.may_enter("2001:db8::3")
    assert limits.may_enter("2001:db8:0:1::3")


def test_an_ipv4_peer_on_an_ipv6_socket_is_that_ipv4_peer() -> None:
    limits = Limits(BORDER)
    limits.may_enter(A)
    limits.may_enter(f"::ffff:{A}")

    assert not limits.may_enter(A)


def test_what_is_remembered_of_peers_is_bounded_and_open_sessions_stay() -> None:
    limits = Limits(BORDER)
    limits.may_enter(A)
    limits.may_enter(A)
    for number in range(MOST_PEERS + 10):
        limits.may_send(f"10.{number // 65536}.{number // 256 % 256}.{number % 256}", 0)

    assert len(limits._peers) == MOST_PEERS
    assert not limits.may_enter(A)
