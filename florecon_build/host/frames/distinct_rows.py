"""Distinct rows: of the rows of a frame that are equal in some columns, the first."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.types as pt

from florecon_build.host.frames.frame import Frame
from florecon_build.host.report.arrays import first_places, one_array
from florecon_build.sources.text_buffers import is_text_by_offsets, text_buffers

SAMPLE = 1 << 13
"""The first rows, which say whether rows differ too much to look at all."""
NARROW = 1 << 31
"""Numbers below it are of 32 bits; the product of two of them is at most `WIDEST`, and of 64 bits."""
WIDEST = 1 << 62
INTEGERS = {1: pa.uint8(), 2: pa.uint16(), 3: pa.uint32(), 4: pa.uint32()}
"""The types of texts as integers, by their length in bytes."""


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
    first = first_places(pc.cumulative_max(places))
    return Frame(table.schema, table.take(first).combine_chunks().to_batches()), places


def without_views(table: pa.Table) -> pa.Table:
    """The table with texts by views as texts by offsets, which Arrow can take and number."""
    kinds = [pa.large_string() if pt.is_string_view(kind) else kind for kind in table.schema.types]
    return table.cast(pa.schema(list(zip(table.schema.names, kinds, strict=True))))


def _places(table: pa.Table, columns: Sequence[str]) -> tuple[pa.Array, int]:
    """The distinct rows numbered in the order of their first places, and how many there are."""
    codes, width = pa.repeat(pa.scalar(0, pa.int64()), table.num_rows), 1
    for name in columns:
        column, below = _numbers(one_array(table, name))
        if width == 1:
            codes, width = column, below
            continue
        if width * below > WIDEST:
            codes, width = _codes(codes)
        # rows, and so codes, are fewer than 2^31, and so is `below`
        kind = pa.int32() if width * below <= NARROW else pa.int64()
        codes = pc.add(pc.multiply(codes.cast(kind), pa.scalar(below, kind)), column.cast(kind))
        width *= below
    return _codes(codes)


def _numbers(column: Any) -> tuple[pa.Array, int]:
    """Numbers from 0 on, equal where the values are, and one that is greater than all of them and at most 2^31."""
    numbers = short_texts_as_integers(column)
    if numbers is not None:
        below = pc.max(numbers).as_py() + 1
        if below <= NARROW:
            return numbers, below
    return _codes(column)


def short_texts_as_integers(column: Any) -> pa.Array | None:
    """Texts that all have the same length of one to four bytes as integers of these bytes, which Arrow numbers faster.

    None for a column of anything else.

    >>> short_texts_as_integers(pa.array(["EUR", "USD", "EUR"])).to_pylist()
    [5395781, 4477781, 5395781]
    """
    rows = len(column)
    if not is_text_by_offsets(column.type) or column.null_count or not rows:
        return None
    offsets, letters = text_buffers(column)
    lengths = pc.min_max(pc.subtract(offsets.slice(1), offsets.slice(0, rows))).as_py()
    length = lengths["min"]
    if length != lengths["max"] or length not in INTEGERS:
        return None
    data = letters.slice(offsets[0].as_py(), rows * length)
    if length != 3:
        aligned = pa.py_buffer(data.to_pybytes()) if data.address % length else data
        return pa.Array.from_buffers(INTEGERS[length], rows, [None, aligned])
    whole = data.to_pybytes()
    numbers: Any = pa.scalar(0, INTEGERS[3])
    for at in range(3):
        byte: Any = pa.Array.from_buffers(pa.uint8(), rows, [None, pa.py_buffer(whole[at::3])])
        numbers = pc.add(numbers, pc.shift_left(byte.cast(INTEGERS[3]), pa.scalar(8 * at, INTEGERS[3])))
    return numbers


def _codes(column: Any) -> tuple[pa.Array, int]:
    """The distinct values of a column numbered in the order of their first places, and how many there are."""
    if pt.is_dictionary(column.type):
        column = column.dictionary.take(column.indices)
    if pt.is_floating(column.type):
        column = column.view(pa.int64() if column.type.bit_width == 64 else pa.int32())
    encoded = column.dictionary_encode(null_encoding="encode")
    return encoded.indices, len(encoded.dictionary)
