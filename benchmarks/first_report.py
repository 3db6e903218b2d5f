"""First report of a new user: from the wheel to a printed report, on a path without a compiler.

    python -m benchmarks.first_report [--runs 3] [--write]

Each run has an empty environment, an empty folder and an empty cache of compiled modules. What pip downloads depends on
the line, so a first installation fills pip's cache and is not counted. The bar is 30 seconds.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Any

from scripts import dist

RESULTS = Path(__file__).resolve().parent / "results.json"
MOST_SECONDS = 30.0


def run_once(wheel: Path, folder: Path) -> dict[str, float]:
    """Seconds of each step of one new user."""
    seconds: dict[str, float] = {}
    began = time.perf_counter()
    python = dist.install(wheel, folder / "env", fetch=True)
    seconds["install"] = time.perf_counter() - began
    env = dist.outside() | {"PATH": str(python.parent), "XDG_CACHE_HOME": str(folder / "cache")}
    command = str(python.with_name("florecon-build"))
    for step, at in ((("new", "my-recon"), folder), (("author",), folder / "my-recon")):
        began = time.perf_counter()
        subprocess.run([command, *step], cwd=at, env=env, check=True, capture_output=True)
        seconds[step[0]] = time.perf_counter() - began
    seconds["total"] = sum(seconds.values())
    return seconds


def measure(runs: int) -> dict[str, Any]:
    """Median and largest seconds of each step."""
    taken: list[dict[str, float]] = []
    with tempfile.TemporaryDirectory() as made:
        wheel = dist.build(Path(made) / "dist")[1]
        for index in range(runs + 1):
            folder = Path(made) / str(index)
            folder.mkdir()
            taken.append(run_once(wheel, folder))
    counted = taken[1:]
    return {
        "runs": runs,
        "seconds": {step: round(statistics.median(run[step] for run in counted), 2) for step in counted[0]},
        "largest_total": round(max(run["total"] for run in counted), 2),
    }


def main() -> None:
    """Measures, prints, and says whether the bar is held."""
    arguments = argparse.ArgumentParser(description=__doc__.split("\n")[0] if __doc__ else None)
    arguments.add_argument("--runs", type=int, default=3)
    arguments.add_argument("--write", action="store_true", help="put it into benchmarks/results.json")
    given = arguments.parse_args()
    found = measure(given.runs)
    print(json.dumps(found, indent=2))
    print(f"{'held' if found['seconds']['total'] <= MOST_SECONDS else 'MISSED'}: under {MOST_SECONDS:.0f} seconds")
    if given.write:
        kept: dict[str, Any] = json.loads(RESULTS.read_text(encoding="utf-8")) if RESULTS.is_file() else {}
        RESULTS.write_text(json.dumps({**kept, "first_report": found}, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
