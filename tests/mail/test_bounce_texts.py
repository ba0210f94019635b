"""Bounces in words, as servers without RFC 3464 write them; all made up."""

import pytest

from worker.core.reports import Action, RecipientReport, Report
from worker.mail.limits import DEFAULT
from worker.mail.parsing import read_mail

OURS = "token-1@mail.fiduciaire.example"
COPY = f"""\
Return-Path: <b+token-1@mail.fiduciaire.example>
From: Anne Dupont <anne.dupont@mail.fiduciaire.example>
To: sophie@boulangerie.example
Message-ID: <{OURS}>
Subject: Facture 2026-114

Bonjour Sophie,
"""
MAILER = "From: MAILER-DAEMON@mx.example\nTo: b+token-1@mail.fiduciaire.example\n"

QMAIL = (
    MAILER
    + f"""Subject: failure notice

Hi. This is the qmail-send program at mx.example.
I'm afraid I wasn't able to deliver your message to the following addresses.
This is a permanent error; I've given up. Sorry it didn't work out.

<sophie@boulangerie.example>:
192.0.2.1 does not like recipient.
Remote host said: 550 5.1.1 no mailbox here by that name
Giving up on 192.0.2.1.

--- Below this line is a copy of the message.

{COPY}"""
)
EXIM = f"""X-Failed-Recipients: sophie@boulangerie.example
Auto-Submitted: auto-replied
From: Mail Delivery System <Mailer-Daemon@mx.example>
To: b+token-1@mail.fiduciaire.example
Subject: Mail delivery failed: returning message to sender

This message was created automatically by mail delivery software.

A message that you sent could not be delivered to one or more of its
recipients. This is a permanent error. The following address(es) failed:

  sophie@boulangerie.example
    SMTP error from remote mail server after RCPT TO:<sophie@boulangerie.example>:
    host mx.boulangerie.example [192.0.2.1]: 552 5.2.2 mailbox is full

------ This is a copy of the message, including all the headers. ------

{COPY}"""
EXIM_WARNING = """X-Failed-Recipients: sophie@boulangerie.example
From: Mail Delivery System <Mailer-Daemon@mx.example>
Subject: Warning: message 1abc-23 delayed 24 hours

This message was created automatically by mail delivery software.
A message that you sent has not yet been delivered to one or more of its
recipients after more than 24 hours on the queue on mx.example.

The address to which the message has not yet been delivered is:

  sophie@boulangerie.example

No action is required on your part. Delivery attempts will continue for
some time.
"""
POSTFIX = (
    MAILER
    + f"""Subject: Undelivered Mail Returned to Sender

This is the mail system at host mx.example.

I'm sorry to have to inform you that your message could not
be delivered to one or more recipients. It's attached below.

<sophie@boulangerie.example>: host mx.boulangerie.example[192.0.2.1] said: 550 5.7.1
    Message blocked by policy (in reply to end of DATA command)

--- Original message ---
{COPY}"""
)
EXCHANGE = (
    """From: postmaster@boulangerie.example
To: b+token-1@mail.fiduciaire.example
Subject: Undeliverable: Facture 2026-114
Content-Type: multipart/mixed; boundary="b"

--b
Content-Type: text/plain

Your message did not reach some or all of the intended recipients.

      Subject:  Facture 2026-114
      Sent:     24/11/2026 10:05

The following recipient(s) could not be reached:

      sophie@boulangerie.example on 24/11/2026 10:06
            The e-mail account does not exist at the organization this message was sent to.
            <mx.boulangerie.example #5.1.1>

--b
Content-Type: message/rfc822

"""
    + COPY
    + "\n--b--\n"
)
SENDMAIL = (
    MAILER
    + f"""Subject: Returned mail: see transcript for details

   ----- The following addresses had permanent fatal errors -----
<sophie@boulangerie.example>
    (reason: 550 5.1.2 host unknown)

   ----- Original message follows -----
{COPY.replace(f"Message-ID: <{OURS}>", f"Message-ID:{chr(10)} <{OURS}>")}"""
)
FRENCH = f"""From: "Système de messagerie" <postmaster@mx.example>
Subject: Non remis : Facture 2026-114

Votre message n'a pas pu être remis au destinataire suivant :

sophie@boulangerie.example
Utilisateur inconnu

{COPY}"""


