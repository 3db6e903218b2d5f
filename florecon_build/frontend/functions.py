"""Expression functions: conditionals, null handling, numbers, dates, texts and keys."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any, TypeVar, overload

from florecon_build.frontend.columns import checked_scale
from florecon_build.frontend.constants import constant
from florecon_build.frontend.diagnostics import authored, fail
from florecon_build.frontend.handles import (
    BooleanExpr,
    Expr,
    as_real,
    built,
    describe,
    first_not_null,
    lift,
    meet,
    never_null,
)
from florecon_build.frontend.numeric import IntegerExpr, MoneyExpr, NumberExpr, RealExpr, arith, unary
from florecon_build.frontend.text import (
    DateExpr,
    family_of,
)
from florecon_build.frontend.text_settings import calendar
from florecon_build.ir import expressions as e
from florecon_build.ir import types as t
from florecon_build.ir.types import Kind

E = TypeVar("E", bound=Expr)
N = TypeVar("N", IntegerExpr, RealExpr, MoneyExpr)

Constant = int | float | str | bool | Decimal | datetime.date | MoneyExpr
"""What stands as a constant in a lookup's table."""


def condition_of(item: object, what: str) -> BooleanExpr:
    """Validates a condition that is never null."""
    expr = lift(item, what=what)
    if expr.type.kind is not Kind.BOOLEAN:
        fail(
            "type_mismatch",
            f"{what} needs a condition",
            expected="boolean",
            got=describe(expr),
            fix="write a comparison",
        )
    never_null(expr, what)
    return BooleanExpr(expr.ir, expr.uses)


@overload
def where(condition: BooleanExpr | bool, then: E, otherwise: E | Constant | None) -> E: ...
@overload
def where(condition: BooleanExpr | bool, then: Constant | None, otherwise: E) -> E: ...
@overload
def where(condition: BooleanExpr | bool, then: Constant | None, otherwise: Constant | None) -> Any: ...
@authored
def where(condition: object, then: object, otherwise: object) -> Expr:
    """Conditional: ``then`` where the condition holds, else ``otherwise``; only the selected one is evaluated. Either
    may be null.

    >>> import florecon_build as fb
    >>> rows = fb.columns(row_id=fb.integer(id=True), kind=fb.text(), amount=fb.money(scale=2))
    >>> fb.where(rows.kind == "fee", 1, 2)
    <integer fb.where(row.kind == "fee", 1, 2)>
    """
    test = condition_of(condition, "where")
    if then is None and otherwise is None:
        fail("bad_constant", "where: both values are None", fix="replace one None by a value")
    first, second = meet((then, otherwise), "where")
    kind = first.type.with_nullable(first.type.nullable or second.type.nullable)
    tree = e.Where(type=kind, condition=test.ir, then=first.ir, otherwise=second.ir)
    return built(family_of(kind.kind), tree, test, first, second)


@overload
def tier(condition: BooleanExpr | bool, cost: E) -> E: ...
@overload
def tier(condition: BooleanExpr | bool, cost: float) -> RealExpr: ...
@authored
def tier(condition: object, cost: object) -> Expr:
    """Conditional cost: ``cost`` where the condition holds, else null; a step of ``first_of`` in the cost of a
    ``flow``.

    >>> import florecon_build as fb
    >>> rows = fb.columns(row_id=fb.integer(id=True), day=fb.date(), amount=fb.money(scale=2))
    >>> flow = fb.flow(
    ...     penalty=10,
    ...     match_keys=[fb.amount_key()],
    ...     rows=rows,
    ...     cost=lambda a, b: fb.tier(fb.gap(a.day, b.day) <= 5, 1 + 0.1 * fb.gap(a.day, b.day)),
    ... )
    """
    test = condition_of(condition, "tier")
    price = lift(cost, what="tier")
    if price.type.kind not in {Kind.INTEGER, Kind.REAL}:
        fix = "use a number without a unit: costs rank pairs against penalties"
        fail(
            "type_mismatch",
            "tier: a cost must be a number without a unit",
            expected="real or integer",
            got=describe(price),
            fix=fix,
        )
    family = family_of(price.type.kind)
    if price.type.nullable:
        nothing = e.Lit(type=price.type, value=None)
        choice = e.Where(type=price.type, condition=test.ir, then=price.ir, otherwise=nothing)
        return built(family, choice, test, price)
    tree = e.Tier(type=price.type.with_nullable(True), condition=test.ir, cost=price.ir)
    return built(family, tree, test, price)


