"""``make bench``: every measurement in one run, into ``benchmarks/results.json`` and a table on the screen."""

from __future__ import annotations

import argparse
import json
import platform
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any, cast

from rich.console import Console
from rich.table import Table

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from benchmarks import degenerate, end_to_end  # noqa: E402 - run as a script from anywhere
from benchmarks.flow import cores, measure  # noqa: E402


def build_flowbench() -> Path:
    """Compiles the benchmark binary and says where it is."""
    command = [sys.executable, "scripts/cargo.py", "build", "--release", "--locked", "--bin", "flowbench"]
    done = subprocess.run([*command, "--message-format=json"], cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True)
    made = [json.loads(line) for line in done.stdout.splitlines() if '"executable":"' in line]
    return Path(made[-1]["executable"])


def show(console: Console, rows: list[dict[str, Any]]) -> None:
    """The flow table: our median beside each peer's, and peer / ours."""
    table = Table(title="Min-cost flow, medians in milliseconds (one thread)", title_justify="left")
    for name in ("instance", "arcs", "build", "solve", "edit (us)", "peer", "solve", "peer / ours"):
        table.add_column(name, justify="left" if name in ("instance", "peer") else "right")
    for row in rows:
        engine, edits = row["engine"], row["edits"]
        for peer in row["peers"]:
            table.add_row(
                f"{row['family']} {row['size']:,}",
                f"{row['arcs']:,}",
                f"{engine['build_ms']:.1f}",
                f"{engine['solve_ms']:.1f}",
                f"{edits['edit_us_median']:.1f}",
                f"{peer['peer']} {peer['version']}",
                f"{peer['solve_ms']:.1f}",
                f"{peer['ratio']:.1f}",
            )
    console.print(table)


def main() -> None:
    """Measures, prints, writes."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--runs", type=int, default=5, help="counted runs a solver (the median is quoted)")
    given = arguments.parse_args()
    console = Console()
    results: dict[str, Any] = {"machine": {"system": platform.platform(), "cores": cores()}, "runs": given.runs}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        rows = cast("list[dict[str, Any]]", measure(build_flowbench(), folder, runs=given.runs))
        show(console, rows)
        whole = end_to_end.measure(end_to_end.build(folder / "intercompany"), runs=given.runs)
        end_to_end.show(console, whole)
        worst = degenerate.measure(degenerate.build(folder / "degenerate"))
        degenerate.show(console, worst)
    results |= {"flow": rows, "end_to_end": whole, "degenerate": worst}
    (ROOT / "benchmarks" / "results.json").write_text(json.dumps(results, indent=2) + "\n")


if __name__ == "__main__":
    main()
