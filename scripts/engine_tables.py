"""Writes the tables of docs/engine.md from benchmarks/results.json.

python -m scripts.engine_tables
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "engine.md"
RESULTS = ROOT / "benchmarks" / "results.json"
SHARED_WINDOW = ("one window, equal amounts", "one window")
"""Families in which all rows are on one day, each with a row of its own for ``flow`` in a window."""

Row = Mapping[str, Any]


def page(text: str, results: Mapping[str, Any]) -> str:
    """The page with each table between its markers replaced. Raises ``ValueError`` if a marker is missing."""
    made = {
        "flow": _flow(results["flow"]),
        "degenerate": _degenerate(results["degenerate"]["rows"]),
        "end_to_end": _end_to_end(results["end_to_end"]),
        "alternatives": _alternatives(results["alternatives"]),
        "edits": _edits(results["edits"]),
        "subsets": _subsets(results["subsets"]),
    }
    for name, table in made.items():
        marked = re.compile(rf"(<!-- results: {name} -->\n).*?(<!-- end -->)", re.DOTALL)
        text, found = marked.subn(lambda match, table=table: f"{match[1]}\n{table}\n{match[2]}", text)
        if found != 1:
            raise ValueError(f"docs/engine.md has {found} tables marked `results: {name}`; it needs one")
    return text


def _number(value: float) -> str:
    """Three significant digits, and all digits before the point."""
    return f"{value:,.0f}" if value >= 99.95 else f"{value:.1f}"


def _table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [header, ["---"] * len(header), *rows]
    return "".join(f"| {' | '.join(cells)} |\n" for cells in lines)


def _machine(section: Row) -> str:
    machine = section["machine"]
    rustc = machine["versions"]["rustc"].split()[1]
    load = f"{machine['load'][0]:.1f}"
    return f"{machine['cores']} shared cores, load {load}; rustc {rustc}, wasmtime {machine['versions']['wasmtime']}."


def _flow(section: Row) -> str:
    rows: Sequence[Row] = section["rows"]
    header = ["ms", *(f"{r['family']} {r['size'] // 1000}k ({r['arcs'] / 1e6:.1f} M arcs)" for r in rows)]
    ours = [
        ["**florecon, solve**", *(f"**{_number(r['engine']['solve_ms'])}**" for r in rows)],
        ["build and solve", *(_number(r["engine"]["build_ms"] + r["engine"]["solve_ms"]) for r in rows)],
        ["certificate", *(_number(r["engine"]["certify_ms"]) for r in rows)],
    ]
    if all("wasm" in r for r in rows):
        wasm = (f"{_number(r['wasm']['solve_ms'])} ({r['wasm']['ratio']:.2f} x native)" for r in rows)
        ours.append(["as wasm, solve", *wasm])
    names = dict.fromkeys((peer["peer"], peer["version"]) for r in rows for peer in r["peers"])
    peers = [[" ".join(name), *(_peer(r["peers"], name) for r in rows)] for name in names]
    return f"{_machine(section)} Medians of {section['runs']} runs.\n\n{_table(header, [*ours, *peers])}"


def _peer(peers: Sequence[Row], name: tuple[str, str]) -> str:
    for peer in peers:
        if (peer["peer"], peer["version"]) == name:
            if peer["runs"] == 0:
                return f"over {peer['seconds']:,}000"
            return "wrong answer" if peer["wrong"] else f"{_number(peer['solve_ms'])} ({_number(peer['ratio'])} x)"
    return ""


def _degenerate(rows: Sequence[Row]) -> str:
    cases: dict[str, list[Row]] = {}
    for row in rows:
        is_own = row["leaf"] == "flow in a window" and row["family"] in SHARED_WINDOW
        cases.setdefault(f"`{row['leaf']}`, {row['family']}" if is_own else f"`{row['leaf']}`", []).append(row)
    last = rows[0]["sizes"][-1]["rows"]
    header = ["leaf", "worst exponent: instructions", "time", f"slowest at {last:,} rows"]
    lines = [
        [
            name,
            f"{max(row['work_growth'] for row in found):.2f}",
            f"{max(row['growth'] for row in found):.2f}",
            f"{max(row['sizes'][-1]['ms'] for row in found):,.0f} ms",
        ]
        for name, found in cases.items()
    ]
    return _table(header, lines)


def _end_to_end(section: Row) -> str:
    def cells(row: Row) -> list[str]:
        ms = {step: figures["ms"] for step, figures in row["steps"].items()}
        fetch = sum(time for step, time in ms.items() if step.startswith("fetch"))
        times = (ms["upsert"], ms["solve"], fetch, row["total_ms"])
        memory = f"{row['bytes_per_row']['fetch allocations']:.0f} bytes"
        instances = str(row.get("workers", 1))
        return [f"{row['rows']:,}", instances, *(f"{time:,.0f} ms" for time in times), memory]

    header = ["rows", "instances", "upsert", "solve", "fetch", "in all", "memory a row"]
    measured = [*section["rows"]["ledger_to_report"], *section["rows"].get("in_parallel", ())]
    table = _table(header, [cells(row) for row in measured])
    return f"{_machine(section)} Medians of {section['runs']} runs.\n\n{table}"


def _alternatives(section: Row) -> str:
    def cells(row: Row) -> list[str]:
        times = (f"{row[key]:,.0f} ms ({row[f'{key}_ratio']['median']:.2f})" for key in ("ms", "cpu_ms"))
        return [
            f"{row['rows']:,}",
            f"{row['tool']} ({row['version']})",
            *times,
            f"{row['precision']:.3f}",
            f"{row['recall']:.3f}",
        ]

    header = ["rows", "tool", "wall time", "processor time", "precision", "recall"]
    lines = _table(header, [cells(row) for row in section["rows"]])
    return f"{_machine(section)} Medians of {section['runs']} runs.\n\n{lines}"


def _edits(section: Row) -> str:
    steps = ("cold solve", "first edit", "second edit", "edit", "edit, report held", "merge", "unpin")
    header, rows = ["rows", *steps], list[Row](section["rows"])
    lines = [[f"{row['rows']:,}", *(f"{row['steps'][step]['cpu_ms']:,.1f} ms" for step in steps)] for row in rows]
    if any("predecessor" in row for row in rows):
        header.append("edit, predecessor")
        for line, row in zip(lines, rows, strict=True):
            peer = row.get("predecessor")
            line.append(f"{peer['cpu_ms']:,.1f} ms ({peer['ratio']:,.0f})" if peer else "not measured")
    return f"{_machine(section)}\n\n{_table(header, lines)}"


def _subsets(section: Row) -> str:
    rows: Sequence[Row] = section["rows"]
    lines = [
        [
            row["case"],
            "found" if row["found"] else "none, proven",
            f"{row['cpu_ms']:,.0f} ms",
            f"{row['bar_ms']} ms",
        ]
        for row in rows
    ]
    return f"{_machine(section)}\n\n{_table(['case', 'outcome', 'solve', 'bar'], lines)}"


if __name__ == "__main__":
    PAGE.write_text(page(PAGE.read_text(encoding="utf-8"), json.loads(RESULTS.read_text())), encoding="utf-8")
    print(PAGE.relative_to(ROOT))
