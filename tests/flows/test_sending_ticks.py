"""What moves the tick, and what does not."""

import pytest

from storage import outbox
from storage.states import (
    AttentionReason,
    Evidence,
    MailKind,
    MailState,
    Tick,
)
from tests.conftest import Firm, HandClock, with_policy
from tests.flows.outgoing import Post, only, open_for_firm, report, tell, tick
from tests.flows.test_portal import ask
from worker.core.reports import Action, RecipientReport


def test_reports_move_the_tick_and_a_late_bounce_takes_it_away(out: Post, firm: Firm, clock: HandClock) -> None:
    started = ask(out.house, firm, to=[firm.sophie])
    clock.forward(seconds=60)
    out.run()
    mail = only(out.house, started, firm.sophie)
    assert tick(out.house, firm, started, firm.sophie) is Tick.GREY

    tell(out.house, mail, report(Action.DELIVERED))
    assert tick(out.house, firm, started, firm.sophie) is Tick.BLUE
    tell(out.house, mail, report(Action.FAILED, "5.2.2"))
    assert tick(out.house, firm, started, firm.sophie) is Tick.FAILED
    assert open_for_firm(out.house, started.conversation_id) == [AttentionReason.MAIL_FAILED]


def test_a_failure_told_twice_is_told_once(out: Post, firm: Firm, clock: HandClock) -> None:
    started = ask(out.house, firm, to=[firm.sophie])
    clock.forward(seconds=60)
    out.run()
    for _ in range(2):
        tell(out.house, only(out.house, started, firm.sophie), report(Action.FAILED, "5.1.1", hard=True))

    assert open_for_firm(out.house, started.conversation_id) == [AttentionReason.MAIL_FAILED]
    with out.house.database.reading() as session:
        everything = outbox.mails_of(session, started.conversation_id)
    assert [each.kind for each in everything].count(MailKind.FAILURE_NOTICE) == 1


def test_a_report_that_overtakes_the_250_keeps_its_blue_tick(out: Post, firm: Firm, clock: HandClock) -> None:
    started = ask(out.house, firm, to=[firm.sophie])
    out.relay.before = lambda: tell(out.house, only(out.house, started, firm.sophie), report(Action.DELIVERED))
    clock.forward(seconds=60)
    out.run()

    mail = only(out.house, started, firm.sophie)
    assert mail.state is MailState.DELIVERED
    assert mail.accepted_at is not None
    clock.forward(days=1)
    assert out.run() == []


@pytest.mark.parametrize(
    ("counts", "mta", "blue"),
    [
        ("auto", "mx.client.example", True),
        ("auto", "relay.ours.example", False),
        ("auto", None, False),
        ("yes", "relay.ours.example", True),
        ("no", "mx.client.example", False),
    ],
)
def test_relayed_is_evidence_only_when_the_host_is_not_ours(
    out: Post, firm: Firm, clock: HandClock, counts: str, mta: str | None, blue: bool
) -> None:
    started = ask(out.house, firm, to=[firm.sophie])
    clock.forward(seconds=60)
    out.run()
    house = with_policy(out.house, relayed_counts=counts, own_relays=("relay.ours.example",))
    relayed = RecipientReport(
        address="sophie@boulangerie.example",
        action=Action.RELAYED,
        status="2.0.0",
        reason="",
        hard=False,
        remote_mta=mta,
    )
    tell(house, only(house, started, firm.sophie), relayed)

    assert (tick(house, firm, started, firm.sophie) is Tick.BLUE) == blue


def test_a_relay_that_is_the_last_server_makes_its_250_evidence(out: Post, firm: Firm, clock: HandClock) -> None:
    out.house = with_policy(out.house, relay_is_final=True)
    started = ask(out.house, firm, to=[firm.sophie])
    clock.forward(seconds=60)
    out.run()

    mail = only(out.house, started, firm.sophie)
    assert (mail.state, mail.evidence) == (MailState.DELIVERED, Evidence.RELAY_IS_FINAL)
