"""Types of values: the eight kinds of the authoring surface, each nullable or not.

A type is plain data. It says how a value is compared, combined and shown; how it is stored is the generator's business
(integers, money and dates are all ``i64``).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class Kind(Enum):
    """The closed set of value kinds."""

    INTEGER = "integer"
    REAL = "real"
    TEXT = "text"
    MONEY = "money"
    DATE = "date"
    BOOLEAN = "boolean"
    LIST = "list"
    TUPLE = "tuple"


@dataclass(frozen=True, slots=True, kw_only=True)
class Type:
    """A value kind with what refines it.

    ``scale`` counts the decimal places of money and is 0 for every other kind. ``parts`` are the types of a tuple's
    parts, or the one element type of a list (today always text). A tuple is null when any part is null, so its parts
    are stored as non-null types and the tuple carries ``nullable``. A list is never null: it is empty.
    """

    kind: Kind
    nullable: bool = False
    scale: int = 0
    parts: tuple[Type, ...] = ()

    def with_nullable(self, nullable: bool) -> Type:
        """The same type, nullable or not."""
        return Type(kind=self.kind, nullable=nullable, scale=self.scale, parts=self.parts)

    def __str__(self) -> str:
        match self.kind:
            case Kind.MONEY:
                name = f"money(scale={self.scale})"
            case Kind.LIST:
                name = "list of text"
            case Kind.TUPLE:
                name = f"({', '.join(str(part) for part in self.parts)})"
            case _:
                name = self.kind.value
        return f"nullable {name}" if self.nullable else name


INTEGER = Type(kind=Kind.INTEGER)
REAL = Type(kind=Kind.REAL)
TEXT = Type(kind=Kind.TEXT)
DATE = Type(kind=Kind.DATE)
BOOLEAN = Type(kind=Kind.BOOLEAN)
TEXT_LIST = Type(kind=Kind.LIST, parts=(TEXT,))


def money(scale: int) -> Type:
    """Money with ``scale`` decimal places, held as exact minor units."""
    return Type(kind=Kind.MONEY, scale=scale)


def tuple_of(*parts: Type) -> Type:
    """A composite: equal when every part is equal, null when any part is null."""
    return Type(
        kind=Kind.TUPLE,
        parts=tuple(part.with_nullable(False) for part in parts),
        nullable=any(part.nullable for part in parts),
    )
