"""Scans that are due, images that were seen, invoices: on both databases."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

from sqlalchemy.orm import Session

from storage import attached, conversations, file_facts, inbox, messages
from storage.inbox import KeptMail
from storage.records import ClientId, FileId, InboundMailId, MessageId
from storage.states import AsideReason, Origin, ScanState, Side, Way
from tests.conftest import START, Firm
from worker.core.file_looks import ElectronicInvoice, InvoiceKind
from worker.flows.house import House

MINUTE = timedelta(minutes=1)


def a_file(session: Session, client_id: ClientId, sha256: str) -> FileId:
    return attached.add_file(session, client_id, sha256=sha256, size=9, media_type="image/png", now=START)


def a_message(session: Session, firm: Firm, side: Side = Side.CLIENT) -> MessageId:
    conversation_id = conversations.add_conversation(
        session,
        client_id=firm.bakery,
        subject="x",
        starter_id=firm.anne,
        starter_side=Side.FIRM,
        now=START,
        thread_root=f"{side}@x",
    )
    return messages.add_message(
        session,
        conversation_id=conversation_id,
        author_id=firm.sophie,
        author_side=side,
        text="x",
        happened_at=START,
        now=START,
        origin=Origin.MAIL,
    ).id


def kept(session: Session, sha256: str) -> InboundMailId:
    mail = KeptMail(
        sha256=sha256, size=1, raw=b"x", raw_path=None, way=Way.SMTP, envelope_from=None, recipients=(sha256,)
    )
    (arrival_id,) = inbox.keep_mail(session, mail, now=START)
    arrival = inbox.arrival(session, arrival_id)
    assert arrival is not None
    return arrival.inbound_mail_id


def test_a_scan_is_taken_once_until_its_lease_ends(house: House, firm: Firm) -> None:
    with house.database.writing() as session:
        first, second = a_file(session, firm.bakery, "a"), a_file(session, firm.bakery, "b")
        taken = file_facts.take_scans(session, START, most=1, lease=MINUTE)
        assert [each.id for each in taken] == [first]
        taken = file_facts.take_scans(session, START, most=5, lease=MINUTE)
        assert [each.id for each in taken] == [second]
        assert file_facts.take_scans(session, START, most=5, lease=MINUTE) == []
        again = file_facts.take_scans(session, START + MINUTE, most=5, lease=MINUTE)
        assert [each.id for each in again] == [first, second]


def test_what_was_scanned_is_not_due_any_more_and_stays_what_it_is(house: House, firm: Firm) -> None:
    with house.database.writing() as session:
        file_id = a_file(session, firm.bakery, "a")
        assert file_facts.write_scan(session, file_id, ScanState.INFECTED, signature="Eicar")
        assert not file_facts.write_scan(session, file_id, ScanState.CLEAN)
        assert file_facts.take_scans(session, START, most=5, lease=MINUTE) == []
        assert file_facts.scan_states(session, firm.bakery, ["a", "b"]) == {"a": ScanState.INFECTED}
        assert file_facts.scan_states(session, firm.garage, ["a"]) == {}


def test_a_scan_that_is_put_off_comes_back_at_its_time(house: House, firm: Firm) -> None:
    with house.database.writing() as session:
        file_id = a_file(session, firm.bakery, "a")
        file_facts.put_off_scan(session, file_id, due_at=START + MINUTE, tries=3)
        assert file_facts.take_scans(session, START, most=5, lease=MINUTE) == []
        (taken,) = file_facts.take_scans(session, START + MINUTE, most=5, lease=MINUTE)
        assert taken.scan_tries == 3


def test_the_scans_that_are_due_are_found_by_their_index(house: House, firm: Firm) -> None:
    with house.database.writing() as session:
        if session.get_bind().dialect.name == "sqlite":
            statement = "EXPLAIN QUERY PLAN SELECT id FROM files WHERE scan_state = 'unscanned' ORDER BY scan_due_at, id LIMIT 5"
            from sqlalchemy import text

            assert "ix_files_unscanned" in str(session.execute(text(statement)).all())


def test_a_content_knows_the_messages_that_carry_it(house: House, firm: Firm) -> None:
    with house.database.writing() as session:
        file_id = a_file(session, firm.bakery, "a")
        message_id = a_message(session, firm)
        attachment_id = attached.add_attachment(session, message_id, file_id, position=1, name="a.png")
        assert [(each, message.id) for each, message in file_facts.uses_of(session, file_id)] == [
            (attachment_id, message_id)
        ]
        assert file_facts.has_unscanned(session, [message_id])
        file_facts.set_aside(session, attachment_id, AsideReason.INFECTED)
        (one,) = attached.attachments_of(session, [message_id])
        assert (one.set_aside, one.aside_why) == (True, AsideReason.INFECTED)
        assert not file_facts.has_unscanned(session, [message_id])
        found = file_facts.attachment(session, one.public_id)
        assert found is not None
        assert found[0] == one
        assert file_facts.attachment(session, one.public_id ^ 1) is None


def test_an_image_counts_once_per_mail_and_person(house: House, firm: Firm) -> None:
    with house.database.writing() as session:
        first, second = kept(session, "one"), kept(session, "two")
        for inbound_id in (first, first, second):
            file_facts.note_seen(session, firm.sophie, "logo", inbound_id, now=START)
        file_facts.note_seen(session, firm.marc, "logo", second, now=START)
        assert file_facts.times_seen(session, firm.sophie, ["logo", "other"]) == {"logo": 2}
        assert file_facts.times_seen(session, firm.marc, ["logo"]) == {"logo": 1}


def test_images_of_the_firm_are_those_it_sent_to_this_client(house: House, firm: Firm) -> None:
    with house.database.writing() as session:
        for sha256, side in (("ours", Side.FIRM), ("theirs", Side.CLIENT)):
            file_id = a_file(session, firm.bakery, sha256)
            attached.add_attachment(session, a_message(session, firm, side), file_id, position=1, name="a.png")
        a_file(session, firm.garage, "ours")
        assert file_facts.images_of_the_firm(session, firm.bakery, ["ours", "theirs"]) == {"ours"}
        assert file_facts.images_of_the_firm(session, firm.garage, ["ours"]) == set()


def test_an_invoice_is_written_once_per_content(house: House, firm: Firm) -> None:
    with house.database.writing() as session:
        file_id = a_file(session, firm.bakery, "a")
        said = ElectronicInvoice(
            kind=InvoiceKind.INVOICE,
            number="2026-1",
            issued_on=date(2026, 11, 3),
            seller_vat="BE0123456749",
            buyer_vat=None,
            amount=Decimal("12.50"),
            currency="EUR",
        )
        file_facts.add_invoice(session, file_id, said)
        file_facts.add_invoice(session, file_id, replace(said, number="2026-2"))
        found = file_facts.invoice_of(session, file_id)
        assert found is not None
        assert (found.number, found.issued_on, found.amount) == ("2026-1", date(2026, 11, 3), Decimal("12.50"))
