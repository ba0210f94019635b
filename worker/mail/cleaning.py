r"""What comes from people, made safe to stand in a mail: one line for headers and labels, lines for texts.

Outside text holds NUL, lone surrogates, other line ends and marks that turn the reading direction around (FIELD.md).
After this it can be encoded as UTF-8, has ``\n`` as its only line end, and a line is one line to every reader.
"""

import re

# Line ends of other systems, and what word processors paste for a soft break.
LINE_ENDS = re.compile("\r\n|[\r\v\f\x1c-\x1e\x85\u2028\u2029]")
UNSEEN = re.compile("[\x00-\x08\x0e-\x1b\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\ufffe\uffff]")
SURROGATES = re.compile("[\ud800-\udfff]")
ELLIPSIS = "…"


def clean_lines(text: str) -> str:
    """The text as it was written, line breaks kept, blank lines around it and what nobody can see left out."""
    whole = UNSEEN.sub("", SURROGATES.sub("\ufffd", LINE_ENDS.sub("\n", text)))
    lines = [line.rstrip() for line in whole.split("\n")]
    return "\n".join(lines).strip("\n")


def clean_line(text: str) -> str:
    """The same on one line, with single spaces."""
    return " ".join(clean_lines(text).split())


def shortened(line: str, most: int) -> str:
    """At most so many characters, cut at a word where there is one in the second half."""
    if len(line) <= most:
        return line
    head = line[: most - len(ELLIPSIS)]
    at_word = head.rpartition(" ")[0]
    return (at_word if len(at_word) > most // 2 else head).rstrip() + ELLIPSIS
