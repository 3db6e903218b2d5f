"""Benchmark against code that a user would write and the predecessor: polars, with connected components, SQL, a loop.

Each tool matches one ledger in a process of its own, interleaved with ours, and gives the lines that belong together.
Time is that from a table in memory to the answer; precision and recall are against the generator's answer.

    python -m benchmarks.alternatives TOOL ROWS [MODULE]
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console
from rich.table import Table as Screen

from benchmarks import predecessor_peer
from benchmarks.alternative_code import by_duckdb, by_pandas, by_polars, by_polars_with_components
from examples.arrow import Table, pa
from examples.intercompany.desk import Ints
from examples.intercompany.generate import generate
from examples.intercompany.score import kind_scores, minor, solved
from florecon_build.host import Workspace

SIZES = (100_000, 1_000_000)
OURS = "florecon"
WORKERS: Mapping[str, int | None] = {OURS: None, "florecon, one instance": 1}
"""Ours, by how many instances of the module solve the first rows; None for the default."""
PREDECESSOR = "predecessor"
TOOLS: Mapping[str, tuple[Callable[[Table], Table], tuple[str, ...]]] = {
    "polars": (by_polars, ("polars",)),
    "polars and components": (by_polars_with_components, ("polars", "scipy")),
    "DuckDB SQL": (by_duckdb, ("duckdb",)),
    "pandas loop": (by_pandas, ("pandas",)),
}
"""Function from a ledger to ``row_id`` and ``group_id`` of the matched lines, and the packages that it needs."""


MEMORY = 2 << 30
"""Bytes that are used before a run. Runs of a million rows use 0.8 to 1.1 GiB, that of the predecessor 2.7."""
TOUCH = """
import ctypes, mmap, sys
memory = mmap.mmap(-1, int(sys.argv[1]))
if hasattr(mmap, "MADV_HUGEPAGE"):
    memory.madvise(mmap.MADV_HUGEPAGE)
ctypes.memset(ctypes.addressof(ctypes.c_char.from_buffer(memory)), 1, len(memory))
"""


def use_memory() -> None:
    """Uses memory in another process, and gives it back.

    A virtual machine may get its memory from its host at first use, which would count for the tool that uses the most.
    """
    subprocess.run([sys.executable, "-c", TOUCH, str(MEMORY)], check=True)


def clocked(work: Callable[[], Any]) -> tuple[Any, dict[str, float]]:
    """What ``work`` gives, and its milliseconds of wall time and of processor time over all threads."""
    start, start_cpu = time.perf_counter(), time.process_time()
    result = work()
    return result, {"ms": (time.perf_counter() - start) * 1e3, "cpu_ms": (time.process_time() - start_cpu) * 1e3}


def ours(wasm: Path, ledger: Table, workers: int | None = None) -> tuple[tuple[Table, Table], dict[str, float]]:
    """Groups and allocations of the module, and the time from ledger to both; loading is not counted."""
    with Workspace(wasm.read_bytes(), workers=workers) as workspace:

        def work() -> tuple[Table, Table]:
            workspace.upsert(ledger)
            report = workspace.solve()
            return report.groups, report.allocations

        return clocked(work)


def predecessor(wasm: Path, ledger: Table) -> tuple[tuple[Table, Table], dict[str, float]]:
    """The same of the predecessor's module, up to the lists of its report."""
    workspace = predecessor_peer.Predecessor(wasm)

    def work() -> dict[str, Any]:
        workspace.upsert(ledger)
        return workspace.solve()

    report, times = clocked(work)
    return predecessor_peer.tables(report), times


def as_report(ledger: Table, matched: Table) -> tuple[Table, Table]:
    """Groups and allocations from the matched lines; each other line is a group alone. Raises ``ValueError`` for a line
    that is matched twice."""
    row_id, cents = _ints(ledger["row_id"]), minor(ledger["amount"])
    lines, groups = _ints(matched["row_id"]), _ints(matched["group_id"])
    if len(np.unique(lines)) != len(lines):
        raise ValueError("a line is in two groups")
    _, number = np.unique(groups, return_inverse=True)
    place = np.searchsorted(row_id, lines)
    of_line = np.full(len(row_id), -1, dtype=np.int64)
    of_line[place] = number
    count, is_open = int(number.max(initial=-1)) + 1, of_line < 0
    of_line[is_open] = count + np.arange(int(is_open.sum()))
    size = np.bincount(of_line)
    origin = pa.array(np.where(np.arange(len(size)) < count, "matched", "unmatched"))
    made = pa.table({"group_id": np.arange(len(size)), "size": size, "origin": origin, "reason": origin})
    return made, pa.table({"id": row_id, "group_id": of_line, "amount": cents})


