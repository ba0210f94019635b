"""What a look into a file found: plain values. The limited reader looks, ``file_rules`` judges."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum


class Inside(StrEnum):
    """``unknown``: nobody looked, or nobody here can read such files."""

    READABLE = "readable"
    ENCRYPTED = "encrypted"
    UNREADABLE = "unreadable"
    UNKNOWN = "unknown"


class InvoiceKind(StrEnum):
    INVOICE = "invoice"
    CREDIT_NOTE = "credit_note"


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """``width`` and ``height`` in pixels. ``is_from_camera``: its EXIF says so."""

    width: int
    height: int
    is_from_camera: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ElectronicInvoice:
    """Of a UBL file. VAT numbers as ``BE0123456749``, not checked against anything; ``amount`` is what is to be paid,
    in ``currency`` units.
    """

    kind: InvoiceKind
    number: str
    issued_on: date | None
    seller_vat: str | None
    buyer_vat: str | None
    amount: Decimal | None
    currency: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class FileLook:
    """``names``: of what an archive holds, at most 200."""

    inside: Inside = Inside.UNKNOWN
    names: tuple[str, ...] = ()
    pages: int | None = None
    picture: Picture | None = None
    invoice: ElectronicInvoice | None = None


NOT_LOOKED = FileLook()
