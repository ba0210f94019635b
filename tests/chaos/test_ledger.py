"""The ledger of the chaos runs sees what it is there to see: one message lost, doubled, misfiled or misdelivered."""

from dataclasses import replace
from types import SimpleNamespace
from typing import cast

import pytest

from storage import outbox
from storage.records import OutgoingMail
from storage.states import MailState
from tests.chaos.ledger import Ledger
from tests.chaos.load import Load, Said, Talk
from tests.chaos.mailboxes import Got, Mailboxes
from tests.chaos.plant import Plant
from tests.conftest import Firm, HandClock
from tests.flows.conftest import printer, relay  # noqa: F401 - fixtures
from tests.flows.outgoing import Post
from tests.flows.test_portal import ask
from tests.flows.test_undo_window import mails, post
from worker.flows.house import House

MARK = "Q000001Z"
SOPHIE, MARC = "sophie@boulangerie.example", "marc@boulangerie.example"


@pytest.fixture
def out(house: House, relay, printer, bell) -> Post:  # type: ignore[no-untyped-def]  # noqa: ANN001, F811
    return Post(house=house, relay=relay, printer=printer, bell=bell)


class Round:
    """One message in the house that went to Sophie, and what the ledger is told of it."""

    def __init__(self, out: Post, firm: Firm, clock: HandClock) -> None:
        self.house, self.firm = out.house, firm
        self.started = ask(out.house, firm, to=[firm.sophie])
        post(out.house, firm, self.started, f"Encore {MARK}")
        clock.forward(seconds=300)
        out.run()
        (self.mail,) = mails(out.house, self.started.conversation_id, firm.sophie)
        talk = Talk(
            number=0,
            by=firm.anne,
            client=firm.bakery,
            firm="anne@fiduciaire.example",
            to={SOPHIE: firm.sophie},
            id=self.started.conversation_id,
        )
        self.said = Said(mark=MARK, talk=talk, writer=firm.anne, readers=frozenset({SOPHIE}), file=None)
        self.got: dict[str, list[Got]] = {SOPHIE: [self.copy()], MARC: []}

    def copy(self, **changes: object) -> Got:
        known = Got(
            message_id=str(self.mail.message_id), subject="", marks=frozenset({MARK}), files=frozenset(), raw=b""
        )
        return replace(known, **changes)  # type: ignore[arg-type]

    def problems(self) -> list[str]:
        ledger = Ledger(
            cast("Plant", SimpleNamespace(house=self.house)), cast("Mailboxes", SimpleNamespace(got=self.got))
        )
        return ledger.problems(cast("Load", SimpleNamespace(posted=[self.said], answered=[])))

    def write(self, mail: OutgoingMail, **values: object) -> None:
        with self.house.database.writing() as session:
            assert outbox.update_mail(session, mail.id, set(MailState), **values)


@pytest.fixture
def told(out: Post, firm: Firm, clock: HandClock) -> Round:
    return Round(out, firm, clock)


def test_a_message_in_its_place_is_no_problem(told: Round) -> None:
    assert told.problems() == []


def test_a_mail_that_never_came_is_seen(told: Round) -> None:
    told.got[SOPHIE].clear()
    assert told.problems() == [f"{MARK} is not in the mailbox of {SOPHIE}"]


def test_a_copy_counts_unless_it_is_marked(told: Round) -> None:
    told.got[SOPHIE].append(told.copy())
    assert told.problems() == [f"{MARK} came 2 times to {SOPHIE} and is not marked"]

    told.write(told.mail, may_be_doubled=True)
    assert told.problems() == []


def test_a_copy_under_another_message_id_is_never_excused(told: Round) -> None:
    told.write(told.mail, may_be_doubled=True)
    told.got[SOPHIE].append(told.copy(message_id="another@mail.lambert.example"))
    assert told.problems() == [
        f"{MARK} came 2 times to {SOPHIE} and is not marked",
        "a mail that nobody sent: another@mail.lambert.example",
    ]


def test_a_mail_in_a_mailbox_that_is_not_meant_is_seen(told: Round) -> None:
    told.got[MARC].append(told.copy())
    assert told.problems() == [f"{MARK} went to {MARC}"]


def test_a_message_that_the_house_lost_doubled_or_misfiled_is_seen(told: Round, firm: Firm) -> None:
    lost = replace(told.said, mark="Q000002Z", readers=frozenset())
    misfiled = replace(told.said, writer=firm.bram)
    for said, found in ((lost, "Q000002Z stands 0 times in the house"), (misfiled, f"{MARK} is misfiled")):
        told.said = said
        assert told.problems() == [found]

    told.said = replace(told.said, writer=firm.anne)
    post(told.house, firm, told.started, f"Encore une fois {MARK}")
    assert f"{MARK} stands 2 times in the house" in told.problems()


def test_a_missing_file_is_seen_in_the_house_and_in_the_mailbox(told: Round) -> None:
    told.said = replace(told.said, file="0" * 64)
    assert told.problems() == [f"{MARK} has other files", f"{MARK} came to {SOPHIE} without its file"]


def test_a_mail_that_failed_is_seen(told: Round) -> None:
    told.write(told.mail, state=MailState.FAILED)
    assert told.problems() == ["1 outgoing mails are failed"]
