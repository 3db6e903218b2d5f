"""Printer of value expressions as Python, in the author's words.

The text is one line, with as few parentheses as Python needs, and evaluates to the same tree where ``fb`` is the
library, ``row``, ``a``, ``b`` and ``g`` are the views, ``k`` (``k1``, ``k2``.. for inner ones) the shard keys, and
params stand under their own names.
"""

from __future__ import annotations

import datetime
import math
from typing import assert_never

from florecon_build.ir import expressions as e
from florecon_build.ir import operators as ops
from florecon_build.ir.operators import Precedence
from florecon_build.ir.types import Kind, Type

EPOCH = datetime.date(1970, 1, 1)

_COMPARE, _OR, _AND = range(1, 4)
"""Precedences below those of the operator table."""

COMPARISON = {
    e.CompareOp.EQ: "==",
    e.CompareOp.NE: "!=",
    e.CompareOp.LT: "<",
    e.CompareOp.LE: "<=",
    e.CompareOp.GT: ">",
    e.CompareOp.GE: ">=",
}
_LOGIC = {e.LogicOp.AND: ("&", _AND), e.LogicOp.OR: ("|", _OR)}
_SIDES = {e.Var.ITEM: "row", e.Var.A: "a", e.Var.B: "b"}


def show(value: e.Value) -> str:
    """The expression as Python.

    >>> import florecon_build as fb
    >>> rows = fb.columns(row_id=fb.integer(id=True), size=fb.integer(), amount=fb.money(scale=2))
    >>> show((((rows.size + 1) * 2 > 3) & ~(rows.amount == 0)).ir)
    '((row.size + 1) * 2 > 3) & ~(row.amount == fb.minor(0, 2))'
    """
    return _show(value)[0]


def show_tolerance(tol: e.Tolerance) -> str:
    """A tolerance as Python; ``abs_tol`` is the bare amount."""
    amount = show(tol.amount)
    if tol.op is e.ToleranceOp.ABS:
        return amount
    floor = "" if tol.floor is None or _is_zero(tol.floor) else f", floor={show(tol.floor)}"
    return f"fb.{tol.op.value}({amount}{floor})"


def show_constant(value: e.Constant, kind: Type) -> str:
    """A constant of a type as Python: dates by the calendar, money by ``fb.minor``."""
    if value is None:
        return "None"
    match kind.kind:
        case Kind.MONEY:
            return f"fb.minor({value}, {kind.scale})"
        case Kind.DATE if isinstance(value, int):
            return show_date(value)
        case Kind.REAL:
            number = float(value)
            return repr(number) if math.isfinite(number) else f'float("{number}")'
        case Kind.TEXT:
            return quote(str(value))
        case _:
            return repr(value)


def show_date(days: int) -> str:
    """A date by its days since 1970-01-01 as Python, or the bare day number beyond Python's calendar."""
    day = calendar_day(days)
    return str(days) if day is None else f"date({day.year}, {day.month}, {day.day})"


def calendar_day(days: int) -> datetime.date | None:
    """A date by its days since 1970-01-01, where Python's calendar has it."""
    try:
        return EPOCH + datetime.timedelta(days=days)
    except OverflowError:
        return None


def quote(text: str) -> str:
    """A text as a Python literal, in double quotes where it can be."""
    plain = repr(text)
    return f'"{plain[1:-1]}"' if plain.startswith("'") and '"' not in plain else plain


def _is_zero(value: e.Value) -> bool:
    return isinstance(value, e.Lit) and value.value == 0


def _at(value: e.Value, least: int) -> str:
    """The value's text, in parentheses when it binds less tightly than ``least``."""
    text, precedence = _show(value)
    return text if precedence >= least else f"({text})"


def _call(name: str, *args: str) -> tuple[str, int]:
    return f"fb.{name}({', '.join(args)})", Precedence.ATOM


def _all(values: tuple[e.Value, ...]) -> tuple[str, ...]:
    return tuple(show(value) for value in values)


