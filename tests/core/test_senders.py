"""From is stable, its name is nothing but a name, and machines are told what a mail is."""

import re
import unicodedata
from dataclasses import replace
from email.headerregistry import Address
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storage.states import MailKind, Side
from tests.conftest import TEST_POLICY
from worker.core.policy import FromStyle, Policy
from worker.core.senders import AutoHeaders, Sender, auto_headers, clean_name, sender_of

REPLY = "r+token@mail.fiduciaire.example"
MAILBOX = replace(TEST_POLICY, from_style=FromStyle.MAILBOX, mailbox_address="office@fiduciaire.example")
REPLYING = replace(TEST_POLICY, from_style=FromStyle.REPLY_ADDRESS)


def sent_by_anne(policy: Policy = TEST_POLICY, **changes: Any) -> Sender:
    known: dict[str, Any] = {
        "side": Side.CLIENT,
        "by_firm": True,
        "author_name": "Anne Dupont",
        "author_house_local": "anne.dupont",
        "client_name": "Boulangerie Martin",
        "client_house_local": "boulangerie.martin",
        "reply_address": REPLY,
    }
    return sender_of(policy, **{**known, **changes})


def sent_by_sophie(policy: Policy = TEST_POLICY, **changes: Any) -> Sender:
    return sent_by_anne(
        policy,
        **{"side": Side.FIRM, "by_firm": False, "author_name": "Sophie Martin", "author_house_local": None, **changes},
    )


def test_a_contact_gets_the_mail_from_the_case_manager_on_our_domain() -> None:
    assert sent_by_anne() == Sender(
        name="Anne Dupont, Fiduciaire Exemple", address="anne.dupont@mail.fiduciaire.example"
    )


def test_a_case_manager_gets_the_mail_from_the_client_on_our_domain() -> None:
    assert sent_by_sophie() == Sender(
        name="Sophie Martin (Boulangerie Martin)", address="boulangerie.martin@mail.fiduciaire.example"
    )


def test_what_a_colleague_wrote_never_comes_from_the_address_that_the_client_reads() -> None:
    assert sent_by_anne(side=Side.FIRM) == Sender(
        name="Anne Dupont (Boulangerie Martin)", address="anne.dupont@mail.fiduciaire.example"
    )
    assert sent_by_anne(side=Side.FIRM, author_house_local=None).address == REPLY


def test_the_mailbox_style_keeps_the_names_and_uses_the_one_address() -> None:
    assert sent_by_anne(MAILBOX) == Sender(name="Anne Dupont, Fiduciaire Exemple", address="office@fiduciaire.example")
    assert sent_by_sophie(MAILBOX) == Sender(
        name="Sophie Martin (Boulangerie Martin)", address="office@fiduciaire.example"
    )


def test_the_reply_address_style_uses_the_signed_address() -> None:
    assert sent_by_anne(REPLYING).address == REPLY
    assert sent_by_sophie(REPLYING).name == "Sophie Martin (Boulangerie Martin)"


def test_a_mailbox_that_is_set_does_not_replace_a_persons_address() -> None:
    policy = replace(TEST_POLICY, mailbox_address="office@fiduciaire.example")

    assert sent_by_anne(policy).address == "anne.dupont@mail.fiduciaire.example"
    assert sent_by_anne(policy, author_house_local=None).address == "office@fiduciaire.example"


def test_what_the_worker_writes_carries_the_name_of_the_firm() -> None:
    written = sent_by_anne(author_name=None, author_house_local=None)

    assert written == Sender(name="Fiduciaire Exemple", address=REPLY)


def test_without_any_address_there_is_one_that_nobody_else_is_given() -> None:
    nobody = sent_by_anne(author_house_local=None, reply_address=None)

    assert nobody.address == "navette@mail.fiduciaire.example"


def test_a_mail_about_no_client_names_the_firm_to_a_case_manager() -> None:
    assert sent_by_sophie(author_name=None, client_name=None, client_house_local=None).name == "Fiduciaire Exemple"


