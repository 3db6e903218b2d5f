"""Header row of a table: found among the first rows by its words and its width."""

from __future__ import annotations

import re
from collections.abc import Sequence

MAX_COLUMNS = 16_384


def header_index(rows: Sequence[Sequence[str]]) -> int:
    """The first row as wide as most rows, with words in all cells but one; the first row where there is none."""
    widths = [len(row) for row in rows if len(row) > 1]
    common = max(set(widths), key=widths.count, default=0)
    for at, row in enumerate(rows):
        cells = [cell.strip() for cell in row]
        filled = [cell for cell in cells if cell]
        if len(row) >= common > 1 and len(filled) >= common - 1 and not any(map(_is_value, filled)):
            return at
    return 0


def _is_value(cell: str) -> bool:
    return bool(re.fullmatch(r"[-+(]?[\d.,' /:-]*\d[\d.,' /:)-]*", cell))
