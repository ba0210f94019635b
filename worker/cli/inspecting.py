"""navette inspect: what the worker would make of a mail, without database and without settings.

One mail's view is a JSON object (``--json``, one a line) or readable text. ``--jsonl`` reads ``{"file": …, "sent": …}``
a line from standard input and writes one object a line, in order, in one process for thousands. Whatever the bytes, the
lines and the names of files are, there is an object: what could not be read has the reason in ``quarantine``
(``bad line``, ``not a file``, ``cannot be read: …``, the name of a limit, ``error:…``).
"""

import json
import stat
import sys
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import Annotated, Any

import typer

from worker.cli.terminal import errors, out
from worker.core.automatic import judge
from worker.core.new_text.cut import Cut, Sent
from worker.core.parsed import Finding, ParsedMail
from worker.core.reports import Report
from worker.mail.from_header import addresses_of
from worker.mail.limited.desk import FileDesk
from worker.mail.limits import DEFAULT
from worker.mail.parsing import parse

View = dict[str, Any]
UNREADABLE = ("cannot be read", "not a file")


class Unreadable(Exception):  # noqa: N818 - reads as what it is
    """A file that gives no bytes; the text says why."""


def add_to(app: typer.Typer) -> None:
    app.command()(inspect)


def inspect(
    files: Annotated[list[str] | None, typer.Argument(help="Mails as .eml files.", show_default=False)] = None,
    sent: Annotated[str | None, typer.Option(help="The mail of ours that they answer, as .eml.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a line.")] = False,  # noqa: FBT002 - an option
    as_lines: Annotated[  # noqa: FBT002 - an option
        bool, typer.Option("--jsonl", help='Read {"file": …, "sent": …} a line from standard input.')
    ] = False,
) -> None:
    """What the worker would make of a mail, without a database."""
    if as_lines:
        write_objects(views_of_lines(sys.stdin.buffer))
        return
    if not files:
        errors.tell("navette: say which mails to look at, or use --jsonl")
        raise typer.Exit(2)
    views = (view_of_file(file, sent) for file in files)
    if as_json:
        write_objects(views)
        return
    unreadable = 0
    for view in views:
        if str(view["quarantine"] or "").startswith(UNREADABLE):
            errors.tell(f"navette: {view['file']}: {view['quarantine']}")
            unreadable += 1
        else:
            print_view(view)
    if unreadable:
        raise typer.Exit(1)


def write_objects(views: Iterable[View]) -> None:
    """Bytes, so that no locale and no lone surrogate of a file name can stop them; flushed line by line."""
    for view in views:
        line = json.dumps(view, ensure_ascii=False)
        sys.stdout.buffer.write(line.encode("utf-8", "backslashreplace") + b"\n")
        sys.stdout.buffer.flush()


def views_of_lines(lines: Iterable[bytes]) -> Iterator[View]:
    for line in lines:
        asked = asked_for(line)
        yield view_of_file(*asked) if asked is not None else nothing_read(None, "bad line")


def asked_for(line: bytes) -> tuple[str, str | None] | None:
    """File and sent mail of one line of standard input; None for what is no such object."""
    try:
        read = json.loads(line)
    except (ValueError, RecursionError):
        return None
    if not isinstance(read, dict) or not isinstance(read.get("file"), str):
        return None
    sent = read.get("sent")
    return (read["file"], sent) if sent is None or isinstance(sent, str) else None


def view_of_file(file: str, sent: str | None) -> View:
    try:
        raw, size = bytes_of(file)
    except Unreadable as why:
        return nothing_read(file, str(why))
    try:
        view = view_of_mail(file, raw, sent)
    except Exception as fault:  # noqa: BLE001 - the outermost loop: one mail that breaks our code stops no other
        return nothing_read(file, f"error:{type(fault).__name__}")
    return {**view, "size": size}


def bytes_of(file: str) -> tuple[bytes, int]:
    """No more than the parser takes, and the size of the whole."""
    try:
        path = Path(file)
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):
            raise Unreadable("not a file")
        with path.open("rb") as opened:
            return opened.read(DEFAULT.size + 1), status.st_size
    except OSError as why:
        raise Unreadable(f"cannot be read: {type(why).__name__}") from why
    except ValueError as why:  # a NUL or a lone surrogate in the name
        raise Unreadable("not a file") from why


