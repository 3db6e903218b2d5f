"""Benchmark of edits in a workspace: from a row of the intercompany ledger that is replaced, or two open items
that are merged or set free again, to the changes of the solve after it.

The module runs as wasm from Python. Figures are medians in milliseconds, of wall time and of processor time. The first
two edits after a solve of all rows are apart: the second solve notes which rows can meet. The predecessor, where it is
installed, replaces rows of the same ledger: its figure is that of its edit, with its time by ours.
"""

from __future__ import annotations

import resource
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table as Screen

from benchmarks import predecessor_peer
from benchmarks.end_to_end import Clock
from examples.arrow import Table, pa, pc
from examples.intercompany.generate import generate
from florecon_build.host import Report, Workspace

SIZES = (20_000, 100_000, 1_000_000)
EDITS = 25
STEPS = ("cold solve", "first edit", "second edit", "edit", "edit, report held", "merge", "unpin")
MANY = 100_000
"""Edits of the test of memory."""
ROWS_SOLVED = 500_000
"""Rows that the predecessor solves again in its edits, after at least one of them: an edit solves all rows."""


def measure(
    wasm: bytes, *, sizes: Sequence[int] = SIZES, edits: int = EDITS, say: Callable[[str], None]
) -> list[dict[str, Any]]:
    """One row per size. Raises ``RuntimeError`` if the last report is not that of a fresh workspace.

    The predecessor is left out where it cannot be measured, and ``say`` is told so.
    """
    module, found = predecessor_peer.module(say), list[dict[str, Any]]()
    for size in sizes:
        ledger = generate(size, 1)[0]
        row = _edited(wasm, ledger, edits)
        if module is not None:
            row["predecessor"] = _predecessor(module, ledger, edits, row["steps"]["edit"])
        found.append(row)
    return found


def _predecessor(module: Path, ledger: Table, edits: int, ours: Mapping[str, float]) -> dict[str, Any]:
    """The predecessor's time of an edit of the same rows, up to its report, and its processor time by ``ours``."""
    clock, rows = Clock(), ledger.num_rows
    workspace = predecessor_peer.Predecessor(module)
    workspace.upsert(ledger)
    workspace.solve()

    def replace(row: Table) -> None:
        workspace.upsert(row)
        workspace.solve()

    for edit in range(max(1, min(edits, ROWS_SOLVED // rows))):
        row = _one_cent_more(ledger.slice(_place(edit, rows), 1))
        clock.run("edit", lambda row=row: replace(row))
    figures = clock.figures()["edit"]
    return {"version": predecessor_peer.host_version(), **figures, "ratio": figures["cpu_ms"] / ours["cpu_ms"]}


def _place(edit: int, rows: int) -> int:
    return (edit * 7_919 + rows // 3) % rows


def _edited(wasm: bytes, ledger: Table, edits: int) -> dict[str, Any]:
    clock, rows, now = Clock(), ledger.num_rows, ledger
    with Workspace(wasm, workers=1) as workspace, Workspace(wasm, workers=1) as cold:
        workspace.upsert(ledger)
        workspace.solve()
        held: Report | None = None
        for edit in range(2 * edits + 2):
            place = _place(edit, rows)
            row = _one_cent_more(now.slice(place, 1))
            now = pa.concat_tables([now.slice(0, place), row, now.slice(place + 1)])
            step = (
                ("first edit", "second edit")[edit] if edit < 2 else "edit" if edit < edits + 2 else "edit, report held"
            )
            done = clock.run(step, lambda row=row: _changes(workspace, lambda: workspace.upsert(row)))
            held = done if step == "edit, report held" else None
        del held
        cold.upsert(now)
        clock.run("cold solve", cold.solve)
        if _facts(workspace) != _facts(cold):
            raise RuntimeError("after the edits the report is not that of a cold solve")
        groups, allocations = workspace.report().groups, workspace.report().allocations
        lone = groups.filter(pc.equal(groups["origin"], "unmatched"))["group_id"].slice(0, 2 * edits)
        open_rows = allocations.filter(pc.is_in(allocations["group_id"], value_set=lone.combine_chunks()))
        open_ids, amounts = open_rows["id"].to_pylist(), open_rows["amount"].to_pylist()
        for at in range(0, len(open_ids) - 1, 2):
            parts = {open_ids[at]: amounts[at], open_ids[at + 1]: amounts[at + 1]}
            merged = clock.run("merge", lambda parts=parts: _changes(workspace, lambda: workspace.merge(parts)))
            pinned = merged.changes.added.filter(pc.equal(merged.changes.added["status"], "pinned"))["group_id"]
            group = pinned[0].as_py()
            clock.run("unpin", lambda group=group: _changes(workspace, lambda: workspace.unpin(group)))
        memory = workspace.memory_bytes() / rows
    return {"rows": rows, "edits": edits, "bytes_per_row": memory, "steps": clock.figures()}


def _changes(workspace: Workspace, edit: Callable[[], object]) -> Report:
    """Carries out an edit, solves, and reads what that changed."""
    edit()
    report = workspace.solve()
    _ = report.changes
    return report


def over_many(wasm: bytes, rows: int = 20_000, edits: int = MANY) -> list[tuple[int, int, int]]:
    """Memory over many edits: their number, the bytes of the module, and those of the process, after each tenth."""
    ledger = generate(rows, 1)[0]
    seen: list[tuple[int, int, int]] = []
    with Workspace(wasm, workers=1) as workspace:
        workspace.upsert(ledger)
        workspace.solve()
        for edit in range(edits):
            _changes(
                workspace, lambda edit=edit: workspace.upsert(_one_cent_more(ledger.slice(edit * 7_919 % rows, 1)))
            )
            if (edit + 1) % (edits // 10) == 0:
                seen.append(
                    (edit + 1, workspace.memory_bytes(), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024)
                )
    return seen


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
    for name in ("rows", *STEPS, "edit, predecessor"):
        screen.add_column(name, justify="right")
    for row in rows:
        peer = row.get("predecessor")
        theirs = f"{peer['cpu_ms']:,.1f} ({peer['ratio']:,.0f})" if peer else ""
        screen.add_row(f"{row['rows']:,}", *(f"{row['steps'][step]['cpu_ms']:.1f}" for step in STEPS), theirs)
    console.print(screen)
