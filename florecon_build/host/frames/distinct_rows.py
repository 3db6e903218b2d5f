"""Distinct rows: of the rows of a frame that are equal in some columns, the first."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.types as pt

from florecon_build.host.frames.frame import Frame

SAMPLE = 1 << 13
WIDEST = 1 << 31


def distinct_rows(frame: Frame, columns: Sequence[str]) -> tuple[Frame, pa.Array] | None:
    """The first of the rows that are equal in `columns`, and for each row the place of the one that is equal to it.

    None where more than half of the first rows differ, or of all. Reals are equal that have the same bits.

    >>> from florecon_build.host.frames.frame import Frame
    >>> batch = pa.RecordBatch.from_pydict({"id": [1, 2, 3, 4], "pair": ["a", "b", "a", "a"]})
    >>> found = distinct_rows(Frame(batch.schema, [batch]), ["pair"])
    >>> found[0].to_table()["id"].to_pylist(), found[1].to_pylist()
    ([1, 2], [0, 1, 0, 0])
    """
    if not frame.rows:
        return None
    table = without_views(frame.to_table())
    if frame.rows > SAMPLE and _places(table.slice(0, SAMPLE), columns)[1] > SAMPLE // 2:
        return None
    places, count = _places(table, columns)
    if count > frame.rows // 2:
        return None
    highest = pc.cumulative_max(places)
    is_first = pc.not_equal(highest.slice(1), highest.slice(0, frame.rows - 1))
    first = pa.concat_arrays([pa.array([0], pa.int64()), pc.add(pc.indices_nonzero(is_first).cast(pa.int64()), 1)])
    return Frame(table.schema, table.take(first).combine_chunks().to_batches()), places


def without_views(table: pa.Table) -> pa.Table:
    """The table with texts by views as texts by offsets, which Arrow can take and number."""
    kinds = [pa.large_string() if pt.is_string_view(kind) else kind for kind in table.schema.types]
    return table.cast(pa.schema(list(zip(table.schema.names, kinds, strict=True))))


def _places(table: pa.Table, columns: Sequence[str]) -> tuple[pa.Array, int]:
    """The distinct rows numbered in the order of their first places, and how many there are."""
    codes, width = pa.repeat(pa.scalar(0, pa.int64()), table.num_rows), 1
    for name in columns:
        column, different = _codes(table[name].combine_chunks())
        if width == 1:
            codes, width = column, different
            continue
        if width > WIDEST:
            codes, width = _codes(codes)
        # a column has fewer values than 2^31, as there are fewer rows
        kind = pa.int32() if width * different < WIDEST else pa.int64()
        codes = pc.add(pc.multiply(codes.cast(kind), pa.scalar(different, kind)), column.cast(kind))
        width = width * different
    return _codes(codes)


def _codes(column: Any) -> tuple[pa.Array, int]:
    """The distinct values of a column numbered in the order of their first places, and how many there are."""
    if pt.is_dictionary(column.type):
        column = column.dictionary.take(column.indices)
    if pt.is_floating(column.type):
        column = column.view(pa.int64() if column.type.bit_width == 64 else pa.int32())
    encoded = column.dictionary_encode(null_encoding="encode")
    return encoded.indices, len(encoded.dictionary)
