"""Benchmark of an edit in a workspace: one row of the intercompany ledger replaced, then solved again.

The module runs as wasm from Python. Figures are medians in milliseconds, of wall time and of processor time.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.table import Table as Screen

from benchmarks.end_to_end import Clock
from examples.arrow import Table, pa
from examples.intercompany.generate import generate
from florecon_build.host import Workspace

SIZES = (20_000, 100_000, 1_000_000)
EDITS = 25
STEPS = ("upsert of one row", "solve again", "cold solve")


def measure(wasm: bytes, *, sizes: Sequence[int] = SIZES, edits: int = EDITS) -> list[dict[str, Any]]:
    """One row per size. Raises ``RuntimeError`` if the last report is not that of a fresh workspace."""
    return [_edited(wasm, generate(size, 1)[0], edits) for size in sizes]


def _edited(wasm: bytes, ledger: Table, edits: int) -> dict[str, Any]:
    clock, rows, now = Clock(), ledger.num_rows, ledger
    with Workspace(wasm) as workspace, Workspace(wasm) as cold:
        workspace.upsert(ledger)
        clock.run("first solve", workspace.solve)
        for edit in range(edits):
            place = (edit * 7_919 + rows // 3) % rows
            row = _one_cent_more(now.slice(place, 1))
            now = pa.concat_tables([now.slice(0, place), row, now.slice(place + 1)])
            clock.run("upsert of one row", lambda row=row: workspace.upsert(row))
            clock.run("solve again", workspace.solve)
        cold.upsert(now)
        clock.run("cold solve", cold.solve)
        if _facts(workspace) != _facts(cold):
            raise RuntimeError("after the edits the report is not that of a cold solve")
        memory = workspace.memory_bytes() / rows
    return {"rows": rows, "edits": edits, "bytes_per_row": memory, "steps": clock.figures()}


def _one_cent_more(row: Table) -> Table:
    at = row.schema.get_field_index("amount")
    amount = pa.array([row.column("amount")[0].as_py() + 1]).cast(row.schema.field("amount").type)
    return row.set_column(at, row.schema.field("amount"), amount)


def _facts(workspace: Workspace) -> tuple[Table, Table]:
    """The report without the ids of the groups, which are new with every solve."""
    report = workspace.report()
    return report.groups.drop_columns(["group_id"]), report.allocations.drop_columns(["group_id"])


def show(console: Console, rows: Sequence[Mapping[str, Any]]) -> None:
    """Print the table."""
    screen = Screen(title="An edit in a workspace, medians in milliseconds of processor time", title_justify="left")
    for name in ("rows", *STEPS):
        screen.add_column(name, justify="right")
    for row in rows:
        screen.add_row(f"{row['rows']:,}", *(f"{row['steps'][step]['cpu_ms']:.1f}" for step in STEPS))
    console.print(screen)
