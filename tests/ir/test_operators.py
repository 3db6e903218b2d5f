"""The operator table: one row for each operator, and each row true of every operation that the builder makes."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from enum import Enum
from functools import cache
from pathlib import Path
from typing import cast, get_type_hints

import pytest

from florecon_build.ir import expressions as e
from florecon_build.ir.operators import TABLE, Function, Operator, operands_of, operator_of, settings_of
from florecon_build.ir.traversal import VALUE_KINDS, value_parts, values_in, walk
from scripts import operator_reference
from tests.support.random_strategies import ROWS, random_plugin

SEEDS = 400
VALUE = Path(__file__).parents[2] / "rust_runtime" / "florecon" / "src" / "value"
each_row = pytest.mark.parametrize("row", TABLE, ids=lambda row: f"{row.node.__name__}-{row.function}")


@cache
def drawn() -> tuple[e.Operation, ...]:
    """The operations of the documentation and of some random strategies."""

    def operations() -> Iterator[e.Operation]:
        for seed in range(SEEDS):
            plugin = random_plugin(random.Random(seed), ROWS, 1 + seed % 6).data
            outermost = [lane.value for lane in plugin.lanes]
            outermost += [value for place in walk(plugin.strategy) for _, value in value_parts(place.node)]
            for value in outermost:
                yield from (part for part in values_in(value) if isinstance(part, e.Operation))

    examples = (expr.ir for row in TABLE for expr in operator_reference.examples(row))
    return tuple(dict.fromkeys((*examples, *operations())))


def test_every_operation_and_each_of_its_ops_has_a_row() -> None:
    kinds = [kind for kind in VALUE_KINDS if issubclass(kind, e.Operation)]
    ops = {kind: get_type_hints(kind).get("op") for kind in kinds}
    expected: set[tuple[type, Enum | None]] = {(kind, None) for kind, of in ops.items() if of is None}
    expected |= {(kind, op) for kind, of in ops.items() if of is not None for op in of}
    assert {(row.node, row.op) for row in TABLE} == expected


@each_row
def test_a_row_names_the_fields_of_its_node(row: Operator) -> None:
    named = {*(param.field for param in row.params), *(setting.field for setting in row.settings)} - {"scale"}
    assert named == set(get_type_hints(row.node)) - {"type", "span", "op"}


@each_row
def test_a_row_gives_the_operands_and_the_type_of_every_operation(row: Operator) -> None:
    found = [value for value in drawn() if operator_of(value) is row]
    assert found
    for value in found:
        operands = operands_of(value, row)
        types = tuple(operand.type for operand in operands)
        assert operands == tuple(part for _, part in value_parts(cast(e.Value, value)))
        assert row.accepts(types)
        assert row.result(types, settings_of(value, row)) == value.type


@each_row
def test_the_runtime_has_the_function_of_a_row(row: Operator) -> None:
    if isinstance(row.rust, Function) and not row.rust.name.startswith("f64::"):
        module, name = row.rust.name.split("::")
        source = (VALUE / f"{module}.rs").read_text(encoding="utf-8")
        assert re.search(rf"^pub (const )?fn {name}\b", source, re.MULTILINE)


def test_no_two_rows_take_the_same_operands() -> None:
    """Rows of one node and op differ in the kinds that they take, so that an operation has one row."""
    for value in drawn():
        types = tuple(operand.type for operand in operands_of(value, operator_of(value)))
        fitting = [row for row in TABLE if (row.node, row.op) == (type(value), getattr(value, "op", None))]
        assert sum(row.accepts(types) for row in fitting) == 1
