"""Arrays of Arrow: what the tables of a report need and PyArrow does not have."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import pyarrow.compute as pc


def one_array(table: pa.Table, name: str) -> pa.Array:
    """A column in one piece."""
    column = table.column(name)
    return column.chunk(0) if column.num_chunks == 1 else pa.concat_arrays(column.chunks or [pa.array([], column.type)])


def places(length: int) -> pa.Array:
    """The numbers from 0, so many."""
    every = pa.Array.from_buffers(pa.bool_(), length, [None, pa.py_buffer(b"\xff" * ((length + 7) // 8))])
    return true_places(every)


def true_places(flags: Any) -> pa.Array:
    """Where flags are true."""
    return pc.indices_nonzero(flags).view(pa.int64())  # they are less than 2^63


def is_ascending(values: pa.Array) -> bool:
    """Whether each value is larger than the one before."""
    return len(values) < 2 or all_true(pc.less(values.slice(0, len(values) - 1), values.slice(1)))


def is_new(keys: pa.Array) -> pa.Array:
    """For each key, whether it is another than the one before."""
    if not len(keys):
        return pa.array([], pa.bool_())
    return pa.concat_arrays([pa.array([True]), pc.not_equal(keys.slice(1), keys.slice(0, len(keys) - 1))])


def first_places(keys: pa.Array) -> pa.Array:
    """The first place of each run of equal keys."""
    return true_places(is_new(keys))


def last_places(numbers: pa.Array, count: int) -> pa.Array:
    """For each number below `count` its last place in the array; null where it is not there.

    >>> last_places(pa.array([2, 0, 2]), 3).to_pylist()
    [1, None, 2]
    """
    if not count:
        return pa.array([], pa.int64())
    return pc.inverse_permutation(numbers.cast(pa.int64()), max_index=count - 1)


def places_among(ids: pa.Array, wanted: pa.Array) -> pa.Array | None:
    """The place of each wanted id among ascending ones; None where one is not there."""
    if not len(ids) or not len(wanted):
        return None
    first, last = ids[0].as_py(), ids[-1].as_py()
    if last - first != len(ids) - 1:
        at = pc.index_in(wanted, value_set=ids)
        return None if at.null_count else at
    least, most = pc.min_max(wanted).as_py().values()
    return pc.subtract(wanted, first) if first <= least and most <= last else None


def all_true(flags: Any) -> bool:
    """Whether no flag is false."""
    return pc.all(flags).as_py() is not False


def first_of_each(table: pa.Table, key: str, order: list[tuple[str, str]]) -> pa.Table:
    """The first row of each key in the given order, by ascending key.

    >>> first_of_each(pa.table({"k": [2, 1, 2], "v": [9, 5, 3]}), "k", [("v", "ascending")]).to_pydict()
    {'k': [1, 2], 'v': [5, 3]}
    """
    if not table.num_rows:
        return table
    ordered = table.sort_by([(key, "ascending"), *order]).combine_chunks()
    keys = ordered.column(key)
    changes = pc.not_equal(keys.slice(1), keys.slice(0, len(keys) - 1))
    return ordered.filter(pa.chunked_array([pa.array([True]), *changes.chunks]))
