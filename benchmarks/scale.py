"""Benchmark of runs in shards: the intercompany example over Parquet files, by one worker and by two, of several sizes.

    python -m benchmarks.scale [--rows 400000,1000000,2000000,4000000] [--large 20000000] [--memory 4GB] [--write]

A row is a run from files to data sets: its wall time, the processor time of all processes, the most memory that they
held at once, and the path: the processor time of the run's own thread and of its busiest worker, which is the wall time
on a machine that does nothing else. One worker and two take turns; a run takes the median of its rounds.
Generated files are kept in ``.cache/scale``.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import shutil
import statistics
import threading
import time
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
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
SECONDS = 0.1
TICK = os.sysconf("SC_CLK_TCK")
SPEEDUP = 1.7
"""The least that two workers must be faster than one, at the largest size that both run."""
LINEAR = 1.15
"""The most by which the time of a row may grow from the largest size of the comparison to the large run."""
PEAK_MB = 8000
"""The most memory of the large run."""


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
            unfinished = paths[-1].with_suffix(".part")
            pq.write_table(table.set_column(0, "row_id", ids), str(unfinished))
            unfinished.rename(paths[-1])
    return paths


def measure(rows: int, workers: int, memory: str) -> dict[str, Any]:
    """One run, from files to data sets."""
    out = CACHE / f"out-{os.getpid()}"
    shutil.rmtree(out, ignore_errors=True)
    paths = ledger(rows)
    own, children, start = _processor(resource.RUSAGE_SELF), _processor(resource.RUSAGE_CHILDREN), time.monotonic()
    thread = time.thread_time()
    with _watched() as seen:
        done = fb.reconcile(intercompany, paths, out=out, workers=workers, memory=memory)
    seconds, thread = time.monotonic() - start, time.thread_time() - thread
    own, children = _processor(resource.RUSAGE_SELF) - own, _processor(resource.RUSAGE_CHILDREN) - children
    stored = sum(path.stat().st_size for path in out.rglob("*.parquet"))
    shutil.rmtree(out)
    return {
        "rows": done.rows_in,
        "workers": workers,
        "memory": memory,
        "shards": done.shards,
        "seconds": round(seconds, 2),
        "processor_seconds": round(own + children, 2),
        "path_seconds": round(thread + max(seen.processor.values()) if workers > 1 else own, 2),
        "peak_mb": seen.peak // 1_000_000,
        "in_mb": sum(path.stat().st_size for path in paths) // 1_000_000,
        "out_mb": stored // 1_000_000,
        "load": round(os.getloadavg()[0], 1),
    }


def median(runs: list[dict[str, Any]]) -> dict[str, Any]:
    """The median of each number over the rounds of one run."""
    numbers = {name for name, value in runs[0].items() if isinstance(value, (int, float))}
    return {
        name: round(type(value)(statistics.median(run[name] for run in runs)), 2) if name in numbers else value
        for name, value in runs[0].items()
    }


def _processor(who: int) -> float:
    used = resource.getrusage(who)
    return used.ru_utime + used.ru_stime


@dataclass(slots=True)
class _Seen:
    """The most resident memory at once, and the processor time of each child, as far as sampled."""

    peak: int = 0
    processor: dict[int, float] = field(default_factory=dict[int, float])


@contextmanager
def _watched() -> Generator[_Seen]:
    """Samples this process and its children."""
    seen = _Seen()
    ended = threading.Event()

    def sample() -> None:
        while not ended.wait(SECONDS):
            children = _children(os.getpid())
            seen.peak = max(seen.peak, sum(map(_resident, [os.getpid(), *children])))
            seen.processor |= {child: max(seen.processor.get(child, 0.0), _used(child)) for child in children}

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


def _used(process: int) -> float:
    try:
        fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / TICK


def _children(process: int) -> list[int]:
    found: list[int] = []
    for task in Path(f"/proc/{process}/task").iterdir():
        try:
            found += map(int, (task / "children").read_text().split())
        except OSError:
            continue
    return found


def bars(rows: list[dict[str, Any]]) -> list[str]:
    """Each bar with what was measured; the rows are those of `main`, the large one last.

    The ratio of two workers to one is that of the paths; time is linear where the processor time of a row is.
    """
    one, two = (row for row in rows[:-1] if row["rows"] == max(row["rows"] for row in rows[:-1]))
    large = rows[-1]
    ratio = one["path_seconds"] / two["path_seconds"]
    growth = (large["processor_seconds"] / large["rows"]) / (two["processor_seconds"] / two["rows"])
    lines = [
        (f"two workers {ratio:.2f} times one at {one['rows']:,} rows, bar {SPEEDUP}", ratio >= SPEEDUP),
        (f"processor time of a row {growth:.2f} times at {large['rows']:,} rows, bar {LINEAR}", growth <= LINEAR),
        (f"{large['peak_mb']:,} MB at {large['rows']:,} rows, bar {PEAK_MB:,}", large["peak_mb"] <= PEAK_MB),
    ]
    return [f"{'met' if met else 'MISSED'}: {line}" for line, met in lines]


def main() -> None:
    """Measures and shows; exits with 1 where a bar is missed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    sizes = "400000,1000000,2000000,4000000"
    parser.add_argument("--rows", default=sizes, help="sizes of the comparison of one worker with two")
    parser.add_argument("--large", type=int, default=20_000_000, help="rows of the large run")
    parser.add_argument("--memory", default="4GB", help="memory of all workers together")
    parser.add_argument("--rounds", type=int, default=2, help="rounds of the comparison")
    parser.add_argument("--write", action="store_true", help=f"write {RESULTS.name}")
    given = parser.parse_args()
    rows: list[dict[str, Any]] = []
    for size in map(int, given.rows.split(",")):
        runs = [measure(size, workers, given.memory) for _ in range(given.rounds) for workers in (1, 2)]
        rows += [median(runs[::2]), median(runs[1::2])]
    rows.append(measure(given.large, 2, given.memory))
    shown = Screen(*rows[0])
    for row in rows:
        shown.add_row(*map(str, row.values()))
    Console().print(shown)
    told = bars(rows)
    print("\n".join(told))
    if given.write:
        RESULTS.write_text(json.dumps(rows, indent=1) + "\n", encoding="utf-8")
    if any(line.startswith("MISSED") for line in told):
        raise SystemExit(1)


if __name__ == "__main__":
    main()
