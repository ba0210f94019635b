"""Why the portal's interface says no. A refusal is a value; whoever asked shows its sentence."""

from dataclasses import dataclass, field
from enum import StrEnum


class No(StrEnum):
    """One member per reason; the value is stable and may be shown by a portal in its own words."""

    UNKNOWN = "unknown"
    NOT_A_PARTY = "not_a_party"
    NOT_THE_AUTHOR = "not_the_author"
    NOT_WRITTEN = "not_written"
    DELETED = "deleted"
    FIRM_STARTED_IT = "firm_started_it"
    ALREADY_CLOSED = "already_closed"
    ALREADY_OPEN = "already_open"
    FIRM_ONLY = "firm_only"
    NOTHING_TO_SAY = "nothing_to_say"
    OTHER_CONTENT = "other_content"
    NO_CONTACTS = "no_contacts"
    NOT_HELD = "not_held"
    NOT_ACCEPTABLE = "not_acceptable"
    HOLDS_COMMANDS = "holds_commands"
    WHICH_CLIENT = "which_client"
    NOTHING_TO_STOP = "nothing_to_stop"
    TOO_LATE = "too_late"
    NO_CONTACT_ADDRESSED = "no_contact_addressed"
    NOT_A_CONTACT = "not_a_contact"
    NOT_CLEAN = "not_clean"
    NOT_SCANNED_YET = "not_scanned_yet"


SENTENCES = {
    No.UNKNOWN: "There is no such client, person, conversation or message here.",
    No.NOT_A_PARTY: "Only contacts of this client and case managers of the firm may do this.",
    No.NOT_THE_AUTHOR: "Only its author may change or delete a message.",
    No.NOT_WRITTEN: "A system message cannot be changed.",
    No.DELETED: "The message was deleted.",
    No.FIRM_STARTED_IT: "The firm started this conversation, so only the firm may close it.",
    No.ALREADY_CLOSED: "The conversation is closed already.",
    No.ALREADY_OPEN: "The conversation is open already.",
    No.FIRM_ONLY: "Only a case manager may do this.",
    No.NOTHING_TO_SAY: "A message needs text or a file, a conversation a subject.",
    No.OTHER_CONTENT: "This external id was used before for another message; give each message its own.",
    No.NO_CONTACTS: "The client has no contact to write to: add one first.",
    No.NOT_HELD: "This mail is not held, or somebody has decided already.",
    No.NOT_ACCEPTABLE: "It is not clear whose message this would be; add the sender as a contact, or refuse it.",
    No.HOLDS_COMMANDS: "It holds commands that cannot be done for its writer; refuse it, and let him write it anew.",
    No.WHICH_CLIENT: "Say which client: his code is not known here, or none was given.",
    No.NOTHING_TO_STOP: "You have written nothing in this conversation that could be stopped.",
    No.TOO_LATE: "It is too late: your last message went out already.",
    No.NO_CONTACT_ADDRESSED: "Address at least one contact of the client; colleagues alone make no conversation.",
    No.NOT_CLEAN: "The virus scanner found something in this file; nobody can open it.",
    No.NOT_SCANNED_YET: "The virus scanner has not seen this file yet; try again in a moment.",
    No.NOT_A_CONTACT: "Everybody addressed must be a contact of the client or a case manager.",
}


@dataclass(frozen=True, slots=True)
class Refused:
    """``who``: the name of whoever was first; the reason is the same without it."""

    reason: No
    who: str = field(default="", kw_only=True, compare=False)

    @property
    def sentence(self) -> str:
        return SENTENCES[self.reason] + (f" It was {self.who}." if self.who else "")
