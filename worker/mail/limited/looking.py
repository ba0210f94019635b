"""Which question a file is asked, by its type, and what no answer means.

A reader that dies over a PDF, a ZIP or an Office file, or uses up its time of the processor, makes it unreadable; of a
picture or XML that nobody here can read nothing is known, and nothing is said against it. Neither is it when somebody
killed the reader, or the machine stood still.
"""

from pathlib import Path

from worker.core.file_looks import NOT_LOOKED, FileLook, Inside
from worker.mail.limited.answers import invoice_of, look_of
from worker.mail.limited.questions import Question
from worker.mail.limited.reader import NOT_ITS_FAULT, LimitedReader, Told

PICTURES = frozenset(
    {"image/jpeg", "image/png", "image/gif", "image/heic", "image/heif", "image/webp", "image/bmp", "image/tiff"}
)
OFFICE = ("application/vnd.openxmlformats-", "application/vnd.oasis.opendocument.", "application/vnd.ms-")
OLD_OFFICE = frozenset({"application/msword", "application/x-ole-storage"})
XML = frozenset({"application/xml", "text/xml"})
STRICT = frozenset({Question.PDF, Question.ZIP, Question.OFFICE})


def question_for(media_type: str, name: str) -> Question | None:
    if media_type == "application/pdf":
        return Question.PDF
    if media_type == "application/zip":
        return Question.ZIP
    if media_type in OLD_OFFICE or media_type.startswith(OFFICE):
        return Question.OFFICE
    if media_type in PICTURES:
        return Question.IMAGE
    if media_type == "application/pkcs7-mime":
        return Question.SMIME
    return Question.INVOICE if media_type in XML or name.lower().endswith(".xml") else None


def look_at(reader: LimitedReader, path: Path, *, media_type: str, name: str, out: Path | None = None) -> FileLook:
    """Never raises. ``out``: an empty folder; without one an S/MIME part is not looked at."""
    question = question_for(media_type, name)
    if question is None or (question is Question.SMIME and out is None):
        return NOT_LOOKED
    answer = reader.ask(question, path, out=out)
    if isinstance(answer, Told):
        if question is Question.INVOICE:
            return FileLook(inside=Inside.UNKNOWN, invoice=invoice_of(answer.values))
        return look_of(answer.values)
    is_its_fault = answer not in NOT_ITS_FAULT and question in STRICT
    return FileLook(inside=Inside.UNREADABLE if is_its_fault else Inside.UNKNOWN)


def as_jpeg(reader: LimitedReader, path: Path, out: Path) -> Path | None:
    """A HEIC picture as JPEG in the folder ``out``; None when it could not be made."""
    answer = reader.ask(Question.JPEG, path, out=out)
    if not isinstance(answer, Told) or answer.values.get("file") != "0":
        return None
    return out / "0"
