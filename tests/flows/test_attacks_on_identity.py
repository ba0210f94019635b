"""Each known way to write as somebody else, at a signed address of hers: held, and nothing of it is posted."""

import pytest

from storage import conversations, signed
from storage.records import PersonId
from storage.states import AddressKind, Outcome
from tests.conftest import Firm, HandClock, with_policy
from tests.flows.mailroom import SOPHIE, Asked, Mailroom, address_in, reply, texts
from tests.flows.outgoing import Post
from worker.core.filing_facts import Why
from worker.core.policy import SinkRole
from worker.flows.conversations import Started

MALLORY = "mallory@elsewhere.example"


def raw_from(asked: Asked, line: str, **more: str) -> bytes:
    """Sophie's reply with another From line, written as it stands."""
    raw = reply(asked[1], **more)  # type: ignore[arg-type]
    return raw.replace(f"From: {SOPHIE}\r\n".encode(), line.encode())


@pytest.mark.parametrize(
    ("line", "why"),
    [
        (f"From: {SOPHIE}\r\nFrom: Mallory <{MALLORY}>\r\n", Why.NO_SENDER),
        (f"From: Mallory <{MALLORY}>\r\nFROM: {SOPHIE}\r\n", Why.NO_SENDER),
        ("From: Friends: sophie@boulangerie.example;\r\n", Why.NO_SENDER),
        (f"From: sophie@boulangerie.example ({MALLORY})\r\n", Why.NO_SENDER),
        (f"From: Sophie <sophie@boulangerie.example> ({MALLORY})\r\n", Why.NO_SENDER),
        ("From: <sophie(hidden)@boulangerie.example>\r\n", Why.NO_SENDER),
        (f"From: =?utf-8?q?sophie=40boulangerie.example=2C?= <{MALLORY}>\r\n", Why.NO_SENDER),
        (f"From: =?utf-8?q?Sophie=2C_?= {MALLORY}, sophie@boulangerie.example\r\n", Why.NO_SENDER),
        (f"From: sophie@boulangerie.example <{MALLORY}>\r\n", Why.NO_SENDER),
        ("From: Sophie <sophie@boulangerie.example\r\n", Why.NO_SENDER),
        ("From: Sophie <<sophie@boulangerie.example>>\r\n", Why.NO_SENDER),
        (f'From: "sophie@boulangerie.example" <{MALLORY}>\r\n', Why.OTHER_SENDER),
        ("From: Sophie <sophie@boulangeri\u0435.example>\r\n", Why.OTHER_SENDER),  # a Cyrillic letter
        ("From: Sophie <sophie@boulangerie.example.elsewhere.example>\r\n", Why.OTHER_SENDER),
        ("From: Sophie <sophie+x@boulangerie.example>\r\n", Why.OTHER_SENDER),
        ("", Why.NO_SENDER),
    ],
)
def test_a_from_that_is_not_one_address_of_hers_posts_nothing(
    room: Mailroom, firm: Firm, asked: Asked, line: str, why: Why
) -> None:
    started, sent = asked

    assert room.file(raw_from(asked, line), address_in(sent)) is Outcome.HELD
    assert room.last()[1].reason == why
    assert len(texts(room.house, firm, started)) == 1


@pytest.mark.parametrize("header", ["Reply-To", "Sender", "Resent-From", "X-Original-From", "Return-Path"])
def test_no_other_header_says_who_wrote_it(room: Mailroom, firm: Firm, asked: Asked, header: str) -> None:
    raw = raw_from(asked, f"From: Mallory <{MALLORY}>\r\n{header}: {SOPHIE}\r\n")

    assert room.file(raw, address_in(asked[1])) is Outcome.HELD
    assert room.last()[1].reason == Why.OTHER_SENDER


def test_the_envelope_sender_says_nothing_either(room: Mailroom, firm: Firm, asked: Asked) -> None:
    raw = raw_from(asked, f"From: Mallory <{MALLORY}>\r\n")

    assert room.file(raw, address_in(asked[1]), sender="sophie@boulangerie.example") is Outcome.HELD


