"""MIME parts and header lines as clients write them, by the old policy: what is given is what is sent."""

from collections.abc import Iterable, Sequence
from email import policy
from email.charset import QP, Charset
from email.encoders import encode_base64
from email.header import Header
from email.mime.base import MIMEBase
from email.mime.multipart import MIMEMultipart
from email.mime.nonmultipart import MIMENonMultipart
from email.utils import formataddr, getaddresses

from worker.demo.world_answered import Mailbox
from worker.demo.world_attachments import AttachedFile

WIRE = policy.compat32.clone(linesep="\r\n", max_line_length=78)


def text_part(
    words: str, *, subtype: str = "plain", charset: str = "utf-8", quoted: bool = True, flowed: bool = False
) -> MIMEBase:
    """``quoted``: quoted-printable, else 8bit. ``flowed``: format=flowed is declared (RFC 3676)."""
    part = MIMENonMultipart("text", subtype)
    encoding = Charset(charset)
    encoding.body_encoding = QP if quoted else None  # type: ignore[assignment]  # None is 8bit, the stubs forgot
    part.set_payload(words, encoding)
    if flowed:
        part.set_param("format", "flowed")
    return part


def html_part(html: str, *, charset: str = "utf-8") -> MIMEBase:
    return text_part(html, subtype="html", charset=charset)


def file_part(file: AttachedFile, disposition: str) -> MIMEBase:
    main, _, sub = file.media_type.partition("/")
    part = MIMEBase(main, sub, name=file.name)
    part.set_payload(file.content)
    encode_base64(part)
    name: str | tuple[str, str, str] = file.name if file.name.isascii() else ("utf-8", "", file.name)
    part.add_header("Content-Disposition", disposition, filename=name)
    return part


def multipart(subtype: str, parts: Sequence[MIMEBase]) -> MIMEBase:
    made = MIMEMultipart(subtype)
    for part in parts:
        del part["MIME-Version"]
        made.attach(part)
    return made


def with_files(body: MIMEBase, files: Sequence[AttachedFile]) -> MIMEBase:
    return multipart("mixed", [body, *(file_part(file, "attachment") for file in files)]) if files else body


def sealed(body: MIMEBase, head: Iterable[tuple[str, str]]) -> bytes:
    """The mail as it travels. ``head``: values ready to stand in a header; empty ones are left out."""
    for name, value in head:
        if value:
            body[name] = value
    return body.as_bytes(policy=WIRE)


def encoded(name: str, value: str) -> str:
    """A header's value, folded, as encoded words where it is not ASCII. Line ends in it become spaces."""
    clean = " ".join(value.split())
    return clean if clean.isascii() else Header(clean, "utf-8", header_name=name).encode(linesep="\n")


def shown(mailbox: Mailbox) -> str:
    return formataddr((" ".join(mailbox.name.split()), mailbox.address))


def mailbox_of(written: str) -> Mailbox:
    """``Sophie Martin <sophie@bakery.example>``; ValueError for what is not one address."""
    pairs = getaddresses([written])
    if len(pairs) != 1 or "@" not in pairs[0][1]:
        raise ValueError(f"{written!r} is not one address")
    return Mailbox(name=pairs[0][0], address=pairs[0][1])


def fits_latin(words: str) -> bool:
    try:
        words.encode("iso-8859-1")
    except UnicodeEncodeError:
        return False
    return True
