"""Entries of bank statements: exact amounts and days, in batches of typed columns."""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal

import pyarrow as pa

from florecon_build.sources.cells import LINE

ROWS = 65_536
_EXACT = re.compile(r"[+-]?(?:[0-9]{1,20}(?:\.[0-9]{0,18})?|\.[0-9]{1,18})", re.ASCII)

Value = str | int | Decimal | datetime.date | None
Row = tuple[int, Sequence[Value]]
"""The line of an entry, and a value for each header."""

ZERO_DECIMALS = "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF"
THREE_DECIMALS = "BHD IQD JOD KWD LYD OMR TND"
FOUR_DECIMALS = "CLF UYW"


def decimals_of(currency: str) -> int:
    """The number of decimals of a currency (ISO 4217), for formats that write amounts in minor units."""
    if currency in ZERO_DECIMALS.split():
        return 0
    if currency in THREE_DECIMALS.split():
        return 3
    return 4 if currency in FOUR_DECIMALS.split() else 2


def exact(text: str) -> Decimal | None:
    """A number with a decimal point, without exponent or thousands; None where a text is none.

    >>> exact("-109.99"), exact("12."), exact("1e5"), exact("1,5")
    (Decimal('-109.99'), Decimal('12'), None, None)
    """
    return Decimal(text) if _EXACT.fullmatch(text) else None


def day_of(text: str) -> datetime.date | None:
    """A day of eight digits; None where a text is none.

    >>> day_of("20260302"), day_of("20260231"), day_of("2026302")
    (datetime.date(2026, 3, 2), None, None)
    """
    if not re.fullmatch(r"[0-9]{8}", text):
        return None
    try:
        return datetime.date(int(text[:4]), int(text[4:6]), int(text[6:]))
    except ValueError:
        return None


def short_day(text: str) -> datetime.date | None:
    """A day of six digits, YYMMDD, of the years 1980 to 2079; None where a text is none."""
    return day_of(f"{'19' if text[:2] >= '80' else '20'}{text}")


def typed(kinds: Mapping[str, pa.DataType | None]) -> frozenset[str]:
    """The headers of columns that hold values, not texts."""
    return frozenset(header for header, kind in kinds.items() if kind is None or not pa.types.is_string(kind))


def entry_batches(kinds: Mapping[str, pa.DataType | None], rows: Iterable[Row]) -> Iterator[pa.RecordBatch]:
    """Batches of entries, one column for each header and the line of each.

    Parameters: `kinds` the type of each header; None is that of an amount, a decimal with the places that the amounts
    of the batch need.
    """
    lines: list[int] = []
    columns: list[list[Value]] = [[] for _ in kinds]
    for line, row in rows:
        lines.append(line)
        for column, value in zip(columns, row, strict=True):
            column.append(value)
        if len(lines) == ROWS:
            yield _batch(kinds, columns, lines)
            lines, columns = [], [[] for _ in kinds]
    if lines:
        yield _batch(kinds, columns, lines)


def _batch(kinds: Mapping[str, pa.DataType | None], columns: list[list[Value]], lines: list[int]) -> pa.RecordBatch:
    arrays = [
        pa.array(column, _decimals(column) if kind is None else kind)
        for kind, column in zip(kinds.values(), columns, strict=True)
    ]
    return pa.RecordBatch.from_arrays([*arrays, pa.array(lines, pa.int64())], names=[*kinds, LINE])


def _decimals(values: Sequence[Value]) -> pa.DataType:
    places = [-int(value.as_tuple().exponent) for value in values if isinstance(value, Decimal)]
    return pa.decimal128(38, max(0, *places) if places else 0)
