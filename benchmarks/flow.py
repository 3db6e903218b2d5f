"""Benchmark of the min-cost-flow solver beside its peers: same instances, same objective, one run, one thread each."""

from __future__ import annotations

import json
import multiprocessing
import os
import statistics
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from benchmarks.instances import FAMILIES, SIZES, Instance, write
from benchmarks.peers import PEERS, Peer
from benchmarks.wasm import TARGET, WasmBench

ROOT = Path(__file__).resolve().parent.parent
FLOWBENCH = ROOT / "benchmarks" / "flowbench" / "Cargo.toml"
SLOW_SECONDS = 120
"""A run of a peer that takes longer is given up, and so is the peer."""

# Freed memory is kept for the next run, as in wasm and in a workspace that lives on; glibc would give it back.
KEEP_MEMORY = {"MALLOC_MMAP_THRESHOLD_": "4000000000", "MALLOC_TRIM_THRESHOLD_": "4000000000"}

Row = dict[str, Any]
Say = Callable[[str], None]


def build(target: str | None = None) -> Path | None:
    """Compiles the benchmark binary and says where it is; None where there is no compiler for the target."""
    command = [sys.executable, "scripts/cargo.py", "build", "--release", "--locked", "--manifest-path", str(FLOWBENCH)]
    command += [] if target is None else ["--target", target]
    done = subprocess.run([*command, "--message-format=json"], cwd=ROOT, check=False, capture_output=True, text=True)
    made = [json.loads(line) for line in done.stdout.splitlines() if '"executable":"' in line]
    if target is None and done.returncode != 0:
        raise RuntimeError(f"flowbench does not compile:\n{done.stderr}")
    return Path(made[-1]["executable"]) if made and done.returncode == 0 else None


def flowbench(binary: Path, file: Path, *, runs: int = 5) -> list[Row]:
    """Run the benchmark binary on a file; one row per instance."""
    command = [str(binary), str(file), "--runs", str(runs)]
    kept = {**os.environ, **KEEP_MEMORY}
    said = subprocess.run(command, check=True, capture_output=True, text=True, env=kept).stdout
    return [json.loads(line) for line in said.splitlines()]


def timed(peer: Peer, instance: Instance, runs: int) -> tuple[list[float], int | None]:
    """The times of its runs in milliseconds, and its objective; no times if it took too long. It has a process of its
    own: libraries that bring the same solver do not get on in one."""
    times: list[float] = []
    pool = ProcessPoolExecutor(1, multiprocessing.get_context("spawn"))
    try:
        while True:
            answer = pool.submit(peer.solve, instance).result(timeout=SLOW_SECONDS)
            times.append(answer.ms)
            if len(times) == runs:
                return times, answer.objective
    except TimeoutError:
        for process in multiprocessing.active_children():
            process.kill()
        return [], None
    finally:
        pool.shutdown()


def beside(peer: Peer, instance: Instance, ours: Row, runs: int) -> Row:
    """A peer's row. ``ratio`` is peer / engine, above 1 where the engine is faster, ``wrong`` an answer that is not the
    optimum, which every correct solver finds to the last digit. ``runs`` is 0 where it gave no answer in time."""
    times, objective = timed(peer, instance, runs)
    if not times:
        return {"peer": peer.name, "version": peer.version(), "runs": 0, "seconds": SLOW_SECONDS, "wrong": False}
    median = statistics.median(times)
    return {
        "peer": peer.name,
        "version": peer.version(),
        "runs": len(times),
        "solve_ms": median,
        "spread_ms": [min(times), max(times)],
        "ratio": median / ours["solve_ms"],
        "wrong": objective != int(ours["objective"]),
    }


def measure(folder: Path, *, runs: int, say: Say) -> list[Row]:
    """Time every family and size: the solver, natively and as wasm, and every peer that is installed.

    An objective that OR-tools does not confirm ends the measurement: then there is a bug and nothing to time.
    """
    binary, module = build(), build(TARGET)
    assert binary is not None
    wasm = WasmBench(module) if module else None
    if wasm is None:
        say(f"there is no compiler for {TARGET}, so wasm is not measured: rustup target add {TARGET}")
    for peer in PEERS:
        if peer.version() is None:
            say(f"{peer.name} is not installed and not measured: see benchmarks/peers.py")
    return [
        _family(family, size, binary, wasm, folder, runs=runs, say=say)
        for family, sizes in SIZES.items()
        for size in sizes
    ]


def _family(family: str, size: int, binary: Path, wasm: WasmBench | None, folder: Path, *, runs: int, say: Say) -> Row:
    instance = FAMILIES[family](size)
    file = folder / f"{family}_{size}.mcf"
    write(file, instance)
    say(f"{family} {size:,}: engine")
    [ours] = flowbench(binary, file, runs=runs)
    row: Row = {"family": family, "size": size, "arcs": len(instance.tail), "engine": ours}
    if wasm is not None:
        there = wasm(file, runs)
        row["wasm"] = {**there, "ratio": there["solve_ms"] / ours["solve_ms"]}
    peers: list[Row] = []
    for peer in PEERS:
        if peer.version() is not None and (peer.families is None or family in peer.families):
            say(f"{family} {size:,}: {peer.name}")
            peers.append(beside(peer, instance, ours, runs))
    if any(peer["wrong"] for peer in peers if peer["peer"].startswith("OR-tools")):
        raise RuntimeError(f"{family} {size}: OR-tools finds another objective than {ours['objective']}")
    row["peers"] = peers
    return row


def show(console: Console, rows: list[Row]) -> None:
    """Our medians, then each peer's, and peer / ours."""
    ours = Table(title="Min-cost flow, medians (one thread)", title_justify="left")
    for name in (
        "instance",
        "arcs",
        "build ms",
        "solve ms",
        "certify ms",
        "wasm ms",
        "wasm / native",
    ):
        ours.add_column(name, justify="left" if name == "instance" else "right")
    peers = Table(title="Its peers, medians of solving alone", title_justify="left")
    for name in ("instance", "peer", "solve ms", "runs", "peer / ours", ""):
        peers.add_column(name, justify="left" if name in ("instance", "peer") else "right")
    for row in rows:
        engine, wasm = row["engine"], row.get("wasm")
        name = f"{row['family']} {row['size']:,}"
        ours.add_row(
            name,
            f"{row['arcs']:,}",
            *(f"{engine[what]:.1f}" for what in ("build_ms", "solve_ms", "certify_ms")),
            *((f"{wasm['solve_ms']:.1f}", f"{wasm['ratio']:.2f}") if wasm else ("", "")),
        )
        for peer in row["peers"]:
            if peer["runs"] == 0:
                peers.add_row(name, f"{peer['peer']} {peer['version']}", f"> {peer['seconds']:,}000", "0", "", "")
                continue
            wrong = "wrong answer" if peer["wrong"] else ""
            cells = f"{peer['solve_ms']:.1f}", str(peer["runs"]), f"{peer['ratio']:.1f}"
            peers.add_row(name, f"{peer['peer']} {peer['version']}", *cells, wrong)
    console.print(ours, peers)
