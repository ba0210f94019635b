"""Header lines of an outgoing mail: ASCII, folded, ended by CRLF; nothing a person wrote can end a line or start one.

Every value is either made of a closed set of characters and checked (addresses, ids, keywords) or cleaned to one line
and, unless it is plain ASCII, wrapped in encoded words (RFC 2047), whose alphabet holds neither space nor comma nor
``@``. What looks like an encoded word is taken apart first: readers decode those even inside quotes, and a display name
that decodes to an address is a second recipient to some (FIELD.md).
"""

import base64
import re
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from email.utils import format_datetime

from worker.core.letter_rules import Unprintable
from worker.core.mail_addresses import is_address
from worker.mail.cleaning import clean_line, shortened

LINE = 76  # characters, of 78 that RFC 5322 recommends
WORD_BYTES = 42  # of text in one encoded word: 56 of base64 and 12 around it
MOST_NAME = 100
MOST_REFERENCES = 1500
# Two of this length still fit into MOST_REFERENCES, so the first and the last always do.
MOST_ID = 700
MOST_THREAD_INDEX = 900

ATOMS = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~ -]*")
OWN_ID = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]+@[A-Za-z0-9.-]+")
FOREIGN_ID = re.compile(rf"[!-;=?-~]{{1,{MOST_ID}}}")
BASE64 = re.compile(rf"[A-Za-z0-9+/]{{1,{MOST_THREAD_INDEX}}}={{0,2}}")
KEYWORDS = re.compile(r"[A-Za-z-]+(?:, ?[A-Za-z-]+)*")
# Exchange takes these as "send no reports", and the ticks live on reports (DESIGN.md section 4).
NEVER_SUPPRESSED = frozenset({"all", "dr", "ndr"})


def line(name: str, value: str) -> str:
    return f"{name}: {value}\r\n"


def text_line(name: str, text: str) -> str:
    """For what people wrote: subjects and topics."""
    return line(name, header_text(clean_line(text), len(name) + 2))


def header_text(text: str, used: int) -> str:
    """One clean line of text, as it is when it is short ASCII words, else as encoded words; folded."""
    words = text.split(" ")
    if text.isascii() and "=?" not in text and all(len(word) < LINE - used for word in words):
        return folded(words, used)
    return "\r\n ".join(encoded_words(text))


def folded(words: Sequence[str], used: int) -> str:
    out = ""
    for word in words:
        if out and used + 1 + len(word) > LINE:
            out, used = f"{out}\r\n ", 1
        elif out:
            out, used = f"{out} ", used + 1
        out, used = out + word, used + len(word)
    return out


def encoded_words(text: str) -> Iterator[str]:
    """``=?utf-8?b?…?=`` of whole characters each: a character is never split between two (RFC 2047 section 5)."""
    chunk = b""
    for character in text:
        raw = character.encode("utf-8")
        if len(chunk) + len(raw) > WORD_BYTES:
            yield encoded_word(chunk)
            chunk = b""
        chunk += raw
    yield encoded_word(chunk)


def encoded_word(raw: bytes) -> str:
    return f"=?utf-8?b?{base64.b64encode(raw).decode('ascii')}?="


def address_line(name: str, display_name: str, address: str) -> str:
    """One mailbox: a name when there is one, and an address that was checked."""
    spec = f"<{sendable(address)}>"
    words = display(display_name)
    if not words:
        return line(name, spec[1:-1])
    last_line = f"{name}: {words}".rpartition("\r\n")[2]
    between = " " if len(last_line) + 1 + len(spec) <= LINE else "\r\n "
    return line(name, f"{words}{between}{spec}")


def sendable(address: str) -> str:
    """The address with its domain in ASCII. A local part beyond ASCII needs SMTPUTF8, which we do not speak."""
    local, _, domain = address.strip().rpartition("@")
    try:
        ascii_domain = domain.encode("idna").decode("ascii")
    except UnicodeError as error:
        raise Unprintable("an address whose domain cannot be written in ASCII") from error
    spec = f"{local}@{ascii_domain}"
    if not local.isascii():
        raise Unprintable("an address whose local part is not ASCII needs SMTPUTF8")
    if not is_address(spec) or "=?" in local:
        raise Unprintable("not an address one can mail to")
    return spec


def display(name: str) -> str:
    """A display name as atoms, quoted string or encoded words; empty when nothing readable is left."""
    # Cleaned first: what nobody can see may stand between two characters that are harmful side by side.
    name = re.sub(r"[<>\"\\]", " ", clean_line(name)).replace("@", " at ").replace("=?", "= ?")
    name = shortened(clean_line(name), MOST_NAME)
    if not name.isascii():
        return "\r\n ".join(encoded_words(name))
    return name if ATOMS.fullmatch(name) else f'"{name}"'


def date_line(at: datetime) -> str:
    if at.tzinfo is None:
        raise Unprintable("a mail is dated with an aware time")
    return line("Date", format_datetime(at.astimezone(UTC)))


def message_id_line(message_id: str) -> str:
    if not OWN_ID.fullmatch(message_id) or len(message_id) > LINE * 3:
        raise Unprintable("not a Message-ID of ours")
    return line("Message-ID", f"<{message_id}>")


def reference_lines(in_reply_to: str | None, references: Sequence[str]) -> str:
    """Ids of strangers come along as they are, or not at all when they hold what no id may hold."""
    known = known_ids(references)
    lines = [line("In-Reply-To", each) for each in known_ids([in_reply_to or ""])]
    if known:
        lines.append(line("References", "\r\n ".join(known)))
    return "".join(lines)


def known_ids(ids: Sequence[str]) -> list[str]:
    """In angle brackets, at most MOST_REFERENCES characters with what stands between; first and last are kept."""
    whole = [f"<{each}>" for each in ids if FOREIGN_ID.fullmatch(each)]
    if not whole:
        return []
    left = MOST_REFERENCES - len(whole[0])
    tail: list[str] = []
    for each in reversed(whole[1:]):
        left -= len(each) + len("\r\n ")
        if left < 0:
            break
        tail.append(each)
    return [whole[0], *reversed(tail)]


def thread_index_line(thread_index: str | None) -> str:
    """Outlook's own thread id. A client's is echoed; one that is no base64 is left out."""
    value = (thread_index or "").strip()
    return line("Thread-Index", value) if BASE64.fullmatch(value) else ""


def keyword_line(name: str, value: str | None) -> str:
    if value is None:
        return ""
    keywords = {each.strip().lower() for each in value.split(",")}
    if not KEYWORDS.fullmatch(value) or keywords & NEVER_SUPPRESSED:
        raise Unprintable(f"not a value for {name}")
    return line(name, value)
