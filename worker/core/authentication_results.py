"""What a server that we trust found out about the sender: Authentication-Results (RFC 8601), read for DMARC alone.

Anybody can write such a header; only the one that the firm's own MX put on top says anything. So ``authserv-id`` must
be one that the firm configured, and of those headers the first counts: every other one, also a lower one of the same
id, came with the mail and is ignored. ARC-Authentication-Results (RFC 8617) is read by the same rule, for Microsoft 365
names itself only there: of both kinds the one on top counts, so that a result that was sent along proves nothing below
the MX's ARC header; and the first of either kind that says fail is believed.

::

    dmarc=fail                          FAIL   whatever else the header says
    dmarc=pass, header.from= the        PASS   aligned: DMARC compares with the address that people see
      domain of the From address
    everything else                     NONE   nobody vouches for the sender, nobody denies him

Our own reader: total and linear in the length (the library authres raises on what it does not know, and reads quoted
text as its neighbours do not). Comments go first; within quotes every character that could end or begin something
becomes ``_``, so that nothing a sender hides in a quoted reason is read as a result. A header whose quotes or comments
do not close gives no pass, and still a fail.
"""

import re
from collections.abc import Collection, Sequence
from enum import StrEnum

from worker.core.mail_addresses import is_address, normal_address

AUTHENTICATION_RESULTS, ARC = "authentication-results", "arc-authentication-results"
RESULT_HEADERS = (AUTHENTICATION_RESULTS, ARC)
LONGEST = 20_000
DMARC = re.compile(r"dmarc(?:/\d+)?=([a-z0-9_-]+)(?=\s|$)")
HEADER_FROM = re.compile(r"(?:^|\s)header\.from=(\S+)")
AROUND_MARKS = re.compile(r"\s{0,20}([=./])\s{0,20}")
INSTANCE = re.compile(r"i=\d{1,3}")
PLAIN = frozenset("abcdefghijklmnopqrstuvwxyz0123456789.-@_")


class Trust(StrEnum):
    """What is known of the From address, by somebody we believe."""

    PASS = "pass"  # noqa: S105 - a word of RFC 8601
    FAIL = "fail"
    NONE = "none"


def trust_of(results: Sequence[tuple[str, str]], authserv_ids: Collection[str], sender: str | None) -> Trust:
    """``results``: (lower-case name, value as written, encoded words not decoded) in the order of the mail, newest
    first; ``authserv_ids``: in lower case, none: nobody is believed; ``sender``: the From address.
    """
    first: dict[str, Trust] = {}
    for name, value in results:
        segments, is_sound = segments_of(value)
        is_ours = authserv_id_of(segments, is_arc=name == ARC) in authserv_ids
        if is_ours and name in RESULT_HEADERS and name not in first:
            first[name] = verdict(segments, sender, is_sound=is_sound)
    if Trust.FAIL in first.values():
        return Trust.FAIL
    return next(iter(first.values()), Trust.NONE)


def names_of(value: str) -> str:
    """Who wrote this header, as it says; for ``check``."""
    segments, _ = segments_of(value)
    return authserv_id_of(segments, is_arc=INSTANCE.fullmatch(segments[0]) is not None)


def authserv_id_of(segments: Sequence[str], *, is_arc: bool) -> str:
    """The first word (a version may stand behind it); in an ARC header, behind the instance ``i=1;``."""
    rest = segments[1:] if is_arc else segments
    if is_arc and not INSTANCE.fullmatch(segments[0]):
        return ""
    words = rest[0].split() if rest else []
    return words[0] if words and "=" not in words[0] else ""


def verdict(segments: Sequence[str], sender: str | None, *, is_sound: bool) -> Trust:
    found = [(result.group(1), each) for each in segments if (result := DMARC.match(each))]
    if any(result == "fail" for result, _ in found):
        return Trust.FAIL
    passed = [each for result, each in found if result == "pass"]
    if not is_sound or not passed or len(passed) != len(found) or sender is None:
        return Trust.NONE
    return Trust.PASS if all(is_aligned(each, sender) for each in passed) else Trust.NONE


def is_aligned(segment: str, sender: str) -> bool:
    """The domain that DMARC looked at is that of the address we read, to the letter, and only that one is named."""
    domains = {domain_of(each) for each in HEADER_FROM.findall(segment)}
    return domains == {sender.rpartition("@")[2]}


def domain_of(written: str) -> str:
    """``header.from=`` holds a domain, and with some servers a whole address."""
    address = f"x@{written.rpartition('@')[2].rstrip('.')}"
    return normal_address(address)[2:] if is_address(address) else ""


def segments_of(value: str) -> tuple[list[str], bool]:
    """What stands between the semicolons, in lower case, without comments; and whether quotes and comments close."""
    kept, depth, is_quoted = "", 0, False
    out: list[str] = []
    is_escaped = False
    for char in value[:LONGEST].lower():
        if is_escaped:
            is_escaped = False
            kept = "_" if is_quoted else ""
        elif char == "\\" and (is_quoted or depth):
            is_escaped = True
            continue
        elif is_quoted:
            is_quoted = char != '"'
            kept = (char if char in PLAIN else "_") if is_quoted else ""
        elif char in "()":
            depth = max(0, depth + (1 if char == "(" else -1))
            kept = " "
        elif char == '"' and not depth:
            is_quoted, kept = True, ""
        else:
            kept = "" if depth else char
        out.append(kept)
    is_sound = depth == 0 and not is_quoted and len(value) <= LONGEST
    return [AROUND_MARKS.sub(r"\1", each).strip() for each in "".join(out).split(";")], is_sound
