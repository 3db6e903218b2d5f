"""Record structure of a CSV file, read by Python's strict CSV parser: a check that is independent of the fast reader.

Arrow's reader takes a quote that is never closed as the rest of the file, and a quote that is closed some lines later
as one cell. Both swallow rows. A file without quotes cannot hide rows; any other file is walked once, and

- a quote still open at the end of the file is refused with the line that opens it;
- a cell that spans lines is refused where each of these lines has as many fields as the header when quotes are taken as
  ordinary letters: those lines are rows, joined by a stray quote. A note of several lines is none of that.

The number of records is compared with the number of rows that the fast reader gave.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, cast

import pyarrow as pa

from florecon_build.host.errors import BadTable

_BLOCK = 1 << 20
_SHOWN = 60


@dataclass(frozen=True, slots=True)
class Record:
    """The cells of one record, the line it begins on (counted from 1), and the lines it is written on."""

    cells: list[str]
    first_line: int
    lines: tuple[str, ...]

    @property
    def last_line(self) -> int:
        """The line it ends on."""
        return self.first_line + len(self.lines) - 1


def has_quotes(path: Path) -> bool:
    """Whether there is a quote anywhere in a file; a compressed file is read through."""
    with pa.input_stream(str(path)) as file:
        while block := file.read(_BLOCK):
            if b'"' in block:
                return True
    return False


def count_records(path: Path, delimiter: str) -> int:
    """The number of records after the header, lines without a letter left out.

    Errors: `BadTable` for a quote that is not closed, text after a closing quote, and a quoted cell that swallows rows;
    the message names the lines.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = Path(folder) / "notes.csv"
    ...     _ = file.write_text('id,note\\n1,"two\\nlines"\\n2,plain\\n')
    ...     count_records(file, ",")
    2
    """
    records = _records(path, delimiter)
    header = next(records, None)
    if header is None:
        return 0
    count = 0
    for record in records:
        count += 1
        if len(record.lines) > 1:
            _refuse_swallowed(path, record, delimiter, len(header.cells))
    return count


def line_of(path: Path, delimiter: str, row: int) -> int | None:
    """The line on which a row (counted from 0, the header not counted) begins; None beyond the end."""
    for number, record in enumerate(_records(path, delimiter), -1):
        if number == row:
            return record.first_line
    return None


def _records(path: Path, delimiter: str) -> Iterator[Record]:
    """The records of a file with the lines that each is written on, lines without a letter left out."""
    taken: list[str] = []
    number = 0

    def lines(text: io.TextIOWrapper) -> Iterator[str]:
        nonlocal number
        for line in text:
            number += 1
            taken.append(line)
            yield line

    with pa.input_stream(str(path)) as file:
        text = io.TextIOWrapper(cast(IO[bytes], file), encoding="utf-8-sig", newline="")
        try:
            for cells in csv.reader(lines(text), delimiter=delimiter, strict=True):
                if cells:
                    yield Record(cells, number - len(taken) + 1, tuple(taken))
                taken.clear()
        except csv.Error as error:
            raise BadTable(_refusal(path, number, taken, error)) from error
        except UnicodeDecodeError as error:
            raise BadTable(f"{path}: line {number + 1} or a later one is not UTF-8 ({error.reason})") from error


def _refusal(path: Path, number: int, taken: list[str], error: csv.Error) -> str:
    first = number - len(taken) + 1
    shown = _shown(taken[0]) if taken else ""
    if "unexpected end of data" in str(error):
        return (
            f"{path}: line {first} opens a quote that is never closed, which swallows the {len(taken) - 1:,} lines "
            f"after it: {shown}; close the quote, or write a quote inside a cell twice"
        )
    if "field larger than field limit" in str(error):
        return f"{path}: line {first} has a cell of more than {csv.field_size_limit():,} letters: {shown}"
    return f"{path}: line {number}: {error}: {_shown(taken[-1]) if taken else ''}; write a quote inside a cell twice"


def _refuse_swallowed(path: Path, record: Record, delimiter: str, fields: int) -> None:
    if any(line.count(delimiter) != fields - 1 for line in record.lines):
        return
    raise BadTable(
        f"{path}: a quote joins lines {record.first_line} to {record.last_line} into one row, and each of them looks "
        f"like a row of its own ({fields} fields): {_shown(record.lines[0])}; write a quote inside a cell twice"
    )


def _shown(line: str) -> str:
    """The beginning of a line, with control characters escaped."""
    text = line.rstrip("\r\n")
    return ascii(text[:_SHOWN]) + ("..." if len(text) > _SHOWN else "")
