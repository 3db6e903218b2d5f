"""Memory of ingest: the host holds the rows once, and one batch under conversion."""

from __future__ import annotations

import gc
import tracemalloc
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pyarrow as pa
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq
import pytest

from florecon_build.host import Workspace

ROWS, BATCHES = 4096, 48  # so many that the blocks which a CSV reader has read ahead are small beside them
DECLARED = ["row_id", "account", "amount", "date", "reference"]
DECIMAL = pa.decimal128(38, 2)
POOLS: list[pa.MemoryPool] = []  # a pool has to outlive what it gave


@dataclass(slots=True)
class Peak:
    """Bytes beyond what there was before: Arrow's own, and Python's."""

    arrow: int = 0
    python: int = 0


@contextmanager
def measured() -> Generator[Peak]:
    """The most memory that was in use at once, from a pool that only this block fills."""
    gc.collect()
    usual, peak = pa.default_memory_pool(), Peak()
    pool = pa.proxy_memory_pool(usual)
    POOLS.append(pool)
    pa.set_memory_pool(pool)
    tracemalloc.start()
    try:
        yield peak
    finally:
        peak.python = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        pa.set_memory_pool(usual)
        peak.arrow = pool.max_memory() or 0


def batch(number: int, kind: pa.DataType = DECIMAL) -> pa.RecordBatch:
    """Rows as they come: amounts as 64-bit floats or as decimals."""
    ids = range(number * ROWS, (number + 1) * ROWS)
    return pa.record_batch(
        {
            "row_id": pa.array(ids, pa.int64()),
            "account": pa.array([f"account {each % 500}" for each in ids]),
            "amount": pa.array([0.25 * each for each in ids], pa.float64()).cast(kind),
            "date": pa.array([date(2024, 1, 1)] * ROWS),
            "reference": pa.array([f"{each:06} of an invoice, and what it was for" for each in ids]),
            "clerk": pa.array(["not declared"] * ROWS),
        }
    )


def size_in_the_end(kind: pa.DataType = DECIMAL) -> int:
    """The Arrow data that the host is to keep: the declared columns; floats that are exact amounts stay floats."""
    return BATCHES * batch(0, kind).select(DECLARED).nbytes


@pytest.mark.parametrize("kind", [DECIMAL, pa.float64()], ids=str)
def test_a_stream_of_batches_is_held_once(solver_wasm: Path, kind: pa.DataType) -> None:
    with Workspace(solver_wasm) as ws, measured() as peak:
        assert ws.upsert(batch(number, kind) for number in range(BATCHES)).rows == ROWS * BATCHES
    assert size_in_the_end(kind) < peak.arrow + peak.python < 2 * size_in_the_end(kind)


@pytest.mark.parametrize("suffix", [".csv", ".parquet"])
def test_a_file_is_held_once(solver_wasm: Path, tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"ledger{suffix}"
    table = pa.Table.from_batches([batch(number) for number in range(BATCHES)])
    if suffix == ".csv":
        pa_csv.write_csv(table.set_column(2, "amount", table["amount"].cast(pa.string())), str(path))
    else:
        pq.write_table(table, str(path), row_group_size=ROWS)
    del table
    with Workspace(solver_wasm) as ws, measured() as peak:
        assert ws.upsert(path).rows == ROWS * BATCHES
    assert size_in_the_end() < peak.arrow + peak.python < 2 * size_in_the_end()


@pytest.mark.slow
def test_the_measure_sees_what_is_held_twice() -> None:
    with measured() as peak:
        held = [batch(number % BATCHES) for number in range(2 * BATCHES)]
    assert len(held) == 2 * BATCHES
    assert peak.arrow + peak.python > 2 * size_in_the_end()
