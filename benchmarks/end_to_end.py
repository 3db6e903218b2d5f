"""Benchmark from ledger to report, through wasm from Python: the intercompany example at three sizes.

One figure is the median of several runs in milliseconds of wall time; ``cpu_ms`` is processor time, which says more
on a busy machine. Memory is the module's linear memory, which only grows: what stands after a step is the most that was
needed up to then.
"""

from __future__ import annotations

import json
import platform
import statistics
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table as Screen

from benchmarks.work import Counter
from examples.arrow import Table, pa
from examples.intercompany.generate import generate
from examples.intercompany.strategy import intercompany
from florecon_build.host import Workspace
from florecon_build.host.frames import conform
from florecon_build.host.report.report import Report
from florecon_build.host.runtime.compiled_cache import CompiledCache
from florecon_build.host.runtime.module import RECENT, load

SIZES = (10_000, 100_000, 1_000_000)
MOST_MS, MOST_BYTES = 3000, 400  # at a million rows: all of it, and linear memory a row
WORKERS = 2
STEPS = ("upsert", "solve", "fetch groups", "fetch allocations", "fetch stages")


@dataclass(slots=True)
class Clock:
    """Times of named steps in milliseconds, one list a name, and memory in bytes after the step, if asked for."""

    ms: dict[str, list[float]] = field(default_factory=dict[str, list[float]])
    cpu_ms: dict[str, list[float]] = field(default_factory=dict[str, list[float]])
    memory: dict[str, int] = field(default_factory=dict[str, int])

    def run(self, step: str, work: Callable[[], Any], workspace: Workspace | None = None) -> Any:
        start, start_cpu = time.perf_counter(), time.process_time()
        result = work()
        self.ms.setdefault(step, []).append((time.perf_counter() - start) * 1e3)
        self.cpu_ms.setdefault(step, []).append((time.process_time() - start_cpu) * 1e3)
        if workspace is not None:
            self.memory[step] = workspace.memory_bytes()
        return result

    def median(self, step: str) -> float:
        return statistics.median(self.ms[step])

    def figures(self) -> dict[str, dict[str, float]]:
        return {
            step: {**spread(times), "cpu_ms": statistics.median(self.cpu_ms[step])} for step, times in self.ms.items()
        }


def spread(times: Sequence[float]) -> dict[str, float]:
    return {"ms": statistics.median(times), "least_ms": min(times), "most_ms": max(times)}


def loading(wasm: bytes, runs: int) -> dict[str, Any]:
    """Compiling a module, and loading it from the cache on disk."""
    clock = Clock()
    for _ in range(runs):
        with tempfile.TemporaryDirectory() as folder:
            cache = CompiledCache(Path(folder) / "modules")
            for step in ("cold", "cached"):
                RECENT.clear()
                clock.run(step, lambda cache=cache: load(wasm, cache=cache))
    return {"wasm_bytes": len(wasm), **clock.figures()}


def run_once(wasm: bytes, ledger: Table, clock: Clock) -> int:
    """Every step from a frame in Python to the tables of the report, and a snapshot and back; the number of groups."""
    with Workspace(wasm, workers=1) as workspace:
        clock.run("conform", lambda: conform(ledger, workspace.about, columns={}, text_amounts=None))
        clock.run("upsert", lambda: workspace.upsert(ledger), workspace)
        report: Report = clock.run("solve", workspace.solve, workspace)
        clock.run("fetch groups", lambda: report.groups, workspace)
        clock.run("fetch allocations", lambda: report.allocations, workspace)
        clock.run("fetch stages", lambda: report.stages, workspace)
        taken: bytes = clock.run("snapshot", workspace.snapshot, workspace)
        clock.memory["snapshot itself"] = len(taken)
    with clock.run("restore", lambda: Workspace.restore(wasm, taken)) as back:
        if back.report().groups != report.groups:
            raise RuntimeError("what was restored is not what was taken")
    return report.groups.num_rows


def ledger_to_report(wasm: bytes, ledger: Table, runs: int) -> dict[str, Any]:
    """The medians of several runs, each in a module of its own. ``conform`` is done again within ``upsert``."""
    clock, rows = Clock(), ledger.num_rows
    (groups,) = {run_once(wasm, ledger, clock) for _ in range(runs)}
    total = sum(clock.median(step) for step in STEPS)
    return {
        "rows": rows,
        "groups": groups,
        "total_ms": total,
        "total_cpu_ms": sum(statistics.median(clock.cpu_ms[step]) for step in STEPS),
        "rows_per_s": rows / total * 1e3,
        "upsert_rows_per_cpu_s": rows / clock.figures()["upsert"]["cpu_ms"] * 1e3,
        "steps": clock.figures(),
        "bytes_per_row": {step: memory / rows for step, memory in clock.memory.items()},
    }


def in_parallel(wasm: bytes, ledger: Table, runs: int) -> dict[str, Any]:
    """The steps up to the report in one instance and in two, the rounds interleaved; the time of two by that of one."""
    clocks = {1: Clock(), WORKERS: Clock()}
    for _ in range(runs):
        for workers, clock in clocks.items():
            with Workspace(wasm, workers=workers) as workspace:
                clock.run("upsert", lambda ws=workspace: ws.upsert(ledger), workspace)
                report: Report = clock.run("solve", workspace.solve, workspace)
                for what in ("groups", "allocations", "stages"):
                    clock.run(f"fetch {what}", lambda report=report, what=what: getattr(report, what), workspace)
    sums = {
        workers: {
            "ms": sum(clock.median(step) for step in STEPS),
            "cpu_ms": sum(statistics.median(clock.cpu_ms[step]) for step in STEPS),
        }
        for workers, clock in clocks.items()
    }
    return {
        "rows": ledger.num_rows,
        "workers": WORKERS,
        "total_ms": sums[WORKERS]["ms"],
        "total_cpu_ms": sums[WORKERS]["cpu_ms"],
        "ms_ratio": sums[WORKERS]["ms"] / sums[1]["ms"],
        "cpu_ms_ratio": sums[WORKERS]["cpu_ms"] / sums[1]["cpu_ms"],
        "steps": clocks[WORKERS].figures(),
        "bytes_per_row": {step: memory / ledger.num_rows for step, memory in clocks[WORKERS].memory.items()},
    }


