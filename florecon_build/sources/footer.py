"""Lines of totals at the foot of a file: they begin with a word for it, and have fewer cells than rows have."""

from __future__ import annotations

import re
from dataclasses import dataclass

import pyarrow as pa

from florecon_build.sources.cells import LINE
from florecon_build.sources.words import TOTAL, words

TAIL = 64


@dataclass(frozen=True, slots=True)
class TotalLine:
    """A line that looks like a total: where it is, and its first cell with text."""

    line: int
    first: str
    cells: tuple[str, ...]


def total_lines(batch: pa.RecordBatch) -> list[TotalLine]:
    """The lines of totals at the end of the last batch of a file.

    Such a line begins with a word for a total and lacks at least one of the cells that the rows above it have. Above
    the last line that is a row there are none.
    """
    rows = batch.slice(max(0, batch.num_rows - TAIL)).to_pylist()
    found: list[TotalLine] = []
    for at in range(len(rows) - 1, -1, -1):
        row = {name: cell for name, cell in rows[at].items() if name != LINE}
        filled = [str(cell).strip() for cell in row.values() if cell is not None and str(cell).strip()]
        if not filled or not _is_total(filled[0]):
            break
        found.append(TotalLine(rows[at][LINE], filled[0], tuple(filled)))
    full = [sum(cell is not None for cell in row.values()) - 1 for row in rows[: len(rows) - len(found)]]
    if not full:
        return []
    usual = max(set(full), key=full.count)
    return [one for one in reversed(found) if len(one.cells) < usual]


def _is_total(text: str) -> bool:
    leading = re.split(r"[\s:(]", text.strip(), maxsplit=1)[0]
    return len(text) <= 60 and bool(words(leading) & TOTAL)


def stop_pattern(first: str) -> str:
    r"""A regular expression for lines that begin with a text, whatever marks stand before it.

    >>> stop_pattern("Total"), stop_pattern("*** End of report ***")
    ('^\\W*Total(?!\\w)', '^\\W*End of report')
    """
    words = re.split(r"\W+", first.strip())
    kept = [word for word in words if word][:6]
    plain = r"\W+".join(map(re.escape, kept)) if len(kept) > 1 else "".join(kept)
    spaced = plain.replace(r"\W+", " ") if " ".join(kept) in first else plain
    return rf"^\W*{spaced}" + (r"(?!\w)" if len(kept) == 1 else "")
