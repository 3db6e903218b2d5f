"""The subset search with an anchor at its worst: processor time of a solve in the engine module.

    python -m benchmarks.subsets    print each case with its time and its bar; exit 1 where one is above its bar

The cases of 40 items have as many choices as the default budget allows.
"""

from __future__ import annotations

import random
import statistics
import sys
import time
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from rich.console import Console
from rich.table import Table

import florecon_build as fb

BAR = 50
"""Milliseconds of processor time that a case may take."""
Row = dict[str, Any]

rows = fb.columns(row_id=fb.integer(id=True), kind=fb.text(), amount=fb.money(scale=2))
RUNS = 3


@dataclass(frozen=True, slots=True)
class Case:
    """Invoices and one payment in minor units, the settings of the search, and whether a group is there to be found."""

    name: str
    invoices: list[int]
    payment: int
    settings: dict[str, Any]
    is_there: bool = True


def cases() -> list[Case]:
    """The cases; their amounts are the same each time."""
    draw = random.Random(4)
    many = [draw.randint(20_000, 300_000) for _ in range(210)]
    forty = [draw.randint(1_000, 300_000) for _ in range(40)]
    large = [2 * draw.randint(10**6, 3 * 10**9) for _ in range(40)]
    two = [999_997] * 200 + [777_773] * 200
    return [
        Case("200 of 210", many, sum(many[:200]), {"max_left_out": 10}),
        Case(
            "200 of 210, none",
            [2 * one for one in many],
            2 * sum(many[:200]) + 1,
            {"max_left_out": 10},
            is_there=False,
        ),
        Case("40, within 1 %", forty, sum(forty[:17]) + 3, {"tol": fb.rel_side_tol(bps=100)}),
        Case("40 large, none", large, sum(large[::2]) + 1, {}, is_there=False),
        Case("1,000 equal", [10_000] * 1_000, 5_000_000, {}),
        Case("1,000 equal, none", [10_000] * 1_000, 5_000_001, {}, is_there=False),
        Case("two amounts, 200 times each", two, 123 * 999_997 + 77 * 777_773, {}),
    ]


def measured(case: Case, runs: int) -> tuple[list[float], bool]:
    """Processor times of a solve in milliseconds, ascending, and whether a group was formed."""
    strategy = fb.subset_net(anchor=rows.kind == "payment", **case.settings)
    plugin = fb.Plugin("benchmarks.subsets", "1.0.0", rows=rows, numeraire=rows.amount, strategy=strategy)
    lines = [
        {"row_id": at, "kind": "invoice" if amount > 0 else "payment", "amount": Decimal(amount).scaleb(-2)}
        for at, amount in enumerate([*case.invoices, -case.payment])
    ]
    times: list[float] = []
    is_found = False
    for _ in range(runs):
        with plugin.workspace() as workspace:
            workspace.upsert(lines)
            began = time.process_time()
            workspace.solve()
            times.append((time.process_time() - began) * 1_000)
            is_found = "subset_net" in workspace.report().groups["origin"].to_pylist()
    return sorted(times), is_found


def measure(*, runs: int) -> list[Row]:
    """The least and the median processor time of each case. Raises ``RuntimeError`` for a wrong answer."""
    found: list[Row] = []
    for case in cases():
        times, is_found = measured(case, runs)
        if is_found != case.is_there:
            raise RuntimeError(f"{case.name}: {'a group' if is_found else 'no group'} was found")
        found.append(
            {
                "case": case.name,
                "found": is_found,
                "cpu_ms": times[0],
                "median_ms": statistics.median(times),
                "bar_ms": BAR,
            }
        )
    return found


def show(console: Console, found: list[Row]) -> None:
    """Prints the table."""
    screen = Table("case", "ms", "bar", "found")
    for row in found:
        screen.add_row(row["case"], f"{row['cpu_ms']:.1f}", str(row["bar_ms"]), "yes" if row["found"] else "none")
    console.print(screen)


def main() -> int:
    """Measures and prints."""
    found = measure(runs=RUNS)
    show(Console(), found)
    return 1 if any(row["cpu_ms"] > row["bar_ms"] for row in found) else 0


if __name__ == "__main__":
    sys.exit(main())
