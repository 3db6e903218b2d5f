"""Determinism: the report is a function of rows, parameters and strategy, in every implementation."""

from __future__ import annotations

import hashlib
import os
import random
import subprocess
import sys
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.differential.compare import Group, Native, run_interpreter
from tests.differential.implementations import Implementation, InterpreterWorkspace, NativeWorkspace, WasmWorkspace
from tests.differential.keyed import NAMES, keyed_suite
from tests.differential.suite import Suite, compile_suite, draw
from tests.differential.test_differential import SEED, STRATEGIES
from tests.support.random_ledgers import SHAPES, Row, ledger

pytestmark = pytest.mark.cargo

BAGS = 60


def report_after_detour(
    implementation: Implementation, id_column: str, rows: Sequence[Row], rng: random.Random
) -> tuple[Group, ...] | str:
    """The report of the same rows after a detour: other rows first, batches, solves, pins taken back."""
    ids: list[Any] = [row[id_column] for row in rows]
    others = [{**row, id_column: id} for row, id in zip(rows, rng.sample(ids, len(ids)), strict=True)]
    implementation.do("upsert", {}, rng.sample(others, rng.randrange(len(others) + 1)))
    implementation.do("solve", {})
    shuffled = rng.sample(list(rows), len(rows))
    cut = rng.randrange(len(rows) + 1)
    for batch in (shuffled[:cut], shuffled[cut:]):
        error = implementation.do("upsert", {}, batch).error
        if error is not None:
            return error
        implementation.do("solve", {})
        _, groups = implementation.state()
        pinned = rng.sample(groups, min(len(groups), 3))
        implementation.do("pin", {"by": "groups", "group_ids": pinned})
        implementation.do("solve", {})
        for group in pinned:
            implementation.do("unpin", {"group_id": group})
    error = implementation.do("solve", {}).error
    return implementation.state()[0].groups if error is None else error


@pytest.mark.parametrize("which", ["random strategies", "keyed strategies"])
def test_the_way_there_does_not_show(which: str) -> None:
    suite: Suite = keyed_suite() if which == "keyed strategies" else compile_suite(draw(SEED, STRATEGIES, depth=6))
    columns = suite.plugins[0].columns
    id_column = next(column.name for column in columns if column.id)

    with Native(suite.native) as native:

        @given(
            index=st.integers(0, len(suite.plugins) - 1),
            seed=st.integers(0, 2**32 - 1),
            shape=st.sampled_from([shape for shape in SHAPES if shape != "huge"]),
            size=st.integers(0, 16),
        )
        @settings(max_examples=BAGS, deadline=None, derandomize=True)
        def same(index: int, seed: int, shape: str, size: int) -> None:
            rows = ledger(columns, random.Random(seed), shape, size)
            cold = run_interpreter(suite, index, rows)
            expected = cold.groups if cold.error is None else cold.error
            wasm = WasmWorkspace(suite, index)
            for implementation in (InterpreterWorkspace(suite, index), wasm, NativeWorkspace(native, suite, index)):
                assert report_after_detour(implementation, id_column, rows, random.Random(seed)) == expected
            wasm.close()

        same()


def digest() -> str:
    """What the interpreter makes of many bags, as one line."""
    suite, found = keyed_suite(), hashlib.sha256()
    for index in range(len(NAMES)):
        for seed in range(5):
            rng = random.Random(seed)
            rows = ledger(suite.plugins[0].columns, rng, "mixed", 15)
            found.update(repr(run_interpreter(suite, index, rows)).encode())
    return found.hexdigest()


def test_reports_are_independent_of_the_hash_seed() -> None:
    """The runtime has no seed to change: its tables are hashed alike in every process."""
    code = "from tests.differential.test_determinism import digest; print(digest())"
    for seed in ("1", "2"):
        environment = {**os.environ, "PYTHONHASHSEED": seed}
        done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
        assert done.stdout.strip() == digest()
