"""The probe of a round trip: a mail of ours to a signed address of ours, with every header that our mails have.

One token (kind ``canary``) stands in its recipient, Message-ID and ENVID, and in its To, so that it is found however it
is changed on the way. Its return path is a canary address too: a report about it comes back to the same house. Filing
ignores both. The control goes along to ``postmaster``, an address without a plus, under the same headers but for its
own Message-ID: when it comes back and the probe does not, signed addresses are what did not get through.

With ``authserv_ids`` set it also carries forged Authentication-Results: what of them comes back tells whether the MX
can be believed.

In ``mailbox`` manner From and return path are the one address that the relay lets us send as.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from storage import signed
from storage.states import AddressKind, Language, MailKind
from worker.core.letters import Heading, Words
from worker.core.relaying import SealedMail
from worker.core.senders import LAST_RESORT, auto_headers
from worker.core.threading_headers import thread_index
from worker.flows.heading import full_address
from worker.flows.house import House
from worker.mail.building import build

LIFE = timedelta(days=1)
TEXT = "This mail was sent by `navette check --round-trip` and is looked at by it. Nobody needs to answer or keep it."


@dataclass(frozen=True, slots=True, kw_only=True)
class Probe:
    """``sealed``: as the relay gets it. ``mark``: words of its subject."""

    token: str
    mark: str
    sealed: SealedMail
    from_address: str
    control: SealedMail


def make_probe(session: Session, house: House, *, as_mailbox: str | None, now: datetime) -> Probe:
    """``as_mailbox``: From and return path; None: addresses of our domain, as in the style ``person``."""
    row, back = (
        signed.add_signed_address(session, AddressKind.CANARY, now=now, expires_at=now + LIFE) for _ in range(2)
    )
    token = house.keys.sign(AddressKind.CANARY, row.public_id)
    recipient = full_address(house, AddressKind.CANARY, token)
    returns = full_address(house, AddressKind.CANARY, house.keys.sign(AddressKind.CANARY, back.public_id))
    mark = f"Navette probe {token[-8:]}"
    automatic = auto_headers(MailKind.REMINDER)
    heading = Heading(
        from_name=house.policy.firm_name,
        from_address=as_mailbox or f"{LAST_RESORT}@{house.policy.domain}",
        to_name="",
        to_address=recipient,
        reply_to=recipient,
        message_id=f"{token}@{house.policy.domain}",
        dated_at=now,
        in_reply_to=f"probe.{token}@{house.policy.domain}",
        references=(f"probe.{token}@{house.policy.domain}",),
        thread_topic=mark,
        thread_index=thread_index(row.public_id, now, []),
        auto_submitted=automatic.auto_submitted,
        suppress_responses=automatic.suppress,
        language=Language.EN,
    )
    forged = forged_results(house, heading)
    sealed = SealedMail(
        envelope_from=as_mailbox or returns,
        recipient=recipient,
        envelope_id=token,
        content=forged + written(heading, mark),
    )
    control = replace(heading, message_id=f"control.{heading.message_id}")
    return Probe(
        token=token,
        mark=mark,
        sealed=sealed,
        from_address=heading.from_address,
        control=replace(
            sealed, recipient=f"postmaster@{house.policy.domain}", envelope_id="", content=written(control, mark)
        ),
    )


def written(heading: Heading, subject: str) -> bytes:
    return build(heading, Words(subject=subject, text=f"{TEXT}\n", html=f"<p>{TEXT}</p>\n"))


def forged_results(house: House, heading: Heading) -> bytes:
    """Results as a forger writes them, in the names that this firm believes; the token tells them from real ones."""
    domain = heading.from_address.rpartition("@")[2]
    mark = heading.message_id.rpartition("@")[0].rpartition(".")[2]
    return b"".join(
        f"Authentication-Results: {each}; dmarc=pass reason={mark} header.from={domain}\r\n"
        f"ARC-Authentication-Results: i=1; {each}; dmarc=pass reason={mark} header.from={domain}\r\n".encode()
        for each in house.policy.authserv_ids
    )
