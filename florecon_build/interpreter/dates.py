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


def year(days: int) -> int:
    """The year; 0 is the one before year 1."""
    return civil(days)[0]


def month(days: int) -> int:
    """The month, 1 to 12."""
    return civil(days)[1]


def day(days: int) -> int:
    """The day of the month, 1 to 31."""
    return civil(days)[2]


def month_end(days: int) -> int:
    """The last day of the month that ``days`` is in.

    >>> month_end(0), month_end(59)
    (30, 89)
    """
    in_year, in_month, on_day = civil(days)
    length = monthrange(2000 + in_year % 400, in_month)[1]
    return min(days + length - on_day, I64_MAX)


def iso(days: int) -> str:
    """``YYYY-MM-DD``; outside the years 1 to 9999 the plain day number.

    >>> iso(19_782), iso(-1_000_000)
    ('2024-02-29', '-1000000')
    """
    in_year, in_month, on_day = civil(days)
    return f"{in_year:04}-{in_month:02}-{on_day:02}" if 1 <= in_year <= 9999 else str(days)
