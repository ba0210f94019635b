"""Column types and factories that all tables share."""

import secrets
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import BigInteger, Boolean, Column, DateTime, ForeignKey, Integer, MetaData, Text, TypeDecorator
from sqlalchemy import text as sql
from sqlalchemy.engine import Dialect

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)

WHOLE = BigInteger().with_variant(Integer(), "sqlite")


class UtcDateTime(TypeDecorator[datetime]):
    """An aware UTC datetime on both databases; a naive one is refused before it can be stored."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a naive datetime cannot be stored: give an aware one in UTC")
        in_utc = value.astimezone(UTC)
        return in_utc.replace(tzinfo=None) if dialect.name == "sqlite" else in_utc

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        del dialect
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class PublicNumber(TypeDecorator[int]):
    """A random unsigned 64-bit number, stored in a signed 64-bit column (two's complement)."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: int | None, dialect: Dialect) -> int | None:
        del dialect
        return value - 2**64 if value is not None and value >= 2**63 else value

    def process_result_value(self, value: int | None, dialect: Dialect) -> int | None:
        del dialect
        return value + 2**64 if value is not None and value < 0 else value


class Word(TypeDecorator[StrEnum]):
    """TEXT that holds a member of a StrEnum."""

    impl = Text
    cache_ok = True

    def __init__(self, words: type[StrEnum]) -> None:
        super().__init__()
        self.words = words

    def process_bind_param(self, value: StrEnum | str | None, dialect: Dialect) -> str | None:
        del dialect
        return None if value is None else str(self.words(value))

    def process_result_value(self, value: str | None, dialect: Dialect) -> StrEnum | None:
        del dialect
        return None if value is None else self.words(value)


def key() -> Column[int]:
    return Column("id", WHOLE, primary_key=True, autoincrement=True)


def public_id() -> Column[int]:
    return Column("public_id", PublicNumber, nullable=False, unique=True, default=lambda: secrets.randbits(64))


def ref(name: str, target: str, *, optional: bool = False, index: bool = False) -> Column[int]:
    return Column(name, WHOLE, ForeignKey(f"{target}.id"), nullable=optional, index=index)


def text(name: str, *, optional: bool = False, **options: Any) -> Column[str]:
    return Column(name, Text, nullable=optional, **options)


def word(name: str, words: type[StrEnum], *, optional: bool = False) -> Column[StrEnum]:
    return Column(name, Word(words), nullable=optional)


def at(name: str, *, optional: bool = False, index: bool = False) -> Column[datetime]:
    return Column(name, UtcDateTime, nullable=optional, index=index)


def flag(name: str) -> Column[bool]:
    return Column(name, Boolean, nullable=False, default=False, server_default=sql("false"))


def whole(name: str, *, optional: bool = False, **options: Any) -> Column[int]:
    return Column(name, WHOLE, nullable=optional, **options)


def count(name: str) -> Column[int]:
    return Column(name, WHOLE, nullable=False, default=0, server_default="0")
