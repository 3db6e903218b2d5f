"""Ids that occur more than once in a column, and different ones that look the same.

>>> repeated_ids(pa.chunked_array([["a", "b"], ["a"]])).to_pylist()
['a']
>>> repeated_ids(pa.chunked_array([[3, 1, 2], [1, 3]])).to_pylist()
[3, 1]
"""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

MOST_PAIRS = 3


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


def alike_ids(ids: pa.ChunkedArray) -> list[tuple[str, str]]:
    """Pairs of different ids that differ in white space at their ends, or in how their letters are encoded, only.

    >>> alike_ids(pa.chunked_array([["A 1", "B", "A 1 ", "B"]]))
    [('A 1', 'A 1 ')]
    """
    if not pa.types.is_string(ids.type) or not _are_unusual(ids):
        return []
    shown = pc.utf8_trim_whitespace(pc.utf8_normalize(ids, form="NFC"))
    pairs: list[tuple[str, str]] = []
    for look in repeated_ids(shown):
        first, *others = dict.fromkeys(ids.filter(pc.equal(shown, look)).to_pylist())
        if others:
            pairs.append((first, others[0]))
        if len(pairs) == MOST_PAIRS:
            break
    return pairs


def _are_unusual(ids: pa.ChunkedArray) -> bool:
    """Whether any id has a letter that is not ASCII, or white space at an end."""
    plain = pc.and_(pc.string_is_ascii(ids), pc.equal(pc.utf8_trim_whitespace(ids), ids))
    return not pc.all(plain).as_py()