def found(raw: str) -> Report | None:
    return read_mail(raw.replace("\n", "\r\n").encode(), DEFAULT).report


def the_one(raw: str) -> RecipientReport:
    report = found(raw)
    assert report is not None
    (one,) = report.recipients
    assert one.address == "sophie@boulangerie.example"
    return one


@pytest.mark.parametrize(
    ("raw", "status", "reason", "hard"),
    [
        (QMAIL, "5.1.1", "userunknown", True),
        (EXIM, "5.2.2", "mailboxfull", False),
        (POSTFIX, "5.7.1", "blocked", False),
        (EXCHANGE, "5.1.1", "userunknown", True),
        (SENDMAIL, "5.1.2", "hostunknown", True),
        (FRENCH, "", "userunknown", True),
    ],
    ids=["qmail", "exim", "postfix", "exchange", "sendmail", "french"],
)
def test_a_bounce_in_words_says_who_why_and_about_which_mail(raw: str, status: str, reason: str, hard: bool) -> None:
    one = the_one(raw)

    assert (one.action, one.status, one.reason, one.hard) == (Action.FAILED, status, reason, hard)
    report = found(raw)
    assert report is not None
    assert report.original_message_id == OURS


def test_a_warning_is_a_delay_and_never_hard() -> None:
    one = the_one(EXIM_WARNING)

    assert (one.action, one.hard) == (Action.DELAYED, False)


def test_two_addresses_have_their_own_reasons() -> None:
    raw = QMAIL.replace(
        "\n--- Below", "\n<marc@boulangerie.example>:\nRemote host said: 552 5.2.2 quota exceeded\n\n--- Below"
    )
    report = found(raw)

    assert report is not None
    assert [(each.address, each.reason) for each in report.recipients] == [
        ("sophie@boulangerie.example", "userunknown"),
        ("marc@boulangerie.example", "mailboxfull"),
    ]


@pytest.mark.parametrize(
    "changed",
    [
        QMAIL.replace("MAILER-DAEMON@mx.example", "Paul Petit <paul@x.example>"),
        QMAIL.replace("failure notice", "Réunion de mardi"),
        QMAIL.replace("<sophie@boulangerie.example>:", "somebody:"),
    ],
    ids=["a person wrote it", "a subject of its own", "no address"],
)
def test_what_is_no_bounce_is_none(changed: str) -> None:
    assert found(changed) is None


def test_a_machine_that_says_neither_failed_nor_delayed_is_no_bounce() -> None:
    assert found(MAILER + "Subject: Delivery status\n\nsophie@boulangerie.example\nAll is well.\n") is None


def test_a_mail_that_quotes_a_copy_of_another_is_about_that_one_only() -> None:
    report = found(QMAIL.replace(OURS, "theirs@elsewhere.example"))

    assert report is not None
    assert report.original_message_id == "theirs@elsewhere.example"


def test_hostile_bounces_are_read_in_time() -> None:
    for piece in (
        "-" * 900,
        "a@" + "b." * 400,
        "<" * 900,
        "> " * 400,
        "message-id:" * 80,
        "a" * 63 + "@",
        "rcpt to:<" * 90,
    ):
        found(MAILER + "Subject: failure notice\n\nnot delivered\n" + (piece + "\n") * 2_000)


ARF = f"""\
From: feedback@provider.example
To: abuse@mail.fiduciaire.example
Subject: FW: Facture
Content-Type: multipart/report; report-type=feedback-report; boundary="b"

--b
Content-Type: text/plain

This is an email abuse report.

--b
Content-Type: message/feedback-report

Feedback-Type: Abuse
User-Agent: Provider/1.0
Version: 1

--b
Content-Type: message/rfc822

{COPY}
--b--
"""


def test_a_feedback_report_says_which_kind_and_about_which_mail() -> None:
    report = found(ARF)

    assert report is not None
    assert (report.feedback, report.original_message_id, report.recipients) == ("abuse", OURS, ())


def test_a_feedback_report_without_a_type_is_one_of_another_kind() -> None:
    report = found(ARF.replace("Feedback-Type: Abuse\n", ""))

    assert report is not None
    assert report.feedback == "other"
