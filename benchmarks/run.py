"""``make bench``: every measurement in one run, into ``benchmarks/results.json`` and a table on the screen, with what
has changed since the commit that was measured last (``benchmarks/history.json``).
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import tempfile
from importlib.metadata import version
from pathlib import Path
from typing import Any

from rich.console import Console

from benchmarks import alternatives, csv_reading, degenerate, edits, end_to_end, flow, history, subsets

ROOT = Path(__file__).resolve().parent.parent

SECTIONS = ("flow", "end_to_end", "alternatives", "edits", "degenerate", "csv_reading", "subsets")


def machine() -> dict[str, Any]:
    """What was measured on, and how busy it was."""
    packages = ("duckdb", "numpy", "ortools", "pyarrow", "wasmtime")
    rustc = subprocess.run(["rustc", "--version"], capture_output=True, text=True, check=False)
    return {
        "system": platform.platform(),
        "cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1,
        "load": os.getloadavg() if hasattr(os, "getloadavg") else None,
        "versions": {package: version(package) for package in packages} | {"rustc": rustc.stdout.strip() or None},
    }


def main() -> None:
    """Measures, prints, writes; a section that is not measured keeps the figures it had."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--runs", type=int, default=5, help="counted runs a solver (the median is quoted)")
    arguments.add_argument("--only", choices=SECTIONS, help="measure one section")
    given = arguments.parse_args()
    console, file = Console(), ROOT / "benchmarks" / "results.json"
    results: dict[str, Any] = json.loads(file.read_text()) if file.exists() else {}
    for section in SECTIONS if given.only is None else (given.only,):
        results[section] = {"machine": machine(), "runs": given.runs}
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            match section:
                case "flow":
                    rows = flow.measure(folder, runs=given.runs, say=console.print)
                    flow.show(console, rows)
                case "end_to_end":
                    rows = end_to_end.measure(end_to_end.build(folder / "intercompany"), runs=given.runs)
                    end_to_end.show(console, rows)
                case "alternatives":
                    wasm = folder / "intercompany.wasm"
                    wasm.write_bytes(end_to_end.build(folder / "intercompany"))
                    rows = alternatives.measure(wasm, runs=given.runs, say=console.print)
                    alternatives.show(console, rows)
                case "edits":
                    rows = edits.measure(end_to_end.build(folder / "intercompany"), say=console.print)
                    edits.show(console, rows)
                case "csv_reading":
                    rows = csv_reading.measure(folder, runs=given.runs)
                    csv_reading.show(console, rows)
                case "subsets":
                    rows = subsets.measure(runs=given.runs)
                    subsets.show(console, rows)
                case _:
                    rows = degenerate.measure(degenerate.build(folder / "degenerate"))
                    degenerate.show(console, rows)
        results[section]["rows"] = rows
        file.write_text(json.dumps(results, indent=2) + "\n")
        measured = history.entry(section, rows)
        history.show(console, history.add(measured), measured)


if __name__ == "__main__":
    main()
