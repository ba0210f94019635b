"""A station whose mail world is real: Postfix is its relay and leads to everybody's Dovecot mailbox and to our sink.

::

    portal ─▶ worker ──SMTP──▶ Postfix ──LMTP──▶ Dovecot ──IMAP──▶ Sophie, Anne
                  ▲               │ ▲                                 │
                  └──── sink ◀─LMTP ┘ └───────────SMTP────────────────┘

Every delivery by Postfix or Dovecot is an event like a line of the worker's log. The small mail world of the base class
stands idle.
"""

import subprocess
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import MappingProxyType
from urllib.parse import quote

import pytest

from storage.records import ConversationId, PersonId
from storage.states import Tick
from tests.conftest import make_database
from tests.e2e.conftest import DOMAIN, PEOPLE, Station
from tests.flows.test_portal import view
from tests.servers.dovecot import Dovecot, password_of
from tests.servers.postfix import Postfix
from tests.servers.processes import free_port
from tests.servers.swaks import Swaks
from worker.demo.world_answered import read_answered
from worker.flows.conversations import Started, start_conversation
from worker.flows.reading import MessageView, RecipientTick

HOUSES = {"embedded": ("run",), "postgresql": ("sink", "worker", "worker", "beat")}
"""SQLite and Valkey under one supervisor; PostgreSQL and Redis with parts of their own. Two worker processes on each."""


OFFICE = "office@fiduciaire.example"
INTO_OFFICE = {"virtual_alias_maps": f"inline:{{ {{ @{DOMAIN} = {OFFICE} }} }}"}


class RealStation(Station):
    def __init__(self, folder: Path, *, postfix: Postfix, dovecot: Dovecot, **settings: str) -> None:
        self.postfix, self.dovecot = postfix, dovecot
        self.parts: list[subprocess.Popen[str]] = []
        own = {"NAVETTE_RELAY_PORT": str(postfix.port), "NAVETTE_TASK_SECONDS": "30"}
        super().__init__(folder, **own | settings)
        postfix.hear = dovecot.hear = self.notice

    def notice(self, _line: str) -> None:
        with self.changed:
            self.changed.notify_all()

    def start_parts(self, commands: Sequence[str]) -> None:
        self.parts = [self.start(each) for each in commands]

    def start_collector(self, *, supervised: bool) -> None:
        """Only what comes after its first sight of the mailbox is collected: wait for that."""
        if not supervised:
            self.parts.append(self.start("collect"))
        self.wait_for(lambda: self.told("first_sight", folder="inbox"), "the collector has seen the mailbox")

    def mailbox(self, address: str, least: int = 1) -> list[bytes] | None:
        mails = self.dovecot.mails_of(address)
        return mails if len(mails) >= least else None

    def ask(self, text: str, *, to: list[PersonId], subject: str = "Facture 114") -> ConversationId:
        """Anne asks her client."""
        firm = self.firm
        answer = start_conversation(self.house, by=firm.anne, client_id=firm.bakery, subject=subject, text=text, to=to)
        assert isinstance(answer, Started)
        return answer.conversation_id

    def answer(self, swaks: Swaks, mail: bytes, text: str) -> None:
        """Whom the mail was written to answers it with swaks, as a plain mail client quotes."""
        answered = read_answered(mail)
        writer, me = answered.writer, answered.to[0]
        quoted = "".join(f"> {line}\n" for line in answered.text.splitlines())
        said = swaks.send(
            self.postfix.port,
            f"{text}\n\nLe {answered.written_at:%d/%m/%Y à %H:%M}, {writer.name} a écrit :\n{quoted}",
            sender=me.address,
            shown=f"{me.name} <{me.address}>",
            to=answered.answer_to[0].address,
            headers={
                "Subject": f"Re: {answered.subject}",
                "In-Reply-To": answered.message_id,
                "References": " ".join(answered.references),
            },
        )
        assert said.taken, said.text

    def messages(self, conversation: ConversationId) -> tuple[MessageView, ...]:
        return view(self.house, self.firm.anne, conversation).messages

    def tick(self, conversation: ConversationId, person_id: PersonId) -> RecipientTick:
        """Of the first message, for this recipient."""
        first = self.messages(conversation)[0]
        return next(each for each in first.ticks if each.person.id == person_id)

    def wait_for_tick(self, conversation: ConversationId, person_id: PersonId, wanted: Tick) -> RecipientTick:
        def seen() -> RecipientTick | None:
            tick = self.tick(conversation, person_id)
            return tick if tick.tick is wanted else None

        return self.wait_for(seen, f"the tick is {wanted}")

    def stop(self) -> None:
        for each in reversed(self.parts):
            each.terminate()
        for each in self.parts:
            each.wait(40)
        super().stop()


def office_mailbox(dovecot: Dovecot) -> dict[str, str]:
    """The mailbox that all mail of the firm's domain falls into, and the settings that collect it."""
    dovecot.add_mailbox(OFFICE)
    return {
        "NAVETTE_MAILBOXES": f"imap+plain://{quote(OFFICE)}@127.0.0.1:{dovecot.imap_port}",
        "NAVETTE_MAILBOX_PASSWORDS": quote(password_of(OFFICE), safe=""),
    }


class RealStations:
    def __init__(self, request: pytest.FixtureRequest, folder: Path) -> None:
        self.request, self.folder = request, folder
        self.made: list[RealStation] = []

    def make(
        self,
        house: str = "embedded",
        *,
        parts: Sequence[str] = (),
        relay: Mapping[str, str] = MappingProxyType({}),
        collected: bool = False,
        **settings: str,
    ) -> RealStation:
        """A started station. ``parts``: commands, default: all of the house's; ``relay``: settings of Postfix.

        ``collected``: Postfix leads the firm's domain to a mailbox that the collector reads, not to the sink.
        """
        port = str(free_port())
        dovecot: Dovecot = self.request.getfixturevalue("start_dovecot")(*PEOPLE)
        routes = {DOMAIN: f"lmtp:inet:127.0.0.1:{port}"}
        routes |= {each.partition("@")[2]: dovecot.route for each in PEOPLE}
        postfix: Postfix = self.request.getfixturevalue("start_postfix")(
            routes, **relay, **(INTO_OFFICE if collected else {})
        )
        behind = self.servers() if house == "postgresql" else {}
        if collected:
            behind |= office_mailbox(dovecot)
        if parts:
            behind |= {"NAVETTE_BROKER_URL": self.request.getfixturevalue("redis_url")}
        own = {"NAVETTE_SINK_PROTOCOL": "lmtp", "NAVETTE_SINK_PORT": port} | behind | settings
        self.made.append(RealStation(self.folder, postfix=postfix, dovecot=dovecot, **own))
        self.made[-1].start_parts(parts or HOUSES[house])
        if collected:
            self.made[-1].start_collector(supervised=house == "embedded")
        return self.made[-1]

    def servers(self) -> dict[str, str]:
        database = make_database("postgresql", self.folder, self.request)
        database.close()
        return {
            "NAVETTE_DATABASE_URL": database.url.render_as_string(hide_password=False),
            "NAVETTE_BROKER_URL": self.request.getfixturevalue("redis_url"),
            "NAVETTE_WORKER_PROCESSES": "1",
        }


@contextmanager
def real_stations(request: pytest.FixtureRequest, folder: Path) -> Iterator[Callable[..., RealStation]]:
    stations = RealStations(request, folder)
    try:
        yield stations.make
    finally:
        for each in stations.made:
            each.close()
