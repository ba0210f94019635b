"""The words around the days (``<n>`` of ``spoken_dates``) of an out-of-office answer in four languages, as patterns."""

import re

DAY = r"<(\d+)>"
INCLUDED = r"(?:\s*\(?(?:y compris|inclus\w*|inbegrepen|included|inclusive|einschlie\w+|inkl\w*|incl\w*)\)?)?"
ARTICLES = (
    r"(?:(?:and|y|und mit|mit|inclu\w*|including|incl|einschlie\w+|einschl|inkl\w*|inbegrepen|compris|zum|den|dem|le|"
    r"the|de|au soir du|fin|end of|einde)\s+)*"
)
UNTIL_WORDS = r"(?:jusqu['e]?\s?(?:au|à|en)?|tot(?: en met)?|t/m|bis|until|till|'til|thru|through|up to)"
BETWEEN = r"(?:entre|tussen|zwischen|between)"
RANGES = (
    re.compile(rf"{DAY}{INCLUDED},?\s*(?:{UNTIL_WORDS}|au|to|-|–|—|->|→)\s*{ARTICLES}{DAY}"),
    re.compile(rf"{BETWEEN}\s+{ARTICLES}{DAY}\s+(?:et|en|und|and)\s+{ARTICLES}{DAY}"),
)
UNTIL = re.compile(rf"\b{UNTIL_WORDS}\s*{ARTICLES}{DAY}")
BEFORE = re.compile(rf"\b(?:avant|before|vóór|voor|vor)\s+{ARTICLES}{DAY}")
AVAILABLE_WORDS = (
    r"(?:joignable|disponible|présente?|bereikbaar|beschikbaar|aanwezig|erreichbar|verfügbar|anwesend|reachable|"
    r"available)"
)
BACK_WORDS = (
    r"(?:retour|reviens|reviendrai|reviendra|rentre|rentrerai|reprends|reprendrai|reprise|à nouveau|de nouveau|"
    r"rouvr\w+|terug\w*|opnieuw|weer|hervat|zurück\w*|wieder|back|return\w*|again|resume|reopen\w*)"
)
SINCE_WORDS = (
    r"(?:dès(?: le)?|(?:à|a) (?:partir|compter|dater) du|vanaf|per|ab(?: dem)?|from|as (?:of|from)|starting(?: on)?|on|"
    r"op|am|le|ce)"
)
AVAILABLE, BACK = re.compile(AVAILABLE_WORDS), re.compile(rf"\b{BACK_WORDS}\b")
BACK_FORWARD = re.compile(
    rf"\b(?:{BACK_WORDS}|{AVAILABLE_WORDS})\b"
    rf"(?:[^<¤]{{0,60}}?(?:{SINCE_WORDS}|:|=|the|office|kantoor|büro|bureau|is|be|sera))?\s+"
    rf"(?:(?:the|dem|den|le)\s+)?{DAY}"
)
BACK_BACKWARD = re.compile(
    rf"(?:^|[^\w])(?:{SINCE_WORDS}\s+)?(?:(?:the|dem|den|le)\s+)?{DAY}[^<¤]{{0,70}}?"
    rf"\b(?:{BACK_WORDS}|{AVAILABLE_WORDS})\b"
)
SINCE_DAY = re.compile(
    r"\b(?:depuis(?: le)?|dès(?: le)?|(?:à|a) (?:partir|compter|dater) du|sinds|vanaf|seit(?: dem)?|ab(?: dem)?|since|"
    rf"from|starting(?: on)?|as of)\s+{ARTICLES}{DAY}"
)
ON_DAY = re.compile(rf"\b(?:le|ce|op|am|on|:)?\s*{ARTICLES}{DAY}")
AWAY = re.compile(
    r"absen[ct]|abwesen|afwezig|congé|conge\b|vacances|vakantie|verlof|urlaub|holiday|vacation|out of (?:the )?office|"
    r"away|\boff\b|on leave|annual leave|fermé|gesloten|geschlossen|closed|buiten kantoor|nicht im büro|"
    r"niet op kantoor|hors du bureau|indisponible|injoignable|unavailable|niet bereikbaar|nicht erreichbar|"
    r"not available"
)
NEGATED = re.compile(
    # "ne … que" is "only", and so is the Dutch "pas" before a return
    r"\b(?:ne(?!.*\bque\b)|n'|pas(?! (?:opnieuw|weer|terug|vanaf|op|bereikbaar|beschikbaar)\b)|peu|moins|"
    r"difficilement|niet|geen|minder|moeilijk|beperkt|nicht|kein\w*|eingeschränkt|schwer|not|no|limited|limité\w*)\b"
    r"|\bin(?:disponible|joignable)|unavailable"
)
ENDS = re.compile(r"(?<=[!?;])\s+|(?<=[^\W\d])\.\s+|(?<=>)\.\s+|\n\s*\n")
CLAUSE = re.compile(r",|\s(?:et|en|und|and|mais|maar|aber|but)\s")
