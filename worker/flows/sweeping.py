"""The sweep: rings again for what is due, numbers what was committed. Every second, and cheap when idle."""

from storage import inbox, operation, outbox_claims
from worker.faults import reach
from worker.flows.house import House, gate_of

MOST_RUNG = 200
MOST_MAILS_RUNG = 600
"""A little more than one machine sends in a second. Many more would only lengthen the queue that arrivals stand in."""


def sweep(house: House) -> None:
    """Find by time what nobody rang for: undo windows that ended, retries, leases that ran out, arrivals kept."""
    with house.database.reading() as session:
        now = house.now(session)
        mails = outbox_claims.due_mails(session, now, gate_of(house.policy), most=MOST_MAILS_RUNG)
        arrivals = inbox.due_arrivals(session, now, most=MOST_RUNG)
        unnumbered = operation.has_unnumbered(session)
    if unnumbered:
        with house.database.writing() as session:
            operation.number_changes(session)
    reach("sweep.before_ring")
    if mails:
        house.bell.ring_outgoing(mails)
    if arrivals:
        house.bell.ring_inbound(arrivals)
