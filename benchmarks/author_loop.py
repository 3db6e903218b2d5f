"""The author's loop: seconds from a saved change of one line to the finished report, in a process that watches.

    python -m benchmarks.author_loop [--rounds 5] [--example intercompany] [--by compiled] [--write]

Each kind of edit is made and taken back, the data read before. The parts are Python (the
strategy is read and checked), open (the engine takes it), read, run (from ingest to report), and count (what the page
shows); with ``--by compiled`` emit (to Rust) and rustc come in the place of open.
"""

from __future__ import annotations

import argparse
import json
import shutil
import statistics
import tempfile
import time
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from florecon_build.cli import terminal_page
from florecon_build.cli.author.loop import AuthorLoop, By
from florecon_build.cli.declared_sources import LedgerFiles

ROOT = Path(__file__).resolve().parent.parent
RESULTS = ROOT / "benchmarks" / "results.json"

EDITS: dict[str, dict[str, tuple[str, str]]] = {
    "starter": {
        "a number in a cost": ("1 + 0.1 * days(a, b)),", "1 + 0.2 * days(a, b)),"),
        "a condition": ("(days(a, b) <= 45)", "(days(a, b) <= 30)"),
        "a key": ('"same invoice", fb.signal_group(row.invoices', '"same invoice", fb.agg_net(row.customer'),
        "a lane": ("min_length=6", "min_length=5"),
        "a default": ('fb.param("slack", 0', 'fb.param("slack", 5'),
    },
    "intercompany": {
        "a number in a cost": ("1 + 0.002 * fb.gap", "1 + 0.003 * fb.gap"),
        "a condition": ("(days <= 20)", "(days <= 25)"),
        "a key": ("fb.exact_1to1(key=row.invoice", "fb.exact_1to1(key=row.objsub"),
        "a lane": ("min_length=8", "min_length=7"),
        "a default": ('fb.param("slack", 100', 'fb.param("slack", 200'),
    },
}
"""Example -> kind of edit -> the text before and after."""


def measure(example: str, rounds: int, by: By) -> list[dict[str, Any]]:
    """One line per kind of edit: the medians of the whole and of its parts, in seconds."""
    with tempfile.TemporaryDirectory(prefix="florecon-loop-") as name:
        folder = Path(name)
        for file in ("strategy.py", "sample.csv"):
            shutil.copyfile(ROOT / "examples" / example / file, folder / file)
        author = AuthorLoop(folder / "strategy.py", None, LedgerFiles((folder / "sample.csv",)), say=print)
        author.run_once(by)
        return [_edit(author, kind, texts, rounds, by) for kind, texts in EDITS[example].items()]


def _edit(author: AuthorLoop, kind: str, texts: tuple[str, str], rounds: int, by: By) -> dict[str, Any]:
    before, after = texts
    original = author.strategy.read_text()
    if original.count(before) < 1:
        raise SystemExit(f"{author.strategy.name} has no {before!r} to edit")
    turns: list[dict[str, float]] = []
    for _ in range(rounds):
        for text in (original.replace(before, after, 1), original):
            author.strategy.write_text(text)
            turns.append(_iterate(author, by))
    median = {part: statistics.median(turn[part] for turn in turns) for part in turns[0]}
    return {"edit": kind, "turns": len(turns), **{part: round(value, 4) for part, value in median.items()}}


def _iterate(author: AuthorLoop, by: By) -> dict[str, float]:
    """From the saved file to the printed page."""
    began = time.perf_counter()
    iteration = author.run_once(by)
    with Console(width=100, file=(out := tempfile.SpooledTemporaryFile(mode="w"))) as console:
        terminal_page.print_summary(console, iteration.summary)
    out.close()
    return {"total": time.perf_counter() - began, **iteration.seconds}


def show(example: str, rows: list[dict[str, Any]]) -> None:
    """The lines as a table."""
    table = Table(title=f"{example}: from a saved line to the report, medians in seconds", title_justify="left")
    for name in rows[0]:
        table.add_column(name, justify="left" if name == "edit" else "right")
    for row in rows:
        table.add_row(*(f"{value:.3f}" if isinstance(value, float) else str(value) for value in row.values()))
    Console().print(table)


def main() -> None:
    """Measures and prints."""
    arguments = argparse.ArgumentParser(description=__doc__.split("\n")[0] if __doc__ else None)
    arguments.add_argument("--rounds", type=int, default=3, help="each edit is made and taken back so often")
    arguments.add_argument("--example", choices=list(EDITS), action="append")
    arguments.add_argument("--by", choices=("engine", "compiled"), default="engine", help="what runs the strategy")
    arguments.add_argument("--write", action="store_true", help="put it into benchmarks/results.json")
    given = arguments.parse_args()
    found = {example: measure(example, given.rounds, given.by) for example in given.example or EDITS}
    for example, rows in found.items():
        show(example, rows)
    if given.write:
        kept: dict[str, Any] = json.loads(RESULTS.read_text(encoding="utf-8")) if RESULTS.is_file() else {}
        RESULTS.write_text(
            json.dumps({**kept, "author_loop": {"by": given.by, **found}}, indent=2) + "\n", encoding="utf-8"
        )


if __name__ == "__main__":
    main()
