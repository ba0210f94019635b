"""The load of one round: messages posted in the portal, and answers sent as mail through Postfix, at random moments.

Every message and every answer has a mark of its own, which is how the ledger finds it again. Whoever posts tries again
with the same external id when he is told that the database or the disk is down, and a mail client tries again until
Postfix takes its mail: what was accepted is what counts. Half of the answers go to the sink, half into the mailbox that
the collector reads, each tenth both ways.
"""

import hashlib
import random  # noqa: TID251 - the seed is printed
import smtplib
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field

from storage.database import DatabaseDown
from storage.files import FilesDown
from storage.records import ClientId, ConversationId, PersonId
from tests.chaos.mailboxes import Mailboxes
from tests.chaos.plant import Plant
from tests.e2e.real_station import OFFICE
from worker.demo.world_answered import read_answered
from worker.demo.world_attachments import AttachedFile, make_pdf
from worker.demo.world_clients import reply_from
from worker.flows.conversations import NewFile, Posted, Started, post_message, start_conversation

KINDS_OF_CLIENT = ("iphone", "outlook", "gmail", "thunderbird")
EVERY_FILE, EVERY_LARGE_FILE = 4, 20
LARGE = 300_000
AGAIN_AFTER_S = 0.5


@dataclass(kw_only=True)
class Talk:
    """A conversation of the load. ``firm``: the manager's address; ``to``: the addressed contacts by address."""

    number: int
    by: PersonId
    client: ClientId
    firm: str
    to: dict[str, PersonId]
    id: ConversationId | None = None


@dataclass(frozen=True, kw_only=True)
class Said:
    """A message that must arrive: ``readers`` are the addresses it must reach, and no others."""

    mark: str
    talk: Talk
    writer: PersonId
    readers: frozenset[str]
    file: str | None


