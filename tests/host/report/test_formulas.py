"""Formulas in CSV: no cell that a spreadsheet would run, and nothing else is touched."""

from __future__ import annotations

import csv
import datetime
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.csv as pa_csv
from hypothesis import given, settings
from hypothesis import strategies as st

from florecon_build.host.report.formulas import without_formulas

FIRST = "=+-@\t\r\n\uff1d\uff0b\uff0d\uff20"
TEXTS = st.one_of(
    st.sampled_from(
        ["=cmd|' /C calc'!A0", "+1+1", "-2+3", "@SUM(A1)", "\t=1", "\r=1", "\uff1d1+1", "'=1", "", "INV 1", "a=b"]
    ),
    st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=8),
)
KINDS = [pa.string(), pa.large_string(), pa.string_view(), pa.dictionary(pa.int32(), pa.string())]


@settings(max_examples=60, deadline=None)
@given(st.lists(st.one_of(st.none(), TEXTS), min_size=1, max_size=6), st.sampled_from(KINDS), TEXTS)
def test_no_text_begins_as_a_formula(texts: list[str | None], kind: pa.DataType, name: str) -> None:
    column = (
        pa.array(texts, pa.string()).cast(kind)
        if not pa.types.is_dictionary(kind)
        else pa.array(texts).dictionary_encode()
    )
    safe = without_formulas(pa.table({f"x{name}": column}))
    written: list[str | None] = safe.column(0).to_pylist()
    for text, shown in zip(texts, written, strict=True):
        assert shown is None or shown[:1] not in set(FIRST)
        assert shown == (f"'{text}" if text is not None and text[:1] in set(FIRST) else text)
    assert without_formulas(pa.table({name or "a": column})).column_names[0][:1] not in set(FIRST)
    assert without_formulas(pa.table({"a": column}), "keep").column(0).type == column.type


def test_numbers_amounts_and_dates_stay(tmp_path: Path) -> None:
    table = pa.table(
        {
            "amount": pa.array([Decimal("-1.00")], pa.decimal128(38, 2)),
            "cents": pa.array([-100], pa.int64()),
            "rate": pa.array([-0.5]),
            "day": pa.array([datetime.date(2026, 3, 31)]),
            "memo": ["=1+1"],
        }
    )
    safe = without_formulas(table)
    assert safe.drop_columns(["memo"]) == table.drop_columns(["memo"])
    pa_csv.write_csv(safe.drop_columns(["amount"]), str(tmp_path / "out.csv"))
    with (tmp_path / "out.csv").open(newline="", encoding="utf-8") as file:
        assert list(csv.reader(file)) == [["cents", "rate", "day", "memo"], ["-100", "-0.5", "2026-03-31", "'=1+1"]]
