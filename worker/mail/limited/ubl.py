"""An electronic invoice (UBL 2.1, as Peppol carries it): ``{kind, number, issued_on, seller_vat, buyer_vat, amount,
currency}``, or ``{}`` for any other XML.

Read by a parser that refuses document types and with them entities, and opens nothing else; no schema is looked up. An
envelope around the document (SBDH) is passed over. What stands inside line items is not looked at.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import Element, ParseError

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import iterparse

from worker.mail.limited.questions import ReaderLimits

NAMESPACE = "urn:oasis:names:specification:ubl:schema:xsd:"
KINDS = {f"{{{NAMESPACE}Invoice-2}}Invoice": "invoice", f"{{{NAMESPACE}CreditNote-2}}CreditNote": "credit_note"}
PARTIES = {"AccountingSupplierParty": "seller_vat", "AccountingCustomerParty": "buyer_vat"}
MOST_ELEMENTS, DEEPEST, LONGEST = 200_000, 60, 200


def answer(path: Path, out: Path | None, limits: ReaderLimits) -> dict[str, Any]:
    del out, limits
    try:
        with path.open("rb") as file:
            events = iterparse(file, events=("start", "end"), forbid_dtd=True, forbid_entities=True)
            return Invoice().read(events)
    except (ParseError, DefusedXmlException, UnicodeError, LookupError):
        return {}


class Invoice:
    """Follows the events; ``names``: the local names of the elements around, from the invoice on."""

    def __init__(self) -> None:
        self.found: dict[str, Any] = {}
        self.names: list[str] = []

    def read(self, events: Iterator[tuple[str, Element]]) -> dict[str, Any]:
        depth = 0
        for count, (event, element) in enumerate(events):
            depth += 1 if event == "start" else -1
            if count > MOST_ELEMENTS or depth > DEEPEST:
                return {}
            if event == "start":
                self.start(element)
            elif self.names:
                self.note(element)
                self.names.pop()
                element.clear()
        return self.found if "number" in self.found else {}

    def start(self, element: Element) -> None:
        if self.names:
            self.names.append(element.tag.rpartition("}")[2])
        elif "kind" not in self.found and element.tag in KINDS:
            self.found["kind"] = KINDS[element.tag]
            self.names.append("")

    def note(self, element: Element) -> None:
        value = (element.text or "").strip()[:LONGEST]
        match self.names[1:]:
            case ["ID"]:
                self.keep("number", value)
            case ["IssueDate"]:
                self.keep("issued_on", value)
            case ["LegalMonetaryTotal", "PayableAmount"]:
                self.keep("amount", value)
                self.keep("currency", str(element.get("currencyID") or "")[:3])
            case [party, "Party", *place] if party in PARTIES:
                self.note_party(PARTIES[party], place, value, str(element.get("schemeID") or ""))
            case _:
                pass

    def note_party(self, key: str, place: list[str], value: str, scheme: str) -> None:
        """The VAT number where it belongs, else the Belgian enterprise number that addresses the party in Peppol."""
        if place == ["PartyTaxScheme", "CompanyID"] or (place == ["EndpointID"] and scheme in {"9925", "9938"}):
            self.keep(key, value)
        elif place == ["EndpointID"] and scheme == "0208":
            self.found.setdefault(f"{key}_by_endpoint", f"BE{value}")

    def keep(self, key: str, value: str) -> None:
        if value:
            self.found.setdefault(key, value)
