"""Dates as days since 1970-01-01 in the proleptic Gregorian calendar, which repeats every 400 years."""

from __future__ import annotations

import re
from calendar import monthrange
from datetime import date, timedelta

from florecon_build.interpreter.numbers import I64_MAX
from florecon_build.interpreter.text import strip

_CYCLE_DAYS = 146_097
_EPOCH = date(1970, 1, 1)
_THURSDAY = 3
_PIECES = {
    "%d": "(?P<d>[0-9]{1,2}+)",
    "%m": "(?P<m>[0-9]{1,2}+)",
    "%Y": "(?P<Y>[0-9]{4})",
    "%y": "(?P<y>[0-9]{2})",
}


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


def parse(text: str, format: str) -> int | None:
    """The date that the text is in a format of ``%d``, ``%m``, ``%Y`` and ``%y``; None where it is none.

    >>> parse(" 1/12/2025", "%d/%m/%Y"), parse("29.2.25", "%d.%m.%y"), parse("2025", "%Y-%m-%d")
    (20423, None, None)
    """
    pieces = re.findall("%.|[^%]", format, re.DOTALL)
    found = re.fullmatch("".join(_PIECES.get(piece) or re.escape(piece[-1]) for piece in pieces), strip(text))
    if found is None:
        return None
    numbers = {name: int(digits) for name, digits in found.groupdict().items()}
    in_year = numbers.get("Y", 0)
    if "y" in numbers:
        in_year = numbers["y"] + (2000 if numbers["y"] < 69 else 1900)
    try:
        return (date(in_year, numbers["m"], numbers["d"]) - _EPOCH).days
    except ValueError:
        return None


def business_day(days: int, holidays: str, weekend: str) -> int:
    """The business days from 1970-01-01 to a date, both included, less the holidays up to it; before, they count down.

    >>> [business_day(day, "2025-12-25", "5 6") - business_day(20_446, "", "5 6") for day in (20_446, 20_447, 20_451)]
    [0, 0, 2]
    """
    closed = {int(day) for day in weekend.split()}
    weeks, rest = divmod(days, 7)
    in_week = sum((_THURSDAY + day) % 7 not in closed for day in range(rest + 1))
    past = sum((date.fromisoformat(day) - _EPOCH).days <= days for day in holidays.split())
    return weeks * (7 - len(closed)) + in_week - past


def iso(days: int) -> str:
    """``YYYY-MM-DD``; outside the years 1 to 9999 the plain day number.

    >>> iso(19_782), iso(-1_000_000)
    ('2024-02-29', '-1000000')
    """
    in_year, in_month, on_day = civil(days)
    return f"{in_year:04}-{in_month:02}-{on_day:02}" if 1 <= in_year <= 9999 else str(days)
