"""Is a text nothing but the formula of an out-of-office answer? Asked where no header says that a machine wrote it.

Somebody who writes about an absence writes to be read ("Je suis absente. Payez la facture."), so the formula is told by
all of its words and not by one: days, times, phones and addresses go first, then every word has to be one that such
answers are made of (``absence_formula_words``). A name may stand where somebody replaces, in the closing lines, or be
the writer's own. In doubt it is no formula: the mail is a message, and nobody's words are lost.
"""

import re
from collections.abc import Collection

from worker.core.absence_formula_words import ABOUT_SOMEBODY, SIGNATURE_WORDS, WORDS
from worker.core.replacements import ADDRESS, PHONE, SENDS
from worker.core.spoken_dates import mark_dates

LONGEST_FORMULA = 1_500
MOST_CLOSING_LINES = 8

# Invoices, money, files, questions: none of it stands in a formula.
SUBSTANCE = re.compile(
    r"[?€$£%]|\b(?:eur|euros?|chf|factures?|facturen|factuur|rekening(?:en)?|rechnung(?:en)?|invoices?|bills?|"
    r"p\.?s\.?(?=[\s:])|https?:)|^\s*no\b\s*[,.!\n]|\b(?:pas|not|nicht|niet) (?:possible|möglich|mogelijk)\b|"
    # something to do: to answer, to call, to write before a day
    r"\b(?:merci de|veuillez|please|bitte|gelieve|prière de)\s+(?:(?:me|nous|vous|te|mir|uns)\s+)?"
    r"(?:répondre|lire|recevoir|reply|respond|answer|read|return|antworten|lesen|antwoorden|lezen)\b|"
    r"\b(?:contact\w*|appele[rz]|joindre|call|reach|kontaktieren|anrufen|bel|bellen|mail\w*)\b[^.\n]{0,40}\b"
    r"(?:avant|before|vor|voor|vóór)\s+(?:(?:le|the|dem|den|mon|my|mijn|meine\w)\s+)?(?:¤|retour|absence)",
    re.IGNORECASE | re.MULTILINE,
)
# "I am available on 14 December" answers a question, unless it says when the writer is back.
OFFERS = re.compile(
    r"^(?!.*\b(?:pas|peu|not?|nicht|niet|kein\w*|geen|ne|n'|limit\w*|beperkt|minder|eingeschränkt|retour|nouveau|back|again|"
    r"wieder|weer|opnieuw|terug|zurück)\b).*\b(?:disponibles?|joignables?|présente?s?|available|beschikbaar|bereikbaar|"
    r"aanwezig|verfügbar|erreichbar|anwesend)\b",
    re.IGNORECASE,
)
# "I am not away" and "Sie ist abwesend" say the contrary of the formula, or say it of somebody else.
AWAY = r"(?:absen\w*|en congé|en vacances|hors du bureau|afwezig|met (?:verlof|vakantie)|in verlof|abwesend|"
AWAY += r"im urlaub|away|out of|on (?:leave|holiday|vacation))"
CONTRARY = re.compile(
    rf"\b(?:pas|plus|niet|nicht|not|no longer)\s+(?:\w+\s+)?{AWAY}|\bsie (?:ist|war)\b|\b(?:il|elle) (?:est|sera)\b|"
    rf"\b(?:zij|ze|hij|er) (?:is|was|ist|war)\b|\bvous (?:êtes|serez)\b|\bu bent\b|\byou (?:are|will be)\b",
    re.IGNORECASE,
)
AWAY_WORD = re.compile(
    r"absen|abwesen|afwezig|congé|vacances|vakantie|verlof|urlaub|ferien|holiday|vacation|office|leave|retour|rentre|"
    r"terug|zurück|return|back|büro|kantoor|bureau|indisponible|unavailable|bereikbaar|erreichbar|available|"
    r"injoignable|joignable|away|ferm[ée]|gesloten|geschlossen|closed|dienstreise|déplacement|ziek|krank|maladie|sick|"
    r"\boff\b",
    re.IGNORECASE,
)
CLOSING = re.compile(
    r"\s*(?:--\s*$|(?:bien (?:à vous|cordialement)|cordialement|sincères salutations|meilleures salutations|"
    r"(?:met )?vriendelijke groet\w*|hoogachtend|groet\w*|(?:mit )?(?:freundliche|beste|viele|herzliche)\w* gr\w+|"
    r"(?:kind |best |warm )?regards|best wishes|sincerely|yours)\b)",
    re.IGNORECASE,
)
TIMES = re.compile(
    r"\b(?:[01]?\d|2[0-4])(?:[:.h]\d\d\b|\s?(?:h|u|uhr|uur|am|pm)\b)(?:\s?(?:h|u|uhr|uur|am|pm)\b)?",
    re.IGNORECASE,
)
ALL_DAY = re.compile(r"\b24\s?/\s?7\b|\b7\s?/\s?7\b|\b24h/24\b", re.IGNORECASE)
TOKEN = re.compile(r"[^\W\d_](?:[\w'/-]*\w)?'?|\d+")
SENTENCES = re.compile(r"(?<=[!;:])\s|(?<=[^\W\d])\.(?:\s|$)|(?<=¤)\s+(?=[A-ZÀ-ÖØ-Þ])|\n")
ELIDED = re.compile(r"\b(?:qu|jusqu|[dlnsjmc])'", re.IGNORECASE)
CAPITAL = re.compile(r"[^\W\d_a-zà-öø-ÿ]")


