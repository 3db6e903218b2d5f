"""Measurement of the memory that a worker needs for a shard, from which the plan of a run has its figures.

    python -m benchmarks.shard_memory [--write]

Each line is a shard of the intercompany example that a process solves, with its own columns or with a reference of 200
more letters. What a row takes is the growth from the smaller to the larger shard; ``florecon_build.scale.memory`` plans
with no less.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from examples.intercompany.generate import generate
from examples.intercompany.strategy import intercompany
from florecon_build.scale.job import Folder, Job
from florecon_build.scale.memory import bytes_a_row
from florecon_build.scale.solve import solve_shard
from florecon_build.scale.solver import Solver

RESULTS = Path(__file__).with_name("shard_memory.json")
SIZES = (125_000, 500_000)
LETTERS = (0, 200)


def write_shard(out: Path, rows: int, letters: int) -> float:
    """Writes the rows of a shard as a run divides them; returns the bytes of a row."""
    table, _ = generate(rows, 1)
    if letters:
        longer = pc.binary_join_element_wise(table["reference"], pa.scalar("y" * letters), " ")
        table = table.set_column(table.column_names.index("reference"), "reference", longer)
    folder = Folder(out)
    folder.begin(Job("shard", (), (), {}, {}, 4 << 30, rows, None), Solver.of(intercompany))
    place = folder.path("rows", "divided", "__shard=0")
    place.mkdir(parents=True)
    pq.write_table(table, str(place / "rows.parquet"))
    return table.nbytes / table.num_rows


def solve(out: Path) -> int:
    """Solves the shard in this process; returns the most memory that it had."""
    folder = Folder(out)
    solve_shard(folder, folder.solver(), 0, lambda done, total: None)
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def measured() -> list[dict[str, Any]]:
    """For each width of a row: its bytes, what a row of a shard takes, what a worker takes without, and the plan."""
    lines: list[dict[str, Any]] = []
    for letters in LETTERS:
        peaks: list[int] = []
        row_bytes = 0.0
        for rows in SIZES:
            with tempfile.TemporaryDirectory() as out:
                row_bytes = write_shard(Path(out), rows, letters)
                command = [sys.executable, "-m", "benchmarks.shard_memory", "--solve", out]
                peaks.append(int(subprocess.run(command, check=True, capture_output=True, text=True).stdout))
        slope = (peaks[1] - peaks[0]) / (SIZES[1] - SIZES[0])
        lines.append(
            {
                "row_bytes": round(row_bytes),
                "measured": round(slope),
                "planned": bytes_a_row(row_bytes),
                "base_mb": round((peaks[0] - slope * SIZES[0]) / 1e6),
            }
        )
    return lines


def main() -> None:
    """Measures and shows; exits with 1 where a row takes more than the plan says."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--solve", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--write", action="store_true", help=f"write {RESULTS.name}")
    given = parser.parse_args()
    if given.solve is not None:
        print(solve(given.solve))
        return
    lines = measured()
    for line in lines:
        print(line)
    if given.write:
        RESULTS.write_text(json.dumps(lines, indent=1) + "\n", encoding="utf-8")
    if any(line["measured"] > line["planned"] for line in lines):
        raise SystemExit(1)


if __name__ == "__main__":
    main()
