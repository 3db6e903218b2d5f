"""Draws the curves of docs/scale.md from benchmarks/scale.json, and writes its tables and the plans of the examples.

python -m scripts.draw_scale
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any

import florecon_build as fb
from examples.cash_application.strategy import cash_application
from examples.intercompany.strategy import intercompany

ROOT = Path(__file__).resolve().parent.parent
PAGE, PICTURES = ROOT / "docs" / "scale.md", ROOT / "docs" / "pictures"
WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM = 640, 300, 70, 120, 24, 44
STYLE = (
    "text{font:13px ui-sans-serif,system-ui,'Segoe UI',sans-serif;fill:#1b2530}"
    ".axis{fill:#5c6b7a;font-size:12px}.end{text-anchor:end}.middle{text-anchor:middle}.grid{stroke:#dde3ea}"
    "polyline{fill:none;stroke-width:2}.c0{stroke:#245b96;fill:#245b96}.c1{stroke:#c2622d;fill:#c2622d}"
    ".bar{stroke:#8a4f9e;stroke-dasharray:5 4}polyline.c0,polyline.c1{fill:none}"
    "@media (prefers-color-scheme:dark){text{fill:#e3e9ef}.axis{fill:#9aa8b5}.grid{stroke:#33404c}"
    ".c0{stroke:#6ea8e0;fill:#6ea8e0}.c1{stroke:#e8935f;fill:#e8935f}.bar{stroke:#bd8ccc}}"
)
BILLION = 1_000_000_000
CORES = (2, 16, 64)
Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Line:
    """A curve: its name and points of millions of rows and a value."""

    name: str
    points: Sequence[Point]


def results() -> list[dict[str, Any]]:
    """What was measured."""
    found: list[dict[str, Any]] = json.loads((ROOT / "benchmarks" / "scale.json").read_text(encoding="utf-8"))
    return found


def curves(rows: Sequence[dict[str, Any]]) -> dict[str, str]:
    """The pictures by their names: time and memory by rows."""

    def line(workers: int, name: str, of: str, per: float) -> Line:
        points = [(row["rows"] / 1e6, row[of] / per) for row in rows if row["workers"] == workers]
        return Line(name, sorted(points))

    names = {1: "1 worker", 2: "2 workers"}
    time = [line(workers, name, "path_seconds", 1) for workers, name in names.items()]
    memory = [line(workers, name, "peak_mb", 1000) for workers, name in names.items()]
    return {
        "scale-time": chart("seconds on idle processors", time),
        "scale-memory": chart("GB of memory at most", memory, bar=(8.0, "8 GB, the bar")),
    }


def chart(title: str, lines: Sequence[Line], bar: tuple[float, str] | None = None) -> str:
    """A chart of lines over millions of rows, with a dashed line at ``bar``."""
    right = max(x for one in lines for x, _ in one.points)
    top = max([y for one in lines for _, y in one.points] + ([] if bar is None else [bar[0]])) * 1.1

    def at(x: float, y: float) -> Point:
        across = LEFT + (WIDTH - LEFT - RIGHT) * x / right
        return round(across, 1), round(HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * y / top, 1)

    step = next(one for power in range(-1, 6) for one in (10**power, 2 * 10**power, 5 * 10**power) if top / one <= 6)
    body = [text(LEFT - 50, TOP - 8, title, "axis")]
    for number in range(int(top / step) + 1):
        (x, y), (end, _) = at(0, number * step), at(right, 0)
        body += [f'<path class="grid" d="M{x} {y}H{end}"/>', text(x - 8, y + 4, f"{number * step:g}", "axis end")]
    for millions in range(0, int(right) + 1, 5):
        x, y = at(millions, 0)
        body.append(text(x, y + 20, f"{millions} M rows" if millions else "0", "axis middle"))
    if bar is not None:
        (x, y), (end, _) = at(0, bar[0]), at(right, 0)
        body += [f'<path class="bar" d="M{x} {y}H{end}"/>', text(end + 8, y + 4, bar[1])]
    for number, one in enumerate(lines):
        points = [at(*point) for point in one.points]
        body.append(f'<polyline class="c{number}" points="{" ".join(f"{x},{y}" for x, y in points)}"/>')
        body += [f'<circle class="c{number}" cx="{x}" cy="{y}" r="3.5"/>' for x, y in points]
        x, y = points[-1]
        last, value = one.points[-1]
        others = [height for other in lines if other is not one for width, height in other.points if width == last]
        shift = 4 if not others else 18 if max(others) > value else -8
        body.append(text(x + 8, y + shift, one.name))
    frame = f'viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" height="{HEIGHT}" role="img" aria-label="{escape(title)}"'
    return f'<svg xmlns="http://www.w3.org/2000/svg" {frame}><style>{STYLE}</style>{"".join(body)}</svg>\n'


def text(x: float, y: float, what: str, kind: str = "") -> str:
    """A text of a chart."""
    style = f' class="{kind}"' if kind else ""
    return f'<text x="{x}" y="{y}"{style}>{escape(what)}</text>'


def table(rows: Sequence[dict[str, Any]]) -> str:
    """The measurements, a line a run."""
    lines = [
        "| rows | workers | shards | processor time | on idle processors | wall time (load) | memory at most |",
        "|---:|---:|---:|---:|---:|---:|---:|",
    ]
    for row in rows:
        processor, path, wall = (f"{row[name]:.0f} s" for name in ("processor_seconds", "path_seconds", "seconds"))
        times = f"{processor} | {path} | {wall} ({row['load']:.0f})"
        memory = f"{row['peak_mb'] / 1000:.1f} GB"
        lines.append(f"| {row['rows']:,} | {row['workers']} | {row['shards']} | {times} | {memory} |")
    return "\n".join(lines)


def costs(rows: Sequence[dict[str, Any]]) -> str:
    """What a billion rows would take: processor time by the largest run, divided as two workers divide that of one."""
    large = max(rows, key=lambda row: row["rows"])
    compared = max(row["rows"] for row in rows if row["workers"] == 1)
    one, two = (row["path_seconds"] for row in rows if row["rows"] == compared)
    share = one / two / 2
    factor = BILLION / large["rows"]
    hours = large["processor_seconds"] * factor / 3600
    gigabytes = {name: large[f"{name}_mb"] * factor / 1000 for name in ("in", "out")}
    points = (
        f"Processor time: {large['processor_seconds']:.0f} s / {large['rows']:,} x 10^9 = {hours:.1f} hours.",
        (
            f"Wall time: that, divided by processors x {share:.2f}; at {compared:,} rows two workers took"
            f" {two:.0f} s, one {one:.0f} s."
        ),
        (
            f"Parquet: {gigabytes['in']:.0f} GB are read and {gigabytes['out']:.0f} GB are written; the work"
            f" folder and the results take about twice both, {2 * sum(gigabytes.values()):.0f} GB."
        ),
    )
    lines = [*(f"- {point}" for point in points), "", "| processors | minutes |", "|---:|---:|"]
    lines += [f"| {cores} | {60 * hours / cores / share:.0f} |" for cores in CORES]
    return "\n".join(lines)


def plan(plugin: fb.Plugin) -> str:
    """The shard plan of an example."""
    return f"```text\n{plugin.shard_plan()}\n```"


def written(page: str, rows: Sequence[dict[str, Any]]) -> str:
    """The page with its plans as printed and its tables as measured."""
    parts = {
        "intercompany": plan(intercompany),
        "cash application": plan(cash_application),
        "measured": table(rows),
        "billion": costs(rows),
    }
    for name, content in parts.items():
        part = re.compile(rf"(<!-- {name} -->\n).*?(<!-- end -->)", re.DOTALL)
        page = part.sub(lambda found, content=content: f"{found[1]}\n{content}\n\n{found[2]}", page)
    return page


def main() -> None:
    """Draws and writes."""
    rows = results()
    for name, picture in curves(rows).items():
        (PICTURES / f"{name}.svg").write_text(picture, encoding="utf-8")
    PAGE.write_text(written(PAGE.read_text(encoding="utf-8"), rows), encoding="utf-8")


if __name__ == "__main__":
    main()
