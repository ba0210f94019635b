"""Delivery reports as values (RFC 3464), and what their parts mean for the tick."""

from dataclasses import dataclass
from enum import StrEnum


class Action(StrEnum):
    """RFC 3464 section 2.3.3."""

    DELIVERED = "delivered"
    RELAYED = "relayed"
    EXPANDED = "expanded"
    DELAYED = "delayed"
    FAILED = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class RecipientReport:
    """One recipient block. ``status``: enhanced code of RFC 3463 like ``5.1.1``, empty when none was given;
    ``reason``: one word of the field's list (``userunknown``, ``mailboxfull``, …); ``hard``: trying again is useless.
    """

    address: str
    action: Action
    status: str
    reason: str
    hard: bool
    remote_mta: str | None = None
    reply: str | None = None
    diagnostic: str | None = None
    original_address: str | None = None
    """Original-Recipient: what we wrote to, where a forward or an alias reports another address."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """``envelope_id``: Original-Envelope-Id as we gave it with ENVID; ``original_message_id``: of what came back.

    ``feedback``: of a feedback report (RFC 5965) its type, like ``abuse``; then there are no recipients.
    """

    envelope_id: str | None
    original_message_id: str | None
    recipients: tuple[RecipientReport, ...]
    feedback: str | None = None
