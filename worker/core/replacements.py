"""Who replaces somebody who is away, as an out-of-office answer says it: name, address, phone, as far as given.

Only what stands after words that send the reader to somebody ("contacter", "neem contact op met", "wenden Sie sich an",
"please contact") within the same paragraph, or in the list below them; signatures are not read. The writer's own
addresses and numbers ("mon gsm") are no replacement. In doubt nothing.
"""

import re
from collections.abc import Collection
from dataclasses import dataclass

from worker.core.mail_addresses import normal_address

MOST = 5
REACH = 90
"""Characters between a name and what it is reached by."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Replacement:
    name: str = ""
    address: str = ""
    phone: str = ""

    def __str__(self) -> str:
        return ", ".join(each for each in (self.name, self.address, self.phone) if each)


SENDS = re.compile(
    r"\b(?:contacte[rz]|contact(?:eer|eren)?|joindre|appele[rz]|adressez-vous|adresser (?:vos|votre|toute)|"
    r"(?:s['’]|vous )adresser|écrire à|remplac\w+|suppl[ée]\w*|(?:en|pendant|durant) mon absence|"
    r"en cas d['’]urgence|pour (?:toute |les |vos )?(?:question|demande|urgence|affaire)s? urgentes?|toute urgence|"
    r"contact op(?:\s+te)?\s*(?:nemen )?met|contact opnemen met|terecht bij|richt u tot|wend(?:t|en)? u|bellen|mailen|"
    r"vervang\w+|(?:tijdens|gedurende|bij) mijn afwezigheid|"
    r"dringende (?:\w+ )?(?:gevallen|zaken|vragen|aangelegenheden)|"
    r"wenden sie sich|kontaktieren|vertret\w+|vertritt|stellvertret\w+|in dringenden fällen|"
    r"dringende\w* (?:fälle|anliegen|angelegenheiten)|(?:während|in) meiner abwesenheit|"
    r"please (?:contact|reach|call|e-?mail|write)|reach out to|get in touch with|covering for me|replaced by|"
    r"(?:in|during) my absence|urgent (?:matters|questions|issues|requests|enquiries|inquiries)|"
    r"if (?:it is |it's )?urgent|urgently)\b",
    re.IGNORECASE,
)
ADDRESS = re.compile(r"[A-Za-z0-9][\w.+'-]*@[A-Za-z0-9][\w-]*(?:\.[\w-]+)+")
PHONE = re.compile(r"(?<![\w@.-])(?:(?:\+|00)\d[\d\s./()-]{6,18}\d|0\d{1,3}[\s./-]\d[\d\s./-]{4,12}\d)(?!\w)")
OWN = re.compile(
    r"\b(?:(?:mon|ma|mes|mijn|mein\w*|my)\s+(?:propre\s|eigen\s|own\s)?"
    r"(?:gsm|mobi\w+|portable|t[ée]l\w*|num[ée]ro|nummer|handy\w*|cell\w*|phone|number)|"
    r"me joindre|reach me|call me|bereik mij|mij bereiken|mich erreichen|mich an)\b(?:\s+\S+){0,4}\s*$",
    re.IGNORECASE,
)
UPPER = "A-ZÀ-ÖØ-Þ"
WORD = rf"[{UPPER}][\w’'-]*\w"
NAME = re.compile(
    rf"(?<!\w){WORD}(?:[ ](?:(?:van|von|de|der|den|du|le|la|di|ter|ten|zu|d['’])[ ]?){{0,2}}{WORD}){{0,3}}(?!\w)"
)
TITLES = frozenset("Mme Madame M Mr Mrs Ms Monsieur Mlle Frau Herr Herrn Mevrouw Mevr Dhr Heer Me Maître Dr".split())
NO_NAMES = frozenset(
    "Pour Pendant Durant En Veuillez Merci Contactez Contact Contacter Tel Tél Téléphone Telefoon Telefon Phone Mobile "
    "Mobil Gsm GSM Email Mail E-mail E-Mail Voor Bij Tijdens Gelieve Neem Dank Bedankt In Bitte Während Wenden Sie Ihr "
    "Ihre Ihnen Bei Für Please For During If You Thank Thanks Best Kind Regards Cordialement Bien Met Mit Grüßen "
    "Groeten Urgence Urgent Urgentie Vertretung Kollegin Kollege Collègue Collega Je Ik Ich Il Elle Hij Zij Er Nous "
    "Wij Wir Vous U Ce Cette Het De Die Der Das Le La Les Lundi Mardi Mercredi Jeudi Vendredi Maandag Dinsdag Woensdag "
    "Donderdag Vrijdag Montag Dienstag Mittwoch Donnerstag Freitag Monday Tuesday Wednesday Thursday Friday Bonjour "
    "Beste Hallo Hello Dear Bureau Kantoor Büro Office Facturation Comptabilité".split()
)
NAMED_ALONE = re.compile(
    r"(?:contacte[rz]|vous adresser à|adressez-vous à|remplacée? par|terecht bij|contact op(?:\s*nemen)? met|"
    r"contacteren?|vervangen door|wenden sie sich(?: bitte)? an|vertritt mich|vertreten durch|"
    r"vertretung(?: ist| übernimmt)?:?|(?:please )?contact|reach out to|replaced by|get in touch with)\s+"
    r"(?:(?:my |mijn |ma |mon |meine[nr]? |meinen )?(?:collègue|collega|colleague|kollegin|kollegen|kollege)\s+)?$",
    re.IGNORECASE,
)


def read_replacements(text: str, *, own: Collection[str] = ()) -> tuple[Replacement, ...]:
    """At most ``MOST``, in the order they are named; the same one in several languages once."""
    found: dict[str, Replacement] = {}
    for region in regions(text):
        for each in in_region(region, own):
            key = each.address or each.phone or each.name
            known = found.get(key)
            if known is None or len(str(each)) > len(str(known)):
                found[key] = each
    return tuple(found.values())[:MOST]


def regions(text: str) -> list[str]:
    """From the first word that sends to somebody to the end of its paragraph, and the list below when it ends so."""
    paragraphs = re.split(r"\n\s*\n", text)
    found = []
    for position, paragraph in enumerate(paragraphs):
        sends = SENDS.search(paragraph)
        if sends is None:
            continue
        region = paragraph[sends.start() :]
        if region.rstrip().endswith(":") and position + 1 < len(paragraphs):
            region += "\n" + paragraphs[position + 1]
        found.append(region)
    return found


def in_region(region: str, own: Collection[str]) -> list[Replacement]:
    ways = sorted(
        [("address", each) for each in ADDRESS.finditer(region)] + [("phone", each) for each in PHONE.finditer(region)],
        key=lambda way: way[1].start(),
    )
    found: list[Replacement] = []
    end = 0
    for kind, match in ways:
        before = region[max(end, match.start() - REACH) : match.start()]
        if OWN.search(before.rstrip(" :(\n")) or (kind == "address" and normal_address(match.group()) in own):
            end = match.end()
            continue
        name = name_in(before)
        if joins_last(found, kind, name, before):
            last = found.pop()
            found.append(with_way(last, kind, match.group()))
        else:
            found.append(with_way(Replacement(name=name or name_after(region[match.end() :])), kind, match.group()))
        end = match.end()
    return found or named_alone(region)


def joins_last(found: list[Replacement], kind: str, name: str, before: str) -> bool:
    """A phone beside an address, or the other way round, is the same person's."""
    if not found or name or "\n\n" in before:
        return False
    return not (found[-1].address if kind == "address" else found[-1].phone)


