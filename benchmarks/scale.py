"""Benchmark of runs in shards: the intercompany example over Parquet files, by one worker and by two, of two sizes.

    python -m benchmarks.scale [--rows 4000000] [--large 20000000] [--memory 4GB] [--write]

A row is the wall time and the processor time of a run, and the most memory that the run and its workers held at once.
Generated files are kept in ``.cache/scale``.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import shutil
import threading
import time
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from rich.console import Console
from rich.table import Table as Screen

import florecon_build as fb
from examples.intercompany.generate import generate
from examples.intercompany.strategy import intercompany

CACHE = Path(".cache/scale")
RESULTS = Path(__file__).with_name("scale.json")
PART = 1_000_000
SECONDS = 0.2


def ledger(rows: int) -> list[Path]:
    """Files of about a million rows each, with ids of their own."""
    CACHE.mkdir(parents=True, exist_ok=True)
    paths: list[Path] = []
    for part in range(-(-rows // PART)):
        size = min(PART, rows - part * PART)
        paths.append(CACHE / f"{part:03}-{size}.parquet")
        if not paths[-1].is_file():
            table, _ = generate(size, part + 1)
            ids = pa.array(range(part * 2 * PART, part * 2 * PART + table.num_rows), pa.int64())
            pq.write_table(table.set_column(0, "row_id", ids), str(paths[-1]))
    return paths


def measure(rows: int, workers: int, memory: str) -> dict[str, Any]:
    """One run, from files to data sets."""
    out = CACHE / "out"
    shutil.rmtree(out, ignore_errors=True)
    paths = ledger(rows)
    before, start = _processor(), time.monotonic()
    with _peak() as most:
        done = fb.reconcile(intercompany, paths, out=out, workers=workers, memory=memory)
    seconds = time.monotonic() - start
    shutil.rmtree(out)
    return {
        "rows": done.rows_in,
        "workers": workers,
        "memory": memory,
        "shards": done.shards,
        "seconds": round(seconds, 2),
        "processor_seconds": round(_processor() - before, 2),
        "peak_mb": max(most) // 1_000_000,
    }


def _processor() -> float:
    own, children = resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN)
    return own.ru_utime + own.ru_stime + children.ru_utime + children.ru_stime


@contextmanager
def _peak() -> Generator[list[int]]:
    """The resident memory of this process and its children, sampled."""
    seen = [0]
    ended = threading.Event()

    def sample() -> None:
        while not ended.wait(SECONDS):
            seen.append(sum(map(_resident, [os.getpid(), *_children(os.getpid())])))

    thread = threading.Thread(target=sample, daemon=True)
    thread.start()
    try:
        yield seen
    finally:
        ended.set()
        thread.join()


def _resident(process: int) -> int:
    try:
        return int(Path(f"/proc/{process}/statm").read_text().split()[1]) * resource.getpagesize()
    except OSError:
        return 0


def _children(process: int) -> list[int]:
    found: list[int] = []
    for task in Path(f"/proc/{process}/task").iterdir():
        try:
            found += map(int, (task / "children").read_text().split())
        except OSError:
            continue
    return found


def main() -> None:
    """Measures and shows."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=4_000_000, help="rows of the comparison of one worker with two")
    parser.add_argument("--large", type=int, default=20_000_000, help="rows of the large run; 0 for none")
    parser.add_argument("--memory", default="4GB", help="memory of all workers together")
    parser.add_argument("--write", action="store_true", help=f"write {RESULTS.name}")
    given = parser.parse_args()
    rows = [measure(given.rows, workers, given.memory) for workers in (1, 2)]
    if given.large:
        rows.append(measure(given.large, 2, given.memory))
    shown = Screen(*rows[0])
    for row in rows:
        shown.add_row(*map(str, row.values()))
    Console().print(shown)
    print(f"two workers: {rows[0]['seconds'] / rows[1]['seconds']:.2f} times one")
    if given.large:
        rate = (rows[2]["seconds"] / rows[2]["rows"]) / (rows[1]["seconds"] / rows[1]["rows"])
        print(f"seconds a row at {rows[2]['rows']:,} rows: {rate:.2f} times those at {rows[1]['rows']:,}")
    if given.write:
        RESULTS.write_text(json.dumps(rows, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
