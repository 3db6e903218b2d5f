"""History of the measurements: the figures of each section at each commit that was measured, and the change since.

`benchmarks/history.json` has one entry a line: commit, day, section, and the figures by name. A section that is
measured again at the same commit replaces its entry.
"""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast

from rich.console import Console
from rich.table import Table as Screen

FILE = Path(__file__).resolve().parent / "history.json"
FIGURES = {
    "cpu_ms",
    "cpu_ms_ratio",
    "cpu_s",
    "solve_ms",
    "total_cpu_ms",
    "instructions",
    "work_growth",
    "bytes_per_row",
    "ratio",
}
"""Names of the figures that are kept: of times the processor's, which other work disturbs least."""
SPREAD = {"least", "most"}
PLACES = ("family", "leaf", "case", "tool", "peer", "rows", "size")
"""Names of the values that say what a figure is of."""
CHANGED = 0.05
"""The part by which a figure differs where it is shown."""

Entry = Mapping[str, Any]


def figures(found: object, of: tuple[str, ...] = ()) -> Iterator[tuple[str, float]]:
    """The figures in the rows of a section, by what they are of.

    >>> dict(figures([{"rows": 20, "steps": {"edit": {"cpu_ms": 9.5, "most_ms": 30.0}}}]))
    {'20, steps, edit, cpu_ms': 9.5}
    """
    if isinstance(found, list):
        for each in cast("list[object]", found):
            yield from figures(each, of)
    elif isinstance(found, Mapping):
        fields = cast("Mapping[str, object]", found)
        of = (*of, *(str(fields[name]) for name in PLACES if isinstance(fields.get(name), str | int)))
        for name, value in fields.items():
            if not isinstance(value, int | float):
                yield from figures(value, (*of, name))
            elif {name, *of[-1:]} & FIGURES and name not in SPREAD:
                yield ", ".join((*of, name)), float(f"{value:.4g}")


def entry(section: str, rows: object) -> Entry:
    """The entry for what was measured now."""
    asked = ["git", "-C", str(FILE.parent), "rev-parse", "--short=12", "HEAD"]
    commit = subprocess.run(asked, capture_output=True, text=True, check=False).stdout.strip()
    day = datetime.now(UTC).date().isoformat()
    return {"commit": commit or None, "day": day, "section": section, "figures": dict(figures(rows))}


def read() -> list[Entry]:
    """All entries, the oldest first."""
    return json.loads(FILE.read_text(encoding="utf-8")) if FILE.is_file() else []


def add(made: Entry) -> Entry | None:
    """Adds an entry; returns the last one of the same section before it."""
    same = (made["commit"], made["section"])
    kept = [each for each in read() if (each["commit"], each["section"]) != same]
    lines = ",\n".join(json.dumps(each) for each in [*kept, made])
    FILE.write_text(f"[\n{lines}\n]\n", encoding="utf-8")
    return next((each for each in reversed(kept) if each["section"] == made["section"]), None)


def changes(before: Entry, now: Entry) -> Sequence[tuple[str, float, float]]:
    """The figures that differ, with their values before and now; the largest change first.

    >>> changes({"figures": {"a": 10.0, "b": 10.0}}, {"figures": {"a": 10.2, "b": 12.0}})
    [('b', 10.0, 12.0)]
    """
    both = [
        (name, before["figures"][name], value) for name, value in now["figures"].items() if name in before["figures"]
    ]
    moved = [(name, old, new) for name, old, new in both if abs(new - old) > CHANGED * abs(old)]
    return sorted(moved, key=lambda each: -abs(each[2] - each[1]) / max(abs(each[1]), 1e-9))


def show(console: Console, before: Entry | None, now: Entry) -> None:
    """Prints what has changed since the entry before."""
    if before is None:
        return
    moved = changes(before, now)
    title = f"{now['section']}: {len(moved)} of {len(now['figures'])} figures changed since {before['commit']}"
    screen = Screen(title=f"{title}, by more than {CHANGED:.0%}", title_justify="left")
    for name in ("figure", "before", "now", "change"):
        screen.add_column(name, justify="left" if name == "figure" else "right")
    for name, old, new in moved:
        screen.add_row(name, f"{old:,.4g}", f"{new:,.4g}", f"{(new - old) / old:+.0%}" if old else "")
    console.print(screen)