@pytest.mark.parametrize(
    ("written", "clean"),
    [
        ("Anne\r\nBcc: thief@evil.example", "Anne Bcc: thief evil.example"),
        ('Anne "la comptable" <anne@x.example>', "Anne la comptable anne x.example"),
        ("=?utf-8?q?thief=40evil.example?=", "utf-8?q?thief=40evil.example"),
        ("Anne\u202egnp.exe", "Anne gnp.exe"),
        ("  Zoé   D’Hondt\u00a0", "Zoé D’Hondt"),
        ("S.P.R.L. Dupont & Fils", "S.P.R.L. Dupont & Fils"),
        ("\x00\x07", ""),
    ],
)
def test_a_name_is_nothing_but_a_name(written: str, clean: str) -> None:
    assert clean_name(written) == clean


def test_long_names_are_cut_and_the_person_stays_readable() -> None:
    name = sent_by_sophie(client_name="Société coopérative des boulangers du Brabant wallon et de Bruxelles").name

    assert name == "Sophie Martin (Société coopérative des boulangers du Brabant wallon…)"
    assert len(name) <= 70


@given(st.text(max_size=200), st.text(max_size=200), st.sampled_from(Side))
def test_no_name_breaks_a_header_or_becomes_an_address(author: str, house: str, side: Side) -> None:
    policy = replace(TEST_POLICY, firm_name=house)
    name = sent_by_anne(policy, side=side, author_name=author, client_name=house).name

    assert len(name) <= 70
    assert not re.search(r'[@"<>\\]|=\?', name)
    assert not any(unicodedata.category(char).startswith("C") for char in name)
    assert Address(name, addr_spec="a@b.example").addr_spec == "a@b.example"


EXPECTED = {
    MailKind.MESSAGE: (None, None),
    MailKind.CORRECTION: (None, None),
    MailKind.FAILURE_NOTICE: ("auto-generated", "RN, NRN, AutoReply"),
    MailKind.REMINDER: ("auto-generated", "RN, NRN, AutoReply"),
    MailKind.DIGEST: ("auto-generated", "RN, NRN, AutoReply"),
    MailKind.NOTICE: ("auto-generated", "RN, NRN, AutoReply"),
    MailKind.ALARM: ("auto-generated", "RN, NRN, AutoReply"),
    MailKind.RECEIPT: ("auto-replied", "OOF, RN, NRN, AutoReply"),
    MailKind.REJECTION: ("auto-replied", "OOF, RN, NRN, AutoReply"),
    MailKind.QUESTION: ("auto-replied", "OOF, RN, NRN, AutoReply"),
    MailKind.HELD_NOTICE: ("auto-generated", "RN, NRN, AutoReply"),
    MailKind.CONFIRMATION: ("auto-replied", "OOF, RN, NRN, AutoReply"),
    MailKind.WAITING_NOTICE: ("auto-replied", "OOF, RN, NRN, AutoReply"),
    MailKind.COMMAND_ANSWER: ("auto-replied", "OOF, RN, NRN, AutoReply"),
    MailKind.OPENED_NOTICE: ("auto-replied", "OOF, RN, NRN, AutoReply"),
    MailKind.REFUSED_FILES: ("auto-replied", "OOF, RN, NRN, AutoReply"),
}


@pytest.mark.parametrize("kind", MailKind)
def test_every_kind_of_mail_tells_machines_what_it_is(kind: MailKind) -> None:
    submitted, suppress = EXPECTED[kind]

    assert auto_headers(kind) == AutoHeaders(auto_submitted=submitted, suppress=suppress)


@pytest.mark.parametrize("kind", MailKind)
def test_no_mail_ever_asks_exchange_to_keep_its_reports(kind: MailKind) -> None:
    asked = {word.strip() for word in (auto_headers(kind).suppress or "").split(",")}

    assert not asked & {"All", "DR", "NDR"}
