"""Is a text nothing but thanks? Four languages. "Thanks" opens no attention and reopens nothing."""

import re
import unicodedata
from collections.abc import Collection

WORDS = frozenset(
    (
        # French
        "merci mercis beaucoup bien reçu recu bonne journée journee soirée soiree bon weekend week-end parfait super "
        "ok d'accord entendu noté note pour votre vos ton ta réponse reponse retour aide message mail "
        "rapidité infiniment mille un grand à vous toi aussi cordialement bàv bav salutations bonjour bonsoir "
        "excellente très tres c'est "
        # Dutch
        "dank dankjewel dankuwel bedankt u je wel hartelijk vriendelijk voor uw antwoord hulp bericht reactie "
        "prettige fijne dag avond weekend goed ontvangen prima groeten mvg vriendelijke groet veel van harte snelle "
        # German
        "danke vielen herzlichen besten dank schön schon sehr für fur ihre antwort hilfe nachricht rückmeldung "
        "schönen tag abend wochenende erhalten perfekt grüße gruesse mfg mit freundlichen grüßen lg alles klar "
        # English
        "thanks thank you very much many a lot for your the reply answer help message great perfect received got it "
        "have nice good day evening regards kind best cheers well all"
    ).split()
)
CARRIERS = frozenset(
    (
        "merci mercis dank dankjewel dankuwel bedankt danke thanks thank cheers reçu recu ontvangen erhalten received "
        "👍 🙏 parfait perfect prima perfekt"
    ).split()
)
MOST_WORDS = 14


def is_pure_thanks(text: str, names: Collection[str] = ()) -> bool:
    """True for "Merci beaucoup, bonne journée !" and "👍"; False as soon as a word says anything else.

    ``names``: of the people in the conversation; they may be greeted or sign ("Merci Anne. Sophie Martin").
    """
    words = re.findall(r"[^\W\d_]+(?:['’-][^\W\d_]+)*|\d+|[👍🙏]", unicodedata.normalize("NFC", text))
    if not words or len(words) > MOST_WORDS or "?" in text:
        return False
    plain = [word.replace("’", "'").lower() for word in words]
    if not any(word in CARRIERS for word in plain):
        return False
    named = {part for name in names for part in re.findall(r"[^\W\d_]+", name.lower())}
    return all(low in WORDS or low in CARRIERS or low in named for low in plain)
