"""Plain values, and values as keys: compared exactly; null equals no key."""

from __future__ import annotations

import math
from typing import TypeAlias

from florecon_build.interpreter.dates import iso
from florecon_build.interpreter.money import money_text
from florecon_build.ir.types import Kind, Type

Plain: TypeAlias = "int | float | str | bool | tuple[Plain, ...] | None"
"""The value of an expression. Money is minor units and a date is days since 1970-01-01, both integers; a list is a
sorted tuple of texts, a composite a tuple of its parts."""

RowId: TypeAlias = int | str


def key_of(value: Plain) -> Plain:
    """A value as a key; None, which no other key equals, for null and NaN and for a tuple with such a part.

    >>> key_of(("EUR", -0.0)), key_of(("EUR", float("nan"))), key_of(None)
    (('EUR', 0.0), None, None)
    """
    match value:
        case float():
            return None if math.isnan(value) else value + 0.0
        case tuple():
            parts = tuple(key_of(part) for part in value)
            return None if None in parts else parts
        case _:
            return value


def is_null(value: Plain) -> bool:
    """True for null."""
    return value is None


Rank: TypeAlias = tuple[tuple[int | float, str], ...]
"""The sort key of a value: values of one type rank as they order."""


def rank(value: Plain) -> Rank:
    """The place of a value among values of its type: numbers by size, texts by code points, false first, tuples by
    part.

    >>> sorted([("EUR", 10), ("EUR", 9), ("CHF", 11)], key=rank)
    [('CHF', 11), ('EUR', 9), ('EUR', 10)]
    """
    match value:
        case str():
            return ((0, value),)
        case tuple():
            return tuple(place for part in value for place in rank(part))
        case None:
            raise TypeError("null has no order: the tree did not come from the builder")
        case _:
            return ((value, ""),)


def keys_of(value: Plain, type: Type) -> tuple[Plain, ...]:
    """The keys that a signal or match expression gives: the elements of a list, or the one key there is, or none."""
    if type.kind is Kind.LIST:
        assert isinstance(value, tuple)
        return value
    key = key_of(value)
    return () if key is None else (key,)


def key_text(value: Plain, type: Type) -> str:
    """A key as it stands in an origin or a reason.

    >>> from florecon_build.ir.types import DATE, TEXT, money, tuple_of
    >>> key_text((19782, "EUR", -105), tuple_of(DATE, TEXT, money(2)))
    '2024-02-29/EUR/-1.05'
    """
    if isinstance(value, tuple):
        return "/".join(key_text(part, of) for part, of in zip(value, type.parts, strict=True))
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int) and type.kind is Kind.MONEY:
        return money_text(value, type.scale)
    if isinstance(value, int) and type.kind is Kind.DATE:
        return iso(value)
    return str(value)
