"""Ageing of open items: days from a date column to a reference date, in buckets, by currency."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from florecon_build.host.errors import MissingColumn

BOUNDS = (30, 60, 90, 180, 365)
"""Last day of each bucket but the last."""
NO_DATE = "no date"
EPOCH = datetime.date(1970, 1, 1)


@dataclass(frozen=True, slots=True)
class Ageing:
    """The date column that ages are counted from, and the reference date; `given` where somebody chose that date."""

    column: str
    as_of: datetime.date
    given: bool = False


def ageing_of(rows: pa.Table, date_column: str | None = None, as_of: datetime.date | None = None) -> Ageing | None:
    """The ageing of input rows; None where they have no date.

    Parameters: `date_column`, by default the first date column with a date in it; `as_of`, by default its latest date.
    Errors: `MissingColumn` where `date_column` is no date column.
    """
    dates = [field.name for field in rows.schema if _is_date(field.type)]
    if date_column is not None and date_column not in dates:
        known = f"the date columns are {', '.join(dates)}" if dates else "there is no date column"
        raise MissingColumn(f"{date_column!r} is no date column of the input; {known}", column=date_column)
    for name in dates if date_column is None else [date_column]:
        latest = pc.max(rows[name]).as_py()
        if latest is not None:
            day = latest.date() if isinstance(latest, datetime.datetime) else latest
            return Ageing(name, day if as_of is None else as_of, given=as_of is not None)
    return None


def ages(column: pa.ChunkedArray, as_of: datetime.date) -> pa.ChunkedArray:
    """Age in days, null where there is no date; negative for a date after the reference date.

    >>> ages(pa.chunked_array([[datetime.date(2026, 3, 1), None]], pa.date32()), datetime.date(2026, 3, 31)).to_pylist()
    [30, None]
    """
    days = pc.cast(pc.cast(column, pa.date32(), safe=False), pa.int32())
    return pc.cast(pc.subtract((as_of - EPOCH).days, pc.cast(days, pa.int64())), pa.int64())


def bucket_names() -> list[str]:
    """The buckets in order of age; the last is for rows without a date."""
    starts = (0, *(bound + 1 for bound in BOUNDS[:-1]))
    return [
        *(f"{start} to {end}" for start, end in zip(starts, BOUNDS, strict=True)),
        f"over {BOUNDS[-1]}",
        NO_DATE,
    ]


def bucket_of(age: int | None) -> int:
    """The bucket of an age in days. A date after the reference date counts as age 0.

    >>> [bucket_names()[bucket_of(age)] for age in (-3, 30, 31, 400, None)]
    ['0 to 30', '0 to 30', '31 to 60', 'over 365', 'no date']
    """
    if age is None:
        return len(BOUNDS) + 1
    return next((at for at, bound in enumerate(BOUNDS) if age <= bound), len(BOUNDS))


@dataclass(frozen=True, slots=True)
class AgeLine:
    """Open items of one bucket in one currency: rows, sum of absolute amounts, signed sum, in minor units."""

    bucket: int
    currency: str
    rows: int
    value: int
    net: int


def age_lines(age_days: Sequence[int | None], codes: Sequence[str], amounts: Sequence[int]) -> list[AgeLine]:
    """The lines of an ageing by bucket and currency; buckets without rows have none."""
    sums: dict[tuple[int, str], list[int]] = {}
    for age, code, amount in zip(age_days, codes, amounts, strict=True):
        line = sums.setdefault((bucket_of(age), code), [0, 0, 0])
        line[0] += 1
        line[1] += abs(amount)
        line[2] += amount
    return [AgeLine(bucket, code, *line) for (bucket, code), line in sorted(sums.items())]


def _is_date(kind: pa.DataType) -> bool:
    return pa.types.is_date(kind) or pa.types.is_timestamp(kind)
