"""Memory of a run: sizes as people write them, and the rows that a worker has memory for."""

from __future__ import annotations

import re

UNITS = {
    "": 1,
    "B": 1,
    **{f"{prefix}B": 1000**power for power, prefix in enumerate("KMGT", 1)},
    **{f"{prefix}IB": 1024**power for power, prefix in enumerate("KMGT", 1)},
}
BYTES_A_ROW = 1200
"""Memory of a worker for each row of its shard: about 500 in the module, the rest its tables in the host."""
BASE = 150_000_000
"""Memory of a worker without rows."""


def byte_count(size: int | str) -> int:
    """The bytes of a size. Raises `ValueError`.

    >>> byte_count("2GB"), byte_count("1.5 GiB"), byte_count(4096)
    (2000000000, 1610612736, 4096)
    """
    if isinstance(size, int):
        return size
    found = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*([A-Za-z]*)\s*", size)
    if found is None or found[2].upper() not in UNITS:
        raise ValueError(f"memory is {size!r}; write a number of bytes, or a size such as 2GB or 1.5GiB")
    return int(float(found[1]) * UNITS[found[2].upper()])


def rows_within(size: int) -> int:
    """The rows of a shard that a worker has memory for.

    >>> rows_within(1_350_000_000)
    1000000
    """
    return max((size - BASE) // BYTES_A_ROW, 1000)
