"""Random strategy generator: coverage of nodes, expressions and operators, and determinism by seed."""

from __future__ import annotations

import random
from decimal import Decimal
from enum import Enum
from functools import cache

import pytest

from florecon_build.interpreter import ModelError
from florecon_build.ir import expressions as e
from florecon_build.ir import nodes as n
from florecon_build.ir.traversal import NODE_KINDS, VALUE_KINDS, values_in, walk
from florecon_build.ir.validation import expressions
from tests.support.random_ledgers import ledger
from tests.support.random_strategies import ROWS, random_plugin

SEEDS = 600
OPERATORS: tuple[type[Enum], ...] = (
    e.ArithOp,
    e.UnaryOp,
    e.CompareOp,
    e.LogicOp,
    e.CastOp,
    e.DatePartOp,
    e.TextOp,
    e.TextSliceOp,
    e.TextTestOp,
    e.SimilarityOp,
    e.MetricOp,
    e.FoldOp,
    e.QuantifierOp,
    e.ToleranceOp,
    e.Var,
    n.SoakMode,
)


@cache
def reached() -> tuple[frozenset[type], frozenset[Enum]]:
    kinds: set[type] = set()
    names: set[Enum] = set()
    for seed in range(SEEDS):
        plugin = random_plugin(random.Random(seed), ROWS, 1 + seed % 6).data
        for place in walk(plugin.strategy):
            kinds.add(type(place.node))
            tol = getattr(place.node, "tol", None)
            names |= {item for item in (getattr(place.node, "mode", None), getattr(tol, "op", None)) if item}
        lanes = [("", lane.value) for lane in plugin.lanes]
        for _, value in [*expressions(plugin), *lanes]:
            for part in values_in(value):
                kinds.add(type(part))
                names |= {item for item in (getattr(part, "op", None), getattr(part, "var", None)) if item}
    return frozenset(kinds), frozenset(names)


@pytest.mark.slow
def test_every_kind_is_reached() -> None:
    assert {*NODE_KINDS, *VALUE_KINDS} <= reached()[0]


@pytest.mark.slow
def test_every_operator_is_reached() -> None:
    assert {member for operator in OPERATORS for member in operator} <= reached()[1]


def test_generation_is_deterministic() -> None:
    for seed in range(20):
        first, second = (random_plugin(random.Random(seed), ROWS, 4) for _ in range(2))
        assert first.ir() == second.ir()


def test_random_strategies_run() -> None:
    solved = 0
    for seed in range(60):
        rng = random.Random(seed)
        plugin = random_plugin(rng, ROWS, 1 + seed % 6)
        plugin.check()
        plugin.tree()
        rows = ledger(plugin.data.columns, rng, "ordinary", 20)
        try:
            plugin.simulate(major(rows))
        except ModelError:
            continue
        solved += 1
    assert solved >= 50


def major(rows: list[dict[str, e.Constant]]) -> list[dict[str, object]]:
    """Typed rows as a host would ship them: money in major units."""
    scales = {"amount": 2, "local": 2, "exact": 3}
    return [
        {
            name: Decimal(cell).scaleb(-scales[name]) if name in scales and isinstance(cell, int) else cell
            for name, cell in row.items()
        }
        for row in rows
    ]
