"""Simulation: accepts and refuses the same rows as a workspace, and needs no toolchain."""

from __future__ import annotations

import datetime
import subprocess
import sys
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any, cast

import duckdb
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq
import pytest

import florecon_build as fb
from florecon_build.interpreter import ModelError
from florecon_build.interpreter.simulate import minor

ROOT = Path(__file__).parent.parent.parent
DAY = datetime.date(2025, 3, 31)
COLUMNS: dict[str, list[Any]] = {
    "row_id": [1, 2, 3],
    "book": ["a", "b", None],
    "amount": [10.5, -10.5, 3.0],
    "day": [DAY, DAY, DAY],
}
ROWS = [dict(zip(COLUMNS, row, strict=True)) for row in zip(*COLUMNS.values(), strict=True)]
TABLE = pa.table(COLUMNS)


def plugin() -> fb.Plugin:
    rows = fb.columns(row_id=fb.integer(id=True), book=fb.text(nullable=True), amount=fb.money(scale=2), day=fb.date())
    slack = fb.param("slack", 0)
    return fb.Plugin("acme.sim", "1.0.0", rows=rows, numeraire=rows.amount, strategy=fb.agg_net(rows.day, tol=slack))


def rows_of(table: pa.Table, *columns: str) -> list[tuple[Any, ...]]:
    return [tuple(row.values()) for row in table.select(list(columns)).to_pylist()]


class Stream:
    """Nothing but the Arrow C interface."""

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        return cast(Any, TABLE).__arrow_c_stream__(requested_schema)


def ipc() -> bytes:
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, TABLE.schema) as writer:
        writer.write_table(TABLE)
    return sink.getvalue().to_pybytes()


def csv(folder: Path) -> Path:
    pa_csv.write_csv(TABLE, str(folder / "rows.csv"))
    return folder / "rows.csv"


def parquet(folder: Path) -> Path:
    pq.write_table(TABLE, str(folder / "rows.parquet"))
    return folder / "rows.parquet"


def arrow(folder: Path) -> Path:
    (folder / "rows.arrow").write_bytes(ipc())
    return folder / "rows.arrow"


FRAMES: dict[str, Callable[[Path], object]] = {
    "dicts": lambda _: ROWS,
    "an iterator of dicts": lambda _: iter(ROWS),
    "columns": lambda _: COLUMNS,
    "pyarrow": lambda _: TABLE,
    "a batch": lambda _: TABLE.to_batches()[0],
    "batches": lambda _: iter(TABLE.to_batches(max_chunksize=2)),
    "a reader": lambda _: TABLE.to_reader(),
    "an arrow stream": lambda _: Stream(),
    "polars": lambda _: pl.DataFrame(COLUMNS),
    "lazy polars": lambda _: pl.DataFrame(COLUMNS).lazy(),
    "pandas": lambda _: pd.DataFrame(COLUMNS),
    "pandas with arrow types": lambda _: pd.DataFrame(COLUMNS).convert_dtypes(dtype_backend="pyarrow"),
    "duckdb": lambda _: duckdb.from_arrow(TABLE),
    "ipc bytes": lambda _: ipc(),
    "a csv file": csv,
    "a parquet file": parquet,
    "an arrow file": lambda folder: str(arrow(folder)),
}


@pytest.mark.parametrize("name", FRAMES)
def test_any_frame_gives_the_same_report(name: str, tmp_path: Path) -> None:
    report = plugin().simulate(FRAMES[name](tmp_path), config={"slack": 300})
    assert rows_of(report.groups, "origin", "net", "size") == [("agg_net", 300, 3)]
    assert rows_of(report.allocations, "id", "amount") == [(1, 1050), (2, -1050), (3, 300)]
    assert rows_of(report.stages, "kind", "groups") == [("agg_net", 1)]


def test_headers_and_amounts_are_read_as_a_workspace_reads_them() -> None:
    rows = [{"Nr": 1, "Betrag": "1.050,00", "Tag": DAY}, {"Nr": 2, "Betrag": "1.050,00-", "Tag": DAY}]
    columns = {"row_id": "Nr", "amount": "Betrag", "day": "Tag", "book": "Tag"}
    plain = fb.columns(row_id=fb.integer(id=True), amount=fb.money(scale=2), day=fb.date())
    made = fb.Plugin("acme.sim", "1.0.0", rows=plain, numeraire=plain.amount, strategy=fb.exact_1to1())
    columns.pop("book")
    report = made.simulate(rows, columns=columns, text_amounts="comma")
    assert rows_of(report.groups, "size") == [(2,)]


