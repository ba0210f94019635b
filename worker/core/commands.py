"""Commands by mail (DESIGN.md section 8): what can be asked, in which words, and how they are read.

::

    /close                 a line that starts with / is a command, at the reply and at the note address
    - /close               also as an item of a list, when it is a command or a slip of one
    clôturer               a bare word is one at the note address only, and only when nothing else is written
    /accept i12            a held mail by its id; without one, the only mail held in the conversation

What a case manager writes above the first command is his message; what stands below it (his signature, most of the
time) is not posted, and the answer says so. One command that nobody knows, and nothing at all is done or posted: a
typing error must not reach a client. Words are compared without case and accents.

One-click links carry the same verbs, and those that need no words, in the row behind a signed address (``action``).
"""

import re
import unicodedata
from collections.abc import Collection
from dataclasses import dataclass
from difflib import SequenceMatcher
from enum import StrEnum


class Verb(StrEnum):
    CLOSE = "close"
    REOPEN = "reopen"
    DONE = "done"
    HISTORY = "history"
    LIST = "list"
    STOP = "stop"
    ACCEPT = "accept"
    REFUSE = "refuse"
    ADDRESS = "address"
    CONTACT = "contact"
    BLOCK = "block"
    MOVE = "move"
    MINE = "mine"
    FOR_ME = "for_me"
    NOT_ME = "not_me"
    CLIENT = "client"


WORDS = {
    Verb.CLOSE: "close clore cloturer fermer sluiten afsluiten schliessen abschliessen",
    Verb.REOPEN: "reopen rouvrir reouvrir heropenen wiedereroffnen",
    Verb.DONE: "done fait traite klaar gedaan afgehandeld erledigt",
    Verb.HISTORY: "history historique geschiedenis verlauf",
    Verb.LIST: "list liste lijst",
    Verb.STOP: "stop stopper stoppen stopp annuler annuleren",
    Verb.ACCEPT: "accept accepter aanvaarden accepteren annehmen akzeptieren",
    Verb.REFUSE: "refuse refuser weigeren ablehnen",
    Verb.ADDRESS: "address adresse adres",
    Verb.CONTACT: "contact kontakt",
    Verb.BLOCK: "block bloquer blokkeren blockieren",
    Verb.MOVE: "move deplacer verplaatsen verschieben",
}
"""In English, French, Dutch and German, without accents (ß as ss). The rest is said by links alone."""

ABOUT_HELD = frozenset({Verb.ACCEPT, Verb.REFUSE, Verb.ADDRESS, Verb.CONTACT, Verb.BLOCK, Verb.MOVE})
BARE = frozenset({Verb.CLOSE, Verb.REOPEN, Verb.DONE, Verb.HISTORY, Verb.LIST, Verb.STOP, Verb.ACCEPT, Verb.REFUSE})
VERBS = {word: verb for verb, words in WORDS.items() for word in words.split()}
ID = re.compile(r"[ic]\d{1,18}", re.IGNORECASE)
MAIL_ID = re.compile(r"i\d{1,18}", re.IGNORECASE)
MOST_ORDERS = 20
SLASHES = ("/", "\uff0f", "\u2044", "\u2215")
"""Also those of full-width keyboards and of fractions: no client is to read what was meant as a command."""
BULLET = re.compile(r"(?:[-*\u2022\u00b7\u2013]|\d{1,3}[.)])\s{1,5}")
ENDS = {(word[0], word[-1]) for word in VERBS}
ALIKE = {ends: tuple(word for word in VERBS if (word[0], word[-1]) == ends) for ends in ENDS}
"""The words by their first and last letters, which a slip leaves."""
LEAST_ALIKE = 0.75


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """One command. ``verb`` None: nobody knows it; ``written``: its word, for the answer."""

    verb: Verb | None
    written: str
    arguments: tuple[str, ...] = ()

    def id_of(self, letter: str) -> int | None:
        """The first id of this kind: ``i12``."""
        found = (each for each in self.arguments if ID.fullmatch(each) and each[0].lower() == letter)
        return next((int(each[1:]) for each in found), None)

    @property
    def words(self) -> tuple[str, ...]:
        """What is no id of a mail: a client's code."""
        return tuple(each for each in self.arguments if not MAIL_ID.fullmatch(each))


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """The commands in a text. ``message``: what stands above them, to be posted; ``below``: something stands below."""

    orders: tuple[Order, ...]
    message: str
    below: bool

    @property
    def is_understood(self) -> bool:
        return all(each.verb is not None for each in self.orders)


def asked_in(text: str, *, at_note_address: bool, names: Collection[str] = ()) -> Asked | None:
    """The commands of a case manager's new text, or None when it holds none. ``names``: his and the firm's."""
    lines = text.split("\n")
    first = next((at for at, line in enumerate(lines) if is_command_line(line)), None)
    if first is None:
        return bare(lines, names) if at_note_address else None
    orders = [order_in(said) for line in lines[first:] if (said := command_of(line)) is not None]
    below = any(line.strip() and not is_command_line(line) for line in lines[first:])
    return Asked(orders=tuple(orders[:MOST_ORDERS]), message="\n".join(lines[:first]).strip(), below=below)


def is_command_line(line: str) -> bool:
    return command_of(line) is not None


def command_of(line: str) -> str | None:
    """What stands after the slash. As an item of a list ("- /close") only what is a command or a slip of one: a list
    may speak of prices "/mois".
    """
    start = line.strip()
    if start.startswith(SLASHES):
        return start[1:]
    bullet = BULLET.match(start)
    said = start[bullet.end() :] if bullet else ""
    return said[1:] if said.startswith(SLASHES) and resembles_verb(said[1:]) else None


def resembles_verb(said: str) -> bool:
    word = plain(next(iter(said.split()), "")[:40])
    likely = ALIKE.get((word[:1], word[-1:]), ())
    near = (each for each in likely if abs(len(each) - len(word)) <= 1)
    return word in VERBS or any(SequenceMatcher(a=word, b=each).ratio() >= LEAST_ALIKE for each in near)


def bare(lines: list[str], names: Collection[str]) -> Asked | None:
    """One bare word, with nothing else but a signature: a note that begins with such a word stays a note."""
    filled = [line.strip() for line in lines if line.strip()]
    if not filled:
        return None
    order = order_in(filled[0].rstrip(".!"))
    if order.verb not in BARE or order.words or not all(is_signature(line, names) for line in filled[1:]):
        return None
    return Asked(orders=(order,), message="", below=False)


def is_signature(line: str, names: Collection[str]) -> bool:
    return line == "--" or plain(line) in {plain(each) for each in names if each}


def order_in(line: str) -> Order:
    word, *arguments = line.split() or [""]
    return Order(verb=VERBS.get(plain(word)), written=word[:40], arguments=tuple(each[:80] for each in arguments[:5]))


def plain(word: str) -> str:
    """Lower case without accents; ``schließen`` is ``schliessen``."""
    split = unicodedata.normalize("NFKD", word.strip().casefold())
    return "".join(char for char in split if not unicodedata.combining(char))