def with_way(known: Replacement, kind: str, value: str) -> Replacement:
    if kind == "address":
        return Replacement(name=known.name, address=normal_address(value), phone=known.phone)
    return Replacement(name=known.name, address=known.address, phone=" ".join(value.split()))


def name_in(before: str) -> str:
    """The last name in what stands before an address or a number."""
    names = [name for each in NAME.finditer(before) if (name := clean_name(each.group()))]
    return names[-1] if names else ""


def name_after(after: str) -> str:
    """As in "bram@firm.example (Bram Peeters)"."""
    match = re.match(r"\s*\(([^()\d@]{3,60})\)", after)
    return clean_name(match.group(1).strip()) if match and NAME.fullmatch(match.group(1).strip()) else ""


def clean_name(written: str) -> str:
    words = written.split()
    while words and (words[0] in NO_NAMES or words[0].strip(".") in TITLES):
        words.pop(0)
    while words and words[-1] in NO_NAMES:
        words.pop()
    return " ".join(words)


def named_alone(region: str) -> list[Replacement]:
    """A name with nothing to reach it by, straight after the words that send there: two words at least."""
    for match in NAME.finditer(region):
        name = clean_name(match.group())
        start = match.start() + match.group().find(name)
        if " " in name and NAMED_ALONE.search(without_titles(region[:start])):
            return [Replacement(name=name)]
    return []


def without_titles(before: str) -> str:
    words = before.rstrip().rsplit(" ", 1)
    return words[0] + " " if len(words) == 2 and words[1].strip(".") in TITLES else before
