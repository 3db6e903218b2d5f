"""Cells of a file, as every reader gives them: texts or typed values under headers, with the line of each row."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Literal

import pyarrow as pa
import pyarrow.compute as pc

LINE = "\x00line"
"""The column of line numbers (int64, from 1; of a spreadsheet its rows, of a document its entries)."""

CheckKind = Literal["balance", "expect", "count", "currency", "dates"]


@dataclass(frozen=True, slots=True)
class Skipped:
    """A line that is no row, and why."""

    file: str
    line: int
    reason: str
    text: str


@dataclass(frozen=True, slots=True)
class Check:
    """Something that a file says about itself, or that is expected of it, and whether it holds."""

    kind: CheckKind
    holds: bool
    message: str
    line: int | None = None


@dataclass(frozen=True, slots=True)
class Statement:
    """A part of a file with an opening and a closing balance: a statement of an account.

    ``first_line`` and ``last_line`` (inclusive) are those of its entries, ``moved`` is their sum; a balance is None
    where it is not given. ``number`` and ``page`` place it among the statements of its account; ``since`` is the first
    day that it covers.
    """

    account: str
    currency: str | None
    opening: Decimal | None
    closing: Decimal | None
    first_line: int
    last_line: int
    moved: Decimal
    opening_day: datetime.date | None = None
    closing_day: datetime.date | None = None
    number: int | None = None
    page: int | None = None
    since: datetime.date | None = None


@dataclass(slots=True)
class Cells:
    """One file as read.

    ``headers`` in their order; ``batches`` have a column for each header, and ``LINE``; a column is of type string
    where the file holds text, of an Arrow type where it holds values; those of ``typed`` always do. ``skipped``,
    ``checks``, ``statements`` and ``notes`` are complete when the batches have been taken. ``amount`` is the header of
    the amount, where the format says it. ``again`` opens the file once more, with what is known of it.
    """

    headers: tuple[str, ...]
    batches: Iterator[pa.RecordBatch]
    skipped: list[Skipped] = field(default_factory=list[Skipped])
    checks: list[Check] = field(default_factory=list[Check])
    statements: list[Statement] = field(default_factory=list[Statement])
    notes: list[str] = field(default_factory=list[str])
    typed: frozenset[str] = frozenset()
    amount: str | None = None
    again: Callable[[], Cells] | None = None


def numbered(first: int, count: int) -> pa.Array:
    """The whole numbers from ``first``, as many as said.

    >>> numbered(5, 3).to_pylist()
    [5, 6, 7]
    """
    ones = pa.repeat(pa.scalar(1, pa.int64()), count)
    return pc.cumulative_sum(ones, start=first - 1)


def text_batches(
    headers: tuple[str, ...], rows: Iterable[tuple[int, list[str | None]]], size: int = 8_192
) -> Iterator[pa.RecordBatch]:
    """Batches of texts from rows with their lines, for readers that have one row at a time."""
    lines: list[int] = []
    columns: list[list[str | None]] = [[] for _ in headers]
    for line, row in rows:
        lines.append(line)
        for column, cell in zip(columns, row, strict=True):
            column.append(cell)
        if len(lines) == size:
            yield _batch(headers, columns, lines)
            lines = []
            columns = [[] for _ in headers]
    if lines:
        yield _batch(headers, columns, lines)


def _batch(headers: tuple[str, ...], columns: list[list[str | None]], lines: list[int]) -> pa.RecordBatch:
    arrays = [pa.array(column, pa.string()) for column in columns]
    return pa.RecordBatch.from_arrays([*arrays, pa.array(lines, pa.int64())], names=[*headers, LINE])