def _show(value: e.Value) -> tuple[str, int]:
    """The text and how tightly it binds."""
    match value:
        case e.Lit():
            text = show_constant(value.value, value.type)
            return text, Precedence.UNARY if text.startswith("-") else Precedence.ATOM
        case e.Lane():
            side, name = _SIDES[value.var], value.name
            return f"{side}.{name}" if name.isidentifier() else f"{side}[{name!r}]", Precedence.ATOM
        case e.LotAmount():
            return f"{_SIDES[value.var]}.lot.amount", Precedence.ATOM
        case e.LotOriginal():
            return f"{_SIDES[value.var]}.lot.original", Precedence.ATOM
        case e.ParamRef():
            return value.name, Precedence.ATOM
        case e.ShardKey():
            name = f"k{value.binder}" if value.binder else "k"
            return name if value.part is None else f"{name}[{value.part}]", Precedence.ATOM
        case e.Operation():
            return _operation(value)
        case e.Compare():
            left, right = _without_conversion(value.left, value.right)
            return f"{_at(left, _OR)} {COMPARISON[value.op]} {_at(right, _OR)}", _COMPARE
        case e.Logic():
            symbol, precedence = _LOGIC[value.op]
            return f"{_at(value.left, precedence)} {symbol} {_at(value.right, precedence + 1)}", precedence
        case e.Not():
            return f"~{_at(value.operand, Precedence.UNARY)}", Precedence.UNARY
        case e.Where():
            return _call("where", show(value.condition), show(value.then), show(value.otherwise))
        case e.Tier():
            return _call("tier", show(value.condition), show(value.cost))
        case e.FirstOf():
            return _call("first_of", *_all(value.operands))
        case e.Lookup():
            kind = value.type.with_nullable(False)
            rows = (f"{show_constant(k, value.operand.type)}: {show_constant(c, kind)}" for k, c in value.table)
            return _call("lookup", show(value.operand), f"{{{', '.join(rows)}}}", show_constant(value.default, kind))
        case e.MakeTuple():
            return f"({', '.join(_all(value.operands))})", Precedence.ATOM
        case e.Nets():
            return _call("nets", "a", "b", show_tolerance(value.tol))
        case e.GroupMetric():
            return f"g.{value.op.value}", Precedence.ATOM
        case e.GroupClean():
            return f"g.clean({show_tolerance(value.tol)})", Precedence.ATOM
        case e.GroupSpan():
            return f"g.span({show(value.operand)})", Precedence.ATOM
        case e.GroupDistinct():
            return f"g.distinct({show(value.operand)})", Precedence.ATOM
        case e.GroupFold():
            return f"g.{value.op.value}({show(value.operand)})", Precedence.ATOM
        case e.GroupUnique():
            return "g.unique", Precedence.ATOM
        case e.GroupQuantifier():
            return f"g.{value.op.value}({show(value.predicate)})", Precedence.ATOM
        case _:
            assert_never(value)


def _operation(value: e.Operation) -> tuple[str, int]:
    operator = ops.operator_of(value)
    first, *others = ops.operands_of(value, operator)
    arguments = [*map(show, others), *_settings(value, operator)]
    match operator.python:
        case ops.Infix(symbol, precedence, mixes):
            left, right = _without_conversion(first, others[0]) if mixes else (first, others[0])
            return f"{_at(left, precedence)} {symbol} {_at(right, precedence + 1)}", precedence
        case ops.Prefix(symbol):
            return f"{symbol}{_at(first, Precedence.UNARY)}", Precedence.UNARY
        case ops.Method(name, also_function):
            if also_function and isinstance(first, e.MakeTuple | e.Lit):
                return _call(name, show(first), *arguments)
            return f"{_at(first, Precedence.ATOM)}.{name}({', '.join(arguments)})", Precedence.ATOM
        case ops.Attribute(name):
            return f"{_at(first, Precedence.ATOM)}.{name}", Precedence.ATOM
        case ops.Function(name):
            return _call(name, show(first), *arguments)
        case _:
            assert_never(operator.python)


def _settings(value: e.Operation, operator: ops.Operator) -> list[str]:
    found = zip(operator.settings, ops.settings_of(value, operator), strict=True)
    return [
        f"{setting.field}={_plain(constant)}" if setting.keyword else _plain(constant)
        for setting, constant in found
        if constant != setting.default
    ]


def _plain(constant: int | str | bool) -> str:
    return quote(constant) if isinstance(constant, str) else repr(constant)


def _without_conversion(left: e.Value, right: e.Value) -> tuple[e.Value, e.Value]:
    """Both operands without the conversion that an integer gets beside a real."""
    plain_left, plain_right = _converted(left), _converted(right)
    if plain_left is not left and plain_right is right:
        return plain_left, right
    if plain_right is not right and plain_left is left:
        return left, plain_right
    return left, right


def _converted(value: e.Value) -> e.Value:
    return value.operand if isinstance(value, e.Cast) and value.op is e.CastOp.TO_REAL else value
