"""Can a PDF be opened and read? ``{inside, pages, text}``, with the text of the first page, for whoever searches.

A PDF that opens with the empty password is restricted and not closed: every program shows it. What is no PDF at all,
has no page, or is cut short is unreadable; a page whose text cannot be taken out is a picture. A PDF that looks whole
and that only our reader cannot follow is not the sender's fault: ``unknown``.
"""

from pathlib import Path
from typing import Any

from pypdf import PasswordType, PdfReader
from pypdf.errors import PyPdfError

from worker.mail.limited.questions import ReaderLimits

MOST_TEXT = 4_000
LARGEST_PAGE = 2_000_000
"""Bytes of a first page's instructions that are searched for text."""


def answer(path: Path, out: Path | None, limits: ReaderLimits) -> dict[str, Any]:
    del out, limits
    try:
        return read(PdfReader(path))
    except (PyPdfError, ValueError, KeyError, TypeError, AttributeError, IndexError, RecursionError):
        return {"inside": "unknown" if looks_whole(path.read_bytes()) else "unreadable"}


def looks_whole(content: bytes) -> bool:
    return b"%PDF-" in content[:1024] and b"startxref" in content[-2048:] and b"/Type" in content


def read(reader: PdfReader) -> dict[str, Any]:
    if reader.is_encrypted and reader.decrypt("") is PasswordType.NOT_DECRYPTED:
        return {"inside": "encrypted"}
    pages = len(reader.pages)
    if not pages:
        return {"inside": "unreadable"}
    return {"inside": "readable", "pages": pages, "text": first_text(reader)}


def first_text(reader: PdfReader) -> str:
    page = reader.pages[0]
    try:
        contents = page.get_contents()
        if contents is None or len(contents.get_data()) > LARGEST_PAGE:
            return ""
        return page.extract_text()[:MOST_TEXT]
    except Exception:  # noqa: BLE001 - the page is there; only its text is a riddle
        return ""
