"""Ledgers at their worst, one leaf at a time: how a solve grows with the rows, and what the caps kept out.

A family is solved at two sizes. ``growth`` is the exponent between them: 1 is linear, 2 quadratic; n log n is 1.1 here.
There are two: of the instructions that are executed, and of the time, which caches that a small ledger fits into and a
large one does not drive up.
"""

from __future__ import annotations

import math
import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from rich.console import Console
from rich.table import Table as Screen

import florecon_build as fb
from benchmarks.work import Counter
from examples.arrow import Table, pa
from examples.intercompany.generate import decimals
from florecon_build.host import Workspace

Ints = npt.NDArray[np.int64]

SIZES = (10_000, 100_000)

rows = fb.columns(
    row_id=fb.integer(id=True),
    leaf=fb.text(),  # the strategy that the row is for
    key=fb.integer(),
    day=fb.date(),
    token=fb.text(nullable=True),
    amount=fb.money(scale=2),
)


def near(a: fb.Side, b: fb.Side) -> fb.RealExpr:
    """Cheap, and dearer by the day."""
    return 1 + 0.01 * fb.gap(a.day, b.day)


LEAVES: dict[str, fb.Strategy] = {
    "exact_1to1": fb.exact_1to1(rows.key, order=rows.day),
    "agg_net": fb.agg_net(rows.key),
    "signal_group": fb.signal_group(rows.token),
    "running_zero": fb.running_zero(rows.day, key=rows.key),
    "subset_net": fb.subset_net(rows.key),
    "flow": fb.flow(penalty=100, match_keys=[rows.token, fb.amount_key()], cost=near),
    "flow in a window": fb.flow(penalty=100, order=rows.day, window=3, window_cap=32, cost=near),
    "windowed": fb.windowed(rows.day, 7, fb.exact_1to1(rows.key)),
}

WINDOW_CAPS = (256, (1 << 31) - 1)
"""The default, and more candidates than there are."""


def cap_leaf(cap: int) -> str:
    """The name of the leaf that compares what is in a window with a cap."""
    return f"flow in a window, at most {cap}"


degenerate = fb.Plugin(
    "benchmarks.degenerate",
    "1.0.0",
    rows=rows,
    numeraire=rows.amount,
    strategy=fb.partition_by_with(
        rows.leaf,
        LEAVES
        | {
            cap_leaf(cap): fb.flow(penalty=100, order=rows.day, window=3, window_cap=cap, cost=near)
            for cap in WINDOW_CAPS
        },
    ),
)


class Family:
    """Columns of a ledger of ``n`` rows: every row has its own key, token and day unless the family says otherwise."""

    def __init__(self, n: int) -> None:
        draw = np.random.default_rng(1)
        self.at = np.arange(n)
        self.key = self.at // 2
        self.day = draw.integers(0, 365, n)
        self.token = self.at // 2
        self.amount = draw.integers(1, 10**9, n) * np.where(self.at % 2, -1, 1)


def equal_amounts(family: Family) -> None:
    """One amount, in and out, under one key."""
    family.amount = np.where(family.at % 2, -100, 100)
    family.key[:] = 0


def one_key(family: Family) -> None:
    """One key for all, amounts that hardly ever net."""
    family.key[:] = 0


def one_sign(family: Family) -> None:
    """Nothing to match with anything."""
    family.amount = abs(family.amount)
    family.key[:] = 0


