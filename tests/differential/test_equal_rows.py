"""Degenerate ledger: ten thousand rows that differ only in their ids, through every keyed node and implementation."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

import pyarrow as pa
import pytest

import florecon_build as fb
from tests.differential.compare import Native, run_interpreter, run_wasm, table
from tests.differential.keyed import NAMES, keyed_suite
from tests.support.random_ledgers import DAY, Row

pytestmark = pytest.mark.cargo

MANY = 10_000
FEWER = {"subset_net": 2_000, "flow window": 300}
"""Here the interpreter would take minutes for all: it is written to be read, and tries every subset and every pair."""


NODES = [name for name in NAMES if name.split(" ")[-1] not in {"tuple", "pair", "words", "lookup", "lane", "anchor"}]
"""One strategy a node: which key it has makes no difference where all are equal."""
ONE_SIDED = {"exact_1to1", "running_zero", "flow", "flow window", "cascade"}
BOTH, ONE = (100, -100), (100, 100)


@pytest.fixture(scope="module")
def native() -> Iterator[Native]:
    with Native(keyed_suite().native) as program:
        yield program


@cache
def equal_rows(count: int, cents: tuple[int, int]) -> tuple[list[Row], pa.Table]:
    """Rows of one key, day and amount, or of two amounts in turn; as a table as well."""
    rows: list[Row] = [
        {
            "row_id": f"r{number * 7_919 % count:05}",
            "key": "same",
            "other": "same",
            "day": DAY,
            "units": 1,
            "amount": cents[number % 2],
            "alt": cents[number % 2],
        }
        for number in range(count)
    ]
    return rows, table(keyed_suite().plugins[0].columns, rows)


@pytest.mark.parametrize("name", NODES)
def test_ten_thousand_equal_rows(native: Native, name: str) -> None:
    suite, index = keyed_suite(), NAMES.index(name)
    config = {"strategy": index}
    count = FEWER.get(name, MANY)
    with fb.Workspace(suite.wasm, config=config) as workspace:
        for cents in (BOTH, ONE) if name in ONE_SIDED else (BOTH,):
            rows, batch = equal_rows(count, cents)
            expected = run_interpreter(suite, index, rows)
            assert expected.error is None
            assert sum(len(members) for *_, members in expected.groups) >= count
            assert run_wasm(workspace, batch) == expected
            assert native.run(config, batch) == expected
