"""Small ledger for the starter plugin (shared references, equal amounts, flow, write-offs)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa

from florecon_build.host import StoredWorkspace, Workspace

AnyWorkspace = Workspace | StoredWorkspace
EPOCH = date(1970, 1, 1)


def line(row_id: int, amount: float, reference: str | None = None, day: int = 1, account: str = "A") -> dict[str, Any]:
    """One line; `amount` in major units."""
    when = date(2024, 1, day)
    return {"row_id": row_id, "account": account, "amount": amount, "date": when, "reference": reference}


LINES = [
    line(1, 10.00, "INV1234"),
    line(2, -10.00, "inv1234 paid", 3),
    line(3, 7.00),
    line(4, -7.00, day=5),
    line(5, 3.00, account="B"),
    line(6, 250.00, "PO98765 first half", account="B"),
    line(7, 250.25, "PO98765 second half", account="B"),
    line(8, -500.00, "PO98765", account="B"),
    line(9, 0.04, account="C"),
    line(10, 0.00, account="C"),
]


def opened(wasm: Path, lines: list[dict[str, Any]] | None = None, **how: Any) -> Workspace:
    """A workspace with the ledger in it, solved."""
    ws = Workspace(wasm, **how)
    ws.upsert(LINES if lines is None else lines)
    ws.solve()
    return ws


def for_any_host(lines: list[dict[str, Any]]) -> pa.Table:
    """The ledger in base types only: dates as days, amounts as floats."""
    plain = [{**entry, "date": (entry["date"] - EPOCH).days, "amount": float(entry["amount"])} for entry in lines]
    return pa.Table.from_pylist(plain)


def state(ws: AnyWorkspace) -> tuple[Any, ...]:
    """All that a report says."""
    report = ws.report()
    return tuple(table.to_pylist() for table in (report.groups, report.allocations, report.rows, report.stages))


def group_of(ws: AnyWorkspace, row_id: int) -> int:
    """The primary group of a row."""
    rows = {entry["id"]: entry["group_id"] for entry in ws.report().rows.to_pylist()}
    return rows[row_id]


Act = Callable[[Workspace], object]
