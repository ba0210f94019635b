"""Subjects without what programs put in front: reply and forward prefixes of four languages, tags of mail gateways.

``strip_prefixes("RE : [EXT] Antw: Facture [2024]")`` is ``"Facture [2024]"``: only what stands in front goes, and of
what stands in square brackets only what a gateway writes.
"""

import re

REPLIES = "re|réf|ref|rép|rep|antw|antwoord|aw|antwort|sv|r"
FORWARDS = "fwd|fw|tr|trans|doorst|doorgest|doorgestuurd|wg|weitergeleitet|vb|vs"
BLANK = "[ \t\u00a0\u202f]"
# Re[2]:, RE (3) :, Réf. :, with any blank before the colon; the full-width colon of Chinese programs.
PREFIX = re.compile(
    rf"{BLANK}{{0,20}}(?P<word>{REPLIES}|{FORWARDS})\.?{BLANK}{{0,5}}(?:[\[(]\d{{1,3}}[\])])?{BLANK}{{0,5}}[:：]",
    re.IGNORECASE,
)
TAG = re.compile(
    rf"{BLANK}{{0,20}}[\[(<*]{{1,3}}{BLANK}?"
    r"(?:ext|extern|externe|external|external mail|external sender|external email|externer absender|expéditeur externe|"
    r"expediteur externe|courriel externe|externe mail|externe e-mail|caution|spam|suspected spam|\?\? probable spam)"
    rf"{BLANK}?[\])>*]{{1,3}}{BLANK}?:?",
    re.IGNORECASE,
)
MOST = 50


def strip_prefixes(subject: str) -> str:
    """The subject itself, without prefixes and gateway tags, blanks around it taken away; may be empty."""
    rest = subject
    for _ in range(MOST):
        found = PREFIX.match(rest) or TAG.match(rest)
        if found is None:
            break
        rest = rest[found.end() :]
    return rest.strip(" \t\u00a0\u202f")


def is_forward(subject: str) -> bool:
    """Whether the outermost prefix says forwarded; tags of gateways do not count."""
    rest = subject
    for _ in range(MOST):
        tag = TAG.match(rest)
        if tag is None:
            break
        rest = rest[tag.end() :]
    found = PREFIX.match(rest)
    return found is not None and re.fullmatch(FORWARDS, found["word"], re.IGNORECASE) is not None
