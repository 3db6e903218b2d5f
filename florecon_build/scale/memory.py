"""Memory of a run: sizes as people write them, and the rows that a worker has memory for."""

from __future__ import annotations

import re

UNITS = {
    "": 1,
    "B": 1,
    **{f"{prefix}B": 1000**power for power, prefix in enumerate("KMGT", 1)},
    **{f"{prefix}IB": 1024**power for power, prefix in enumerate("KMGT", 1)},
}
FIXED, TIMES = 800, 2
"""Memory of a worker for a row of its shard: so many bytes, and so many times what the row takes in its columns.

Measured by ``benchmarks.shard_memory`` on the intercompany example: 807 to 926 bytes for rows of 93 bytes, 1,113 to
1,241 for those of 292.
"""
BASE = 300_000_000
"""Memory of a worker without rows, measured likewise."""


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


def bytes_a_row(row_bytes: float) -> int:
    """The memory of a worker for a row that takes so many bytes in its columns.

    >>> bytes_a_row(94), bytes_a_row(294)
    (988, 1388)
    """
    return int(FIXED + TIMES * row_bytes)


def rows_within(size: int, row_bytes: float) -> int:
    """The rows of a shard that a worker has memory for; ``row_bytes`` are those of one in its columns.

    >>> rows_within(1_300_000_000, 100)
    1000000
    """
    return max((size - BASE) // bytes_a_row(row_bytes), 1000)
