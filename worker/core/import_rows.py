"""Reading the firm's list of clients, people and regimes from CSV, as office programs write it.

``;`` or ``,`` (or tab), with or without BOM, UTF-8 or cp1252, dates dd/mm/yyyy or ISO. One row is one person: a case
manager, or a contact of one client; the client's columns may be repeated or given once. Every fault is told with its
line and column name; nothing is guessed. docs/import.md describes the columns, docs/import-sample.csv shows them.
"""

import csv
import difflib
import io
from dataclasses import dataclass, field, fields
from datetime import date, datetime

from storage.states import Language, Reach, Regime
from worker.core.countries import read_country
from worker.core.mail_addresses import is_address, normal_address
from worker.core.vat_numbers import read_vat_number

YES = frozenset({"1", "yes", "y", "true", "oui", "o", "ja", "j", "x"})
NO = frozenset({"", "0", "no", "n", "false", "non", "nee", "nein"})
ROLES = ("contact", "case_manager")


@dataclass(frozen=True, slots=True)
class Fault:
    line: int
    column: str
    what: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientRow:
    """Client columns of one line; None where the cell is empty: what is there stays as it is."""

    line: int
    code: str
    name: str | None
    country: str | None
    vat_number: str | None
    manager: str | None
    deputy: str | None
    supervisor: str | None
    regime: Regime | None
    regime_from: date | None
    refund_seeker: bool | None
    live: bool | None
    left_on: date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonRow:
    """``emails`` are normal addresses, the first is the primary one; ``written`` are they as the file has them."""

    line: int
    role: str
    client_code: str | None
    name: str
    emails: tuple[str, ...]
    written: tuple[str, ...]
    language: Language
    phone: str | None
    reach: Reach
    gets_requests: bool


@dataclass(slots=True, kw_only=True)
class Sheet:
    clients: list[ClientRow] = field(default_factory=list)
    people: list[PersonRow] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)


COLUMNS = (
    "role",
    "name",
    "email",
    "language",
    "phone",
    "reach",
    "gets_requests",
    "client_code",
    "client_name",
    "country",
    "vat_number",
    "manager",
    "deputy",
    "supervisor",
    "regime",
    "regime_from",
    "refund_seeker",
    "live",
    "left_on",
)
NEEDED = ("role", "name", "email", "client_code")


def read_sheet(content: bytes) -> Sheet:
    """All rows that can be read, and every fault; a caller writes nothing while there are faults."""
    sheet = Sheet()
    if content.startswith(b"PK"):
        sheet.faults.append(Fault(1, "", "this is a workbook: save it as CSV UTF-8 and import that"))
        return sheet
    text = decode(content)
    rows = csv.reader(io.StringIO(text), delimiter=delimiter_of(text))
    header = [cell.strip().lower() for cell in next(rows, [])]
    sheet.faults += header_faults(header)
    if sheet.faults:
        return sheet
    try:
        for cells in rows:
            if any(cell.strip() for cell in cells):
                read_row(sheet, rows.line_num, header, cells)
    except csv.Error as fault:
        sheet.faults.append(Fault(rows.line_num, "", f"cannot be read: {fault}"))
    return sheet


def decode(content: bytes) -> str:
    """UTF-8, UTF-16 with BOM or cp1252; any line ends; without the ``sep=`` line of Excel."""
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        text = content.decode("utf-16", errors="replace")
    else:
        try:
            text = content.decode("utf-8-sig")
        except UnicodeDecodeError:
            text = content.decode("cp1252", errors="replace")
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\0", "")
    return text.partition("\n")[2] if text.lower().startswith("sep=") else text


def delimiter_of(text: str) -> str:
    first = text.split("\n", 1)[0]
    return max((";", ",", "\t"), key=first.count)


def header_faults(header: list[str]) -> list[Fault]:
    faults = []
    for name in header:
        if name not in COLUMNS:
            near = difflib.get_close_matches(name, COLUMNS, n=1)
            faults.append(Fault(1, name, f"unknown column{f'; did you mean {near[0]}?' if near else ''}"))
    faults += [Fault(1, name, "this column is missing") for name in NEEDED if name not in header]
    return faults + [Fault(1, name, "this column stands twice") for name in set(header) if header.count(name) > 1]


