"""Accounting period: a name, and the days from its first to its last.

>>> period("2026-02").last, period("2026-Q1").first, period("2026-W01").first
(datetime.date(2026, 2, 28), datetime.date(2026, 1, 1), datetime.date(2025, 12, 29))
>>> period("2026-02-23..2026-03-22").name
'2026-02-23..2026-03-22'
"""

from __future__ import annotations

import calendar
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta

from florecon_build.host.decisions.errors import WrongPeriod

FORMS = "2026-03, 2026-Q1, 2026-H1, 2026, 2026-W12, 2026-03-31 or 2026-02-23..2026-03-22"


@dataclass(frozen=True, slots=True)
class Span:
    """A period: its name, first and last day."""

    name: str
    first: date
    last: date

    def __contains__(self, day: date) -> bool:
        return self.first <= day <= self.last


def period(name: str) -> Span:
    """The period of a name.

    Errors: `WrongPeriod` for a name that is none of the forms.
    """
    text = name.strip()
    for form, span in _FORMS.items():
        found = re.fullmatch(form, text, re.ASCII)
        if found is None:
            continue
        try:
            first, last = span(*found.groups())
        except (ValueError, OverflowError):
            break
        if first <= last:
            return Span(text, first, last)
        break
    raise WrongPeriod(f"{name!r} is no period; write it as {FORMS}")


def _months(year: str, first: int, count: int) -> tuple[date, date]:
    last = first + count - 1
    return date(int(year), first, 1), date(int(year), last, calendar.monthrange(int(year), last)[1])


def _year(year: str) -> tuple[date, date]:
    return _months(year, 1, 12)


def _month(year: str, month: str) -> tuple[date, date]:
    return _months(year, int(month), 1)


def _quarter(year: str, quarter: str) -> tuple[date, date]:
    return _months(year, 3 * int(quarter) - 2, 3)


def _half(year: str, half: str) -> tuple[date, date]:
    return _months(year, 6 * int(half) - 5, 6)


def _week(year: str, week: str) -> tuple[date, date]:
    monday = date.fromisocalendar(int(year), int(week), 1)
    return monday, monday + timedelta(days=6)


def _days(first: str, last: str) -> tuple[date, date]:
    return date.fromisoformat(first), date.fromisoformat(last)


def _day(day: str) -> tuple[date, date]:
    return _days(day, day)


_FORMS: dict[str, Callable[..., tuple[date, date]]] = {
    r"(\d{4})": _year,
    r"(\d{4})-(\d{2})": _month,
    r"(\d{4})-Q([1-4])": _quarter,
    r"(\d{4})-H([12])": _half,
    r"(\d{4})-W(\d{2})": _week,
    r"(\d{4}-\d{2}-\d{2})": _day,
    r"(\d{4}-\d{2}-\d{2})\.\.(\d{4}-\d{2}-\d{2})": _days,
}
