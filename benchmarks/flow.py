"""The flow engine beside its peers: the same instances, the same objective, in one run, one thread each."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

import numpy as np
from ortools.graph.python import min_cost_flow

from benchmarks.instances import FAMILIES, SIZES, Instance

EDITS = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Timing:
    """Milliseconds of one solver on one instance: every run, its exact objective where it gives one."""

    solver: str
    solve_ms: tuple[float, ...]
    objective: int | None

    @property
    def median(self) -> float:
        return statistics.median(self.solve_ms)


def ortools(instance: Instance) -> tuple[float, int]:
    """OR-tools ``SimpleMinCostFlow``; unmatched units go through one root node."""
    solver = min_cost_flow.SimpleMinCostFlow()
    nodes = instance.sources + instance.sinks
    sources, sinks = np.arange(instance.sources), instance.sources + np.arange(instance.sinks)
    root = np.full(nodes, nodes)
    tail = np.concatenate([instance.tail, sources, root[: instance.sinks]])
    head = np.concatenate([instance.head, root[: instance.sources], sinks])
    cost = np.concatenate([instance.cost, instance.penalty])
    capacity = np.full(len(tail), int(np.abs(instance.supply).sum()))
    solver.add_arcs_with_capacity_and_unit_cost(tail, head, capacity, cost)
    solver.set_nodes_supplies(np.arange(nodes + 1), np.append(instance.supply, -instance.supply.sum()))
    start = time.perf_counter()
    status = solver.solve()
    elapsed = time.perf_counter() - start
    if status != solver.OPTIMAL:
        raise RuntimeError(f"OR-tools ended with {status}")
    return elapsed * 1e3, int(solver.optimal_cost())


PEERS: dict[str, tuple[str, Callable[[Instance], tuple[float, int]]]] = {
    "OR-tools SimpleMinCostFlow": ("ortools", ortools),
}


def flowbench(binary: Path, file: Path, *, edits: int = 0, runs: int = 5) -> dict[str, object]:
    """One JSON line of the benchmark binary."""
    command = [str(binary), str(file), "--runs", str(runs)]
    if edits:
        command += ["--edits", str(edits)]
    return json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def measure(binary: Path, folder: Path, *, runs: int = 5) -> list[dict[str, object]]:
    """Time every family and size. A row has the engine's figures and, per peer, its median, its version and the ratio
    peer / engine (above 1: the engine is faster)."""
    folder.mkdir(parents=True, exist_ok=True)
    rows: list[dict[str, object]] = []
    for family, sizes in SIZES.items():
        for size in sizes:
            instance = FAMILIES[family](size)
            file = folder / f"{family}_{size}.mcf"
            instance.write(file)
            ours = flowbench(binary, file, runs=runs)
            solve_ms = float(str(ours["solve_ms"]))
            peers: list[dict[str, object]] = []
            for name, (package, solve) in PEERS.items():
                results = [solve(instance) for _ in range(runs if solve_ms < 200 else 3)]
                timing = Timing(solver=name, solve_ms=tuple(ms for ms, _ in results), objective=results[0][1])
                if timing.objective != int(str(ours["objective"])):
                    raise RuntimeError(f"{family} {size}: {name} says {timing.objective}, we say {ours['objective']}")
                peers.append(
                    {
                        "peer": name,
                        "version": version(package),
                        "solve_ms": timing.median,
                        "spread_ms": [min(timing.solve_ms), max(timing.solve_ms)],
                        "ratio": timing.median / solve_ms,
                    }
                )
            edits = flowbench(binary, file, edits=EDITS, runs=1)
            rows.append(
                {
                    "family": family,
                    "size": size,
                    "arcs": len(instance.tail),
                    "engine": ours,
                    "edits": edits,
                    "peers": peers,
                }
            )
    return rows


def cores() -> int:
    """Processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
