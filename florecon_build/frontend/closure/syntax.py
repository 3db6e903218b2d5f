"""The syntax of a closure: a closed union of data, each with its piece of the text and its height."""

from __future__ import annotations

from dataclasses import dataclass

from florecon_build.frontend.closure.errors import Piece
from florecon_build.ir.types import Type


@dataclass(frozen=True, slots=True, kw_only=True)
class Base:
    """The piece of the text that a syntax node covers, and the nesting depth below it."""

    at: Piece
    depth: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Literal(Base):
    """A number, a text or a boolean."""

    value: int | float | str | bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Nothing(Base):
    """``None``, of the type of what stands beside it or of a type that is written."""

    type: Type | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Name(Base):
    """A parameter, a ``let``, or what the closure was given by name."""

    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Field(Base):
    """``receiver.name``, or ``receiver["name"]`` for a lane that is no plain word."""

    receiver: Syntax
    name: str
    name_at: Piece


@dataclass(frozen=True, slots=True, kw_only=True)
class Part(Base):
    """``receiver.0``: a part of a shard's key."""

    receiver: Syntax
    index: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Call(Base):
    """``name(..)``, or ``receiver.name(..)``."""

    receiver: Syntax | None
    name: str
    name_at: Piece
    arguments: tuple[Syntax, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Unary(Base):
    """``-x`` or ``!x``."""

    op: str
    operand: Syntax


@dataclass(frozen=True, slots=True, kw_only=True)
class Binary(Base):
    """``left op right``."""

    op: str
    op_at: Piece
    left: Syntax
    right: Syntax


@dataclass(frozen=True, slots=True, kw_only=True)
class Paren(Base):
    """A number in parentheses, which no sign before them makes negative."""

    operand: Syntax


@dataclass(frozen=True, slots=True, kw_only=True)
class MakeTuple(Base):
    """``(x, y)``."""

    parts: tuple[Syntax, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Some(Base):
    """``Some(x)``."""

    operand: Syntax


@dataclass(frozen=True, slots=True, kw_only=True)
class If(Base):
    """``if condition { then } else { otherwise }``."""

    condition: Syntax
    then: Syntax
    otherwise: Syntax


@dataclass(frozen=True, slots=True, kw_only=True)
class Pattern(Base):
    """A constant, or a constant in ``Some(..)``; ``constant`` is None for ``_``."""

    constant: Syntax | None
    is_some: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Arm(Base):
    """``pattern | pattern => result``."""

    patterns: tuple[Pattern, ...]
    result: Syntax


@dataclass(frozen=True, slots=True, kw_only=True)
class Match(Base):
    """``match subject { .. }``."""

    subject: Syntax
    arms: tuple[Arm, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Let(Base):
    """``let name = value;``."""

    name: str
    value: Syntax


@dataclass(frozen=True, slots=True, kw_only=True)
class Block(Base):
    """``{ let ..; result }``."""

    lets: tuple[Let, ...]
    result: Syntax


@dataclass(frozen=True, slots=True, kw_only=True)
class Lambda(Base):
    """``|name, ..| body``; ``params_at`` is what stands between and with the bars."""

    params: tuple[str, ...]
    params_at: Piece
    body: Syntax


Syntax = (
    Literal
    | Nothing
    | Name
    | Field
    | Part
    | Call
    | Unary
    | Binary
    | Paren
    | MakeTuple
    | Some
    | If
    | Pattern
    | Arm
    | Match
    | Let
    | Block
    | Lambda
)
"""The closed union of syntax."""
