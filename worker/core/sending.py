"""The states of an outgoing mail. One table; late, doubled and reversed events are in it on purpose.

::

      waiting ──window ends──▶ queued ──claimed──▶ sending ──250──▶ accepted ──evidence──▶ delivered
         │                        ▲  ▲               │  │              │  │                    │
      cancelled ◀─ nothing left ──┘  └── 4xx ────────┘  └─5xx─▶ failed ◀──┴── report "failed" ─┘
                                                                   ▲
                           accepted ──report "delayed"──▶ delayed ─┘──evidence──▶ delivered
      waiting, queued ── address suppressed ──▶ suppressed

The tick (DESIGN.md invariant 11): grey on the relay's 250, blue on evidence only; a hard failure that comes after the
evidence wins and takes the tick away. Evidence that comes after a failure (a late success report of one of several
hops) does not bring it back; a reply does, for the person plainly read the mail.
"""

from enum import StrEnum

from storage.states import Evidence, MailState, Tick


class Event(StrEnum):
    WINDOW_ENDED = "window_ended"
    CLAIMED = "claimed"
    LEASE_LOST = "lease_lost"
    RELAY_TOOK_IT = "relay_took_it"
    RELAY_SAID_LATER = "relay_said_later"
    RELAY_SAID_NO = "relay_said_no"
    GAVE_UP = "gave_up"
    NOTHING_LEFT = "nothing_left"
    ADDRESS_SUPPRESSED = "address_suppressed"
    REPORT_DELAYED = "report_delayed"
    REPORT_FAILED = "report_failed"
    REPORT_FAILED_SOFTLY = "report_failed_softly"
    REPORT_GOOD = "report_good"
    PERSON_ANSWERED = "person_answered"


W, Q, S, A, Y, D, F, U, C = (
    MailState.WAITING,
    MailState.QUEUED,
    MailState.SENDING,
    MailState.ACCEPTED,
    MailState.DELAYED,
    MailState.DELIVERED,
    MailState.FAILED,
    MailState.SUPPRESSED,
    MailState.CANCELLED,
)

NEXT: dict[Event, dict[MailState, MailState]] = {
    Event.WINDOW_ENDED: {W: Q},
    Event.CLAIMED: {W: S, Q: S, S: S},
    Event.LEASE_LOST: {S: Q},
    # A report can be filed before the 250 was recorded: the 250 then changes nothing.
    Event.RELAY_TOOK_IT: {S: A},
    Event.RELAY_SAID_LATER: {S: Q},
    Event.RELAY_SAID_NO: {S: F},
    Event.GAVE_UP: {W: F, Q: F, S: F},
    Event.NOTHING_LEFT: {W: C, Q: C, S: C},
    Event.ADDRESS_SUPPRESSED: {W: U, Q: U, S: U},
    # A delay reported late, after the good news, is no news.
    Event.REPORT_DELAYED: {S: Y, Q: Y, A: Y},
    # Reports can overtake the record of the 250 (sending), or tell of a try whose 250 was lost (queued again).
    Event.REPORT_FAILED: {S: F, Q: F, A: F, Y: F, D: F},
    # A server that gave up for a passing reason (4.x.x) says less than evidence that came before.
    Event.REPORT_FAILED_SOFTLY: {S: F, Q: F, A: F, Y: F},
    Event.REPORT_GOOD: {S: D, Q: D, A: D, Y: D},
    Event.PERSON_ANSWERED: {S: D, Q: D, A: D, Y: D, F: D},
}


def next_state(state: MailState, event: Event) -> MailState:
    """Where the event leads from this state; the same state where it says nothing new (listed nowhere above)."""
    return NEXT[event].get(state, state)


def tick_of(state: MailState, delivery_evidence: Evidence | None = None) -> Tick:
    """What the author sees for one message and one recipient.

    ``delivery_evidence`` is evidence about this message alone (seen in the portal): it makes the tick blue whatever the
    mail's own fate.
    """
    if delivery_evidence is not None:
        return Tick.BLUE
    return TICKS[state]


TICKS = {
    W: Tick.PENDING,
    Q: Tick.PENDING,
    S: Tick.PENDING,
    A: Tick.GREY,
    Y: Tick.GREY,
    D: Tick.BLUE,
    F: Tick.FAILED,
    U: Tick.FAILED,
    C: Tick.NONE,
}
