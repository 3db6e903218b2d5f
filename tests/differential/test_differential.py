"""Differential test: interpreter, wasm, native build and engine report the same on random strategies and ledgers."""

from __future__ import annotations

import random
from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import florecon_build as fb
from tests.differential.compare import Native, run_interpreter, run_wasm, table
from tests.differential.suite import Suite, compile_suite, draw
from tests.support.random_ledgers import SHAPES, ledger
from tests.support.random_strategies import ROWS, closure_strategies

pytestmark = pytest.mark.cargo

STRATEGIES = 50
BAGS = 40
SEED = 20_261_121


@pytest.fixture(scope="module")
def suite() -> Suite:
    return compile_suite(draw(SEED, STRATEGIES, depth=6))


@pytest.fixture(scope="module")
def native(suite: Suite) -> Iterator[Native]:
    with Native(suite.native) as program:
        yield program


@pytest.mark.parametrize("index", range(STRATEGIES + len(closure_strategies(ROWS))))
def test_four_implementations_agree(suite: Suite, native: Native, index: int) -> None:
    plugin = suite.plugins[index]
    config = {"strategy": index}

    with fb.Workspace(suite.wasm, config=config) as workspace, fb.Workspace(suite.strategy(index)) as engine:

        @given(seed=st.integers(0, 2**32 - 1), shape=st.sampled_from(SHAPES), size=st.integers(0, 25))
        @settings(max_examples=BAGS, deadline=None, derandomize=True)
        def agree(seed: int, shape: str, size: int) -> None:
            rows = ledger(plugin.columns, random.Random(seed), shape, size)
            batch = table(plugin.columns, rows)
            expected = run_interpreter(suite, index, rows)
            assert run_wasm(workspace, batch) == expected
            assert run_wasm(engine, batch) == expected
            assert native.run(config, batch) == expected

        agree()
