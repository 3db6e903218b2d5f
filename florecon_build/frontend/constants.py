"""Conversion of Python constants to literals, and the implied conversions between types."""

from __future__ import annotations

import datetime
import math
from dataclasses import replace
from decimal import Decimal, InvalidOperation
from typing import NoReturn

from florecon_build.frontend.column_spec import ColumnSpec
from florecon_build.frontend.diagnostics import author_span, fail
from florecon_build.ir import expressions as e
from florecon_build.ir.python_printer import EPOCH, show
from florecon_build.ir.strings import is_unicode
from florecon_build.ir.types import BOOLEAN, DATE, INTEGER, REAL, TEXT, Kind, Type

I64_MAX = 2**63 - 1
_EXACT_REAL = 2**53


def describe_constant(item: object) -> str:
    """Description of a Python object for messages."""
    if item is None:
        return "None"
    if isinstance(item, bool | int | float | str | Decimal | datetime.date):
        return f"{type(item).__name__} {item!r}"
    return type(item).__name__


def constant(item: object, like: Type | None, what: str) -> tuple[e.Constant, Type]:
    """Converts a Python constant to its IR value and type."""
    match item:
        case None if like is not None:
            return None, like.with_nullable(True)
        case bool():
            return item, BOOLEAN
        case int():
            return _integer_constant(item, like, what)
        case float():
            if not math.isfinite(item):
                fail("bad_constant", f"{what}: {item!r} is not a number", fix="use a finite number")
            return item, REAL
        case str():
            if not is_unicode(item):
                fix = "leave it out: neither Rust nor Arrow has such a text"
                fail("bad_constant", f"{what}: the text contains an unpaired surrogate", got=ascii(item), fix=fix)
            return item, TEXT
        case Decimal():
            return _decimal_constant(item, like, what)
        case datetime.date() if not isinstance(item, datetime.datetime):
            return (item - EPOCH).days, DATE
        case _:
            return _not_an_expression(item, what)


def _not_an_expression(item: object, what: str) -> NoReturn:
    fail(
        "not_an_expression",
        f"{what}: a {type(item).__name__} is not an expression or constant",
        expected="an expression, a number, a text, a boolean, a datetime.date, or a tuple of them",
        got=describe_constant(item),
        fix=_not_an_expression_fix(item),
    )


def _not_an_expression_fix(item: object) -> str:
    if isinstance(item, ColumnSpec):
        return "a column is read through its rows; in a class of rows a lane is a method: `@fb.lane def key(self): ..`"
    if isinstance(item, datetime.datetime):
        return "use `.date()`: there are dates, not times of day"
    if callable(item):
        return "pass the expression itself; only flow's cost, accept_if and partition_by_with take a function"
    return "build the value from columns, constants and the functions of the library"


def _integer_constant(item: int, like: Type | None, what: str) -> tuple[e.Constant, Type]:
    if like is not None and like.kind is Kind.REAL:
        if abs(item) > _EXACT_REAL:
            fail("bad_constant", f"{what}: {item} has no exact real value", fix="write it as a float")
        return float(item), REAL
    if like is not None and like.kind is Kind.MONEY and item == 0:
        return 0, like.with_nullable(False)
    if abs(item) > I64_MAX:
        fail("bad_constant", f"{what}: {item} is out of the 64-bit range", fix="use a number within +-(2**63 - 1)")
    return item, INTEGER


def _decimal_constant(item: Decimal, like: Type | None, what: str) -> tuple[e.Constant, Type]:
    if like is None or like.kind is not Kind.MONEY:
        fail(
            "bad_constant",
            f"{what}: a Decimal is valid only with money",
            got=describe_constant(item),
            fix="use a float",
        )
    try:
        minor = item.scaleb(like.scale)
        whole = int(minor)
    except (InvalidOperation, ValueError, OverflowError):
        fail("bad_constant", f"{what}: {item} is not an amount", fix="use a finite Decimal")
    if whole != minor or abs(whole) > I64_MAX:
        fail(
            "bad_constant",
            f"{what}: {item} is not a whole number of minor units",
            expected=str(like),
            fix=f"use at most {like.scale} decimals",
        )
    return whole, like.with_nullable(False)


_PYTHON = {
    Kind.INTEGER: int,
    Kind.MONEY: int,
    Kind.DATE: int,
    Kind.REAL: float,
    Kind.TEXT: str,
    Kind.BOOLEAN: bool,
}


def is_constant(value: e.Constant, kind: Type) -> bool:
    """True if an IR constant has the given type."""
    if value is None:
        return kind.nullable
    if kind.nullable or kind.kind not in _PYTHON or type(value) is not _PYTHON[kind.kind]:
        return False
    if isinstance(value, str):
        return is_unicode(value)
    return not isinstance(value, int) or abs(value) < 2**63


def to_real(value: e.Value) -> e.Value:
    """Converts an integer expression to real; nulls are preserved."""
    real = REAL.with_nullable(value.type.nullable)
    match value:
        case e.Lit():
            return replace(value, type=real, value=None if value.value is None else float(value.value))
        case e.Tier() if value.type.nullable:
            return replace(value, type=real, cost=to_real(value.cost))
        case e.FirstOf() if value.type.nullable:
            return replace(value, type=real, operands=tuple(map(to_real, value.operands)))
        case e.Where() if value.type.nullable:
            return replace(value, type=real, then=to_real(value.then), otherwise=to_real(value.otherwise))
        case _:
            if value.type.nullable:
                fail(
                    "nullable",
                    f"`{show(value)}` is a nullable integer, but a real is required",
                    expected="real, or an integer that is never null",
                    got=str(value.type),
                    fix="replace the null first: `.fill(0)`, or fb.where(x.is_null(), None, x.fill(0))",
                )
            return e.Cast(type=REAL, op=e.CastOp.TO_REAL, operand=value, span=author_span())


def mismatch_fix(left: Type, right: Type) -> str:
    """Suggested fix for two operands of different types."""
    kinds = {left.kind, right.kind}
    scale = left.scale or right.scale
    if kinds == {Kind.MONEY}:
        return "money of different scales never mixes; convert both with `.to_minor()` and scale by hand"
    if kinds == {Kind.MONEY, Kind.INTEGER}:
        return f"write the constant as `fb.minor(n, {scale})`, or compare integers with `.to_minor()`"
    if kinds == {Kind.MONEY, Kind.REAL}:
        return f"turn the real into money with `fb.minor_units(x, {scale})`, or the money into `.to_minor().to_real()`"
    if kinds == {Kind.DATE, Kind.INTEGER}:
        return "use `.year`, `.month`, `.day`, or `fb.gap(a, b)` for the days between two dates"
    if Kind.DATE in kinds and Kind.TEXT in kinds:
        return "write the date as `datetime.date(year, month, day)`"
    if Kind.LIST in kinds:
        return "use `.contains(text)` or `.overlaps(list)`"
    return "bring both sides to one type"