@cache
def desk() -> FileDesk:
    """Its child starts at the first mail that wraps something, and ends with us."""
    return FileDesk()


def sent_of(file: str) -> Sent:
    """What we know of a mail of ours: its texts, and what names it in a quote header."""
    raw, _ = bytes_of(file)
    mail = parse(raw, DEFAULT, desk())
    html = "\n".join(line.text for line in mail.html_lines or ())
    answer_to = addresses_of(mail.header("reply-to") or "")
    names = (mail.sender or "", mail.sender_name, *answer_to, mail.subject)
    return Sent(
        texts=tuple(dict.fromkeys(text for text in (mail.text, html) if text.strip())),
        names=tuple(dict.fromkeys(name for name in names if name)),
    )


def view_of_mail(file: str, raw: bytes, sent_file: str | None) -> View:
    mail = parse(raw, DEFAULT, desk())
    findings = list(mail.findings)
    sent: Sent | None = None
    if sent_file is not None:
        try:
            sent = sent_of(sent_file)
        except Unreadable as why:
            findings.append(Finding(step="sent", found=str(why)))
    judged = judge(mail, null_sender=mail.return_path == "")
    findings += [Finding(step="from", found=defect) for defect in mail.from_defects]
    findings.append(Finding(step="automatic", found=judged.why or "no"))
    cut = cut_of(mail, sent)
    if not mail.quarantine:
        findings.append(Finding(step="cut", found=cut.method))
    return {
        "file": file,
        "size": mail.size,
        "quarantine": mail.quarantine,
        "sender": mail.sender,
        "subject": mail.subject,
        "automatic": judged.why,
        "report": report_view(mail.report),
        "text": mail.text,
        "new_text": cut.new_text,
        "quoted_text": cut.quoted_text,
        "method": cut.method,
        "confidence": cut.confidence,
        "attachments": [
            {"name": each.name, "type": each.media_type, "size": each.size, "sha256": each.sha256}
            for each in mail.files
        ],
        "findings": [f"{each.step}: {each.found}" for each in findings],
    }


def cut_of(mail: ParsedMail, sent: Sent | None) -> Cut:
    from worker.core.new_text.cutting import cut_reply

    return cut_reply(mail.lines, mail.html_lines, sent)


def report_view(report: Report | None) -> View | None:
    if report is None:
        return None
    return {
        "envelope_id": report.envelope_id,
        "original_message_id": report.original_message_id,
        "recipients": [
            {
                "address": each.address,
                "action": each.action.value,
                "status": each.status,
                "reason": each.reason,
                "hard": each.hard,
            }
            for each in report.recipients
        ],
    } | ({"feedback": report.feedback} if report.feedback else {})


def nothing_read(file: str | None, quarantine: str) -> View:
    """The object of what gave no mail: the same keys, nothing in them."""
    return {
        "file": file,
        "size": 0,
        "quarantine": quarantine,
        "sender": None,
        "subject": "",
        "automatic": None,
        "report": None,
        "text": "",
        "new_text": "",
        "quoted_text": "",
        "method": "nothing",
        "confidence": 0.0,
        "attachments": [],
        "findings": [],
    }


def print_view(view: View) -> None:
    def line(label: str, value: object, style: str = "") -> None:
        shown = f"{value}".encode("utf-8", "backslashreplace").decode()
        out.tell(f"{label:<12}{shown}", style=style)

    line("file", f"{view['file']} ({view['size']} bytes)", "bold")
    if view["quarantine"]:
        line("quarantine", view["quarantine"], "red")
    line("sender", view["sender"] or "not sure")
    line("subject", view["subject"])
    line("automatic", view["automatic"] or "no")
    if view["report"] and "feedback" in view["report"]:
        line("report", f"complaint: {view['report']['feedback']}")
    for each in view["report"]["recipients"] if view["report"] else ():
        hard = "hard" if each["hard"] else "soft"
        line("report", f"{each['address']}: {each['action']} {each['status']} {each['reason']} ({hard})")
    for each in view["attachments"]:
        line("attachment", f"{each['name']} ({each['type']}, {each['size']} bytes)")
    line("new text", f"cut by {view['method']}, confidence {view['confidence']}", "dim")
    out.tell(view["new_text"])
    if view["quoted_text"]:
        line("quoted text", "", "dim")
        out.tell(view["quoted_text"], style="dim")
    for found in view["findings"]:
        line("found", found, "dim")
    out.print()
