"""Delivery reports as servers write them."""

import pytest

from tests.mail.written import HEAD, mail, multipart, part, report_mail
from worker.core.reports import Action, RecipientReport, Report
from worker.mail.limits import DEFAULT
from worker.mail.parsing import read_mail
from worker.mail.report_parsing import MOST_BLOCKS, MOST_RECIPIENTS

ABOUT = "Reporting-MTA: dns; mx.example\nOriginal-Envelope-Id: token-1\n\n"


def report_of(raw: bytes) -> Report:
    found = read_mail(raw, DEFAULT).report
    assert found is not None
    return found


def recipient_of(fields: str, text: str = "") -> RecipientReport:
    (found,) = report_of(report_mail(ABOUT + fields, text=text)).recipients
    return found


def test_a_failure_says_who_why_and_about_which_mail() -> None:
    report = report_of(
        report_mail(
            ABOUT
            + "Final-Recipient: rfc822; Sophie@Boulangerie.example\nOriginal-Recipient: rfc822;sophie+2Btva@x.example\n"
            "Action: failed\nStatus: 5.1.1\nRemote-MTA: dns; mx.boulangerie.example\n"
            "Diagnostic-Code: smtp; 550 5.1.1 <sophie>:\n Recipient address rejected: User unknown\n"
        )
    )
    assert (report.envelope_id, report.original_message_id) == ("token-1", "token-1@mail.fiduciaire.example")
    assert report.recipients == (
        RecipientReport(
            address="sophie@boulangerie.example",
            action=Action.FAILED,
            status="5.1.1",
            reason="userunknown",
            hard=True,
            remote_mta="mx.boulangerie.example",
            reply="550",
            diagnostic="smtp; 550 5.1.1 <sophie>: Recipient address rejected: User unknown",
            original_address="sophie+tva@x.example",
        ),
    )


@pytest.mark.parametrize("action", ["delivered", "relayed", "expanded"])
def test_good_news_is_good_news(action: str) -> None:
    found = recipient_of(f"Final-Recipient: rfc822; a@b.example\nAction: {action} (yes)\nStatus: 2.0.0\n")
    assert (found.action, found.reason, found.hard) == (Action(action), "delivered", False)


def test_a_delay_is_never_hard() -> None:
    found = recipient_of(
        "Final-Recipient: rfc822; a@b.example\nAction: delayed\nStatus: 5.1.1\nDiagnostic-Code: smtp; 550 user unknown\n"
    )
    assert (found.action, found.hard) == (Action.DELAYED, False)


@pytest.mark.parametrize(
    ("fields", "action"),
    [
        ("Status: 5.0.0", Action.FAILED),
        ("Action: gone\nStatus: 4.2.2", Action.DELAYED),
        ("Action: deliverable\nStatus: 2.1.5", Action.RELAYED),
    ],
)
def test_a_missing_or_unknown_action_follows_the_status(fields: str, action: Action) -> None:
    assert recipient_of(f"Final-Recipient: rfc822; a@b.example\n{fields}\n").action is action


def test_a_block_that_says_nothing_changes_nothing() -> None:
    assert report_of(report_mail(ABOUT + "Final-Recipient: rfc822; a@b.example\n")).recipients == ()


def test_each_recipient_has_its_own_fate() -> None:
    report = report_of(
        report_mail(
            ABOUT + "Final-Recipient: rfc822; a@b.example\nAction: failed\nStatus: 5.2.2\n\n\n"
            "Original-Recipient: rfc822;c+2Bd@b.example\nAction: delivered\nStatus: 2.0.0\n"
        )
    )
    assert [(each.address, each.action) for each in report.recipients] == [
        ("a@b.example", Action.FAILED),
        ("c+d@b.example", Action.DELIVERED),
    ]


def test_a_vague_status_gives_way_to_the_code_in_the_diagnostic() -> None:
    found = recipient_of(
        "Final-Recipient: rfc822; a@b.example\nAction: failed\nStatus: 5.0.0\nDiagnostic-Code: smtp; 552-5.2.2 over quota\n"
    )
    assert (found.status, found.reply, found.reason, found.hard) == ("5.2.2", "552", "mailboxfull", False)


def test_without_a_diagnostic_the_text_for_people_may_say_why() -> None:
    fields = "Final-Recipient: rfc822; a@b.example\nAction: failed\nStatus: 5.0.0\n"
    assert recipient_of(fields, text="a@b.example: Domain does not exist").reason == "hostunknown"


