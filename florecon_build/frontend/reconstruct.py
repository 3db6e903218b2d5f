"""Reconstruction of handles from values: the same expression, built again by the builder.

A tree that comes from JSON is checked by rebuilding it: every rule of the builder is applied, and what comes out must
be the tree that came in. There is no second set of rules.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any, assert_never

from florecon_build.frontend import functions as f
from florecon_build.frontend import keys
from florecon_build.frontend.application import apply
from florecon_build.frontend.columns import MAX_SCALE
from florecon_build.frontend.constants import is_constant
from florecon_build.frontend.diagnostics import fail
from florecon_build.frontend.group import Group
from florecon_build.frontend.handles import Expr
from florecon_build.frontend.parameters import Tolerance, abs_tol, rel_gross_tol, rel_max_tol, rel_side_tol, rel_tol
from florecon_build.frontend.text import TupleExpr, family_of
from florecon_build.ir import expressions as e
from florecon_build.ir import types as t
from florecon_build.ir.operators import operands_of, operator_of, settings_of
from florecon_build.ir.types import Kind, Type

_COMPARE: dict[e.CompareOp, Callable[[Any, Any], Any]] = {
    e.CompareOp.EQ: operator.eq,
    e.CompareOp.NE: operator.ne,
    e.CompareOp.LT: operator.lt,
    e.CompareOp.LE: operator.le,
    e.CompareOp.GT: operator.gt,
    e.CompareOp.GE: operator.ge,
}
_LOGIC: dict[e.LogicOp, Callable[[Any, Any], Any]] = {
    e.LogicOp.AND: lambda x, y: x & y,
    e.LogicOp.OR: lambda x, y: x | y,
}
_TOLERANCES: dict[e.ToleranceOp, Callable[..., Tolerance]] = {
    e.ToleranceOp.ABS: abs_tol,
    e.ToleranceOp.REL: rel_tol,
    e.ToleranceOp.REL_MAX: rel_max_tol,
    e.ToleranceOp.REL_SIDE: rel_side_tol,
    e.ToleranceOp.REL_GROSS: rel_gross_tol,
}
_GROUP = Group()


def rebuilt(value: e.Value) -> Expr:
    """Rebuilds a value through the frontend. Raises ``StrategyError`` for a value that the frontend would not build."""
    expr = _rebuild(value)
    if expr.ir != value:
        fail("ill_typed", "not a value that the frontend builds", expected=repr(expr.ir), got=repr(value))
    return expr


def rebuilt_tolerance(tol: e.Tolerance) -> Tolerance:
    """Rebuilds a tolerance."""
    parts = [rebuilt(part) for part in (tol.amount, tol.floor) if part is not None]
    again = _TOLERANCES[tol.op](*parts)
    if again.ir != tol:
        fail("ill_typed", "not a tolerance that the frontend builds", expected=repr(again.ir), got=repr(tol))
    return again


def _rebuild(value: e.Value) -> Any:
    match value:
        case e.Lit() | e.Lane() | e.LotAmount() | e.LotOriginal() | e.ParamRef() | e.ShardKey():
            return _leaf(value)
        case e.Operation():
            row = operator_of(value)
            return apply(row, map(rebuilt, operands_of(value, row)), settings_of(value, row))
        case e.Compare():
            return _COMPARE[value.op](rebuilt(value.left), rebuilt(value.right))
        case e.Logic():
            return _LOGIC[value.op](rebuilt(value.left), rebuilt(value.right))
        case e.Not():
            return ~_any(value.operand)
        case e.Where():
            return f.where(_any(value.condition), rebuilt(value.then), rebuilt(value.otherwise))
        case e.Tier():
            return f.tier(_any(value.condition), rebuilt(value.cost))
        case e.FirstOf():
            if len(value.operands) < 2:
                fail("too_few", "first_of needs at least two values")
            return f.first_of(*map(rebuilt, value.operands))
        case e.Lookup():
            return _lookup(value)
        case e.MakeTuple():
            return _tuple(value)
        case e.Nets():
            return keys.nets_within(rebuilt_tolerance(value.tol))
        case e.GroupMetric():
            return getattr(_GROUP, value.op.value)
        case e.GroupClean():
            return _GROUP.clean(rebuilt_tolerance(value.tol))
        case e.GroupSpan():
            return _GROUP.span(rebuilt(value.operand))
        case e.GroupDistinct():
            return _GROUP.distinct(rebuilt(value.operand))
        case e.GroupFold():
            return getattr(_GROUP, value.op.value)(rebuilt(value.operand))
        case e.GroupUnique():
            return _GROUP.unique
        case e.GroupQuantifier():
            return getattr(_GROUP, value.op.value)(rebuilt(value.predicate))
        case _:
            assert_never(value)


def _any(value: e.Value) -> Any:
    return rebuilt(value)


def _leaf(value: e.Lit | e.Lane | e.LotAmount | e.LotOriginal | e.ParamRef | e.ShardKey) -> Expr:
    check_type(value.type)
    if isinstance(value, e.Lit) and not is_constant(value.value, value.type):
        fail("ill_typed", "the constant has another type", expected=str(value.type), got=repr(value.value))
    if isinstance(value, e.LotAmount | e.LotOriginal) and value.type != t.INTEGER:
        fail("ill_typed", "the amounts of a lot must be integers", expected=str(t.INTEGER), got=str(value.type))
    if isinstance(value, e.ParamRef) and (value.type.nullable or value.type.kind in {Kind.LIST, Kind.TUPLE}):
        fail("ill_typed", "a param must be a scalar that is never null", got=str(value.type))
    if isinstance(value, e.ShardKey) and value.type.nullable:
        fail("ill_typed", "a shard key must not be nullable", got=str(value.type))
    return family_of(value.type.kind)(value)


def check_type(kind: Type) -> None:
    """Validates that a type is possible for a column or expression."""
    if kind.kind is Kind.MONEY and not 0 <= kind.scale <= MAX_SCALE:
        fail(
            "bad_scale", "a money scale must be a number of decimals", expected=f"0 to {MAX_SCALE}", got=str(kind.scale)
        )
    if kind.kind is Kind.LIST and kind != t.TEXT_LIST:
        fail(
            "ill_typed", "a list must contain texts and must not be nullable", expected=str(t.TEXT_LIST), got=repr(kind)
        )
    if kind.kind is Kind.TUPLE and (len(kind.parts) < 2 or any(part.nullable for part in kind.parts)):
        fail("ill_typed", "a tuple needs at least two parts, typed as never null", got=repr(kind))
    for part in kind.parts:
        check_type(part)


def _tuple(value: e.MakeTuple) -> Expr:
    if len(value.operands) < 2:
        fail("too_few", "a tuple needs at least two parts")
    parts = [rebuilt(part) for part in value.operands]
    kind = t.tuple_of(*(part.type for part in parts))
    return TupleExpr(e.MakeTuple(type=kind, operands=tuple(part.ir for part in parts)))


def _lookup(value: e.Lookup) -> Expr:
    kind = value.type.with_nullable(False)
    check_type(kind)
    keys = value.operand.type.with_nullable(False)
    cells = [cell for row in value.table for cell in ((row[0], keys), (row[1], kind))]
    if value.default is not None:
        cells.append((value.default, kind))
    for cell, of in cells:
        if not is_constant(cell, of):
            fail("ill_typed", "lookup: the constant has another type", expected=str(of), got=repr(cell))
    return f.lookup_table(rebuilt(value.operand), list(value.table), value.default, kind)
