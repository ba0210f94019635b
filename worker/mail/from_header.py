"""Who wrote it (DESIGN.md section 5, "Identity of contacts"): one From header, one address, no defect of the address.

The structure is read before encoded words are decoded, so that nothing hidden in one can become an address. What may
stand in the name is everybody's business: bare dots, raw Latin-1, a comma, brackets ("S.P.R.L. Dupont", "Dupont, Anne",
"Anne (Compta)"). What counts as a defect, by name:

``no_from``, ``several_from``   not exactly one header
``unbalanced``                  ``<``, ``>`` or a quote without its other half, or more than one pair of ``<>``
``group``                       ``Friends: a@b;``
``comment``, ``quote``          in the address or around it: ``a@b (Anne)``, ``"a@b"``, ``<"a"@b>``
``second_address``              another address beside it, or text that holds an ``@`` outside the (quoted) name
``encoded_address``             an encoded word in the place of the address, or one that hides another address
``not_an_address``              what stands there cannot be mailed to

A name that repeats its own address (``a@b <a@b>``) hides nothing and is no defect. A name loses any address it holds.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from worker.core.mail_addresses import is_address, normal_address
from worker.mail.charsets import clean, clean_line
from worker.mail.encoded_words import decoded

QUOTED = re.compile(r'"(?:[^"\\]|\\.)*"', re.DOTALL)
QUOTED_OR_OPEN = re.compile(r'"(?:[^"\\]|\\.)*(?:"|\\?\Z)', re.DOTALL)  # linear on any length, where QUOTED is not
COMMENT = re.compile(r"\([^()]*\)")
ADDRESS_IN_NAME = re.compile(r"[^\s<>\"'(),;:]*@[^\s<>\"'(),;:]*")
LONGEST = 2_000
MOST_ADDRESSES = 2_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Author:
    """``address``: None as soon as there is a defect."""

    address: str | None
    name: str
    defects: tuple[str, ...]


def read_author(values: list[str]) -> Author:
    """``values``: the From headers, unfolded, encoded words not yet decoded."""
    if len(values) != 1:
        return Author(address=None, name="", defects=("several_from" if values else "no_from",))
    value = values[0].strip()
    if len(value) > LONGEST:
        return Author(address=None, name="", defects=("not_an_address",))
    name, written, defects = taken_apart(value)
    defects = defects or defects_of_address(written) or defects_of_name(name, written)
    shown = without_addresses(clean_line(decoded(unquoted(name))))
    return Author(address=None if defects else normal_address(written), name=shown, defects=tuple(defects))


def taken_apart(value: str) -> tuple[str, str, list[str]]:
    """Name as written, address as written, and the defects of the frame around them."""
    outside = QUOTED.sub(lambda found: "q" * len(found.group()), value)
    name = value[: outside.find("<")] if "<" in outside else ""
    defects = []
    if '"' in outside or outside.count("<") != outside.count(">") or outside.count("<") > 1:
        defects.append("unbalanced")
    if "<" not in outside:
        return name, value, defects + bare_defects(value, outside)
    start, end = outside.find("<"), outside.find(">")
    if end < start:
        return name, "", ["unbalanced"]
    if ":" in outside[:start] or ";" in outside[:start]:
        defects.append("group")
    return name, value[start + 1 : end].strip(), defects + tail_defects(outside[end + 1 :])


def bare_defects(value: str, outside: str) -> list[str]:
    """An address without ``<>`` stands alone, or it is not sure that it is one."""
    checks = {
        "comment": "(" in outside,
        "quote": '"' in value,
        "group": ":" in outside or ";" in outside,
        "second_address": outside.count("@") > 1 or "," in outside,
    }
    return [name for name, is_there in checks.items() if is_there]


def tail_defects(tail: str) -> list[str]:
    if not tail.strip():
        return []
    return ["comment" if tail.strip().startswith("(") else "second_address"]


def defects_of_address(written: str) -> list[str]:
    if "=?" in written:
        return ["encoded_address"]
    if "(" in written:
        return ["comment"]
    if '"' in written:
        return ["quote"]
    if clean(written) != written or not is_address(written):
        return ["not_an_address"]
    # IDNA folds full-width letters, and with them a full-width @: what comes out is looked at again.
    return [] if is_address(normal_address(written)) else ["not_an_address"]


def defects_of_name(name: str, written: str) -> list[str]:
    same = written.lower()
    if any(each != same for each in addresses_in_text(QUOTED.sub("", name))):
        return ["second_address"]
    hidden = set(addresses_in_text(decoded(name))) - set(addresses_in_text(name))
    return ["encoded_address"] if hidden - {same} else []


def addresses_in_text(text: str) -> list[str]:
    return [each.lower() for each in ADDRESS_IN_NAME.findall(text)]


def unquoted(name: str) -> str:
    return QUOTED.sub(lambda found: re.sub(r"\\(.)", r"\1", found.group()[1:-1]), name)


def without_addresses(name: str) -> str:
    """The display name as it may be shown: no address in it, no quotes or brackets left around nothing."""
    kept = ADDRESS_IN_NAME.sub(" ", name) if "@" in name else name
    return " ".join(re.sub(r"[<>]|\(\s*\)", " ", kept.replace('"', "")).split()).strip(" '")[:200]


def addresses_of(value: str) -> tuple[str, ...]:
    """Every address of a To, Cc or Delivered-To header, in normal form and in order; what is no address is left out."""
    found = dict.fromkeys(normal_address(each) for each in written_addresses(value) if is_address(each))
    return tuple(found)[:MOST_ADDRESSES]


def written_addresses(value: str) -> Iterator[str]:
    bare = COMMENT.sub(" ", QUOTED_OR_OPEN.sub(" ", value))
    for entry in re.split(r"[,;]", bare):
        inside = re.search(r"<([^<>]*)>", entry)
        if inside is not None:
            yield inside.group(1).strip()
        else:
            yield from (word.strip("<>") for word in entry.rpartition(":")[2].split() if "@" in word)
