"""The preview takes any frame and money in major units."""

from __future__ import annotations

import datetime
from decimal import Decimal

import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

import florecon_build as fb
from florecon_build.ir.interpreter import ModelError
from florecon_build.ir.preview import minor

DAY = datetime.date(2025, 3, 31)
COLUMNS = {
    "row_id": [1, 2, 3],
    "book": ["a", "b", None],
    "amount": [10.5, -10.5, 3.0],
    "day": [DAY, DAY, DAY],
}
ROWS = [dict(zip(COLUMNS, row, strict=True)) for row in zip(*COLUMNS.values(), strict=True)]


def plugin() -> fb.Plugin:
    rows = fb.columns(row_id=fb.integer(id=True), book=fb.text(nullable=True), amount=fb.money(scale=2), day=fb.date())
    slack = fb.param("slack", 0)
    return fb.Plugin("acme.sim", "1.0.0", rows=rows, numeraire=rows.amount, strategy=fb.agg_net(rows.day, tol=slack))


@pytest.mark.parametrize(
    "frame",
    [ROWS, COLUMNS, pa.table(COLUMNS), pl.DataFrame(COLUMNS), pd.DataFrame(COLUMNS)],
    ids=["dicts", "columns", "pyarrow", "polars", "pandas"],
)
def test_any_frame_gives_the_same_report(frame: object) -> None:
    report = plugin().simulate(frame, config={"slack": 300})
    assert [(group.origin, group.net, group.size) for group in report.groups] == [("agg_net", 300, 3)]
    assert [(part.id, part.amount) for part in report.allocations] == [(1, 1050), (2, -1050), (3, 300)]
    assert [(stage.kind, stage.groups) for stage in report.stages] == [("agg_net", 1)]


def test_params_have_their_defaults() -> None:
    assert {group.origin for group in plugin().simulate(ROWS).groups} == {"unmatched"}


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"amount": 1.005}, "bad_amount"),
        ({"amount": float("nan")}, "bad_amount"),
        ({"amount": None}, "null_value"),
        ({"amount": "12"}, "wrong_type"),
        ({"day": "2025-01-01"}, "wrong_type"),
        ({"row_id": 2}, "duplicate_id"),
    ],
)
def test_a_bad_cell_is_refused_as_the_runtime_would(change: dict[str, object], code: str) -> None:
    with pytest.raises(ModelError) as raised:
        plugin().simulate([{**ROWS[0], **change}, ROWS[1]])
    assert raised.value.code == code


def test_a_missing_column_is_named() -> None:
    with pytest.raises(ModelError, match="day"):
        plugin().simulate([{"row_id": 1, "book": "a", "amount": 1}])


def test_an_unknown_param_is_refused() -> None:
    with pytest.raises(ModelError) as raised:
        plugin().simulate(ROWS, config={"slak": 1})
    assert raised.value.code == "bad_config"


def test_floats_count_as_whole_when_they_nearly_are() -> None:
    assert minor(0.1 + 0.2, 2) == 30
    assert minor(1e15 + 0.01, 2) == 100_000_000_000_000_000
    assert minor(Decimal("-0.01"), 2) == -1
    with pytest.raises(ModelError):
        minor(0.30001, 2)
