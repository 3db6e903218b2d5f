"""Clippy lints about what the author wrote rather than how it was generated, allowed only where they may fire."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from itertools import pairwise

from florecon_build.codegen.rust import ast as r
from florecon_build.codegen.rust.captures import strategy_values
from florecon_build.codegen.rust.printer import chained
from florecon_build.codegen.rust.simplify import simplify
from florecon_build.ir import expressions as e
from florecon_build.ir import nodes as n
from florecon_build.ir.traversal import values_in
from florecon_build.ir.types import Kind, Type

_KNOWN_CONSTANTS = (
    *(math.e, math.pi, math.tau, math.sqrt(2), 1 / math.sqrt(2), (1 + math.sqrt(5)) / 2),
    *(1 / math.pi, 2 / math.pi, 2 / math.sqrt(math.pi), *(math.pi / part for part in (2, 3, 4, 6, 8))),
    *(math.log(2), math.log(10), math.log2(10), math.log10(2), math.log10(math.e), math.log2(math.e)),
)


def of_values(ir: n.PluginIr, strategies: Iterable[n.Node]) -> set[str]:
    """The lints that the expressions of a crate may trip by what they say."""
    return {lint for value in _values(ir, strategies) for lint in _lints(value)}


def of_trees(trees: Iterable[r.Expression]) -> set[str]:
    """The lints that choices trip whose conditions or branches became the same."""
    return {lint for tree in trees for part in r.walk(tree) if isinstance(part, r.If) for lint in _of_if(part)}


def _of_if(first: r.If) -> Iterator[str]:
    conditions, branches = chained(first.condition, "||"), [first.then]
    last = first.otherwise
    while isinstance(last.value, r.If) and not last.statements:
        conditions += chained(last.value.condition, "||")
        branches.append(last.value.then)
        last = last.value.otherwise
    branches.append(last)
    if len(set(conditions)) < len(conditions):
        yield "clippy::ifs_same_cond"
    if any(one == other for one, other in pairwise(branches)):
        yield "clippy::if_same_then_else"
    if all(branch in (r.block(r.Literal("true")), r.block(r.Literal("false"))) for branch in branches):
        yield "clippy::needless_bool"


def _values(ir: n.PluginIr, strategies: Iterable[n.Node]) -> Iterator[e.Value]:
    yield from values_in(simplify(ir.numeraire))
    for lane in ir.lanes:
        yield from values_in(simplify(lane.value))
    for strategy in strategies:
        yield from strategy_values(strategy)


def _lints(value: e.Value) -> Iterator[str]:
    match value:
        case e.Lit() if _is_near_constant(value.value):
            yield "clippy::approx_constant"
        case e.Lookup() if any(map(_is_near_constant, [value.default, *(entry for _, entry in value.table)])):
            yield "clippy::approx_constant"
        case e.Compare() | e.Logic() if value.left == value.right:
            yield "clippy::eq_op"
        case e.Arith() if value.left == value.right and value.type.kind is Kind.REAL:
            yield "clippy::eq_op"
        case e.Where() if value.type.kind is Kind.BOOLEAN and _are_flags(value.then, value.otherwise):
            yield "clippy::needless_bool"
        case _:
            pass
    match value:
        case e.Logic():
            yield from _logic(value)
        case e.Not(operand=e.Logic() | e.Not() | e.Lit()):
            yield from ("clippy::nonminimal_bool", *_logic(value))
        case e.Not(operand=e.Compare()):
            yield from ("clippy::nonminimal_bool", "clippy::neg_cmp_op_on_partial_ord")
        case e.Compare(left=e.Lit(type=Type(kind=Kind.BOOLEAN)) | e.Compare() | e.Logic() | e.Not()):
            yield "clippy::nonminimal_bool"
        case e.Compare(right=e.Lit(type=Type(kind=Kind.BOOLEAN)) | e.Compare() | e.Logic() | e.Not()):
            yield "clippy::nonminimal_bool"
        case _:
            pass


def _is_near_constant(value: e.Constant) -> bool:
    """Whether clippy could take the number for a rounded mathematical constant."""
    return isinstance(value, float) and any(abs(value - known) < 0.01 for known in _KNOWN_CONSTANTS)


def _are_flags(*values: e.Value) -> bool:
    return all(map(_is_flag, values))


def _is_flag(value: e.Value) -> bool:
    return isinstance(value, e.Lit)


def _logic(value: e.Logic | e.Not) -> Iterator[str]:
    terminals = list(_terminals(value))
    if len(set(terminals)) < len(terminals) or any(map(_is_flag, terminals)):
        yield "clippy::nonminimal_bool"
        yield "clippy::overly_complex_bool_expr"


def _terminals(value: e.Value) -> Iterator[e.Value]:
    match value:
        case e.Logic():
            yield from _terminals(value.left)
            yield from _terminals(value.right)
        case e.Not():
            yield from _terminals(value.operand)
        case _:
            yield value
