"""What a probe that came back tells about the way: what was kept, and which ``from_style`` fits (DESIGN.md section 4).

Of the identifiers only the signed address must come through: without it a reply finds its conversation by luck. A
changed Message-ID, return path or From has a second way each, and is a warning that names it.
"""

from collections.abc import Iterator

from storage.states import Way
from worker.checking.probe import Probe
from worker.checking.returned import Returned
from worker.checking.verdicts import Verdict, fault, ok, warning
from worker.core.authentication_results import ARC, AUTHENTICATION_RESULTS, names_of
from worker.core.mail_addresses import normal_address
from worker.core.policy import FromStyle, Policy
from worker.core.reports import Action, RecipientReport
from worker.mail.parsing import parse

ADDRESS, MESSAGE_ID, RETURN_PATH, FROM, HEADERS = "signed address", "Message-ID", "return path", "From", "headers"
STYLE, RELAYS, RESULTS = "from_style", "own_relays", "authserv_ids"
FORGERS = (
    "let the MX remove Authentication-Results of its own name from incoming mail (RFC 8601 section 5); until then take "
    "NAVETTE_AUTHSERV_IDS out"
)
BLIND = (
    "a mail that has the signed address in Bcc alone loses its way, and is treated as one from its sender without it; "
    "a server that keeps the envelope's address in Delivered-To or X-Original-To ends that"
)
LOOKED_AT = (
    "reply-to",
    "subject",
    "date",
    "in-reply-to",
    "references",
    "thread-topic",
    "thread-index",
    "auto-submitted",
    "x-auto-response-suppress",
)


def what_was_kept(probe: Probe, back: Returned, policy: Policy) -> Iterator[Verdict]:
    yield signed_address(probe, back)
    yield message_id(probe, back)
    yield return_path(probe, back)
    yield sender(probe, back)
    yield headers(probe, back)
    yield style(probe, back, policy)
    if policy.authserv_ids:
        yield results(probe, back, policy)


def signed_address(probe: Probe, back: Returned) -> Verdict:
    if normal_address(probe.sealed.recipient) in back.addressed_to:
        return ok(ADDRESS, "kept with its plus part")
    if not back.addressed_to:
        found = "not told by the mailbox's server; it stands in To, where replies are found by it"
        return warning(ADDRESS, found, "let that server write Delivered-To; without it blind copies lose their way")
    if back.arrival.way is Way.IMAP and normal_address(probe.sealed.recipient) in back.mail.to:
        found = f"the mailbox's server wrote {back.addressed_to[0]} down; replies are found by To, where it stands"
        return warning(ADDRESS, found, BLIND)
    todo = (
        "replies lose their way: let the server for our domain pass local parts whole (Postfix: recipient_delimiter "
        "and no rewriting), or give Navette a sub-domain of its own"
    )
    return fault(ADDRESS, f"lost on the way: the probe came to {back.addressed_to[0]}", todo)


def message_id(probe: Probe, back: Returned) -> Verdict:
    if back.mail.message_id == parse(probe.sealed.content[:]).message_id:
        return ok(MESSAGE_ID, "kept")
    todo = "the relay puts its own: mails are found by signed address and ENVID alone; let it keep ours if it can"
    return warning(MESSAGE_ID, "changed" if back.mail.message_id else "gone", todo)


def return_path(probe: Probe, back: Returned) -> Verdict:
    wanted, came = normal_address(probe.sealed.envelope_from), back.envelope_from
    if came is not None and normal_address(came) == wanted:
        return ok(RETURN_PATH, "kept")
    found = "not told by the mailbox's server" if came is None else f"changed to {came}"
    return warning(RETURN_PATH, found, "reports go there and are matched by ENVID: that address must reach Navette")


def sender(probe: Probe, back: Returned) -> Verdict:
    if back.mail.sender == normal_address(probe.from_address):
        return ok(FROM, f"kept ({probe.from_address})")
    return warning(FROM, f"changed to {back.mail.sender or 'something unreadable'}", "see from_style below")


def headers(probe: Probe, back: Returned) -> Verdict:
    sent = parse(probe.sealed.content[:])
    changed = [name for name in LOOKED_AT if sent.header(name) != back.mail.header(name)]
    if not changed:
        return ok(HEADERS, "kept")
    return warning(HEADERS, f"changed or gone: {', '.join(changed)}", "see what on the way rewrites mail")


def results(probe: Probe, back: Returned, policy: Policy) -> Verdict:
    """The forged Authentication-Results must be gone. ARC's cannot be taken away by an MX (a seal is made over them):
    there it is enough that ours would not be the one that is believed.
    """
    left = [(name, value) for name, value in back.mail.authentication_results if probe.token in value.lower()]
    if any(name == AUTHENTICATION_RESULTS for name, _ in left):
        return fault(RESULTS, "a forged header came through: anybody could write as a case manager", FORGERS)
    first_arc = {
        names_of(value): probe.token in value.lower()
        for name, value in reversed(back.mail.authentication_results)
        if name == ARC
    }
    if any(first_arc.get(each) for each in policy.authserv_ids):
        return fault(RESULTS, "a forged ARC header would be believed", FORGERS)
    return ok(RESULTS, "what a sender forges is taken away by the MX")


def style(probe: Probe, back: Returned, policy: Policy) -> Verdict:
    """The first of the three styles that the way lets through."""
    seen = back.mail.sender
    if seen != normal_address(probe.from_address):
        return proposed(policy, FromStyle.MAILBOX, mailbox=seen)
    if probe.from_address == policy.mailbox_address:
        return proposed(policy, FromStyle.MAILBOX, mailbox=probe.from_address)
    if normal_address(probe.sealed.recipient) not in normal_address(back.mail.header("reply-to") or ""):
        return proposed(policy, FromStyle.REPLY_ADDRESS)
    return proposed(policy, FromStyle.PERSON)


def proposed(policy: Policy, fits: FromStyle, *, mailbox: str | None = None) -> Verdict:
    has_mailbox = mailbox is None or normal_address(policy.mailbox_address or "") == normal_address(mailbox)
    if fits is policy.from_style and has_mailbox:
        return ok(STYLE, f"{fits} fits")
    todo = f"set NAVETTE_FROM_STYLE={fits}"
    if mailbox is not None and not has_mailbox:
        todo += f" and NAVETTE_MAILBOX_ADDRESS={mailbox}"
    if fits is FromStyle.PERSON:
        return ok(STYLE, f"{policy.from_style} is set; person would come through too")
    return warning(STYLE, f"{policy.from_style} is set and does not come through", todo)


def own_relays(report: RecipientReport, policy: Policy, sinks: frozenset[str]) -> Verdict:
    """Who took the probe from the relay, by the report. ``sinks``: names of our own sink."""
    if report.action is Action.DELIVERED:
        return ok(RELAYS, "the report says delivered: the relay looks after mail to its end")
    host = (report.remote_mta or "").strip("[]").lower()
    if not host:
        return ok(RELAYS, f"the report says {report.action} and names no host: such a report turns no tick blue")
    if host in policy.own_relays:
        return ok(RELAYS, f"{host} took the mail and is one of ours: its `relayed` turns no tick blue")
    if host in sinks:
        return ok(RELAYS, f"the relay handed the mail to our sink itself ({host}): no relay of ours stands behind it")
    known = ",".join((*policy.own_relays, host))
    todo = (
        f"if mail to others goes through {host} too, set NAVETTE_OWN_RELAYS={known}; "
        "if it only receives mail for our domain, leave it"
    )
    return warning(RELAYS, f"{host} took the mail from the relay and is not one of own_relays", todo)
