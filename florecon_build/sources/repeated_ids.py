"""Ids that occur more than once in a column.

>>> repeated_ids(pa.chunked_array([["a", "b"], ["a"]])).to_pylist()
['a']
"""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import pyarrow.compute as pc


def repeated_ids(ids: pa.ChunkedArray) -> Any:
    """The values that occur more than once, in the order of their first occurrence."""
    counts = pc.value_counts(ids)
    return pc.struct_field(counts, "values").filter(pc.greater(pc.struct_field(counts, "counts"), 1))


def rows_of(ids: pa.ChunkedArray, id: Any) -> list[int]:
    """The rows that have an id, counted from 0."""
    return pc.indices_nonzero(pc.equal(ids, id)).to_pylist()
