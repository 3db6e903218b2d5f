"""Interpreter, wasm and native build, held to the same report on random strategies and nasty bags."""

from __future__ import annotations

import random
from collections.abc import Iterator

import pytest

from tests.differential.bags import SHAPES, ledger
from tests.differential.compare import Native, by_interpreter, by_wasm, table
from tests.differential.suite import Suite, compile_suite, draw

STRATEGIES = 100
BAGS = 50
SEED = 20_261_121


@pytest.fixture(scope="module")
def suite() -> Suite:
    return compile_suite(draw(SEED, STRATEGIES, depth=6))


@pytest.fixture(scope="module")
def native(suite: Suite) -> Iterator[Native]:
    with Native(suite.native) as program:
        yield program


@pytest.mark.parametrize("index", range(STRATEGIES))
def test_three_implementations_agree(suite: Suite, native: Native, index: int) -> None:
    plugin = suite.plugins[index]
    for bag in range(BAGS):
        rng = random.Random(f"{SEED}/{index}/{bag}")
        rows = ledger(plugin.columns, rng, SHAPES[bag % len(SHAPES)], rng.randrange(0, 25))
        batch = table(plugin.columns, rows)
        expected = by_interpreter(plugin, {}, rows)
        assert by_wasm(suite.wasm, {"strategy": index}, batch) == expected, f"strategy {index}, bag {bag}"
        assert native.said({"strategy": index}, batch) == expected, f"strategy {index}, bag {bag}"
