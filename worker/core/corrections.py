"""Does an edit of a message that was mailed already need a correction by mail?"""

import re

FEW_WORDS = 3
FIGURES = re.compile(r"\d[\d.,:/€-]*")
DATE_WORDS = frozenset(
    (
        "janvier février fevrier mars avril mai juin juillet août aout septembre octobre novembre décembre decembre "
        "januari februari maart april mei juni juli augustus september oktober november december "
        "januar februar märz mai august dezember january february march may june july october "
        "lundi mardi mercredi jeudi vendredi samedi dimanche maandag dinsdag woensdag donderdag vrijdag zaterdag "
        "zondag montag dienstag mittwoch donnerstag freitag samstag sonntag monday tuesday wednesday thursday friday "
        "saturday sunday demain morgen tomorrow aujourd'hui vandaag heute today"
    ).split()
)


def needs_correction(mailed: str, edited: str) -> bool:
    """True when figures, dates or more than a few words changed; a mended typo is nobody's mail."""
    if figures_and_dates(mailed) != figures_and_dates(edited):
        return True
    before, after = words(mailed), words(edited)
    kept = common_count(before, after)
    return max(len(before), len(after)) - kept > FEW_WORDS


def figures_and_dates(text: str) -> list[str]:
    dates = [word for word in words(text) if word in DATE_WORDS]
    return [match.rstrip(".,:-") for match in FIGURES.findall(text)] + dates


def words(text: str) -> list[str]:
    return re.findall(r"[^\W\d_]+(?:['’][^\W\d_]+)*", text.lower())


def common_count(before: list[str], after: list[str]) -> int:
    """Words that stand in both, counted with repetition; order does not matter for "a few words"."""
    left = list(after)
    kept = 0
    for word in before:
        if word in left:
            left.remove(word)
            kept += 1
    return kept
