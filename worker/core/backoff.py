"""When a mail that the relay put off is tried again, and when it is given up.

1, 5, 15, 45, 135 minutes, then every four hours (DESIGN.md section 4): greylisting servers want a pause of one to
fifteen minutes and take the second or third try; an outage of hours costs few tries. Jitter only lengthens a pause, so
that no try comes before a greylist's minimum, and mails put off by one outage do not all come back in one second.
"""

from datetime import datetime, timedelta

MOST_STEPS = 20
"""Past this the longest pause has long been reached; keeps the powers small."""
JITTER_SHARE = 0.25


def next_try(tries: int, jitter: float, *, first_seconds: float = 60, most_seconds: float = 4 * 60 * 60) -> timedelta:
    """The pause after the given number of tries (1: the first one was just put off).

    ``jitter``: 0 to 1, drawn by the caller; lengthens the pause by up to a quarter, never above ``most_seconds``.
    """
    step = min(max(tries, 1), MOST_STEPS) - 1
    factor = 1 if step == 0 else 5 * 3 ** (step - 1)
    spread = 1 + JITTER_SHARE * min(max(jitter, 0.0), 1.0)
    return timedelta(seconds=min(first_seconds * factor * spread, most_seconds))


def has_expired(opened_at: datetime, now: datetime, give_up_after: timedelta) -> bool:
    """Has this mail been put off for so long that its author must hear of it? Both times aware UTC."""
    return now - opened_at >= give_up_after