def test_the_text_speaks_for_nobody_when_it_speaks_of_several() -> None:
    fields = "Final-Recipient: rfc822; {}@b.example\nAction: failed\nStatus: 5.0.0\n\n"
    report = report_of(
        report_mail(ABOUT + fields.format("a") + fields.format("c"), text="a: user unknown, c: mailbox full")
    )
    assert [each.reason for each in report.recipients] == ["undefined", "undefined"]


def test_user_unknown_after_the_data_is_a_filter() -> None:
    fields = (
        "Final-Recipient: rfc822; a@b.example\nAction: failed\nStatus: 5.0.0\nDiagnostic-Code: smtp; 550 Unknown user\n"
    )
    found = recipient_of(fields, text="said: 550 Unknown user (in reply to end of DATA\n    command)")
    assert (found.reason, found.hard) == ("filtered", False)
    assert recipient_of(fields).hard


@pytest.mark.parametrize(
    "returned",
    [
        part("message/rfc822", mail("text/plain", "hi")),
        part("text/rfc822-headers", HEAD),
        part("message/rfc822-headers", HEAD),
        part("message/rfc822", mail("text/plain", "hi"), more="Content-Disposition: attachment\n"),
    ],
)
def test_the_mail_that_came_back_names_itself(returned: bytes) -> None:
    found = read_mail(
        report_mail(ABOUT + "Final-Recipient: rfc822; a@b.example\nAction: failed\n", returned=returned), DEFAULT
    )
    assert found.report is not None
    assert found.report.original_message_id == "reply-1@boulangerie.example"
    assert found.files == ()
    assert found.text == "Your mail was not delivered."


def test_a_report_whose_type_lies_is_still_one() -> None:
    fields = part(
        "message/delivery-status", ABOUT + "Final-Recipient: rfc822; a@b.example\nAction: failed\nStatus: 5.1.1\n"
    )
    report = report_of(
        multipart(
            "mixed", part("text/plain", "sorry"), fields, part("message/rfc822", mail("text/plain", "hi")), head=HEAD
        )
    )
    assert (report.envelope_id, report.original_message_id) == ("token-1", "reply-1@boulangerie.example")


def test_a_report_that_a_person_forwards_is_his_file() -> None:
    bounce = report_mail(ABOUT + "Final-Recipient: rfc822; a@b.example\nAction: failed\nStatus: 5.1.1\n")
    found = read_mail(
        multipart(
            "mixed", part("text/plain", "que faire ?"), part("message/rfc822", bounce), head=HEAD, boundary="outer"
        ),
        DEFAULT,
    )
    assert found.report is None
    assert [file.name for file in found.files] == ["Undelivered.eml"]


def test_what_is_no_delivery_report_is_none() -> None:
    notification = multipart(
        "report",
        part("text/plain", "read"),
        part("message/disposition-notification", "Disposition: manual-action/MDN-sent-manually; displayed\n"),
        parameters="; report-type=disposition-notification",
        head=HEAD,
    )
    found = read_mail(notification, DEFAULT)
    assert (found.report, found.files) == (None, ())


def test_a_strange_recipient_is_kept_as_text() -> None:
    assert (
        recipient_of("Final-Recipient: local; |/usr/bin/pipe x\nAction: failed\nStatus: 5.0.0\n").address
        == "|/usr/bin/pipe x"
    )


def test_what_a_person_attached_beside_a_report_is_a_file() -> None:
    status = part(
        "message/delivery-status", ABOUT + "Final-Recipient: rfc822; a@b.example\nAction: failed\nStatus: 5.1.1\n"
    )
    attached = part(
        "message/rfc822", mail("text/plain", "hi"), more="Content-Disposition: attachment; filename=contrat.eml\n"
    )
    pdf = part("application/pdf; name=a.pdf", "%PDF-1.4")
    found = read_mail(multipart("mixed", part("text/plain", "voir"), status, attached, pdf, head=HEAD), DEFAULT)
    assert [file.name for file in found.files] == ["contrat.eml", "a.pdf"]


def test_a_report_of_endless_blocks_is_read_to_its_bounds() -> None:
    fields = "Final-Recipient: rfc822;a@x.example\nAction: failed\nStatus: 5.1.1\n\n"
    assert len(report_of(report_mail(fields * 1_500)).recipients) == MOST_RECIPIENTS
    assert len(report_of(report_mail("X: y\n\n" * (MOST_BLOCKS - 3) + fields * 9)).recipients) == 3
    late = part("message/delivery-status", fields)
    status = [part("message/delivery-status", f"{ABOUT}X: {'y' * 90_000}\n") for _ in range(3)]
    found = report_of(multipart("report", *status, late, parameters="; report-type=delivery-status", head=HEAD))
    assert (found.envelope_id, found.recipients) == ("token-1", ())
