"""Where the words of a passed-on mail end, inline: what a case manager typed below must not be taken for his client's.

Told for certain by less quoting or by the end of the element that the program put around the original. Else by whatever
closes a mail: another block of labels, a line drawn across, dashes, a program's signature, a greeting, the writer's
name on a line of its own, a line that begins with a colleague's name. What stands below any of these may be anybody's.
"""

import re
from collections.abc import Collection, Sequence

from worker.core.parsed import BodyLine

FROM = re.compile(r"[\s>*_]{0,10}(?:de|from|van|von|expéditeur|afzender|absender)\s{0,3}:\s*(.{1,300})", re.IGNORECASE)
MARKER = re.compile(
    r"[\s>*_-]{0,40}(?:forwarded message|begin forwarded message|original message|message transféré|"
    r"message d['’]origine|"
    r"début du message (?:transféré|réexpédié)|doorgestuurd bericht|oorspronkelijk bericht|begin doorgestuurd bericht|"
    r"weitergeleitete nachricht|ursprüngliche nachricht|anfang der weitergeleiteten nachricht|"
    r"end (?:of )?forwarded message|fin du message (?:transféré|réexpédié)|einde (?:van het )?doorgestuurde? bericht|"
    r"ende der weitergeleiteten nachricht)[\s:_-]{0,40}",
    re.IGNORECASE,
)
RULE = re.compile(r"\s{0,10}[_-]{5,200}\s{0,10}")
DRAWN = re.compile(r"[\s>]{0,20}[_=*-]{2,200}\s{0,10}")
ADDRESS = re.compile(r"[^\s<>\"'(),;:\[\]]{1,64}@[^\s<>\"'(),;:\[\]]{1,255}")
OTHER_LABEL = re.compile(
    r"[\s>*_]{0,10}(?:date|envoyé(?: le)?|datum|verzonden|gesendet|sent|à|to|aan|an|cc|objet|subject|onderwerp|betreff)"
    r"\s{0,3}:",
    re.IGNORECASE,
)
GREETING = re.compile(
    r"[\s>*_]{0,10}(?:(?:bien |très |tres )?cordialement|bien à (?:vous|toi)|(?:meilleures |sincères )?salutations"
    r"(?: distinguées)?|sincèrement|amicalement|(?:met |m\.? ?)?(?:vriendelijke|beste|hartelijke) groet(?:en)?|"
    r"groet(?:en|jes)|hoogachtend|mvg|"
    r"(?:mit )?(?:freundlichen?|besten?|viele|herzliche[nr]?|liebe) grü(?:ß|ss)en?|hochachtungsvoll|mfg|"
    r"(?:kind |best |warm )?regards|(?:yours )?(?:sincerely|faithfully|truly))[\s,.!*_]{0,10}",
    re.IGNORECASE,
)
SENT_FROM = re.compile(
    r"[\s>]{0,20}(?:envoyé (?:de|depuis|à partir)|sent from|get outlook|télécharger outlook|verzonden (?:van|met|via)|"
    r"verstuurd van|gesendet von|von meinem .{1,40} gesendet)\b",
    re.IGNORECASE,
)
AROUND = frozenset(
    {
        "gmail_quote",
        "gmail_quote_container",
        "moz-forward-container",
        "yahoo_quoted",
        "protonmail_quote",
        "tutanota_quote",
        "mail-editor-reference-message-container",
        "ms-outlook-mobile-reference-message",
        "blockquote_cite",
    }
)
SIGNED = frozenset(
    {"Signature", "gmail_signature", "ms-outlook-mobile-signature", "moz-signature", "AppleMailSignature"}
)


def end_of_original(lines: Sequence[BodyLine], at: int, body: int, *, colleagues: Collection[str]) -> int:
    """The first line that is not the writer's for sure. ``at``: the From label's line; ``body``: where his text begins;
    ``colleagues``: first names, lower case, of the firm's people but the one who passes it on.
    """
    first, name = lines[at], words_of(lines[at].text)
    greeted = False
    for number in range(body, len(lines)):
        line = lines[number]
        words = words_of(line.text)
        if not words and not DRAWN.fullmatch(line.text):
            continue
        below = lines[number + 1].text if number + 1 < len(lines) else ""
        if (
            is_outside(line, first)
            or closes(line)
            or is_block(line.text, below)
            or (number > body and calls(words, line.text, colleagues))
        ):
            return number
        is_name = bool(words) and len(words) <= 4 and words <= name
        if greeted and not is_name:
            return number
        greeted = greeted or bool(GREETING.fullmatch(line.text)) or (number > body and is_name)
    return len(lines)


def is_outside(line: BodyLine, first: BodyLine) -> bool:
    """Less quoted than the From label, or outside the element that it stands in."""
    return line.depth < first.depth or not AROUND.intersection(first.origin) <= set(line.origin)


def closes(line: BodyLine) -> bool:
    text = line.text
    is_mark = DRAWN.fullmatch(text) or MARKER.fullmatch(text) or SENT_FROM.match(text)
    return bool(is_mark) or is_from_label(text) or not SIGNED.isdisjoint(line.origin)


def is_block(text: str, below: str) -> bool:
    """Two labels of a mail's head, one below the other. Outlook leaves out the addresses of colleagues."""
    return FROM.match(text) is not None and OTHER_LABEL.match(below) is not None


def is_from_label(text: str) -> bool:
    found = FROM.match(text)
    return found is not None and ADDRESS.search(found.group(1)) is not None


def calls(words: Collection[str], text: str, colleagues: Collection[str]) -> bool:
    """A line that begins with the name of a colleague: "Bram, regarde"."""
    found = re.match(r"[\s>*_@]{0,10}(\w{1,50})\s{0,3}[,:;!-]", text)
    return bool(words) and found is not None and found.group(1).casefold() in colleagues


def words_of(text: str) -> set[str]:
    return set(re.findall(r"\w+", text[:300].casefold()))
