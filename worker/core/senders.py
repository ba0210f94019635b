"""Who an outgoing mail is from, and the headers that tell machines what kind of mail it is (DESIGN.md section 4).

From is stable, so that address books, "external sender" hints and relays that send only as known addresses work; the
signed reply address stands in Reply-To. By ``from_style``:

============== ================================================ ==================================================
style          towards contacts                                 towards case managers
============== ================================================ ==================================================
person         ``Anne Dupont, Fiduciaire X`` and her address    ``Sophie Martin (Boulangerie Martin)`` and the
               on our domain                                    client's address on our domain; what a colleague
                                                                wrote from that colleague's address there
mailbox        the same names and the one address that the relay lets us send as
reply_address  the same names and the signed reply address
============== ================================================ ==================================================

A colleague's mail never bears the client's address: an address book would keep it as that colleague's, and what is
written to it next time opens a conversation that the client reads (DESIGN.md invariant 10).

A name or an address that is not there falls back to the next best: the firm's or client's name; the mailbox, the reply
address, ``navette@DOMAIN`` (a local part that no person or client is ever given).

Names come from people: no control or direction characters (they inject headers or turn the text around), no ``@`` and
no encoded words (a name that decodes to an address adds a recipient, FIELD.md), no quotes or brackets.
"""

import unicodedata
from dataclasses import dataclass
from typing import assert_never

from storage.states import MailKind, Side
from worker.core.policy import FromStyle, Policy

LONGEST_NAME = 70
NOT_IN_NAMES = frozenset('@"<>\\')
LAST_RESORT = "navette"

RETURN_NO_CHATTER = "RN, NRN, AutoReply"
"""Out-of-office answers are wanted: they are evidence and say who replaces."""
RETURN_NOTHING = "OOF, RN, NRN, AutoReply"
"""On answers of ours. Never All, DR or NDR: they ask Exchange not to send the reports that ticks live on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sender:
    name: str
    address: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AutoHeaders:
    """Auto-Submitted (RFC 3834) and X-Auto-Response-Suppress ([MS-OXCMAIL]); None: no such header."""

    auto_submitted: str | None
    suppress: str | None


def sender_of(
    policy: Policy,
    *,
    side: Side,
    by_firm: bool,
    author_name: str | None,
    author_house_local: str | None,
    client_name: str | None,
    client_house_local: str | None,
    reply_address: str | None,
) -> Sender:
    """From of a mail to a reader of this ``side``. ``by_firm``: a case manager wrote what it carries.

    ``author_house_local``, ``client_house_local``: local parts on our domain; ``author_name`` None: the worker wrote.
    """
    local = author_house_local if side is Side.CLIENT or by_firm else client_house_local
    name = (
        name_for_contacts(policy, author_name)
        if side is Side.CLIENT
        else name_for_firm(policy, author_name, client_name)
    )
    return Sender(name=name, address=address_of(policy, local, reply_address))


def address_of(policy: Policy, local: str | None, reply_address: str | None) -> str:
    house_address = f"{local}@{policy.domain}" if local else None
    last = f"{LAST_RESORT}@{policy.domain}"
    match policy.from_style:
        case FromStyle.PERSON:
            return house_address or policy.mailbox_address or reply_address or last
        case FromStyle.MAILBOX:
            return policy.mailbox_address or reply_address or last
        case FromStyle.REPLY_ADDRESS:
            return reply_address or policy.mailbox_address or last
        case _:
            assert_never(policy.from_style)


def name_for_contacts(policy: Policy, author_name: str | None) -> str:
    return joined(clean_name(author_name or ""), clean_name(policy.firm_name), "{}, {}")


def name_for_firm(policy: Policy, author_name: str | None, client_name: str | None) -> str:
    client = clean_name(client_name or "") or clean_name(policy.firm_name)
    return joined(clean_name(author_name or ""), client, "{} ({})")


def joined(person: str, house: str, form: str) -> str:
    """Both names in at most ``LONGEST_NAME`` characters; the house is cut first, for the person is looked for."""
    if not person or not house or person == house:
        return cut(person or house, LONGEST_NAME)
    person = cut(person, LONGEST_NAME * 2 // 3)
    return form.format(person, cut(house, LONGEST_NAME - len(form.format(person, ""))))


def clean_name(written: str) -> str:
    """A display name that is nothing but a name."""
    plain = unicodedata.normalize("NFC", written).replace("=?", " ").replace("?=", " ")
    kept = (" " if char in NOT_IN_NAMES or unicodedata.category(char)[0] in "CZ" else char for char in plain)
    return " ".join("".join(kept).split())


def cut(name: str, most: int) -> str:
    return name if len(name) <= most else name[: most - 1].rstrip(" ,.-(") + "…"


def auto_headers(kind: MailKind) -> AutoHeaders:
    match kind:
        case MailKind.MESSAGE | MailKind.CORRECTION:
            # A person wrote them: out-of-office answers and filters must see a mail like any other.
            return AutoHeaders(auto_submitted=None, suppress=None)
        case (
            MailKind.REMINDER
            | MailKind.DIGEST
            | MailKind.ALARM
            | MailKind.FAILURE_NOTICE
            | MailKind.NOTICE
            | MailKind.HELD_NOTICE
        ):
            return AutoHeaders(auto_submitted="auto-generated", suppress=RETURN_NO_CHATTER)
        case (
            MailKind.RECEIPT
            | MailKind.REJECTION
            | MailKind.QUESTION
            | MailKind.CONFIRMATION
            | MailKind.WAITING_NOTICE
            | MailKind.COMMAND_ANSWER
            | MailKind.REFUSED_FILES
            | MailKind.OPENED_NOTICE
        ):
            return AutoHeaders(auto_submitted="auto-replied", suppress=RETURN_NOTHING)
        case _:
            assert_never(kind)
