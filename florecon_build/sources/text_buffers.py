"""Buffers of a column of texts, as Arrow lays them out: the bytes of all texts, and where each begins."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import pyarrow.types as pt


def is_text_by_offsets(kind: pa.DataType) -> bool:
    """Whether a column of this type has these buffers: one of views or of a dictionary has not."""
    return pt.is_string(kind) or pt.is_large_string(kind)


def text_buffers(column: Any) -> tuple[Any, Any]:
    """The offsets of the texts, one more than there are, and the bytes; None where the column has no bytes at all.

    Parameters: `column` is an array of `string` or `large_string` of at least one text. Offsets count from the first
    byte, also where the column is a slice.

    >>> offsets, letters = text_buffers(pa.array(["EUR", "", "francs"]).slice(1))
    >>> offsets.to_pylist(), letters.to_pybytes()[3:9]
    ([3, 3, 9], b'francs')
    """
    _, offsets, letters = column.buffers()
    width = pa.int64() if pt.is_large_string(column.type) else pa.int32()
    return pa.Array.from_buffers(width, len(column) + 1, [None, offsets], offset=column.offset), letters
