"""Distinct rows of a frame, against a dictionary of the rows' values."""

from __future__ import annotations

import datetime
import struct
from typing import Any

import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from florecon_build.host.frames.distinct_rows import SAMPLE, distinct_rows, short_texts_as_integers
from florecon_build.host.frames.frame import Frame

CELLS: dict[str, tuple[pa.DataType, Any]] = {
    "text": (pa.string(), st.sampled_from(["a", "b", "", "Zürich", None])),
    "letter": (pa.string(), st.sampled_from(["a", "b"])),
    "country": (pa.string(), st.sampled_from(["DE", "US", "é"])),
    "currency": (pa.large_string(), st.sampled_from(["EUR", "USD", "a\0b"])),
    "company": (pa.string(), st.sampled_from(["DE01", "US01", "\U0010ffff"])),
    "viewed": (pa.string_view(), st.sampled_from(["a", "a text of more than twelve bytes", None])),
    "coded": (pa.dictionary(pa.int8(), pa.string()), st.sampled_from(["x", "y", None])),
    "real": (pa.float64(), st.sampled_from([0.0, -0.0, float("nan"), 1.5, None])),
    "single": (pa.float32(), st.sampled_from([0.0, -0.0, 2.5])),
    "flag": (pa.bool_(), st.sampled_from([True, False, None])),
    "day": (pa.date32(), st.sampled_from([datetime.date(2026, 1, 1), datetime.date(1900, 1, 1)])),
    "money": (pa.decimal128(18, 2), st.sampled_from([None, *map(pa.scalar, (1, 2))])),
    "whole": (pa.int64(), st.integers(-2, 2)),
}


def frame_of(rows: list[dict[str, Any]], pieces: int) -> Frame:
    plain = [
        {name: cell.as_py() if isinstance(cell, pa.Scalar) else cell for name, cell in row.items()} for row in rows
    ]
    columns = {name: pa.array([row[name] for row in plain], kind) for name, (kind, _) in CELLS.items()}
    table = pa.table({"id": pa.array(range(len(rows)), pa.int64()), **columns})
    cut = [table.slice(start, pieces) for start in range(0, len(rows), pieces)]
    return Frame(table.schema, [batch for part in cut for batch in part.combine_chunks().to_batches()])


def value(cell: object) -> object:
    """A cell as what it is compared by: a real by its bits."""
    return struct.pack("<d", cell) if isinstance(cell, float) else cell


@given(
    kinds=st.lists(st.fixed_dictionaries({name: cells for name, (_, cells) in CELLS.items()}), min_size=1, max_size=4),
    picks=st.lists(st.integers(0, 3), min_size=8, max_size=40),
    names=st.lists(st.sampled_from(sorted(CELLS)), max_size=4, unique=True),
    pieces=st.integers(1, 40),
)
def test_the_first_of_equal_rows_stands_for_them(
    kinds: list[dict[str, Any]], picks: list[int], names: list[str], pieces: int
) -> None:
    frame = frame_of([kinds[pick % len(kinds)] for pick in picks], pieces)
    found = distinct_rows(frame, names)
    assert found is not None
    first, places = found
    cells = [tuple(value(row[name]) for name in names) for row in frame.to_table().to_pylist()]
    expected = {cell: cells.index(cell) for cell in dict.fromkeys(cells)}
    assert first.schema.names == frame.schema.names
    assert first.to_table()["id"].to_pylist() == list(expected.values())
    assert [list(expected)[place] for place in places.to_pylist()] == cells


def test_rows_that_mostly_differ_are_left_alone() -> None:
    for ids in ([1, 2, 3], [], [0] * SAMPLE + list(range(2 * SAMPLE))):
        table = pa.table({"id": pa.array(ids, pa.int64())})
        assert distinct_rows(Frame(table.schema, table.to_batches()), ["id"]) is None


@given(
    texts=st.integers(1, 4).flatmap(lambda size: st.lists(st.sampled_from([letter * size for letter in "ab\0\x7f"]))),
    kind=st.sampled_from([pa.string(), pa.large_string()]),
    before=st.lists(st.text(), max_size=2),
    start=st.integers(0, 3),
)
def test_short_texts_of_one_length_are_integers_that_differ_where_they_do(
    texts: list[str], kind: pa.DataType, before: list[str], start: int
) -> None:
    column = pa.array([*before, *texts], kind).slice(len(before) + start)
    numbers = short_texts_as_integers(column)
    if not len(column):
        assert numbers is None
        return
    assert numbers is not None
    pairs = set(zip(column.to_pylist(), numbers.to_pylist(), strict=True))
    assert len(pairs) == len({text for text, _ in pairs}) == len({number for _, number in pairs})


def test_other_texts_are_no_integers() -> None:
    for texts in (["a", "bc"], ["a", None], ["", ""], ["abcde"], [1]):
        assert short_texts_as_integers(pa.array(texts)) is None