def one_window(family: Family) -> None:
    """All on one day, equal amounts by pairs."""
    family.day[:] = 0
    family.amount = np.where(family.at % 2, -1, 1) * (1 + family.at // 2)
    family.key[:] = 0


def equal_window(family: Family) -> None:
    """All on one day and of one amount."""
    equal_amounts(family)
    family.day[:] = 0


def shared_token(family: Family) -> None:
    """A token that everyone carries."""
    family.token[:] = 0


def zero_nets(family: Family) -> None:
    """A running balance that is zero after every second row, under one key."""
    family.amount = np.where(family.at % 2, -1, 1) * (1 + family.at // 2)
    family.day = family.at // 1000
    family.key[:] = 0


FAMILIES: dict[str, Callable[[Family], None]] = {
    "equal amounts": equal_amounts,
    "one key": one_key,
    "one sign": one_sign,
    "one window": one_window,
    "one window, equal amounts": equal_window,
    "shared token": shared_token,
    "zero nets": zero_nets,
}


def ledger(family: str, leaf: str, n: int) -> Table:
    """The rows of a family for one leaf."""
    made = Family(n)
    FAMILIES[family](made)
    text = np.char.add("T", made.token.astype(str))
    return pa.table(
        {
            "row_id": pa.array(made.at),
            "leaf": pa.array([leaf] * n),
            "key": pa.array(made.key),
            "day": pa.array(made.day.astype(np.int32)).cast(pa.date32()),
            "token": pa.array(text),
            "amount": decimals(made.amount),
        }
    )


def solve(wasm: bytes, table: Table, runs: int) -> dict[str, Any]:
    """The median processor time of a solve, which a busy machine disturbs least, and what the leaf did."""
    times: list[float] = []
    report = None
    for _ in range(runs):
        with Workspace(wasm, workers=1) as workspace:
            workspace.upsert(table)
            start = time.process_time()
            report = workspace.solve()
            times.append((time.process_time() - start) * 1e3)
            report.load()
    stages = report.stages.to_pylist() if report is not None else []
    stage = next(stage for stage in stages[1:] if stage["items_in"])  # the first is the table of leaves
    counts = {name: stage[name] for name in ("groups", "items_matched", "over_cap", "out_of_budget")}
    return {"rows": table.num_rows, "ms": statistics.median(times), "least_ms": min(times), **counts}


def growth(sizes: Sequence[int], costs: Sequence[float]) -> float:
    """The exponent between two sizes and what they cost."""
    return math.log(costs[1] / costs[0]) / math.log(sizes[1] / sizes[0])


def work(counter: Counter, family: str, leaf: str, sizes: Sequence[int]) -> list[int]:
    """The instructions of a solve at each size."""
    return [counter.of_solve(ledger(family, leaf, size)) for size in sizes]


def measure(wasm: bytes, *, runs: int = 3, sizes: Sequence[int] = SIZES) -> list[dict[str, Any]]:
    """A row a family and leaf."""
    found: list[dict[str, Any]] = []
    counter = Counter(wasm)
    for family in FAMILIES:
        for leaf in LEAVES:
            solved = [solve(wasm, ledger(family, leaf, size), runs) for size in sizes]
            instructions = work(counter, family, leaf, sizes)
            row = {
                "family": family,
                "leaf": leaf,
                "growth": growth(sizes, [one["least_ms"] for one in solved]),
                "work_growth": growth(sizes, instructions),
                "sizes": [{**one, "instructions": count} for one, count in zip(solved, instructions, strict=True)],
            }
            found.append(row)
    return found


def build(folder: Path) -> bytes:
    """One module with all leaves, in release."""
    return Path(degenerate.build(folder).wasm).read_bytes()


def show(console: Console, found: Sequence[Mapping[str, Any]]) -> None:
    """A line a family and leaf."""
    screen = Screen(title="Degenerate ledgers, solve in milliseconds of processor time (wasm)", title_justify="left")
    left = ("family", "leaf")
    for name in (*left, "rows", "ms", "10 times", "growth", "of work", "groups", "over cap", "out of budget"):
        screen.add_column(name, justify="left" if name in left else "right")
    for row in found:
        small, large = row["sizes"]
        counts = (str(large[name]) for name in ("groups", "over_cap", "out_of_budget"))
        times = (f"{small['rows']:,}", f"{small['ms']:.1f}", f"{large['ms']:.1f}")
        exponents = (f"{row['growth']:.2f}", f"{row['work_growth']:.2f}")
        screen.add_row(row["family"], row["leaf"], *times, *exponents, *counts)
    console.print(screen)
