"""Validation of constant settings: counts, choices, texts, patterns, formats and calendars."""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterable
from dataclasses import replace
from enum import Enum
from typing import TypeVar, cast

from florecon_build.frontend.constants import constant
from florecon_build.frontend.diagnostics import argument, excerpt, fail, problem
from florecon_build.frontend.handles import describe
from florecon_build.ir.automaton import automaton_of
from florecon_build.ir.errors import StrategyError
from florecon_build.ir.patterns import SPACE, WORD, PatternError

Choice = TypeVar("Choice", bound=Enum)

MAX_SCALE = 18
"""The most decimals of money."""


@argument
def whole(number: object, what: str, *, least: int, most: int = 2**31 - 1) -> int:
    """Validates a Python integer within limits."""
    if not isinstance(number, int) or isinstance(number, bool):
        fix = "write a number: this setting is fixed when the strategy is built"
        fail(
            "bad_setting",
            f"{what} must be a Python integer",
            expected=f"an int of at least {least}",
            got=describe(number),
            fix=fix,
        )
    if not least <= number <= most:
        fail(
            "bad_setting",
            f"{what} is out of range",
            expected=f"{least} to {most}",
            got=str(number),
            fix="use a value in this range",
        )
    return number


@argument
def choice(kind: type[Choice], name: object, what: str, *, fix: str) -> Choice:
    """The member of an enumeration that a text names."""
    known = [one.value for one in kind]
    if not isinstance(name, str) or name not in known:
        expected = " or ".join(map(repr, known))
        fail("bad_setting", f"{what} is unknown", expected=expected, got=describe(name), fix=fix)
    return kind(name)


def plain_text(text: object, what: str) -> None:
    """Validates a text constant that is not empty."""
    if not isinstance(text, str) or not text:
        fail("bad_setting", f"{what} must be a non-empty text", got=describe(text), fix="write a text constant")
    constant(text, None, what)


@argument
def check_pattern(pattern: str, what: str) -> None:
    """Validates a pattern: ``bad_pattern`` names the place in it."""
    plain_text(pattern, f"{what}: pattern")
    try:
        automaton_of(pattern)
    except PatternError as error:
        place = f"character {error.start + 1} of the pattern"
        found = problem("bad_pattern", f"{what}: {error.message} ({place})", fix=error.fix)
        raise StrategyError([replace(found, excerpt=excerpt(pattern, error.start, error.end))]) from None


_DIRECTIVES = re.compile("%.?", re.DOTALL)


@argument
def check_date_format(format: str) -> None:
    """Validates the format of ``to_date``: ``bad_format``."""
    plain_text(format, "to_date: format")
    found = [directive for directive in _DIRECTIVES.findall(format) if directive != "%%"]
    for directive in found:
        if directive not in ("%d", "%m", "%Y", "%y"):
            fix = "the directives are %d, %m, %Y, %y and %%; turn names of months into numbers with `replace`"
            fail("bad_format", f"to_date: `{directive}` in the format", got=repr(format), fix=fix)
    if sorted(directive.upper() for directive in found) != ["%D", "%M", "%Y"]:
        fix = "write `%d`, `%m` and one of `%Y` and `%y`, each once: `%d/%m/%Y`"
        fail("bad_format", "to_date: the format does not say one day, month and year", got=repr(format), fix=fix)


@argument
def check_decimal(decimal: str) -> None:
    """Validates the decimal sign of ``to_money``."""
    if decimal not in (",", "."):
        fail("bad_format", "to_money: decimal", expected='"," or "."', got=describe(decimal), fix='write decimal="."')


def check_keep(keep: object) -> str:
    """Validates the characters that ``tokens`` keeps in words."""
    if not isinstance(keep, str) or any(low <= ord(char) <= high for char in keep for low, high in (*WORD, *SPACE)):
        fix = 'write the signs that stand inside of a reference: keep="-/"'
        fail("bad_setting", "tokens: keep takes no word characters and no spaces", got=describe(keep), fix=fix)
    return keep


MAX_HOLIDAYS = 2_000
"""The most holidays of a calendar."""
_WEEK = range(7)


def calendar(holidays: object, weekend: object) -> tuple[str, str]:
    """The holidays as ascending ISO dates that are no days of a weekend, and the weekdays of the weekend, as texts."""
    closed = sorted(set(_weekdays(weekend)))
    if len(closed) == len(_WEEK):
        fail("bad_setting", "business_day: every day is a weekend", got=describe(weekend), fix="write weekend=(5, 6)")
    days = sorted({day for day in _days(holidays) if day.weekday() not in closed})
    if len(days) > MAX_HOLIDAYS:
        fix = f"list the holidays of the years that the ledger has: at most {MAX_HOLIDAYS}"
        fail("bad_setting", "business_day: too many holidays", got=str(len(days)), fix=fix)
    return " ".join(day.isoformat() for day in days), " ".join(map(str, closed))


def _weekdays(weekend: object) -> list[int]:
    listed = weekend.split() if isinstance(weekend, str) else list(_items(weekend, "weekend"))
    found = [int(day) if isinstance(day, str) and day.isdecimal() else day for day in listed]
    whole = [day for day in found if isinstance(day, int) and not isinstance(day, bool) and day in _WEEK]
    if len(whole) < len(found):
        fix = "write weekdays from 0 (Monday) to 6 (Sunday): weekend=(5, 6)"
        fail("bad_setting", "business_day: weekend", expected="0 to 6", got=describe(weekend), fix=fix)
    return whole


def _days(holidays: object) -> list[datetime.date]:
    listed = holidays.split() if isinstance(holidays, str) else list(_items(holidays, "holidays"))
    return [_day(day) for day in listed]


def _day(day: object) -> datetime.date:
    if isinstance(day, datetime.date) and not isinstance(day, datetime.datetime):
        return day
    try:
        return datetime.datetime.strptime(str(day), "%Y-%m-%d").date()
    except ValueError:
        fix = "write datetime.date(2026, 12, 25), or the text 2026-12-25"
        fail("bad_setting", "business_day: a holiday must be a date", got=repr(day), fix=fix)


def _items(listed: object, what: str) -> Iterable[object]:
    if not isinstance(listed, Iterable):
        fail("bad_setting", f"business_day: {what} must be a list", got=describe(listed), fix=f"write {what}=[..]")
    return cast("Iterable[object]", listed)
