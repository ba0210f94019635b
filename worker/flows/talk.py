"""The conversation that an outgoing mail belongs to, seen from its reader."""

from dataclasses import dataclass

from storage.records import Client, Conversation, Participant


@dataclass(frozen=True, slots=True, kw_only=True)
class Talk:
    """The conversation a mail belongs to, seen from its reader."""

    conversation: Conversation
    client: Client
    reader: Participant
