"""Header row of a table: found among the first rows by its words and its width; names that stand once."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

MAX_COLUMNS = 16_384


def header_index(rows: Sequence[Sequence[str]]) -> int | None:
    """The first row as wide as most rows, with words in all cells but one; else the first row; None where that is no
    header, because it has numbers or days.

    >>> header_index([["My bank"], [], ["Date", "Amount"], ["2026-03-01", "5"]])
    2
    >>> header_index([["2026-03-01", "5.00"], ["2026-03-02", "6.00"]]) is None
    True
    """
    for trimmed in (rows, [row[:-1] if len(row) > 2 and not row[-1].strip() else row for row in rows]):
        widths = [len(row) for row in trimmed if len(row) > 1]
        common = max(set(widths), key=widths.count, default=0)
        for at, row in enumerate(trimmed):
            filled = [cell.strip() for cell in row if cell.strip()]
            if len(row) >= common > 1 and len(filled) >= common - 1 and not any(map(_is_value, filled)):
                return at
    first = [cell.strip() for cell in rows[0]] if rows else []
    return None if len(first) > 1 and any(map(_is_value, filter(None, first))) else 0


NO_HEADER = "no line is a header: the first one has numbers or days"
NO_HEADER_WORDS = "where that line is the header all the same; else write a header into the file"


def header_names(cells: Sequence[str]) -> tuple[str, ...]:
    """A name for each header, none of them twice: an empty one is numbered, and so are equal ones.

    >>> header_names(["Betrag", "", "W\u00e4hrung", "W\u00e4hrung"])
    ('Betrag', 'column 2', 'W\u00e4hrung (1)', 'W\u00e4hrung (2)')
    """
    names = [cell.strip() or f"column {number}" for number, cell in enumerate(cells, 1)]
    counts, taken = Counter(names), set(names)
    numbers: dict[str, int] = {}
    for at, name in enumerate(list(names)):
        while counts[name] > 1:
            numbers[name] = numbers.get(name, 0) + 1
            names[at] = f"{name} ({numbers[name]})"
            if names[at] not in taken:
                break
    return tuple(names)


def twice(name: str, headers: Sequence[str]) -> list[str]:
    """The numbered names of a header that stands more than once."""
    return [header for header in headers if re.fullmatch(re.escape(name) + r" \([0-9]+\)", header)]


def _is_value(cell: str) -> bool:
    return bool(re.fullmatch(r"[-+(]?[\d.,' /:-]*\d[\d.,' /:)-]*", cell))
