"""Validation of foreign Arrow batches: a damaged one ends the process, not the call, where it is not refused first."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.types as pt

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
    batch.validate(full=True)
