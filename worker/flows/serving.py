"""The content of a file, for the portal: who may have it, and whether anybody may.

A file is not served before it is clean where a virus scanner is set up, and an infected one never.
"""

from dataclasses import dataclass

from storage import conversations, file_facts, messages, people
from storage.records import Attachment, PersonId, PublicId
from storage.states import ScanState
from worker.core.file_rules import may_be_shown
from worker.core.portal_rules import may_read
from worker.core.refusals import No, Refused
from worker.flows.conversations import side_in
from worker.flows.house import House, there


@dataclass(frozen=True, slots=True, kw_only=True)
class ServedFile:
    attachment: Attachment
    content: bytes


def serve_file(house: House, public_id: PublicId, *, by: PersonId) -> ServedFile | Refused:
    """The file with this public id, as far as this person may read its message."""
    with house.database.reading() as session:
        found = file_facts.attachment(session, public_id)
        if found is None:
            return Refused(No.UNKNOWN)
        attachment, conversation_id = found
        conversation = there(conversations.conversation(session, conversation_id))
        side = side_in(session, conversation.client_id, by)
        message = there(messages.message(session, attachment.message_id))
        if side is None or not may_read(message, side):
            return Refused(No.UNKNOWN)
        if message.deleted_at is not None:
            return Refused(No.DELETED)
        store = there(people.client(session, conversation.client_id)).public_id
    refused = why_not(attachment, hook_is_on=house.policy.scans_files)
    if refused is not None:
        return refused
    return ServedFile(attachment=attachment, content=house.files.read_attachment(store, attachment.sha256))


def why_not(attachment: Attachment, *, hook_is_on: bool) -> Refused | None:
    if may_be_shown(attachment.scan_state, attachment.aside_why, hook_is_on=hook_is_on):
        return None
    return Refused(No.NOT_SCANNED_YET if attachment.scan_state is ScanState.UNSCANNED else No.NOT_CLEAN)
