"""Text columns: chains of text functions of one column, computed for a stretch of rows at once.

``row.memo.fill("").upper().replace("-", "")`` as lines of ``fn columns``; the row reads the result where it lies. No
function in a chain can fail and every part of it is evaluated for every row anyway, so nothing else changes.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from typing import cast

from florecon_build.codegen.rust.simplify import simplify
from florecon_build.ir import expressions as e
from florecon_build.ir import nodes as n
from florecon_build.ir.operators import Function, Operator, operands_of, operator_of
from florecon_build.ir.types import TEXT

FEWEST = 2
"""Functions that make a chain. One alone gives back a text that it does not change, and copies none."""
FUNCTIONS = frozenset(
    f"text::{name}"
    for name in ("upper", "lower", "strip", "strip_left", "digits", "alnum", "normalize", "left", "right", "replace")
)
"""Functions of one text that are methods of the runtime's ``TextColumn`` too; any other is left to the row."""


@dataclass(frozen=True, slots=True)
class TextColumn:
    """The ``functions`` of the texts of a lane in order, null read as ``filling``.

    ``lane`` is the lane that the whole is, or part of; ``name`` that by which its readers know it.
    """

    name: str
    lane: str
    value: e.Value
    base: e.Lane
    filling: str | None
    functions: tuple[e.Operation, ...]


@dataclass(frozen=True, slots=True)
class ComputedLane:
    """A derived lane that the row computes; ``value`` is simplified and reads text columns as if they were lanes."""

    lane: n.DerivedLane
    value: e.Value


def separate(ir: n.PluginIr, lanes: Collection[str]) -> tuple[tuple[TextColumn, ...], tuple[ComputedLane, ...]]:
    """The text columns of these lanes, and what is left to the row, both in the author's order."""
    found = _Found({lane.name for lane in ir.lanes}, {column.name for column in ir.columns})
    computed: list[ComputedLane] = []
    for lane in ir.lanes:
        if lane.name in lanes:
            value = simplify(lane.value)
            if not found.whole(lane.name, value):
                computed.append(ComputedLane(lane, found.inside(lane.name, value)))
    return tuple(found.columns.values()), tuple(computed)


class _Found:
    """The text columns up to here, by the value that they compute."""

    def __init__(self, derived: Iterable[str], shipped: Collection[str]) -> None:
        self.columns: dict[e.Value, TextColumn] = {}
        self._shipped = shipped
        self._taken = {*derived, *shipped}

    def whole(self, lane: str, value: e.Value) -> bool:
        """Whether all of the lane is a chain."""
        column = self._chain(lane, lane, value)
        if column is None or value in self.columns:
            return False
        self.columns[value] = column
        return True

    def inside(self, lane: str, value: e.Value) -> e.Value:
        """The value, with the chains that are evaluated whatever the row computed before."""
        known = self.columns.get(value)
        if known is None and (column := self._chain(f"{lane} text", lane, value)) is not None:
            known = replace(column, name=self._fresh(column.name))
            self.columns[value] = known
        if known is not None:
            return e.Lane(var=e.Var.ITEM, name=known.name, type=TEXT, span=value.span)
        if not isinstance(value, e.Operation):
            return value
        operator = operator_of(value)
        operands = tuple(self.inside(lane, operand) for operand in operands_of(value, operator))
        return _with_operands(value, operator, operands)

    def _chain(self, name: str, lane: str, value: e.Value) -> TextColumn | None:
        functions: list[e.Operation] = []
        base, filling = value, None
        while isinstance(base, e.Operation) and _is_column_function(base):
            functions.append(base)
            (base,) = operands_of(base, operator_of(base))
        match base:
            case e.FirstOf(operands=(e.Lane() as first, e.Lit(value=str(text)))) if first.type.nullable:
                base, filling = first, text
            case e.Lane() if not base.type.nullable:
                pass
            case _:
                return None
        computed = any(base.name == column.name for column in self.columns.values())
        if base.name not in self._shipped and not computed:
            return None
        if len(functions) < (1 if computed else FEWEST):
            return None
        return TextColumn(name, lane, value, base, filling, tuple(reversed(functions)))

    def _fresh(self, wanted: str) -> str:
        name, count = wanted, 1
        while name in self._taken:
            count += 1
            name = f"{wanted} {count}"
        self._taken.add(name)
        return name


def _is_column_function(value: e.Operation) -> bool:
    """Whether it makes a text of one text by a function of whole columns."""
    operator = operator_of(value)
    return value.type == TEXT and isinstance(operator.rust, Function) and operator.rust.name in FUNCTIONS


def _with_operands(value: e.Operation, operator: Operator, operands: tuple[e.Value, ...]) -> e.Value:
    if operator.variadic:
        return cast("e.Value", replace(value, **{operator.params[0].field: operands}))
    parts = {param.field: operand for param, operand in zip(operator.params, operands, strict=True)}
    return cast("e.Value", replace(value, **parts))
