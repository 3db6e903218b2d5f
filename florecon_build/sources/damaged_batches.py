"""Validation of foreign Arrow batches: a damaged one ends the process, not the call, where it is not refused first."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.types as pt

from florecon_build.sources.text_buffers import is_text_by_offsets, text_buffers

MAX_PLACES = 76
"""Decimal places of the widest decimal of Arrow."""


def validate(batch: pa.RecordBatch) -> None:
    """Raises ``pa.ArrowInvalid`` for a batch that could end the process instead of a call: one that lies about its
    sizes, holds text that is no UTF-8, or decimals of more places than there are.
    """
    for field in batch.schema:
        kind = field.type.value_type if pt.is_dictionary(field.type) else field.type
        if pt.is_decimal(kind) and abs(kind.scale) > MAX_PLACES:
            raise pa.ArrowInvalid(f"column {field.name!r} has decimals of {kind.scale} places")
    batch.validate()
    for column in batch.columns:
        if not _is_ascii(column):
            column.validate(full=True)


def _is_ascii(column: Any) -> bool:
    """Whether a column is of texts, undamaged and ASCII, which is seen without a look at each text.

    Errors: `pa.ArrowInvalid` for offsets of texts that are damaged.
    """
    if not is_text_by_offsets(column.type) or not len(column):
        return False
    column.view(pa.large_binary() if pt.is_large_string(column.type) else pa.binary()).validate(full=True)
    offsets, letters = text_buffers(column)
    if letters is None:
        return False
    first, end = offsets[0].as_py(), offsets[len(column)].as_py()
    # the bytes of other characters are negative
    each: Any = pa.Array.from_buffers(pa.int8(), end - first, [None, letters.slice(first, end - first)])
    return first == end or pc.min(each).as_py() >= 0