def as_json(ledger: Table) -> bytes:
    """The rows as a module with a JSON wire would have to take them."""
    records = ledger.set_column(
        ledger.schema.get_field_index("amount"), "amount", ledger.column("amount").cast(pa.float64())
    ).to_pylist()
    return json.dumps(records, default=str).encode()


def json_peers(ledger: Table, ours: Mapping[str, float], runs: int) -> list[dict[str, Any]]:
    """What parsing alone of the same rows costs a peer that takes JSON; the ratio is peer / our whole upsert, in
    processor time."""
    rows = ledger.num_rows
    text = as_json(ledger)
    lines = b"\n".join(json.dumps(row).encode() for row in json.loads(text))
    read_json = __import__("pyarrow.json", fromlist=["read_json"]).read_json
    peers: Mapping[str, tuple[str, Callable[[], object]]] = {
        "json.loads (standard library)": (platform.python_version(), lambda: json.loads(text)),
        "pyarrow.json.read_json": (version("pyarrow"), lambda: read_json(pa.BufferReader(lines))),
    }
    rated: list[dict[str, Any]] = []
    for name, (release, parse) in peers.items():
        clock = Clock()
        for _ in range(runs):
            clock.run("parse", parse)
        parsed = clock.figures()["parse"]
        rates = {"rows_per_s": rows / parsed["cpu_ms"] * 1e3, "ratio": parsed["cpu_ms"] / ours["cpu_ms"]}
        rated.append({"peer": name, "version": release, **rates, **parsed})
    return rated


def measure(wasm: bytes, *, runs: int = 5, sizes: Sequence[int] = SIZES) -> dict[str, Any]:
    """All figures; see the names of the rows."""
    ledgers: list[dict[str, Any]] = []
    parallel: list[dict[str, Any]] = []
    for size in sizes:
        ledger, _ = generate(size, 1)
        figures = ledger_to_report(wasm, ledger, runs)
        # a million rows as Python objects are gigabytes
        figures["peers"] = json_peers(ledger, figures["steps"]["upsert"], runs) if size <= SIZES[1] else []
        ledgers.append(figures)
        if size >= SIZES[1]:
            parallel.append(in_parallel(wasm, ledger, runs))
    counted = generate(SIZES[1], 1)[0]
    steps = Counter(wasm).of_ledger(counted)
    work = {"rows": counted.num_rows, "a_row": {step: count / counted.num_rows for step, count in steps.items()}}
    figures = {"ledger_to_report": ledgers, "in_parallel": parallel}
    return {"load": loading(wasm, runs), **figures, "instructions": work}


def build(folder: Path) -> bytes:
    """The module of the intercompany example, in release."""
    return Path(intercompany.build(folder).wasm).read_bytes()


def show(console: Console, results: Mapping[str, Any]) -> None:
    """Print the tables: ledger to report, loading."""
    screen = Screen(title="Ledger to report, medians in milliseconds (wasm from Python)", title_justify="left")
    shown = (*STEPS, "snapshot", "restore")
    for name in ("rows", "all", "rows/s", *shown, "B/row solved", "B/row fetched"):
        screen.add_column(name, justify="right")
    for row in results["ledger_to_report"]:
        times = [f"{row['steps'][step]['ms']:.0f}" for step in shown]
        memory = [f"{row['bytes_per_row'][step]:.0f}" for step in ("solve", "fetch allocations")]
        screen.add_row(f"{row['rows']:,}", f"{row['total_ms']:.0f}", f"{row['rows_per_s']:,.0f}", *times, *memory)
    console.print(screen)
    for row in results["ledger_to_report"]:
        console.print(f"{row['rows']:,} rows: {row['total_cpu_ms']:.0f} ms of processor time in all")
        for peer in row["peers"]:
            console.print(
                f"{row['rows']:,} rows: {peer['peer']} {peer['version']} parses {peer['rows_per_s']:,.0f} rows/s; "
                f"we take in {row['upsert_rows_per_cpu_s']:,.0f}, lanes computed ({peer['ratio']:.2f} times as many)"
            )
    for row in results.get("in_parallel", ()):
        console.print(
            f"{row['rows']:,} rows in {row['workers']} instances: {row['total_ms']:.0f} ms and"
            f" {row['total_cpu_ms']:.0f} ms of processor, {row['ms_ratio']:.2f} and {row['cpu_ms_ratio']:.2f} times"
        )
    if counted := results.get("instructions"):
        each = ", ".join(f"{step} {count:,.0f}" for step, count in counted["a_row"].items())
        console.print(f"{counted['rows']:,} rows: instructions a row: {each}")
    loaded = results["load"]
    console.print(f"loading: cold {loaded['cold']['ms']:.0f} ms, cached {loaded['cached']['ms']:.1f} ms")
    for row in results["ledger_to_report"][-1:]:
        memory = row["bytes_per_row"]["fetch allocations"]
        met = "met" if row["total_ms"] < MOST_MS and memory < MOST_BYTES else "missed"
        console.print(f"bar at {row['rows']:,} rows: under {MOST_MS} ms and {MOST_BYTES} bytes a row: {met}")