def says_only_absence(text: str, *, by_program: bool, names: Collection[str] = ()) -> bool:
    """``text``: the writer's own lines; ``names``: the writer's own, in lower case; ``by_program``: the subject is one
    that hardly a person writes, so that a day on which he can be reached says nothing new.
    """
    if len(text) > LONGEST_FORMULA:
        return False
    marked = without_days(text)
    if SUBSTANCE.search(marked) or CONTRARY.search(" ".join(marked.split())):
        return False
    body, closing = split_closing(marked)
    if not by_program and any(OFFERS.search(each) for each in SENTENCES.split(body)):
        return False
    if not all(is_signature_line(line, names) for line in closing):
        return False
    return says_away(body) and all(is_formula(each, names) for each in with_context(body))


def is_formula_subject(rest: str, *, names: Collection[str] = ()) -> bool:
    """What stands behind "En congé" in a subject: days and words of the formula, and nobody else's name."""
    marked = without_days(rest)
    return not SUBSTANCE.search(marked) and not unknown_in(marked, names)


def without_days(text: str) -> str:
    """Each day, time, phone number and address as ``¤`` (an address or a number: ``¤@``)."""
    text = re.sub(r"[‘’ʼ]", "'", text.replace("\u00a0", " ").replace("\u202f", " "))
    text = ADDRESS.sub("¤@", ALL_DAY.sub("¤", text))
    text = re.sub(r"<\d+>", "¤", mark_dates(text)[0])
    return TIMES.sub("¤", PHONE.sub("¤@", text))


def split_closing(text: str) -> tuple[str, list[str]]:
    """The body, and the lines below the last greeting."""
    lines = text.split("\n")
    at = next((place for place, line in enumerate(lines) if CLOSING.match(line) and place), None)
    if at is None:
        return text, []
    closing = [line for line in lines[at + 1 :] if line.strip()]
    if len(closing) > MOST_CLOSING_LINES:
        return text, []
    return "\n".join(lines[: at + 1]), closing


def says_away(body: str) -> bool:
    """Of the writer or his house: a sentence that says so and speaks of no colleague."""
    return any(AWAY_WORD.search(each) and not (ABOUT_SOMEBODY & words_of(each)) for each in SENTENCES.split(body))


def with_context(body: str) -> list[tuple[str, bool]]:
    """Each sentence, and whether somebody may be named in it: who replaces, also in the list below."""
    found: list[tuple[str, bool]] = []
    sent_before = False
    for each in SENTENCES.split(body):
        if not each.strip():
            continue
        sends = SENDS.search(each) is not None
        found.append((each, sends or (sent_before and "¤@" in each) or (sent_before and is_listed(each))))
        sent_before = sent_before or sends
    return found


def is_listed(sentence: str) -> bool:
    return sentence.lstrip().startswith(("-", "*", "•"))


def is_formula(told: tuple[str, bool], names: Collection[str]) -> bool:
    sentence, may_name = told
    if ABOUT_SOMEBODY & words_of(sentence) and not may_name and AWAY_WORD.search(sentence) is None:
        return False
    unknown = unknown_in(sentence, names)
    may_name = may_name and sentence != sentence.upper()
    return not unknown or (may_name and all(CAPITAL.match(each) for each in unknown))


def is_signature_line(line: str, names: Collection[str]) -> bool:
    """A name, a function, a firm, a street; no sentence."""
    unknown = [each for each in unknown_in(line, names) if not each.isdigit()]
    return (
        all(CAPITAL.match(each) or each in SIGNATURE_WORDS for each in unknown) and len(line) < MOST_CLOSING_LINES * 10
    )


def unknown_in(text: str, names: Collection[str]) -> list[str]:
    return [
        each for each in TOKEN.findall(ELIDED.sub(" ", text)) if each.lower() not in WORDS and each.lower() not in names
    ]


def words_of(sentence: str) -> set[str]:
    return {each.lower() for each in TOKEN.findall(sentence)}