@authored
def first_of(first: E, *others: object) -> E:
    """First operand that is not null; null if all are. Every operand but the last is nullable.

    >>> import florecon_build as fb
    >>> rows = fb.columns(
    ...     row_id=fb.integer(id=True), a=fb.text(nullable=True), b=fb.text(nullable=True), amount=fb.money(scale=2)
    ... )
    >>> fb.first_of(rows.a, rows.b, "none")
    <text fb.first_of(row.a, row.b, "none")>
    """
    _expression(first, "first_of")
    if not others:
        fail("too_few", "first_of needs at least two values", fix="use the value itself")
    exprs = meet((first, *others), "first_of")
    return first_not_null(family_of(exprs[0].type.kind), exprs, "first_of")  # pyright: ignore[reportReturnType]


@authored
def fill(value: E, default: object) -> E:
    """``value``, or ``default`` where it is null; equal to ``value.fill(default)``.

    >>> import florecon_build as fb
    >>> rows = fb.columns(row_id=fb.integer(id=True), memo=fb.text(nullable=True), amount=fb.money(scale=2))
    >>> fb.fill(rows.memo, "none")
    <text fb.first_of(row.memo, "none")>
    """
    return _expression(value, "fill").fill(default)


@authored
def is_null(value: object) -> BooleanExpr:
    """True if a nullable value, or any part of a tuple, is null.

    >>> import florecon_build as fb
    >>> rows = fb.columns(row_id=fb.integer(id=True), memo=fb.text(nullable=True), amount=fb.money(scale=2))
    >>> fb.is_null(rows.memo)
    <boolean row.memo.is_null()>
    """
    return _expression(lift(value, what="is_null"), "is_null").is_null()


def _expression(value: E, what: str) -> E:
    if not isinstance(value, Expr):  # pyright: ignore[reportUnnecessaryIsInstance]
        fail("not_an_expression", f"{what} needs an expression", got=describe(value), fix="use a lane")
    return value


@authored
def abs_(value: N) -> N:
    """Absolute value of an integer, real or money.

    >>> import florecon_build as fb
    >>> rows = fb.columns(row_id=fb.integer(id=True), amount=fb.money(scale=2))
    >>> fb.abs(rows.amount)
    <money(scale=2) fb.abs(row.amount)>
    """
    return unary(type(number_of(value, "abs")), e.UnaryOp.ABS, value, "abs")  # pyright: ignore[reportReturnType]


def number_of(value: object, what: str) -> NumberExpr:
    """Validates an integer, real or money expression."""
    if not isinstance(value, NumberExpr):
        fix = "use a number lane"
        fail("type_mismatch", f"{what} needs a number", expected="integer, real or money", got=describe(value), fix=fix)
    return value


@authored
def sign(value: IntegerExpr | MoneyExpr) -> IntegerExpr:
    """Sign of an integer or money: -1, 0 or 1.

    >>> import florecon_build as fb
    >>> rows = fb.columns(row_id=fb.integer(id=True), units=fb.integer(), amount=fb.money(scale=2))
    >>> fb.sign(rows.units)
    <integer fb.sign(row.units)>
    """
    number = never_null(number_of(value, "sign"), "sign")
    if number.type.kind is Kind.REAL:
        fix = "write fb.where(x < 0, -1, fb.where(x > 0, 1, 0))"
        fail(
            "type_mismatch", "sign needs an integer or money", expected="integer or money", got=describe(value), fix=fix
        )
    return built(IntegerExpr, e.Unary(type=t.INTEGER, op=e.UnaryOp.SIGN, operand=number.ir), number)


@overload
def min_of(first: E, *others: E | float | Decimal | datetime.date) -> E: ...
@overload
def min_of(first: Expr | float, *others: Expr | float) -> Any: ...
@authored
def min_of(first: object, *others: object) -> Expr:
    """Minimum of two or more numbers or dates of one type.

    >>> import florecon_build as fb
    >>> rows = fb.columns(row_id=fb.integer(id=True), a=fb.integer(), b=fb.integer(), amount=fb.money(scale=2))
    >>> fb.min_of(rows.a, rows.b, 10)
    <integer fb.min_of(fb.min_of(row.a, row.b), 10)>
    """
    return _extreme(e.ArithOp.MIN, (first, *others))


@overload
def max_of(first: E, *others: E | float | Decimal | datetime.date) -> E: ...
@overload
def max_of(first: Expr | float, *others: Expr | float) -> Any: ...
@authored
def max_of(first: object, *others: object) -> Expr:
    """Maximum of two or more numbers or dates of one type.

    >>> import florecon_build as fb
    >>> rows = fb.columns(row_id=fb.integer(id=True), a=fb.date(), b=fb.date(), amount=fb.money(scale=2))
    >>> fb.max_of(rows.a, rows.b)
    <date fb.max_of(row.a, row.b)>
    """
    return _extreme(e.ArithOp.MAX, (first, *others))


