"""Rust types of values: as a lane, and as a key."""

from __future__ import annotations

from typing import assert_never

from florecon_build.ir.types import Kind, Type


def lane_type(type: Type) -> str:
    """The Rust type of a value: what a ``Row`` field holds."""
    inner = _plain(type, "f64")
    return f"Option<{inner}>" if type.nullable else inner


def key_type(type: Type) -> str:
    """The Rust type of a non-null key: hashable, so a real is wrapped."""
    return _plain(type, "Real")


def _plain(type: Type, real: str) -> str:
    match type.kind:
        case Kind.INTEGER | Kind.MONEY | Kind.DATE:
            return "i64"
        case Kind.REAL:
            return real
        case Kind.BOOLEAN:
            return "bool"
        case Kind.TEXT:
            return "Text"
        case Kind.LIST:
            return "Tokens"
        case Kind.TUPLE:
            parts = ", ".join(_plain(part, real) for part in type.parts)
            return f"({parts},)" if len(type.parts) == 1 else f"({parts})"
        case _:
            assert_never(type.kind)


def is_copy(type: Type) -> bool:
    """Whether the Rust value is copied by use, so that ``clone`` would be noise."""
    if type.kind is Kind.TUPLE:
        return all(is_copy(part) for part in type.parts)
    return type.kind not in (Kind.TEXT, Kind.LIST)


def has_real(type: Type) -> bool:
    """Whether the key form differs from the lane form."""
    return type.kind is Kind.REAL or any(has_real(part) for part in type.parts)


READERS = {
    Kind.INTEGER: "integer",
    Kind.REAL: "real",
    Kind.TEXT: "text",
    Kind.MONEY: "money",
    Kind.DATE: "date",
    Kind.BOOLEAN: "boolean",
}
"""The runtime's name for a column's or param's kind: ``Field::money``, ``record.money``, ``values.money``."""
