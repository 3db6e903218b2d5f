"""Ids that occur more than once in a column.

>>> repeated_ids(pa.chunked_array([["a", "b"], ["a"]])).to_pylist()
['a']
>>> repeated_ids(pa.chunked_array([[3, 1, 2], [1, 3]])).to_pylist()
[3, 1]
"""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import pyarrow.compute as pc


def repeated_ids(ids: pa.ChunkedArray) -> Any:
    """The values that occur more than once, in the order of their first occurrence."""
    if pa.types.is_integer(ids.type) and not _repeats(ids):
        return pa.array([], ids.type)
    counts = pc.value_counts(ids)
    return pc.struct_field(counts, "values").filter(pc.greater(pc.struct_field(counts, "counts"), 1))


def _repeats(ids: pa.ChunkedArray) -> bool:
    """Whether a number occurs twice: by sorting, which takes a fraction of the memory of counting."""
    ordered = ids.take(pc.sort_indices(ids))
    return bool(pc.any(pc.equal(ordered.slice(1), ordered.slice(0, len(ordered) - 1))).as_py())


def rows_of(ids: pa.ChunkedArray, id: Any) -> list[int]:
    """The rows that have an id, counted from 0."""
    return pc.indices_nonzero(pc.equal(ids, id)).to_pylist()
