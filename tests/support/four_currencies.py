"""A reconciliation of four currencies with matches, accepted differences, a partly open row and open rows."""

from __future__ import annotations

import datetime
from decimal import Decimal
from functools import cache
from typing import Any

import pyarrow as pa

import florecon_build as fb


def plugin(*, declared: bool = True, partition: bool = True) -> fb.Plugin:
    """Pairs by reference, then sums by account within 100 minor units, then a flow that may split rows.

    Parameters: `declared` declares the currency and the account; without `partition` groups may mix currencies.
    """
    lines = fb.columns(
        row_id=fb.text(id=True),
        gl=fb.text(),
        ccy=fb.text(),
        day=fb.date(),
        memo=fb.text(nullable=True),
        amount=fb.money(scale=3, display=True),
    )
    lag = fb.param("lag", 4, doc="days between the two sides")
    steps = fb.seq(
        fb.labeled("same reference", fb.exact_1to1((lines.gl, lines.memo))),
        fb.labeled("small differences", fb.agg_net((lines.gl, lines.memo), tol=1000)),
        fb.labeled(
            "near dates",
            fb.flow(
                penalty=100,
                match_keys=[lines.gl],
                cost=lambda a, b: fb.tier(fb.gap(a.day, b.day) <= lag, 1 + fb.gap(a.day, b.day)),
            ),
        ),
    )
    strategy = fb.partition_by(lines.ccy, steps) if partition else steps
    if not declared:
        return fb.Plugin("acme.currencies", "1.0.0", rows=lines, numeraire=lines.amount, strategy=strategy)
    return fb.Plugin(
        "acme.currencies",
        "1.0.0",
        rows=lines,
        numeraire=lines.amount,
        currency=lines.ccy,
        account=lines.gl,
        strategy=strategy,
    )


AMOUNTS = {"EUR": ("100.00", "99.50", "40.25"), "JPY": ("15000", "14999", "700"), "KWD": ("12.345", "12.340", "1.005")}
AMOUNTS["USD"] = ("250.00", "250.75", "80.10")


def rows() -> list[dict[str, Any]]:
    """Nine rows a currency: a pair, a pair with an accepted difference, a row matched in part, and open rows."""
    made: list[dict[str, Any]] = []
    for code, (pair, near, small) in AMOUNTS.items():
        lines = [
            ("a1", "1200", 0, f"{code} 1", pair),
            ("a2", "1200", 1, f"{code} 1", f"-{pair}"),
            ("b1", "1200", 2, f"{code} 2", pair),
            ("b2", "1200", 3, f"{code} 2", f"-{near}"),
            ("c1", "1300", 10, None, pair),
            ("c2", "1300", 12, None, f"-{small}"),
            ("d1", "1400", 0, None, small),
            ("d2", "1400", 5, None, f"-{small}"),
            ("e1", "1500", -60, "=cmd|' /C calc'!A0", near),
        ]
        for name, gl, day, memo, amount in lines:
            when = datetime.date(2026, 3, 1) + datetime.timedelta(days=day)
            made.append(
                {"row_id": f"{code}-{name}", "gl": gl, "ccy": code, "day": when, "memo": memo, "amount": amount}
            )
    return made


def table() -> pa.Table:
    """The rows as an Arrow table with exact amounts."""
    lines = [{**row, "amount": Decimal(row["amount"]).quantize(Decimal("0.001"))} for row in rows()]
    return pa.Table.from_pylist(lines)


@cache
def report(*, declared: bool = True, partition: bool = True) -> fb.Report:
    """The report of these rows, from the interpreter."""
    return plugin(declared=declared, partition=partition).simulate(table())
