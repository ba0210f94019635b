"""A letter about a conversation as far as every kind of it is the same; what it says is filled in by its own module."""

from storage.records import OutgoingMail, Person
from worker.core.letters import Letter
from worker.flows.house import House
from worker.flows.talk import Talk


def bare_letter(house: House, mail: OutgoingMail, talk: Talk, reader: Person) -> Letter:
    """From the firm, with no message in it and no address to answer to."""
    return Letter(
        kind=mail.kind,
        language=mail.language,
        side=talk.reader.side,
        visibility=mail.visibility,
        firm_name=house.policy.firm_name,
        client_name=talk.client.name,
        subject=talk.conversation.subject,
        reader=reader.name,
        signer=house.policy.firm_name,
        messages=(),
    )
