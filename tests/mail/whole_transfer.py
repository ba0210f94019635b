"""Content-Transfer-Encoding undone with the whole in memory: the measure of ``worker.mail.transfer``."""

import binascii
import re

NOT_BASE64 = bytes(set(range(256)) - set(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/="))
WHITE = (b" ", b"\t", b"\r", b"\n")
MOST_CHUNKS = 1_000


def undone(data: bytes, encoding: str) -> bytes:
    """``encoding``: the header's value, lower case."""
    if "base64" in encoding:
        return base64_undone(data)
    if "quoted-printable" in encoding:
        return binascii.a2b_qp(data)
    if "uue" in encoding:
        return uuencoding_undone(data)
    return data


def base64_undone(data: bytes) -> bytes:
    """Tolerates blanks, missing padding and joined blocks. Text that is not base64 at all comes back as it is."""
    kept = data.translate(None, NOT_BASE64)
    written = len(data) - sum(data.count(blank) for blank in WHITE)
    has_words = data.count(b" ") > data.count(b"\n") + 3
    if has_words or len(kept) * 4 < written * 3:
        return data
    chunks = [chunk for chunk in re.split(rb"=+", kept) if chunk]
    if len(chunks) > MOST_CHUNKS:
        chunks = [kept.replace(b"=", b"")]
    return b"".join(base64_chunk(chunk) for chunk in chunks)


def base64_chunk(chunk: bytes) -> bytes:
    if len(chunk) % 4 == 1:
        chunk = chunk[:-1]
    return binascii.a2b_base64(chunk + b"=" * (-len(chunk) % 4))


def uuencoding_undone(data: bytes) -> bytes:
    lines = data.splitlines()
    start = next((at for at, line in enumerate(lines) if line.startswith(b"begin ")), None)
    if start is None:
        return data
    found = []
    for line in lines[start + 1 :]:
        if line.strip() in (b"end", b"`", b""):
            break
        found.append(uu_line(line))
    return b"".join(found)


def uu_line(line: bytes) -> bytes:
    try:
        return binascii.a2b_uu(line)
    except binascii.Error:
        length = (((line[0] - 32) & 63) * 4 + 5) // 3
        try:
            return binascii.a2b_uu(line[:length])
        except binascii.Error:
            return b""