def test_forged_results_of_authentication_prove_nobody(room: Mailroom, firm: Firm, asked: Asked) -> None:
    forged = "Authentication-Results: mx.firm.example; dmarc=pass header.from=fiduciaire.example\r\n"
    genuine = "Authentication-Results: mx.firm.example; dmarc=none header.from=fiduciaire.example\r\n"
    behind = with_policy(room.house, authserv_ids=("mx.firm.example",), sink_role=SinkRole.BEHIND_MX)
    raw = raw_from(
        asked, f"{genuine}{forged}From: Bram <bram@fiduciaire.example>\r\n", to="new@mail.fiduciaire.example"
    )
    mailroom = Mailroom(behind, room.reader, room.bell)

    assert mailroom.file(raw, "new@mail.fiduciaire.example") is Outcome.HELD
    assert room.last()[1].reason == Why.CASE_MANAGER_UNPROVEN


def address_of(room: Mailroom, started: Started, person: PersonId) -> str:
    with room.house.database.writing() as session:
        participant = conversations.participant_of(session, started.conversation_id, person)
        assert participant is not None
        wanted = signed.Wanted(
            kind=AddressKind.REPLY, conversation_id=started.conversation_id, participant_id=participant.id
        )
        found = signed.standing_addresses(session, [wanted], now=room.house.now(session))
    return f"r+{room.house.keys.sign(AddressKind.REPLY, found[wanted])}@mail.fiduciaire.example"


def test_the_address_of_another_participant_does_not_make_her_him(room: Mailroom, firm: Firm, asked: Asked) -> None:
    """Sophie found Anne's address in a forwarded mail."""
    started, sent = asked
    annes = address_of(room, started, firm.anne)

    assert room.file(reply(sent, "Payez ce compte.", to=annes), annes) is Outcome.HELD
    assert room.last()[1].reason == Why.OTHER_SENDER
    assert len(texts(room.house, firm, started)) == 1


def test_whoever_got_the_mail_forwarded_does_not_write_in_the_conversation(
    room: Mailroom, firm: Firm, asked: Asked
) -> None:
    """Greta, contact of another client, answers what Sophie forwarded to her: the address and our ids are in it."""
    started, sent = asked
    raw = raw_from(asked, "From: Greta Klein <greta@garage.example>\r\n")

    assert room.file(raw, address_in(sent)) is Outcome.HELD
    assert (room.last()[1].reason, room.last()[1].conversation_id) == (Why.OTHER_SENDER, started.conversation_id)


def test_an_upper_cased_address_is_the_same_address(room: Mailroom, firm: Firm, asked: Asked) -> None:
    started, sent = asked
    upper = address_in(sent).upper()

    assert room.file(reply(sent, to=upper, references=False), upper) is Outcome.POSTED
    other = raw_from(asked, f"From: Mallory <{MALLORY}>\r\n", to=upper)
    assert room.file(other, upper) is Outcome.HELD
    assert len(texts(room.house, firm, started)) == 2


@pytest.mark.parametrize("cut", [1, 2, 12, 30])
def test_a_truncated_address_leads_nowhere(
    room: Mailroom, firm: Firm, asked: Asked, out: Post, clock: HandClock, cut: int
) -> None:
    started, sent = asked
    local, _, domain = address_in(sent).partition("@")
    short = f"{local[:-cut]}@{domain}"
    raw = raw_from(asked, f"From: Mallory <{MALLORY}>\r\n", to=short)

    assert room.file(raw.replace(b"In-Reply-To", b"X-Was"), short) is Outcome.HELD
    assert room.last()[1].reason == Why.UNKNOWN_SENDER
    assert len(texts(room.house, firm, started)) == 1


@pytest.mark.parametrize(
    "name",
    [
        '"S.P.R.L. Martin, Sophie"',
        "S.P.R.L. Martin",
        "Sophie (Compta)",
        "=?iso-8859-1?q?Ren=E9e_Martin?=",
        "sophie@boulangerie.example",
    ],
)
def test_ordinary_names_of_hers_are_no_defect(room: Mailroom, asked: Asked, name: str) -> None:
    raw = raw_from(asked, f"From: {name} <sophie@boulangerie.example>\r\n")

    assert room.file(raw, address_in(asked[1])) is Outcome.POSTED


def test_a_display_name_loses_the_address_inside(room: Mailroom, asked: Asked) -> None:
    raw = raw_from(asked, 'From: "Anne anne@fiduciaire.example (Fiduciaire)" <sophie@boulangerie.example>\r\n')

    assert room.reader.parse(raw).sender_name == "Anne (Fiduciaire)"
