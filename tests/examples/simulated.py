"""Example ledgers run by the reference interpreter, without a toolchain."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict
from datetime import date
from decimal import Decimal

import florecon_build as fb
from examples.arrow import Table, pa
from florecon_build.interpreter import Workspace
from florecon_build.interpreter.stages import Stage

EPOCH = date(1970, 1, 1)


def plain(cell: object) -> int | str | None:
    """A cell as the interpreter takes it: minor units, days since 1970, texts."""
    match cell:
        case Decimal():
            return int(cell.scaleb(2))
        case date():
            return (cell - EPOCH).days
        case int() | str() | None:
            return cell
        case _:
            raise TypeError(f"{cell!r} is in no example")


def simulate(plugin: fb.Plugin, ledger: Table) -> tuple[Table, Table, list[Stage]]:
    """The report's groups and allocations as the host would give them, and the counters of the nodes."""
    rows: Iterable[Mapping[str, object]] = ledger.to_pylist()
    workspace = Workspace(plugin.data)
    workspace.upsert([{name: plain(cell) for name, cell in row.items()} for row in rows])
    workspace.solve()
    report = workspace.report()
    groups = pa.Table.from_pylist([asdict(group) for group in report.groups])
    allocations = [asdict(piece) | {"id_text": str(piece.id)} for piece in report.allocations]
    return groups, pa.Table.from_pylist(allocations), list(workspace.stages())


def labels(stages: Iterable[Stage]) -> list[str]:
    """The author's labels in order."""
    return [stage.label for stage in stages if stage.kind == "labeled"]
