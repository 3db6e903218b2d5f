"""Dates as days since 1970-01-01 in the proleptic Gregorian calendar, which repeats every 400 years."""

from __future__ import annotations

from calendar import monthrange
from datetime import date, timedelta

from florecon_build.interpreter.numbers import I64_MAX

_CYCLE_DAYS = 146_097
_EPOCH = date(1970, 1, 1)


def civil(days: int) -> tuple[int, int, int]:
    """Year (0 is the one before year 1), month and day of month.

    >>> civil(0), civil(-1), civil(-719_469)
    ((1970, 1, 1), (1969, 12, 31), (0, 2, 29))
    """
    cycles, rest = divmod(days, _CYCLE_DAYS)
    here = _EPOCH + timedelta(days=rest)
    return here.year + 400 * cycles, here.month, here.day


def month_end(days: int) -> int:
    """The last day of the month that ``days`` is in.

    >>> month_end(0), month_end(59)
    (30, 89)
    """
    year, month, day = civil(days)
    length = monthrange(2000 + year % 400, month)[1]
    return min(days + length - day, I64_MAX)


def iso(days: int) -> str:
    """``YYYY-MM-DD``; outside the years 1 to 9999 the plain day number.

    >>> iso(19_782), iso(-1_000_000)
    ('2024-02-29', '-1000000')
    """
    year, month, day = civil(days)
    return f"{year:04}-{month:02}-{day:02}" if 1 <= year <= 9999 else str(days)