def test_params_have_their_defaults() -> None:
    assert set(rows_of(plugin().simulate(ROWS).groups, "origin")) == {("unmatched",)}


def test_days_beyond_the_calendar_of_python_pass() -> None:
    far = TABLE.set_column(3, "day", pa.array([2**31 - 1] * 3, pa.int32()).cast(pa.date32()))
    assert rows_of(plugin().simulate(far, config={"slack": 300}).groups, "size") == [(3,)]


@pytest.mark.parametrize("days", [2**31, -(2**31) - 1, 2**63 - 1])
def test_days_of_more_than_32_bits_are_refused_as_by_a_module(days: int) -> None:
    rows = TABLE.set_column(3, "day", pa.array([0, days, 1], pa.int64()))
    with pytest.raises(fb.FloreconError) as of_module, fb.Workspace(plugin()) as ws:
        ws.upsert(rows)
    with pytest.raises(fb.FloreconError) as refused:
        plugin().simulate(rows)
    assert (refused.value.code, refused.value.column, refused.value.row) == ("bad_amount", "day", 1)
    for name in ("code", "id", "message"):
        assert getattr(refused.value, name) == getattr(of_module.value, name)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"amount": 1.005}, "bad_amount"),
        ({"amount": float("nan")}, "bad_amount"),
        ({"amount": None}, "null_value"),
        ({"amount": "12"}, "wrong_type"),
        ({"day": "2025-01-01"}, "wrong_type"),
        ({"row_id": 2}, "duplicate_id"),
    ],
)
def test_a_bad_cell_is_refused_as_a_workspace_would(change: dict[str, object], code: str) -> None:
    with pytest.raises(fb.FloreconError) as raised:
        plugin().simulate([{**ROWS[0], **change}, {**ROWS[1], **({"day": "x"} if "day" in change else {})}])
    assert raised.value.code == code


def test_a_missing_column_is_named() -> None:
    with pytest.raises(fb.FloreconError, match="day") as raised:
        plugin().simulate([{"row_id": 1, "book": "a", "amount": 1}])
    assert raised.value.code == "missing_column"


def test_an_unknown_param_is_refused() -> None:
    with pytest.raises(fb.FloreconError) as raised:
        plugin().simulate(ROWS, config={"slak": 1})
    assert raised.value.code == "bad_config"


def test_params_are_given_as_to_a_workspace() -> None:
    """An integer is minor units, a decimal major ones; a date is a date."""
    rows = fb.columns(row_id=fb.integer(id=True), amount=fb.money(scale=2), day=fb.date())
    limit, since = fb.param("limit", fb.minor(0, 2)), fb.param("since", DAY)
    small = fb.soak_if((rows.amount < limit) & (rows.day >= since), origin="small")
    made = fb.Plugin("acme.sim", "1.0.0", rows=rows, numeraire=rows.amount, strategy=small)
    lines = [{"row_id": 1, "amount": 0.5, "day": DAY}, {"row_id": 2, "amount": 0.6, "day": DAY}]
    for given in ({"limit": 51}, {"limit": Decimal("0.51"), "since": DAY}):
        assert rows_of(made.simulate(lines, given).groups, "origin") == [("small",), ("unmatched",)]
    late = {"limit": 51, "since": DAY + datetime.timedelta(days=1)}
    assert set(rows_of(made.simulate(lines, late).groups, "origin")) == {("unmatched",)}
    with pytest.raises(fb.FloreconError) as raised:
        made.simulate(lines, {"limit": Decimal("0.515")})
    assert raised.value.code == "bad_config"


def test_floats_count_as_whole_when_they_nearly_are() -> None:
    assert minor(0.1 + 0.2, 2) == 30
    assert minor(1e15 + 0.01, 2) == 100_000_000_000_000_000
    assert minor(Decimal("-0.01"), 2) == -1
    with pytest.raises(ModelError):
        minor(0.30001, 2)


WITHOUT_TOOLS = """
import os, subprocess

def refuse(*args, **kwargs):
    raise AssertionError(f"a process was started: {args}")

os.environ["PATH"] = ""
subprocess.Popen.__init__ = refuse
os.system = os.execv = os.posix_spawn = refuse
from tests.interpreter.test_simulate import ROWS, plugin
made = plugin()
made.check(), made.tree(), made.rust()
print(made.simulate(ROWS, config={"slack": 300}).groups["size"].to_pylist())
"""


@pytest.mark.slow
def test_a_simulation_starts_no_process_and_needs_no_path(tmp_path: Path) -> None:
    environment = {"PATH": "", "HOME": str(tmp_path), "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT_TOOLS], env=environment, capture_output=True, text=True, check=False, cwd="/"
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == "[3]\n"
