"""Who takes part in a conversation and who gets a mail about a message."""

from collections.abc import Collection, Sequence

from storage.records import Client, Participant, PersonId
from storage.states import Side, Visibility


def firm_people(client: Client, starter: PersonId | None, substitute: PersonId | None) -> list[PersonId]:
    """The case managers of a new conversation: who started it, the client's manager, who stands in for him.

    Without a manager the deputy, then the supervisor: somebody of the firm is always there.
    """
    responsible = client.manager_id or client.deputy_id or client.supervisor_id
    people = [each for each in (starter, responsible, substitute) if each is not None]
    return list(dict.fromkeys(people))


def readers_of(
    participants: Sequence[Participant], author_id: PersonId | None, visibility: Visibility
) -> list[Participant]:
    """Everybody the message is for: all participants but its author; an internal one only the firm's side."""
    return [
        each
        for each in participants
        if each.person_id != author_id and (visibility is Visibility.SHARED or each.side is Side.FIRM)
    ]


def strangers(addressed: Collection[PersonId], contacts: Collection[PersonId]) -> set[PersonId]:
    """Addressed people who are no contacts of the client."""
    return set(addressed) - set(contacts)
