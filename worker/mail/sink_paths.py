"""The arguments of MAIL and RCPT (RFC 5321 4.1.2), read without the standard library's header parser.

Taken: a path in angle brackets or, as some scanners send it, bare; an old source route, which is dropped; a quoted
local part; the null sender ``<>``; ``<postmaster>`` without a domain; UTF-8. Refused at once: control bytes (PostgreSQL
takes no NUL, and one such row would roll back everybody's group), bytes that are no UTF-8, everything else.
"""

import re
import unicodedata
from dataclasses import dataclass, field

QUOTED = r'"(?:[^"\\]|\\.)*"'
PLAIN = r'[^\s<>"@]+'
DOMAIN = r"[^\s<>\"@]+"
ADDRESS = rf"(?:{QUOTED}|{PLAIN})(?:@{DOMAIN})?"
ROUTE = r"(?:@[^\s<>:]+:)?"
PATH = re.compile(rf"(?:<{ROUTE}(?P<inner>(?:{ADDRESS})?)>|(?P<bare>{ADDRESS}))(?P<rest>(?: .*)?)")
PARAMETER = re.compile(r"(?P<name>[A-Za-z0-9][A-Za-z0-9-]*)(?:=(?P<value>[^\s=]+))?")
LONGEST = 320
"""64 octets of local part and 255 of domain; senders' signed local parts are longer, so only the whole counts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Path:
    address: str
    parameters: dict[str, str] = field(default_factory=dict)


def read_path(argument: str | None, keyword: str) -> Path | None:
    """``FROM:<a@b> SIZE=5`` with keyword ``FROM:`` to a path; None when it is not one."""
    if argument is None or argument[: len(keyword)].upper() != keyword or not is_clean(argument):
        return None
    found = PATH.fullmatch(argument[len(keyword) :].strip())
    if found is None:
        return None
    address = found["inner"] if found["bare"] is None else found["bare"]
    parameters = read_parameters(found["rest"])
    if parameters is None or len(address.encode()) > LONGEST:
        return None
    return Path(address=address, parameters=parameters)


def is_clean(text: str) -> bool:
    """Neither control characters nor bytes that were no UTF-8 (they are decoded to lone surrogates)."""
    return (text.isascii() and text.isprintable()) or not any(
        unicodedata.category(each) in {"Cc", "Cs"} for each in text
    )


def read_parameters(text: str) -> dict[str, str] | None:
    """``SIZE=5 SMTPUTF8`` by name in capitals, "" where there is no value."""
    parameters: dict[str, str] = {}
    for word in text.split():
        found = PARAMETER.fullmatch(word)
        if found is None:
            return None
        parameters[found["name"].upper()] = found["value"] or ""
    return parameters
