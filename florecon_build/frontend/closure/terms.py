"""Terms: the meaning of a piece of syntax during elaboration."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from florecon_build.frontend.closure import syntax as s
from florecon_build.frontend.closure.errors import ClosureError, Piece, Source
from florecon_build.frontend.closure.translate_errors import Operand, translate
from florecon_build.frontend.handles import Expr, lift
from florecon_build.frontend.rows import View
from florecon_build.frontend.text import wrap
from florecon_build.ir import expressions as e
from florecon_build.ir.errors import StrategyError
from florecon_build.ir.types import Type

MAX_NODES = 2_000
"""Operators of the expression that a closure becomes, each ``let`` counted where it is used."""

Constant = int | float | str | bool | datetime.date


@dataclass(frozen=True, slots=True)
class Term:
    """A constant, an expression, None, or a view (rows, side, group, lot, tolerance); ``some``: inside ``Some(..)``."""

    item: object
    some: bool = False

    @property
    def is_option(self) -> bool:
        """True where Rust would see an ``Option``."""
        return self.some or self.item is None or (isinstance(self.item, Expr) and self.item.type.nullable)

    @property
    def type(self) -> Type | None:
        """The type of a constant or an expression."""
        if isinstance(self.item, Expr):
            return self.item.type
        return lift(self.item, what="").type if is_constant(self.item) else None


Env = Mapping[str, Term]


def is_constant(item: object) -> bool:
    """True for a constant that takes its type from what it stands beside."""
    return isinstance(item, int | float | str | datetime.date)


@dataclass(frozen=True, slots=True)
class Context:
    """The context of an elaboration: the text, and whose lanes ``|row|`` inside a group's closures has."""

    source: Source
    rows: Callable[[Piece], View]

    def error(self, code: str, at: Piece, message: str, *, fix: str, expected: str = "", got: str = "") -> ClosureError:
        """The error for one piece of the text."""
        return self.source.error(code, at, message, fix=fix, expected=expected, got=got)

    def build(self, at: Piece, what: str, operands: list[tuple[s.Syntax, Term]], make: Callable[[], Expr]) -> Term:
        """The expression that the builder makes, or its refusal in the closure's words."""
        try:
            made = wrap(make())
        except ClosureError:
            raise
        except StrategyError as error:
            given = [Operand(node.at, term.type) for node, term in operands]
            raise translate(self.source, at, what, given, error.problems[0]) from None
        if made.uses.size > MAX_NODES:
            raise self.error(
                "closure_too_large",
                at,
                "this closure unfolds into too much",
                expected=f"at most {MAX_NODES} operators, each `let` counted where it is used",
                got=str(made.uses.size),
                fix="derive its parts as lanes, and write the closure on the lanes",
            )
        return Term(made)

    def operand(self, node: s.Syntax, term: Term, what: str) -> object:
        """A term that is a plain value: a constant or an expression."""
        if term.some or term.item is None:
            fix = "`Some` and `None` stand only as the result of an `if`, a `match` or the closure"
            got = self.source.slice(node.at)
            raise self.error("closure_option", node.at, f"`{what}` takes a value, not an option", got=got, fix=fix)
        if isinstance(term.item, Expr | int | float | str | datetime.date):
            return term.item
        got = self.source.slice(node.at)
        fix = "read a lane of it (`a.day`), its lot (`a.lot.amount`), or a group's fact (`g.size`)"
        raise self.error("closure_not_a_value", node.at, f"`{what}` takes a value", got=f"`{got}`", fix=fix)


def is_literal(item: object) -> bool:
    """True for a constant, with or without a type of its own."""
    return is_constant(item) or (isinstance(item, Expr) and isinstance(item.ir, e.Lit) and item.ir.value is not None)
