"""Rewrites that change how an expression reads as Rust, never what it computes: nulls written out, nested choices."""

from __future__ import annotations

from dataclasses import replace

from florecon_build.codegen.rust.fallibility import is_fallible
from florecon_build.codegen.rust.rust_types import lane_type
from florecon_build.ir import expressions as e
from florecon_build.ir.traversal import map_values
from florecon_build.ir.types import BOOLEAN, Kind


def simplify(value: e.Value) -> e.Value:
    """``value`` without operands that are never reached or always null."""
    return map_values(value, _simpler)


def _simpler(value: e.Value) -> e.Value:
    match value:
        case e.FirstOf():
            return _first_of(value)
        case e.Lookup():
            return _lookup(value)
        case e.IsNull(operand=e.Lit() as literal):
            return e.Lit(value=literal.value is None, type=BOOLEAN, span=value.span)
        case _:
            return value


def _first_of(value: e.FirstOf) -> e.Value:
    operands: list[e.Value] = []
    for operand in _flat(value):
        if isinstance(operand, e.Lit) and operand.value is None:
            continue
        operands.append(operand)
        if isinstance(operand, e.Lit):
            break
    if not operands:
        return e.Lit(value=None, type=value.type, span=value.span)
    last = operands[-1]
    if isinstance(last, e.Lit):
        operands[-1] = replace(last, type=value.type)
    return operands[0] if len(operands) == 1 else replace(value, operands=tuple(operands))


def _flat(value: e.FirstOf) -> list[e.Value]:
    """The operands, those of an inner ``first_of`` among them: nothing after one that is never null is reached."""
    operands: list[e.Value] = []
    for operand in value.operands:
        operands.extend(_flat(operand) if isinstance(operand, e.FirstOf) else [operand])
        if not operand.type.nullable:
            break
    return operands


def _lookup(value: e.Lookup) -> e.Value:
    """A table that always gives one answer is that; one from booleans to booleans is the operand or its opposite.

    An operand that can fail is evaluated still.
    """
    operand, default, table = value.operand, value.default, dict(value.table)
    if isinstance(operand, e.Lit):
        known = (found for key, found in value.table if key == operand.value and type(key) is type(operand.value))
        return e.Lit(value=next(known, default), type=value.type, span=value.span)
    if operand.type == BOOLEAN:
        if_true, if_false = table.get(True, default), table.get(False, default)
        if value.type == BOOLEAN and if_true is not if_false:
            return operand if if_true else e.Not(operand=operand, type=BOOLEAN, span=value.span)
        if if_true == if_false:
            value = replace(value, table=(), default=if_true)
    if all(found == value.default for _, found in value.table):
        constant = e.Lit(value=value.default, type=value.type, span=value.span)
        return replace(value, table=()) if is_fallible(operand) else constant
    return value


def untyped_as(value: e.Value) -> str | None:
    """The type of an integer that is made of literals alone, which rustc would take for an ``i32``."""
    return lane_type(value.type) if _is_untyped(value) else None


def _is_untyped(value: e.Value) -> bool:
    match value:
        case e.Lit():
            return value.value is not None and value.type.kind in (Kind.INTEGER, Kind.MONEY, Kind.DATE)
        case e.Lookup():
            return value.type.kind in (Kind.INTEGER, Kind.MONEY, Kind.DATE)
        case e.Where():
            return _is_untyped(value.then) and _is_untyped(value.otherwise)
        case e.Tier():
            return _is_untyped(value.cost)
        case e.FirstOf():
            return all(_is_untyped(operand) for operand in value.operands)
        case e.MakeTuple():
            return any(_is_untyped(operand) for operand in value.operands)
        case _:
            return False
