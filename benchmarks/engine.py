"""Engine module against the compiled module: a ledger from upsert to the last table, in one run, and the sizes.

    python -m benchmarks.engine [--rows 1000000] [--runs 3] [--write]

The two take turns, so that what else the machine does falls on both. The bars are ratios: at most 3 times the time and
1.5 times the linear memory of the compiled module, and 2 MB for ``engine.wasm``.
"""

from __future__ import annotations

import argparse
import json
import statistics
import tempfile
import time
from pathlib import Path
from typing import Any

from examples.intercompany.generate import generate
from examples.intercompany.strategy import intercompany
from florecon_build.host import Workspace
from florecon_build.host.frames import conform
from florecon_build.host.runtime.engine_module import engine_path

RESULTS = Path(__file__).resolve().parent / "results.json"
MOST_TIMES, MOST_MEMORY, MOST_BYTES = 3.0, 1.5, 2_000_000


def run_once(source: Any, frame: Any) -> tuple[dict[str, float], int, Any]:
    """Processor seconds of each step, linear memory in bytes, and the table of groups."""
    seconds: dict[str, float] = {}
    with Workspace(source, interruptible=False, workers=1) as workspace:
        began = time.process_time()
        workspace.upsert(frame)
        seconds["upsert"] = time.process_time() - began
        report = workspace.solve()
        seconds["solve"] = time.process_time() - began - seconds["upsert"]
        report.load()
        seconds["total"] = time.process_time() - began
        return seconds, workspace.memory_bytes(), report.groups


def measure(rows: int, runs: int) -> dict[str, Any]:
    """Medians of both, and their ratios."""
    ledger, _ = generate(rows, seed=1)
    with tempfile.TemporaryDirectory() as folder:
        sources = {"engine": intercompany, "compiled": intercompany.build(folder)}
        taken: dict[str, list[dict[str, float]]] = {name: [] for name in sources}
        memory: dict[str, int] = {}
        with Workspace(sources["compiled"], workers=1) as workspace:
            frame = conform(ledger, workspace.about)
        groups: dict[str, Any] = {}
        for _ in range(runs):
            for name, source in sources.items():
                seconds, memory[name], groups[name] = run_once(source, frame)
                taken[name].append(seconds)
    if not groups["engine"].equals(groups["compiled"]):
        raise SystemExit("the engine and the compiled module report other groups")
    median = {
        name: {step: round(statistics.median(run[step] for run in turns), 3) for step in turns[0]}
        for name, turns in taken.items()
    }
    return {
        "rows": rows,
        "runs": runs,
        "cpu_seconds": median,
        "memory_bytes": memory,
        "times": round(median["engine"]["total"] / median["compiled"]["total"], 2),
        "memory": round(memory["engine"] / memory["compiled"], 2),
        "engine_bytes": engine_path().stat().st_size,
    }


def main() -> None:
    """Measures, prints, and says whether the bars are held."""
    arguments = argparse.ArgumentParser(description=__doc__.split("\n")[0] if __doc__ else None)
    arguments.add_argument("--rows", type=int, default=1_000_000)
    arguments.add_argument("--runs", type=int, default=3)
    arguments.add_argument("--write", action="store_true", help="put it into benchmarks/results.json")
    given = arguments.parse_args()
    found = measure(given.rows, given.runs)
    print(json.dumps(found, indent=2))
    held = {
        f"at most {MOST_TIMES} times the time": found["times"] <= MOST_TIMES,
        f"at most {MOST_MEMORY} times the memory": found["memory"] <= MOST_MEMORY,
        f"at most {MOST_BYTES:,} bytes": found["engine_bytes"] <= MOST_BYTES,
    }
    for bar, is_held in held.items():
        print(f"{'held' if is_held else 'MISSED'}: {bar}")
    if given.write:
        kept: dict[str, Any] = json.loads(RESULTS.read_text(encoding="utf-8")) if RESULTS.is_file() else {}
        RESULTS.write_text(json.dumps({**kept, "engine": found}, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
