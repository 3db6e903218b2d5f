"""The way back from a value to a handle: the value said again in the builder's own words.

A tree that comes from JSON is checked by rebuilding it: every rule of the builder is applied, and what comes out must
be the tree that came in. There is no second set of rules.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

from florecon_build.ir import types as t
from florecon_build.ir import values as v
from florecon_build.ir.builder import functions as f
from florecon_build.ir.builder import keys
from florecon_build.ir.builder.base import Expr
from florecon_build.ir.builder.columns import MAX_SCALE
from florecon_build.ir.builder.constants import is_constant
from florecon_build.ir.builder.group import Group
from florecon_build.ir.builder.settings import Tolerance, abs_tol, rel_max_tol, rel_tol
from florecon_build.ir.builder.text import TupleExpr, family_of, nullable_text_of
from florecon_build.ir.errors import fail
from florecon_build.ir.types import Kind, Type

_ARITH: dict[v.ArithOp, Callable[[Any, Any], Any]] = {
    v.ArithOp.ADD: operator.add,
    v.ArithOp.SUB: operator.sub,
    v.ArithOp.MUL: operator.mul,
    v.ArithOp.DIV: lambda x, y: x / y,
    v.ArithOp.FLOOR_DIV: lambda x, y: x // y,
    v.ArithOp.MOD: operator.mod,
    v.ArithOp.MIN: f.min_of,
    v.ArithOp.MAX: f.max_of,
}
_COMPARE: dict[v.CompareOp, Callable[[Any, Any], Any]] = {
    v.CompareOp.EQ: operator.eq,
    v.CompareOp.NE: operator.ne,
    v.CompareOp.LT: operator.lt,
    v.CompareOp.LE: operator.le,
    v.CompareOp.GT: operator.gt,
    v.CompareOp.GE: operator.ge,
}
_LOGIC: dict[v.LogicOp, Callable[[Any, Any], Any]] = {
    v.LogicOp.AND: lambda x, y: x & y,
    v.LogicOp.OR: lambda x, y: x | y,
}
_UNARY: dict[v.UnaryOp, Callable[[Any], Any]] = {
    v.UnaryOp.NEG: operator.neg,
    v.UnaryOp.ABS: f.abs_,
    v.UnaryOp.SIGN: f.sign,
}
_SIMILARITY: dict[v.SimilarityOp, Callable[[Any, Any], Any]] = {
    v.SimilarityOp.DICE: keys.dice,
    v.SimilarityOp.JARO_WINKLER: keys.jaro_winkler,
    v.SimilarityOp.TOKEN_SET: keys.token_set,
    v.SimilarityOp.PREFIX: keys.prefix_similarity,
}
_TOLERANCES: dict[v.ToleranceOp, Callable[..., Tolerance]] = {
    v.ToleranceOp.ABS: abs_tol,
    v.ToleranceOp.REL: rel_tol,
    v.ToleranceOp.REL_MAX: rel_max_tol,
}
_GROUP = Group()


def rebuilt(value: v.Value) -> Expr:
    """The value built again. Raises ``StrategyError`` where the builder would not have made it."""
    expr = _rebuild(value)
    if expr.ir != value:
        fail("ill_typed", "not what the builder makes", expected=repr(expr.ir), got=repr(value))
    return expr


def rebuilt_tolerance(tol: v.Tolerance) -> Tolerance:
    """The tolerance built again."""
    parts = [rebuilt(part) for part in (tol.amount, tol.floor) if part is not None]
    again = _TOLERANCES[tol.op](*parts)
    if again.ir != tol:
        fail("ill_typed", "not a tolerance that the builder makes", expected=repr(again.ir), got=repr(tol))
    return again


def _rebuild(value: v.Value) -> Any:
    match value:
        case v.Lit() | v.Lane() | v.LotAmount() | v.LotOriginal() | v.ParamRef() | v.ShardKey():
            return _leaf(value)
        case v.Arith():
            return _ARITH[value.op](rebuilt(value.left), rebuilt(value.right))
        case v.Unary():
            return _UNARY[value.op](rebuilt(value.operand))
        case v.Compare():
            return _COMPARE[value.op](rebuilt(value.left), rebuilt(value.right))
        case v.Logic():
            return _LOGIC[value.op](rebuilt(value.left), rebuilt(value.right))
        case v.Not():
            return ~_any(value.operand)
        case v.Nets() | v.GroupMetric() | v.GroupClean() | v.GroupSpan() | v.GroupDistinct() | v.GroupQuantifier():
            return _scoped(value)
        case (
            v.TextFn()
            | v.TextSlice()
            | v.TextReplace()
            | v.TextSplit()
            | v.TextConcat()
            | v.TextTest()
            | v.Similarity()
        ):
            return _text(value)
        case _:
            return _function(value)


def _any(value: v.Value) -> Any:
    return rebuilt(value)


def _leaf(value: v.Lit | v.Lane | v.LotAmount | v.LotOriginal | v.ParamRef | v.ShardKey) -> Expr:
    check_type(value.type)
    if isinstance(value, v.Lit) and not is_constant(value.value, value.type):
        fail("ill_typed", "a constant of another type", expected=str(value.type), got=repr(value.value))
    if isinstance(value, v.LotAmount | v.LotOriginal) and value.type != t.INTEGER:
        fail("ill_typed", "a lot's amounts are integers", expected=str(t.INTEGER), got=str(value.type))
    if isinstance(value, v.ParamRef) and (value.type.nullable or value.type.kind in {Kind.LIST, Kind.TUPLE}):
        fail("ill_typed", "a param is a scalar that is never null", got=str(value.type))
    if isinstance(value, v.ShardKey) and value.type.nullable:
        fail("ill_typed", "a shard key is never null", got=str(value.type))
    return family_of(value.type.kind)(value)


def check_type(kind: Type) -> None:
    """Refuses a type that no column or expression has."""
    if kind.kind is Kind.MONEY and not 0 <= kind.scale <= MAX_SCALE:
        fail("bad_scale", "a money scale counts decimal places", expected=f"0 to {MAX_SCALE}", got=str(kind.scale))
    if kind.kind is Kind.LIST and kind != t.TEXT_LIST:
        fail("ill_typed", "a list holds texts and is never null", expected=str(t.TEXT_LIST), got=repr(kind))
    if kind.kind is Kind.TUPLE and (len(kind.parts) < 2 or any(part.nullable for part in kind.parts)):
        fail("ill_typed", "a tuple has at least two parts, typed as never null", got=repr(kind))
    for part in kind.parts:
        check_type(part)


def _scoped(
    value: v.Nets | v.GroupMetric | v.GroupClean | v.GroupSpan | v.GroupDistinct | v.GroupQuantifier,
) -> Expr:
    match value:
        case v.Nets():
            return keys.nets_within(rebuilt_tolerance(value.tol))
        case v.GroupMetric():
            return getattr(_GROUP, value.op.value)
        case v.GroupClean():
            return _GROUP.clean(rebuilt_tolerance(value.tol))
        case v.GroupSpan():
            return _GROUP.span(rebuilt(value.operand))
        case v.GroupDistinct():
            return _GROUP.distinct(rebuilt(value.operand))
        case v.GroupQuantifier():
            return getattr(_GROUP, value.op.value)(rebuilt(value.predicate))


def _text(
    value: v.TextFn | v.TextSlice | v.TextReplace | v.TextSplit | v.TextConcat | v.TextTest | v.Similarity,
) -> Expr:
    match value:
        case v.TextConcat():
            return keys.concat(*map(_any, value.operands))
        case v.Similarity():
            return _SIMILARITY[value.op](rebuilt(value.left), rebuilt(value.right))
        case _:
            text = nullable_text_of(rebuilt(value.operand), "a text function")
    match value:
        case v.TextFn():
            return getattr(text, value.op.value)()
        case v.TextSlice():
            return getattr(text, value.op.value)(value.count)
        case v.TextReplace():
            return text.replace(value.old, value.new)
        case v.TextSplit():
            return text.split(value.separator, value.index)
        case v.TextTest():
            return getattr(text, value.op.value)(rebuilt(value.other))


def _function(value: v.Value) -> Any:
    match value:
        case v.Where():
            return f.where(_any(value.condition), rebuilt(value.then), rebuilt(value.otherwise))
        case v.Tier():
            return f.tier(_any(value.condition), rebuilt(value.cost))
        case v.FirstOf():
            if len(value.operands) < 2:
                fail("too_few", "first_of chooses among at least two values")
            return f.first_of(*map(rebuilt, value.operands))
        case v.IsNull():
            return rebuilt(value.operand).is_null()
        case v.Cast(op=v.CastOp.MINOR_UNITS):
            return f.minor_units(_any(value.operand), value.type.scale)
        case v.Cast():
            return getattr(rebuilt(value.operand), value.op.value)()
        case v.Gap():
            return f.gap(_any(value.left), _any(value.right))
        case v.DatePart():
            return getattr(rebuilt(value.operand), value.op.value)
        case v.SortedPair():
            return keys.sorted_pair(_any(value.left), _any(value.right))
        case v.MakeTuple():
            return _tuple(value)
        case v.Lookup():
            return _lookup(value)
        case v.Tokens():
            return keys.tokens(_any(value.operand), min_length=value.min_length, with_digit=value.with_digit)
        case v.Ngrams():
            return keys.ngrams(_any(value.operand), size=value.size)
        case v.ListOverlaps():
            return _any(value.left).overlaps(rebuilt(value.right))
        case v.ListContains():
            return _any(value.operand).contains(rebuilt(value.element))
        case v.ListSize():
            return _any(value.operand).size
        case _:
            raise TypeError(f"no way back for {type(value).__name__}")


def _tuple(value: v.MakeTuple) -> Expr:
    if len(value.operands) < 2:
        fail("too_few", "a tuple has at least two parts")
    parts = [rebuilt(part) for part in value.operands]
    kind = t.tuple_of(*(part.type for part in parts))
    return TupleExpr(v.MakeTuple(type=kind, operands=tuple(part.ir for part in parts)))


def _lookup(value: v.Lookup) -> Expr:
    kind = value.type.with_nullable(False)
    check_type(kind)
    keys = value.operand.type.with_nullable(False)
    cells = [cell for row in value.table for cell in ((row[0], keys), (row[1], kind))]
    if value.default is not None:
        cells.append((value.default, kind))
    for cell, of in cells:
        if not is_constant(cell, of):
            fail("ill_typed", "lookup: a constant of another type", expected=str(of), got=repr(cell))
    return f.lookup_table(rebuilt(value.operand), list(value.table), value.default, kind)
