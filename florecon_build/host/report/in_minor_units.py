"""Amounts of shipped columns as whole minor units, as a module reads them.

>>> in_minor_units(pa.array([9.75, None, -0.1]), 2).to_pylist()
[975, None, -10]
"""

from __future__ import annotations

import pyarrow as pa
import pyarrow.types as pt

DIGITS = 38


def in_minor_units(amounts: pa.Array, scale: int) -> pa.Array:
    """Amounts in major units as int64 of `scale` decimal places; a float counts as the nearest minor unit.

    Errors: `ArrowInvalid` for an amount that 64 bits do not hold.
    """
    if pt.is_integer(amounts.type) and scale == 0:
        return amounts.cast(pa.int64())
    decimals = amounts.cast(pa.decimal128(DIGITS, scale))
    whole = pa.Array.from_buffers(pa.decimal128(DIGITS, 0), len(decimals), decimals.buffers(), offset=decimals.offset)
    return whole.cast(pa.int64())
