"""Python printer: the printed expression evaluates to the same tree."""

from __future__ import annotations

import random
from datetime import date
from typing import Any

import pytest

import florecon_build as fb
from florecon_build.frontend.handles import lift
from florecon_build.frontend.rows import DynamicRows, Family, Rows, Side, Source, side, source_of
from florecon_build.frontend.text import family_of
from florecon_build.ir import expressions as e
from florecon_build.ir import nodes as n
from florecon_build.ir.python_printer import show
from florecon_build.ir.traversal import values_in
from florecon_build.ir.validation import expressions
from tests.support.random_strategies import ROWS, random_plugin


def names(plugin: n.PluginIr, rows: Rows, value: e.Value) -> dict[str, Any]:
    """The names of an expression: the views, the params, and the shard keys that it reads."""
    source = source_of(rows)
    found: dict[str, Any] = {
        "fb": fb,
        "row": rows,
        "a": side(source, e.Var.A),
        "b": side(source, e.Var.B),
        "g": fb.Group(),
        "date": date,
    }
    for param in plugin.params:
        found[param.name] = family_of(param.type.kind)(e.ParamRef(type=param.type, name=param.name))
    for part in values_in(value):
        if isinstance(part, e.ShardKey):
            name = f"k{part.binder}" if part.binder else "k"
            if part.part is None:
                found[name] = family_of(part.type.kind)(part)
            else:
                found.setdefault(name, {})[part.part] = family_of(part.type.kind)(part)
    return found


@pytest.mark.parametrize("seed", range(150))
def test_an_expression_prints_as_what_it_is(seed: int) -> None:
    plugin = random_plugin(random.Random(seed), ROWS, 1 + seed % 5)
    rows = rows_of(plugin.data)
    for _, value in expressions(plugin.data):
        if _reads_whole_tuple_key(value):
            continue
        text = show(value)
        result = eval(text, names(plugin.data, rows, value))
        again = lift(result, like=value.type, what="test")
        assert again.ir == value, text


def rows_of(plugin: n.PluginIr) -> Rows:
    """Rows with a plugin's lanes."""
    return DynamicRows(Source(Family(), plugin.columns, plugin.lanes, Side))


def _reads_whole_tuple_key(value: e.Value) -> bool:
    return any(isinstance(part, e.ShardKey) and part.type.parts for part in values_in(value))


@pytest.mark.parametrize(
    "text",
    [
        "(row.units + 1) * 2",
        "row.units - (row.units - 1)",
        "row.units - row.units - 1",
        "-(row.units + 1)",
        "-row.units + 1",
        "~(row.open & row.orient)",
        "~row.open & row.orient",
        "row.open | row.orient & (row.units == 1)",
        "(row.open | row.orient) & (row.units == 1)",
        "(row.units > 1) == row.open",
        "row.units % 7 // 2",
        "row.company.strip().upper().left(3)",
        "(row.units + 1).to_real() / 2.0",
        "row.units * row.rate",
        'row.memo.is_null() | (fb.first_of(row.memo, "") == "")',
        "fb.where(row.open, -1, 1)",
        "row.amount >= fb.minor(-500, 2)",
        "row.day == date(2025, 3, 31)",
        "row.company.replace(\"'\", '\"')",
        'fb.lookup(row.company, {"A": date(2025, 1, 1)}, None)',
    ],
)
def test_parentheses_are_those_that_python_needs(text: str) -> None:
    value = eval(text, {"fb": fb, "row": ROWS, "date": date})
    assert show(value.ir) == text
