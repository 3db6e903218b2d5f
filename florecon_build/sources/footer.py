"""Lines of totals in a file: they begin with a word for it, and have fewer cells than rows have."""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass, field

import pyarrow as pa
import pyarrow.compute as pc

from florecon_build.sources.cells import LINE
from florecon_build.sources.words import TOTAL

USUAL_ROWS = 256
_WORDS = "|".join(sorted(TOTAL))
_PATTERN = rf"(?i)^[^\pL\pN]*(?:{_WORDS})(?:$|[^\pL\pN])"


@dataclass(frozen=True, slots=True)
class TotalLine:
    """A line that looks like a total: where it is, its first cell with text, and all of them."""

    line: int
    first: str
    cells: tuple[str, ...]


@dataclass(slots=True)
class Totals:
    """Lines of totals of one file, found batch by batch; ``below`` counts the rows behind the first of them."""

    lines: list[TotalLine] = field(default_factory=list[TotalLine])
    below: int = 0

    @property
    def at_foot(self) -> bool:
        """Whether no row stands below the first line."""
        return self.below == len(self.lines)

    def look(self, batch: pa.RecordBatch) -> None:
        """Adds the lines of a batch: their first cell begins with a word for a total, and they lack cells of rows."""
        hits = _hits(batch)
        usual = _usual(batch, set(hits)) if hits else 0
        found = [one for one in (_line(batch, at) for at in hits) if _is_sparse(one, usual)]
        if self.lines:
            self.below += batch.num_rows
        elif found:
            lines: list[int] = batch.column(LINE).to_pylist()
            self.below = batch.num_rows - lines.index(found[0].line)
        self.lines += found


def _hits(batch: pa.RecordBatch) -> list[int]:
    """The rows whose first cell begins with a word for a total, among those that lack a cell that most rows have."""
    columns = [batch.column(at) for at, name in enumerate(batch.schema.names) if name != LINE]
    few = batch.num_rows if batch.num_rows <= USUAL_ROWS else batch.num_rows // 20
    lacking = [column.is_null() for column in columns if 0 < column.null_count <= few]
    if not lacking:
        return []
    rows: list[int] = pc.indices_nonzero(functools.reduce(pc.or_, lacking)).to_pylist()
    texts = [column.take(pa.array(rows, pa.int64())) for column in columns if pa.types.is_string(column.type)]
    if not texts or not rows:
        return []
    first = pc.utf8_lower(pc.coalesce(*texts) if len(texts) > 1 else texts[0])
    found = pc.indices_nonzero(pc.fill_null(pc.match_substring_regex(first, _PATTERN), False))
    return [rows[at] for at in found.to_pylist()]


def _line(batch: pa.RecordBatch, at: int) -> TotalLine:
    row = {name: batch.column(name)[at].as_py() for name in batch.schema.names if name != LINE}
    filled = [str(cell).strip() for cell in row.values() if cell is not None and str(cell).strip()]
    return TotalLine(batch.column(LINE)[at].as_py(), filled[0], tuple(filled))


def _usual(batch: pa.RecordBatch, totals: set[int]) -> int:
    """How many cells most rows have."""
    rows = [row for at, row in enumerate(batch.slice(0, USUAL_ROWS).to_pylist()) if at not in totals]
    full = [sum(cell is not None for cell in row.values()) - 1 for row in rows]
    return max(set(full), key=full.count) if full else 0


def _is_sparse(one: TotalLine, usual: int) -> bool:
    return len(one.cells) < usual and len(one.cells) <= max(2, usual // 2) and len(one.first) <= 60


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
