"""Lanes in the generated ``fn row``: exactly those that a strategy reaches."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import florecon_build as fb


def row_function(key: Callable[[Any], Any] | None = None) -> str:
    """``fn row`` of a plugin whose strategy reads what ``key`` makes of the lanes ``steep`` and ``flat``."""
    ledger = fb.columns(row_id=fb.integer(id=True), units=fb.integer(), amount=fb.money(scale=2))
    row = ledger.derive(steep=ledger.units * ledger.units, flat=fb.sign(ledger.units))
    row = row.derive(steeper=row.steep + 1)
    strategy = fb.agg_net(None if key is None else key(row))
    rust = fb.Plugin("acme.demo", "1.0.0", rows=row, numeraire=row.amount, strategy=strategy).rust()
    return rust["src/lib.rs"].split("fn row(")[1].split("Ok(Row")[0]


def test_a_lane_that_nothing_reaches_is_left_out() -> None:
    assert "int::" not in row_function()


def test_a_lane_that_another_reads_is_computed() -> None:
    body = row_function(lambda row: row.steeper)
    assert "let steep = int::mul(units, units)?;" in body
    assert "let steeper = int::add(steep, 1)?;" in body


def test_a_lane_whose_reader_is_simplified_away_is_computed_where_it_can_fail() -> None:
    body = row_function(lambda row: fb.lookup(row.steeper, {1: 5}, 5))
    assert "let steep = int::mul(units, units)?;" in body
    assert "let _ = int::add(steep, 1)?;" in body
    assert "let flat" not in row_function(lambda row: fb.lookup(row.flat, {1: 5}, 5))
