"""The child's answers as values. What it says is a hostile file's word: every type, length and number is checked."""

import re
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from worker.core.file_looks import ElectronicInvoice, FileLook, Inside, InvoiceKind, Picture
from worker.mail.charsets import clean_line

MOST_NAMES, LONGEST = 200, 200
MOST_PIXELS = 1_000_000
VAT = re.compile(r"[A-Z]{2}[A-Z0-9]{2,13}")
MOST_DIGITS = 15


def look_of(values: dict[str, Any]) -> FileLook:
    return FileLook(
        inside=inside_of(values),
        names=tuple(text_of(each) for each in list_of(values.get("names"))[:MOST_NAMES]),
        pages=number_of(values.get("pages")),
        picture=picture_of(values),
    )


def inside_of(values: dict[str, Any]) -> Inside:
    try:
        return Inside(values.get("inside", ""))
    except ValueError:
        return Inside.UNKNOWN


def is_encrypted(values: dict[str, Any]) -> bool:
    return inside_of(values) is Inside.ENCRYPTED


def picture_of(values: dict[str, Any]) -> Picture | None:
    width, height = number_of(values.get("width")), number_of(values.get("height"))
    if width is None or height is None:
        return None
    return Picture(width=width, height=height, is_from_camera=values.get("camera") is True)


def invoice_of(values: dict[str, Any]) -> ElectronicInvoice | None:
    number, kind = text_of(values.get("number")), text_of(values.get("kind"))
    if not number or kind not in set(InvoiceKind):
        return None
    return ElectronicInvoice(
        kind=InvoiceKind(kind),
        number=number,
        issued_on=day_of(values.get("issued_on")),
        seller_vat=vat_of(values.get("seller_vat"), values.get("seller_vat_by_endpoint")),
        buyer_vat=vat_of(values.get("buyer_vat"), values.get("buyer_vat_by_endpoint")),
        amount=amount_of(values.get("amount")),
        currency=text_of(values.get("currency"))[:3].upper() or None,
    )


def vat_of(*given: object) -> str | None:
    """The first that looks like a VAT number, with its country, without dots and blanks."""
    written = (re.sub(r"[^A-Z0-9]", "", text_of(each).upper()) for each in given)
    return next((each for each in written if VAT.fullmatch(each)), None)


def day_of(given: object) -> date | None:
    try:
        return date.fromisoformat(text_of(given)[:10])
    except ValueError:
        return None


def amount_of(given: object) -> Decimal | None:
    """With two decimals; None for what no invoice would say."""
    try:
        amount = Decimal(text_of(given)).quantize(Decimal("0.01"))
    except InvalidOperation:
        return None
    return amount if amount.is_finite() and len(amount.as_tuple().digits) <= MOST_DIGITS - 1 else None


def text_of(given: object) -> str:
    return clean_line(given)[:LONGEST].strip() if isinstance(given, str) else ""


def list_of(given: object) -> list[Any]:
    return given if isinstance(given, list) else []


def number_of(given: object) -> int | None:
    return given if isinstance(given, int) and not isinstance(given, bool) and 0 <= given <= MOST_PIXELS else None