def _ints(column: Table) -> Ints:
    return np.asarray(column, dtype=np.int64)


def quality(ledger: Table, truth: Table, groups: Table, allocations: Table) -> dict[str, float]:
    """Precision: of the matched lines those only with lines of their deal. Recall: the same of all with a partner."""
    total = kind_scores(solved(ledger, truth, groups, allocations))[-1]
    return {"precision": total.pure / max(total.matched, 1), "recall": total.pure / max(total.partnered, 1)}


def run(tool: str, rows: int, wasm: Path | None = None) -> dict[str, Any]:
    """One run in this process."""
    ledger, truth = generate(rows, 1)
    ledger = ledger.combine_chunks()
    use_memory()
    if wasm is not None:
        solve = predecessor if tool == PREDECESSOR else partial(ours, workers=WORKERS[tool])
        (groups, allocations), times = solve(wasm, ledger)
    else:
        matched, times = clocked(lambda: TOOLS[tool][0](ledger))
        groups, allocations = as_report(ledger, matched)
    return {**times, **quality(ledger, truth, groups, allocations)}


def _apart(tool: str, rows: int, wasm: Path | None) -> dict[str, Any]:
    command = [sys.executable, "-m", "benchmarks.alternatives", tool, str(rows), *([] if wasm is None else [str(wasm)])]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{tool} failed: {done.stderr.strip()}")
    return json.loads(done.stdout)


def _versions(packages: Sequence[str]) -> str | None:
    try:
        return ", ".join(f"{package} {version(package)}" for package in packages)
    except PackageNotFoundError:
        return None


def measure(
    wasm: Path, *, runs: int = 5, sizes: Sequence[int] = SIZES, say: Callable[[str], None]
) -> list[dict[str, Any]]:
    """One row per size and tool, ours first; a ratio is that of its time to ours in the same round.

    A tool whose packages are not installed is left out, and ``say`` is told so.
    """
    found: list[dict[str, Any]] = []
    tools = {name: packages for name, (_, needed) in TOOLS.items() if (packages := _versions(needed))}
    for name in (name for name in TOOLS if name not in tools):
        say(f"{name} is not measured: it needs {' and '.join(TOOLS[name][1])}, see benchmarks/peers.in")
    modules = dict.fromkeys(WORKERS, wasm)
    module = predecessor_peer.module(say)
    if module is not None:
        modules[PREDECESSOR] = module
        tools[PREDECESSOR] = str(predecessor_peer.host_version())
    for rows in sizes:
        taken: dict[str, list[dict[str, Any]]] = {name: [] for name in (*WORKERS, *tools)}
        for _ in range(runs):
            for name, each in taken.items():
                each.append(_apart(name, rows, modules.get(name)))
        for name, each in taken.items():
            row: dict[str, Any] = {"rows": rows, "tool": name, "version": tools.get(name, version("florecon-build"))}
            for figure in each[0]:
                row[figure] = statistics.median(run[figure] for run in each)
            for figure in ("ms", "cpu_ms"):
                by_round = [theirs[figure] / mine[figure] for theirs, mine in zip(each, taken[OURS], strict=True)]
                row[f"{figure}_ratio"] = {
                    "median": statistics.median(by_round),
                    "least": min(by_round),
                    "most": max(by_round),
                }
            found.append(row)
    return found


def show(console: Console, rows: Sequence[Mapping[str, Any]]) -> None:
    """Print the table."""
    screen = Screen(
        title="Code that a user would write and the predecessor, medians (time by ours in brackets)",
        title_justify="left",
    )
    for name in ("rows", "tool", "wall time", "processor time", "precision", "recall"):
        screen.add_column(name, justify="left" if name == "tool" else "right")
    for row in rows:
        times = [f"{row[key]:,.0f} ms ({row[f'{key}_ratio']['median']:.2f})" for key in ("ms", "cpu_ms")]
        marks = [f"{row[key]:.3f}" for key in ("precision", "recall")]
        screen.add_row(f"{row['rows']:,}", row["tool"], *times, *marks)
    console.print(screen)


if __name__ == "__main__":
    tool, rows, *module = sys.argv[1:]
    print(json.dumps(run(tool, int(rows), Path(module[0]) if module else None)))