def _extreme(op: e.ArithOp, items: tuple[object, ...]) -> Expr:
    what = f"{op.value}_of"
    if len(items) < 2:
        fail("too_few", f"{what} needs at least two values", fix="use the value itself")
    exprs = meet(items, what)
    if all(expr.type.kind is Kind.DATE for expr in exprs):
        return _fold_dates(op, exprs, what)
    result = arith(op, exprs[0], exprs[1])
    for expr in exprs[2:]:
        result = arith(op, result, expr)
    return result


def _fold_dates(op: e.ArithOp, exprs: list[Expr], what: str) -> Expr:
    result = never_null(exprs[0], what)
    for expr in exprs[1:]:
        tree = e.Arith(type=t.DATE, op=op, left=result.ir, right=never_null(expr, what).ir)
        result = built(DateExpr, tree, result, expr)
    return result


@authored
def clamp(value: E, low: object, high: object) -> E:
    """``value`` limited to the range from ``low`` to ``high``: ``max_of(low, min_of(value, high))``.

    >>> import florecon_build as fb
    >>> rows = fb.columns(row_id=fb.integer(id=True), units=fb.integer(), amount=fb.money(scale=2))
    >>> fb.clamp(rows.units, 0, 100)
    <integer fb.max_of(0, fb.min_of(row.units, 100))>
    """
    inner = _extreme(e.ArithOp.MIN, (value, high))
    return _extreme(e.ArithOp.MAX, (low, inner))  # pyright: ignore[reportReturnType]


@authored
def gap(
    first: DateExpr | IntegerExpr | datetime.date | int, second: DateExpr | IntegerExpr | datetime.date | int
) -> IntegerExpr:
    """Absolute difference of two dates in days, or of two integers.

    >>> import florecon_build as fb
    >>> rows = fb.columns(row_id=fb.integer(id=True), due=fb.date(), paid=fb.date(), amount=fb.money(scale=2))
    >>> fb.gap(rows.due, rows.paid) <= 30
    <boolean fb.gap(row.due, row.paid) <= 30>
    """
    left, right = meet((first, second), "gap")
    if left.type.kind not in {Kind.DATE, Kind.INTEGER}:
        fix = "for money write fb.abs(x - y)"
        fail(
            "type_mismatch",
            "gap needs two dates or two integers",
            expected="date or integer",
            got=describe(left),
            fix=fix,
        )
    never_null(left, "gap")
    never_null(right, "gap")
    return built(IntegerExpr, e.Gap(type=t.INTEGER, left=left.ir, right=right.ir), left, right)


@authored
def month_end(day: DateExpr) -> DateExpr:
    """Last day of the month of a date; equal to ``day.month_end``.

    >>> import florecon_build as fb
    >>> rows = fb.columns(row_id=fb.integer(id=True), day=fb.date(), amount=fb.money(scale=2))
    >>> fb.month_end(rows.day)
    <date row.day.month_end>
    """
    if not isinstance(day, DateExpr):  # pyright: ignore[reportUnnecessaryIsInstance]
        fail("type_mismatch", "month_end needs a date", expected="date", got=describe(day), fix="use a date lane")
    return day.month_end


@authored
def business_day(
    day: DateExpr, holidays: Iterable[datetime.date] | str = (), weekend: Iterable[int] | str = (5, 6)
) -> IntegerExpr:
    """Ordinal of a date among business days, so that ``gap`` of two counts business days. A day that is none has the
    ordinal of the last business day before it.

    Parameters:
    - ``holidays``: dates, or a text of ISO dates separated by spaces; a constant.
    - ``weekend``: weekdays from 0 (Monday) to 6 (Sunday).

    >>> import florecon_build as fb
    >>> rows = fb.columns(row_id=fb.integer(id=True), due=fb.date(), paid=fb.date(), amount=fb.money(scale=2))
    >>> closed = "2025-12-25 2025-12-26 2026-01-01"
    >>> fb.gap(fb.business_day(rows.due, closed), fb.business_day(rows.paid, closed)) <= 2  # doctest: +ELLIPSIS
    <boolean fb.gap(fb.business_day(row.due, holidays="2025-12-25 2025-12-26 2026-01-01"), ...) <= 2>
    """
    if not isinstance(day, DateExpr):  # pyright: ignore[reportUnnecessaryIsInstance]
        fail("type_mismatch", "business_day needs a date", expected="date", got=describe(day), fix="use a date lane")
    never_null(day, "business_day")
    closed, week = calendar(holidays, weekend)
    tree = e.BusinessDay(type=t.INTEGER, operand=day.ir, holidays=closed, weekend=week)
    return built(IntegerExpr, tree, day)