@dataclass(kw_only=True)
class Load:
    plant: Plant
    boxes: Mailboxes
    seed: int
    round: int
    size: int
    seconds: float
    posted: list[Said] = field(default_factory=list)
    answered: list[Said] = field(default_factory=list)
    faults: list[BaseException] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.talks = [self.make_talk(number) for number in range(max(3, self.size // 8))]
        self.leaving = threading.Event()
        self.threads = [
            threading.Thread(target=self.run, args=(each,), daemon=True) for each in (self.post, self.answer)
        ]
        for each in self.threads:
            each.start()

    def make_talk(self, number: int) -> Talk:
        firm = self.plant.firm
        anne, bram = "anne@fiduciaire.example", "bram@fiduciaire.example"
        sophie, marc = {"sophie@boulangerie.example": firm.sophie}, {"marc@boulangerie.example": firm.marc}
        if number % 4 == 3:
            to = {"greta@garage.example": firm.greta}
            return Talk(number=number, by=firm.bram, client=firm.garage, firm=bram, to=to)
        contacts = (sophie, marc, sophie | marc)[number % 4]
        return Talk(number=number, by=firm.anne, client=firm.bakery, firm=anne, to=contacts)

    def run(self, work: object) -> None:
        try:
            work()  # type: ignore[operator]
        except BaseException as fault:  # noqa: BLE001 - told by join, in the test's own thread
            self.faults.append(fault)

    def is_done(self) -> bool:
        if self.faults:
            raise AssertionError("the load broke") from self.faults[0]
        return not any(each.is_alive() for each in self.threads)

    def stop(self) -> None:
        self.leaving.set()
        for each in self.threads:
            each.join(60)

    def pauses(self, chance: random.Random) -> float:
        return chance.uniform(0, 2 * self.seconds / self.size)

    def post(self) -> None:
        chance = random.Random(f"{self.seed} {self.round} posts")
        for number in range(self.size):
            if self.leaving.wait(self.pauses(chance)):
                return
            talk = self.talks[number % len(self.talks)]
            mark = f"Q{self.round:02d}{number:04d}Z"
            content = make_content(chance, mark, number)
            self.post_one(talk, mark, content)
            sha256 = hashlib.sha256(content).hexdigest() if content else None
            said = Said(mark=mark, talk=talk, writer=talk.by, readers=frozenset(talk.to), file=sha256)
            self.posted.append(said)

    def post_one(self, talk: Talk, mark: str, content: bytes | None) -> None:
        files = [NewFile(name=f"{mark}.pdf", content=content, media_type="application/pdf")] if content else []
        text = f"Bonjour, voici la question {mark} sur votre dossier."
        while not self.leaving.is_set():
            try:
                self.call_portal(talk, mark, text, files)
            except (DatabaseDown, FilesDown):
                self.leaving.wait(AGAIN_AFTER_S)
            else:
                return

    def call_portal(self, talk: Talk, mark: str, text: str, files: Sequence[NewFile]) -> None:
        house = self.plant.house
        if talk.id is not None:
            said = post_message(house, by=talk.by, conversation_id=talk.id, text=text, files=files, external_id=mark)
            assert isinstance(said, Posted), said
            return
        begun = start_conversation(
            house,
            by=talk.by,
            client_id=talk.client,
            subject=f"Dossier {self.round} {talk.number}",
            text=text,
            to=list(talk.to.values()),
            files=files,
            external_id=mark,
        )
        assert isinstance(begun, Started), begun
        talk.id = begun.conversation_id

    def answer(self) -> None:
        """In the order of the plan where the mail to answer is there; what is not there yet waits."""
        chance = random.Random(f"{self.seed} {self.round} answers")
        left = list(range(self.size))
        while left:
            if self.leaving.wait(self.pauses(chance)):
                return
            self.boxes.look()
            ready = next((each for each in left if self.mail_to_answer(each)), None)
            if ready is None:
                self.leaving.wait(AGAIN_AFTER_S)
                continue
            left.remove(ready)
            self.answer_one(chance, ready)

    def who_answers(self, number: int) -> tuple[Talk, str]:
        talk = self.talks[number % len(self.talks)]
        people = sorted(talk.to)
        return talk, people[number // len(self.talks) % len(people)]

    def mail_to_answer(self, number: int) -> bytes | None:
        talk, writer = self.who_answers(number)
        return self.boxes.last_in(writer, f"Dossier {self.round} {talk.number}")

    def answer_one(self, chance: random.Random, number: int) -> None:
        talk, writer = self.who_answers(number)
        raw = self.mail_to_answer(number)
        assert raw is not None
        mark = f"A{self.round:02d}{number:04d}Z"
        content = make_content(chance, mark, number)
        files = [AttachedFile(name=f"{mark}.pdf", media_type="application/pdf", content=content)] if content else []
        mail = reply_from(chance.choice(KINDS_OF_CLIENT), raw, f"Voici ma réponse {mark} à ce sujet.", files=files)
        signed = read_answered(raw).answer_to[0].address
        ways = [[signed], [OFFICE]][number % 2 :][:1] if number % 10 != 9 else [[signed], [OFFICE]]
        readers = frozenset({talk.firm, *talk.to} - {writer})
        sha256 = hashlib.sha256(content).hexdigest() if content else None
        said = Said(mark=mark, talk=talk, writer=talk.to[writer], readers=readers, file=sha256)
        for to in ways:
            self.send(writer, to, mail)
        self.answered.append(said)

    def send(self, writer: str, to: list[str], mail: bytes) -> None:
        while not self.leaving.is_set():
            try:
                with smtplib.SMTP("127.0.0.1", self.plant.postfix.port, timeout=20) as client:
                    client.sendmail(writer, to, mail)
            except (OSError, smtplib.SMTPException):
                self.leaving.wait(AGAIN_AFTER_S)
            else:
                return


def make_content(chance: random.Random, mark: str, number: int) -> bytes | None:
    """A file of its own for a part of the mails, now and then one that is too large for a row."""
    if number % EVERY_FILE:
        return None
    size = LARGE if number % EVERY_LARGE_FILE == 0 else 5_000
    return make_pdf(f"Facture {mark}") + b"% " + chance.randbytes(size // 2).hex().encode() + b"\n"