class Cells:
    """One line's cells by column name, collecting faults as they are read."""

    def __init__(self, line: int, cells: dict[str, str], faults: list[Fault]) -> None:
        self.line, self.cells, self.faults = line, cells, faults

    def text(self, column: str) -> str | None:
        return self.cells.get(column, "").strip() or None

    def fault(self, column: str, what: str) -> None:
        self.faults.append(Fault(self.line, column, what))

    def needed(self, column: str) -> str:
        value = self.text(column)
        if value is None:
            self.fault(column, "must not be empty")
        return value or ""

    def one_of(self, column: str, allowed: type[Language] | type[Reach] | type[Regime]) -> str | None:
        value = self.text(column)
        if value is not None and value.lower() not in tuple(allowed):
            self.fault(column, f"{value!r} is none of {', '.join(allowed)}")
            return None
        return value.lower() if value else None

    def truth(self, column: str) -> bool | None:
        value = (self.text(column) or "").lower()
        if value not in YES | NO:
            self.fault(column, f"{value!r} is neither yes nor no")
        return None if column not in self.cells or not value else value in YES

    def day(self, column: str) -> date | None:
        value = self.text(column)
        if value is None:
            return None
        for form in ("%d/%m/%Y", "%Y-%m-%d", "%d-%m-%Y", "%d.%m.%Y"):
            try:
                return datetime.strptime(value, form).date()  # noqa: DTZ007 - a date has no zone
            except ValueError:
                continue
        self.fault(column, f"{value!r} is no date like 31/12/2026")
        return None

    def country(self, column: str) -> str | None:
        written = self.text(column)
        try:
            return read_country(written) if written else None
        except ValueError as wrong:
            self.fault(column, str(wrong))
            return None

    def vat_number(self, column: str) -> str | None:
        value = self.text(column)
        try:
            return read_vat_number(value) if value else None
        except ValueError as fault:
            self.fault(column, str(fault))
            return None

    def address(self, column: str) -> str | None:
        value = self.text(column)
        if value is not None and not is_address(value):
            self.fault(column, f"{value!r} is no mail address")
            return None
        return normal_address(value) if value else None


def read_row(sheet: Sheet, line: int, header: list[str], row: list[str]) -> None:
    if len(row) > len(header) and any(cell.strip() for cell in row[len(header) :]):
        sheet.faults.append(Fault(line, "", f"{len(row)} cells, but the header has {len(header)}"))
    cells = Cells(line, dict(zip(header, row, strict=False)), sheet.faults)
    role = (cells.text("role") or "contact").lower()
    if role not in ROLES:
        cells.fault("role", f"{role!r} is none of {', '.join(ROLES)}")
    code = cells.text("client_code") if role == "case_manager" else cells.needed("client_code")
    sheet.people.append(person_row(cells, role, code))
    if code:
        sheet.clients.append(client_row(cells, code))


def person_row(cells: Cells, role: str, code: str | None) -> PersonRow:
    reach = Reach(cells.one_of("reach", Reach) or Reach.MAIL)
    written = tuple(part for part in (cells.text("email") or "").replace("|", " ").replace(",", " ").split() if part)
    for each in written:
        if not is_address(each):
            cells.fault("email", f"{each!r} is no mail address")
    if not written and reach is Reach.MAIL:
        cells.fault("email", "must not be empty, or set reach to phone or portal")
    requests = cells.truth("gets_requests")
    return PersonRow(
        line=cells.line,
        role=role,
        client_code=code if role == "contact" else None,
        name=cells.needed("name"),
        emails=tuple(normal_address(each) for each in written),
        written=written,
        language=Language(cells.one_of("language", Language) or Language.FR),
        phone=cells.text("phone"),
        reach=reach,
        gets_requests=True if requests is None else requests,
    )


def client_row(cells: Cells, code: str) -> ClientRow:
    regime = cells.one_of("regime", Regime)
    regime_from = cells.day("regime_from")
    if regime and regime_from is None and not cells.text("regime_from"):
        cells.fault("regime_from", "a regime needs the date it is valid from")
    return ClientRow(
        line=cells.line,
        code=code,
        name=cells.text("client_name"),
        country=cells.country("country"),
        vat_number=cells.vat_number("vat_number"),
        manager=cells.address("manager"),
        deputy=cells.address("deputy"),
        supervisor=cells.address("supervisor"),
        regime=Regime(regime) if regime else None,
        regime_from=regime_from,
        refund_seeker=cells.truth("refund_seeker"),
        live=cells.truth("live"),
        left_on=cells.day("left_on"),
    )


CLIENT_VALUES = tuple(
    each.name
    for each in fields(ClientRow)
    if each.name not in {"line", "code", "manager", "deputy", "supervisor", "regime", "regime_from"}
)
