"""Benchmark of reading a CSV file: the same rows from Parquet by the same reader, and by DuckDB's own CSV reader.

Each measurement is a process of its own, so that its peak memory is its own. The bar: the rows of a CSV file are read
at no less than 60 % of the speed of the same rows from Parquet plus DuckDB's reader, that is in at most
(Parquet + DuckDB) / 0.6 of the time. Figures are medians, of wall time and of processor time.
"""

from __future__ import annotations

import json
import random
import statistics
import subprocess
import sys
import textwrap
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
from rich.console import Console
from rich.table import Table as Screen

from florecon_build.host.description import Field
from florecon_build.sources import Source, read

ROWS = 5_000_000
BAR = 0.6
FIELDS = (
    Field(name="id", base="utf8", kind="text", is_id=True),
    Field(name="day", base="i64", kind="date"),
    Field(name="amount", base="f64", kind="money", scale=2, is_amount=True),
    Field(name="currency", base="utf8", kind="text"),
    Field(name="reference", base="utf8", kind="text"),
    Field(name="memo", base="utf8", kind="text", nullable=True),
)
READ = """
from benchmarks.csv_reading import FIELDS
from florecon_build.sources import Source, read
rows = lambda path: read(Source(name="bank"), [Path(path)], FIELDS, id_name="id").table.num_rows
"""
DUCKDB = """
import duckdb
duckdb.execute("SET enable_progress_bar = false")
rows = lambda path: duckdb.sql(f"SELECT * FROM read_csv('{path}')").to_arrow_table().num_rows
"""
PROCESS = """
import json, resource, sys, time
from pathlib import Path
{reader}
wall, cpu = time.perf_counter(), time.process_time()
count = rows(sys.argv[1])
took = {{"s": time.perf_counter() - wall, "cpu_s": time.process_time() - cpu}}
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // (1024 if sys.platform == "linux" else 1 << 20)
print(json.dumps({{"rows": count, "peak_mb": peak, **took}}))
"""


def generate(path: Path, rows: int, *, quoted: bool) -> None:
    """A bank's ledger; with ``quoted`` every memo stands in quotes and has the delimiter in it."""
    draw, first = random.Random(rows), date(2026, 1, 1)
    days = [str(first + timedelta(days=day)) for day in range(365)]
    with path.open("w", encoding="utf-8") as file:
        file.write("id,day,amount,currency,reference,memo\n")
        for row in range(rows):
            cents = draw.randrange(-(10**7), 10**7)
            memo = f"payment of customer {draw.randrange(5000)}"
            memo = f'"{memo}, no. {row}"' if quoted else memo
            file.write(f"T{row:08d},{days[row % 365]},{cents / 100:.2f},EUR,INV-{draw.randrange(10**6):06d},{memo}\n")


def _timed(reader: str, path: Path) -> dict[str, Any]:
    code = textwrap.dedent(PROCESS).format(reader=textwrap.dedent(reader))
    run = subprocess.run([sys.executable, "-c", code, str(path)], capture_output=True, text=True, check=True)
    return json.loads(run.stdout.splitlines()[-1])


def _median(found: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    return {
        **{key: statistics.median(one[key] for one in found) for key in ("s", "cpu_s")},
        "least_s": min(one["s"] for one in found),
        "peak_mb": max(one["peak_mb"] for one in found),
    }


def measure(folder: Path, *, runs: int, rows: int = ROWS) -> list[dict[str, Any]]:
    """One row for a file without quotes, one for a file with them. Raises ``RuntimeError`` where a row is missing."""
    found: list[dict[str, Any]] = []
    for quoted in (False, True):
        path, columnar = folder / "ledger.csv", folder / "ledger.parquet"
        generate(path, rows, quoted=quoted)
        pq.write_table(read(Source(name=""), [path], FIELDS, id_name="id").table, str(columnar))
        readers = {"csv": (READ, path), "parquet": (READ, columnar), "duckdb": (DUCKDB, path)}
        took: dict[str, list[dict[str, Any]]] = {name: [] for name in readers}
        for _ in range(runs):  # in turn, so that what else runs falls on all of them
            for name, (reader, file) in readers.items():
                took[name].append(_timed(reader, file))
        if any(one["rows"] != rows for several in took.values() for one in several):
            raise RuntimeError("a reader has not read every row")
        medians = {name: _median(several) for name, several in took.items()}
        ratio = {
            key: (medians["parquet"][key] + medians["duckdb"][key]) / medians["csv"][key] for key in ("s", "cpu_s")
        }
        bytes_ = path.stat().st_size
        found.append({"rows": rows, "bytes": bytes_, "quoted": quoted, **medians, "speed": ratio, "bar": BAR})
    return found


def show(console: Console, rows: Sequence[Mapping[str, Any]]) -> None:
    """Print the table."""
    screen = Screen(title="Reading CSV, medians in seconds of wall time (of processor time)", title_justify="left")
    for name in ("rows", "quotes", "CSV", "Parquet", "DuckDB", "speed", "bar", "CSV peak"):
        screen.add_column(name, justify="right")
    for row in rows:
        times = [f"{row[name]['s']:.1f} ({row[name]['cpu_s']:.1f})" for name in ("csv", "parquet", "duckdb")]
        speed = f"{row['speed']['s']:.0%} ({row['speed']['cpu_s']:.0%})"
        peak = f"{row['csv']['peak_mb']:,} MB"
        screen.add_row(f"{row['rows']:,}", "yes" if row["quoted"] else "no", *times, speed, f"{row['bar']:.0%}", peak)
    console.print(screen)
