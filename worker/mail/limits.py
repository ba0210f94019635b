"""How much of a mail is looked at, and the one way a limit stops the reading. Each is a setting, ``NAVETTE_PARSE_…``.

All limits are checked on bytes, before anything is decoded. A mail over one of them is quarantined under the limit's
name, with only what was safely read. Two are milder: above ``text`` bytes or ``lines`` the readable text is shortened,
said in a finding, and the whole part is kept as a file.

The standard library's parser is not behind these limits but left out altogether: policy.default raises and hangs
(FIELD.md), and compat32 matches every line of the innermost part against the boundary of every level around it, so that
2 MB under forty levels take 3 s. ``mime_parts`` splits on slices instead and is as total as its loops are short.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """In bytes or numbers. ``header_bytes``, ``headers``, ``header_line`` hold for each part's head; the last in its
    unfolded form. The heads of all parts together are at most four times ``header_bytes``. ``encoded_words``: in one
    head. ``parameters``: semicolons in one Content-Type or disposition. ``boundaries``: lines that begin like a
    boundary, whether or not they are one.
    """

    size: int = 64 * 1024 * 1024
    header_bytes: int = 256 * 1024
    headers: int = 1_000
    header_line: int = 100_000
    encoded_words: int = 2_000
    parameters: int = 200
    boundaries: int = 10_000
    parts: int = 500
    nesting: int = 20
    text: int = 1024 * 1024
    lines: int = 20_000


DEFAULT = Limits()


class LimitPassed(Exception):  # noqa: N818 - reads as what happened
    """``limit``: the name of the field of Limits that the mail is over."""

    def __init__(self, limit: str) -> None:
        super().__init__(limit)
        self.limit = limit
