"""Rewrites that change how an expression reads as Rust, never what it computes: nulls written out, nested choices."""

from __future__ import annotations

from dataclasses import replace

from florecon_build.codegen.fallible import is_fallible
from florecon_build.ir import values as v
from florecon_build.ir.types import BOOLEAN, Kind
from florecon_build.ir.walk import map_values


def simplify(value: v.Value) -> v.Value:
    """``value`` without operands that are never reached or always null."""
    return map_values(value, _simpler)


def _simpler(value: v.Value) -> v.Value:
    match value:
        case v.FirstOf():
            return _first_of(value)
        case v.Lookup():
            return _lookup(value)
        case v.IsNull(operand=v.Lit() as literal):
            return v.Lit(value=literal.value is None, type=BOOLEAN, span=value.span)
        case _:
            return value


def _first_of(value: v.FirstOf) -> v.Value:
    operands: list[v.Value] = []
    for operand in _flat(value):
        if isinstance(operand, v.Lit) and operand.value is None:
            continue
        operands.append(operand)
        if isinstance(operand, v.Lit):
            break
    if not operands:
        return v.Lit(value=None, type=value.type, span=value.span)
    last = operands[-1]
    if isinstance(last, v.Lit):
        operands[-1] = replace(last, type=value.type)
    return operands[0] if len(operands) == 1 else replace(value, operands=tuple(operands))


def _flat(value: v.FirstOf) -> list[v.Value]:
    """The operands, those of an inner ``first_of`` among them: nothing after one that is never null is reached."""
    operands: list[v.Value] = []
    for operand in value.operands:
        operands.extend(_flat(operand) if isinstance(operand, v.FirstOf) else [operand])
        if not operand.type.nullable:
            break
    return operands


def _lookup(value: v.Lookup) -> v.Value:
    """A table that always gives one answer is that; one from booleans to booleans is the operand or its opposite."""
    operand, default = value.operand, value.default
    if is_fallible(operand):
        return value
    if isinstance(operand, v.Lit):
        known = (found for key, found in value.table if key == operand.value and type(key) is type(operand.value))
        return v.Lit(value=next(known, default), type=value.type, span=value.span)
    if all(found == default for _, found in value.table):
        return v.Lit(value=default, type=value.type, span=value.span)
    if value.type != BOOLEAN or operand.type != BOOLEAN:
        return value
    table = dict(value.table)
    if_true, if_false = (bool(table.get(key, default)) for key in (True, False))
    if if_true is if_false:
        return v.Lit(value=if_true, type=BOOLEAN, span=value.span)
    return operand if if_true else v.Not(operand=operand, type=BOOLEAN, span=value.span)


def is_untyped(value: v.Value) -> bool:
    """Whether an integer is made of literals alone, so that rustc would take it for an ``i32``."""
    match value:
        case v.Lit():
            return value.value is not None and value.type.kind in (Kind.INTEGER, Kind.MONEY, Kind.DATE)
        case v.Lookup():
            return value.type.kind in (Kind.INTEGER, Kind.MONEY, Kind.DATE)
        case v.Where():
            return is_untyped(value.then) and is_untyped(value.otherwise)
        case v.Tier():
            return is_untyped(value.cost)
        case v.FirstOf():
            return all(is_untyped(operand) for operand in value.operands)
        case v.MakeTuple():
            return any(is_untyped(operand) for operand in value.operands)
        case _:
            return False
