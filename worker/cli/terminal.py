"""What commands share: opening the house, finding people and clients by what an operator types, printing."""

import json
import sys
import unicodedata
from typing import Any

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text
from sqlalchemy.orm import Session

from storage import addresses, people
from storage.records import Client, PersonId
from worker.core.mail_addresses import normal_address
from worker.core.refusals import Refused
from worker.flows.house import House, there
from worker.settings import load_settings
from worker.wiring import build_house

PIPED_COLUMNS = 250


class Terminal(Console):
    """Prints what people wrote as it is: no markup of theirs counts, no control character of theirs acts.

    Into a pipe or a file lines are not broken, so that addresses and ids can be copied and searched.
    """

    def __init__(self, *, stderr: bool = False) -> None:
        stream = sys.stderr if stderr else sys.stdout
        super().__init__(stderr=stderr, width=None if stream.isatty() else PIPED_COLUMNS)

    def tell(self, text: str, style: str | None = None) -> None:
        """One line or more of plain text."""
        self.print(harmless(text), style=style, markup=False, highlight=False, soft_wrap=True)


def harmless(text: str) -> str:
    """Control and direction characters made visible: a mail's text must not move the cursor or set the title."""
    return "".join(
        each if each in "\n\t" or unicodedata.category(each)[0] != "C" else "\N{REPLACEMENT CHARACTER}" for each in text
    )


out = Terminal()
errors = Terminal(stderr=True)


class NotFound(Exception):  # noqa: N818 - reads as what it is
    """What was typed names nothing here; the text says what to type."""


class NoBell:
    """A command rings nobody: the sweep finds what is due within a second."""

    def ring_outgoing(self, ids: object) -> None: ...

    def ring_inbound(self, ids: object) -> None: ...


def open_house() -> House:
    return build_house(load_settings(), NoBell())


def find_person(session: Session, typed: str) -> PersonId:
    """``p12``, ``12`` or a mail address that belongs to one person."""
    number = typed.lower().removeprefix("p")
    if number.isdecimal() and len(number) <= LONGEST_NUMBER:
        if people.person(session, PersonId(int(number))) is None:
            raise NotFound(f"there is no person {typed}; `navette person list` shows them")
        return PersonId(int(number))
    found = addresses.people_at(session, normal_address(typed))
    if not found:
        raise NotFound(f"nobody has the address {typed}; `navette person list` shows who is there")
    if len(found) > 1:
        raise NotFound(f"{typed} belongs to {', '.join(f'p{each.id} {each.name}' for each in found)}: say which")
    return found[0].id


def find_client(session: Session, code: str) -> Client:
    client = people.client_by_code(session, code)
    if client is None:
        raise NotFound(f"there is no client {code}; `navette client list` shows them")
    return client


LONGEST_NUMBER = 18
LARGEST = 2**63 - 1
"""What a database takes for a number."""


def number_of(typed: str, letter: str) -> int:
    """``m12`` or ``12`` to 12."""
    number = typed.lower().removeprefix(letter)
    if not number.isdecimal() or len(number) > LONGEST_NUMBER:
        raise NotFound(f"{typed} is no id: ids look like {letter}12")
    return int(number)


def print_table(columns: list[str], rows: list[list[Any]]) -> None:
    table = Table(box=None, header_style="bold")
    for column in columns:
        table.add_column(column, overflow="fold")
    for row in rows:
        table.add_row(*(Text(harmless(str(cell))) for cell in row))
    out.print(table)


def print_json(value: Any) -> None:
    typer.echo(json.dumps(value, ensure_ascii=False, default=str))


def stop_if_refused(answer: object) -> None:
    if isinstance(answer, Refused):
        errors.tell(f"No ({answer.reason}): {answer.sentence}")
        raise typer.Exit(1)


def name_of(session: Session, person_id: PersonId) -> str:
    return there(people.person(session, person_id)).name
