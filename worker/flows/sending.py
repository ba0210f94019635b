"""Sending outgoing mails: claim, then talk, then record; no transaction is open over the network.

::

    claim (fences, revisions) → gather → print, store → seal (ids fixed, guard)                  for a batch, up to 50
        → open attempts → relay, relay, relay … → record, open the next attempts → …             for groups, up to 10
        → give back what was not tried

A worker may die at any point: the leases run out and the mails are claimed again, with the same bytes where these may
have left. An attempt that never said how it ended is in doubt, and the mail is marked "may be doubled": with attempts
opened in groups that is at most one group (docs/decisions/006-sending-in-batches.md). What could not be tried, for
lack of time or since the relay is away or slow, goes back at once as if it had never been claimed.
"""

from collections.abc import Sequence

from storage import outbox_batches
from storage.outbox_claims import Ripe
from storage.records import OutgoingMailId
from storage.states import MailState
from worker.faults import reach
from worker.flows.claiming import batches_of, claim_or_stumble
from worker.flows.house import House
from worker.flows.ports import Printer, Relay
from worker.flows.sealing import seal_or_stumble
from worker.flows.talking import Round, Watch

States = dict[OutgoingMailId, MailState]


def send_mails(
    house: House, relay: Relay, printer: Printer, ids: Sequence[OutgoingMailId], watch: Watch | None = None
) -> States:
    """Try each mail once that is due, free and allowed; the states of these afterwards."""
    watch = watch or Watch()
    states: States = {}
    for batch in batches_of(house, ids):
        if watch.has_time():
            states |= send_batch(house, relay, printer, batch, watch)
    return states


def send_mail(house: House, relay: Relay, printer: Printer, mail_id: OutgoingMailId) -> MailState | None:
    """Try one mail once; its state afterwards, or None when it was not ours (not due, not free, not allowed)."""
    return send_mails(house, relay, printer, [mail_id]).get(mail_id)


def send_batch(house: House, relay: Relay, printer: Printer, batch: Sequence[Ripe], watch: Watch) -> States:
    takings = claim_or_stumble(house, batch)
    if not takings:
        return {}
    reach("send.after_claim")
    sealed = seal_or_stumble(house, relay, printer, takings)
    Round(house, relay, watch, sealed).run()
    with house.database.reading() as session:
        return outbox_batches.states_of(session, [each.mail.id for each in takings])