@authored
def minor_units(value: RealExpr | IntegerExpr | float, scale: int = 2) -> MoneyExpr:
    """Converts a real in major units to money with ``scale`` decimals, rounded half away from zero.

    Errors: ``bad_amount`` at run time for NaN, infinity or a value out of range.

    >>> import florecon_build as fb
    >>> rows = fb.columns(row_id=fb.integer(id=True), rate=fb.real(), amount=fb.money(scale=2))
    >>> fb.minor_units(rows.amount.to_minor() * rows.rate / 100, 2)
    <money(scale=2) fb.minor_units(row.amount.to_minor() * row.rate / 100.0, 2)>
    """
    kind = t.money(checked_scale(scale))
    expr = never_null(as_real(lift(value, like=t.REAL, what="minor_units")), "minor_units")
    if expr.type.kind is not Kind.REAL:
        fix = "money is exact already" if expr.type.kind is Kind.MONEY else "use a real"
        fail("type_mismatch", "minor_units needs a real", expected="real", got=describe(expr), fix=fix)
    return built(MoneyExpr, e.Cast(type=kind, op=e.CastOp.MINOR_UNITS, operand=expr.ir), expr)


@authored
def lookup(value: Expr, table: Mapping[Any, Any], default: object) -> Any:
    """Table lookup: the constant for ``value`` in ``table``, or ``default`` if it is missing or null.

    Parameters:
    - ``value``: integer, text, money, date or boolean expression.
    - ``table``: keys of the type of ``value`` (``decimal.Decimal`` for money, ``datetime.date`` for dates), values of
      one type.
    - ``default``: constant of the values' type; None makes the result nullable.

    >>> import florecon_build as fb
    >>> rows = fb.columns(row_id=fb.integer(id=True), account=fb.text(), amount=fb.money(scale=2))
    >>> fb.lookup(rows.account, {"1400": "3300", "1410": "3310"}, None)
    <nullable text fb.lookup(row.account, {"1400": "3300", "1410": "3310"}, None)>
    """
    operand = _table_operand(value)
    if not isinstance(table, Mapping) or not table:  # pyright: ignore[reportUnnecessaryIsInstance]
        fail("bad_setting", "lookup: the table must be a non-empty dict", got=describe(table), fix="{key: value, ..}")
    keys = [table_key(key, operand.type, "lookup") for key in table]
    results = meet([*table.values(), *([] if default is None else [default])], "lookup")
    _check_constants(results)
    cells = [result.ir.value if isinstance(result.ir, e.Lit) else None for result in results]
    rows = list(zip(keys, cells[: len(keys)], strict=True))
    return lookup_table(operand, rows, None if default is None else cells[-1], results[0].type)


def _table_operand(value: object) -> Expr:
    operand = lift(value, what="lookup")
    if operand.type.kind in {Kind.REAL, Kind.LIST, Kind.TUPLE}:
        fix = "look one scalar up; for several parts, concat them into a text"
        fail("type_mismatch", f"lookup: a {operand.type} cannot be a table key", got=describe(operand), fix=fix)
    return operand


def lookup_table(operand: Expr, rows: list[tuple[e.Constant, e.Constant]], default: e.Constant, kind: t.Type) -> Expr:
    """``Lookup`` node over constants, in ascending order of keys."""
    _table_operand(operand)
    table = tuple(sorted(rows, key=lambda row: _sort_key(row[0])))
    if not table or len({key for key, _ in table}) < len(table):
        fail(
            "bad_setting",
            "lookup: the table must not be empty and must not repeat a key",
            got=repr(table),
            fix="{key: value, ..}",
        )
    tree = e.Lookup(type=kind.with_nullable(default is None), operand=operand.ir, table=table, default=default)
    return built(family_of(kind.kind), tree, operand)


def _sort_key(key: e.Constant) -> Any:
    return key.encode("utf-8", "surrogatepass") if isinstance(key, str) else key


def _check_constants(results: list[Expr]) -> None:
    for result in results:
        if not isinstance(result.ir, e.Lit) or result.ir.value is None:
            fix = "use constants; for an expression write fb.where"
            fail("bad_constant", "lookup: the values of the table must be constants", got=describe(result), fix=fix)


def table_key(key: object, kind: t.Type, what: str) -> e.Constant:
    """Converts a dict key to a constant of a scalar type."""
    if isinstance(key, Expr):
        fail("bad_constant", f"{what}: a key must be a constant", got=describe(key), fix="use a Python constant")
    value, got = constant(key, kind.with_nullable(False), what)
    if value is None or got.kind is not kind.kind:
        fix = "write a decimal.Decimal for money, a datetime.date for a date"
        fail("type_mismatch", f"{what}: the key has another type", expected=str(kind), got=describe(key), fix=fix)
    return value
