"""Money: whole minor units."""

from __future__ import annotations

import re

from florecon_build.interpreter.errors import BadAmount
from florecon_build.interpreter.numbers import round_half_away
from florecon_build.interpreter.text import strip

_SEPARATORS = ".,' \u00a0\u202f\u2019"
"""Characters between groups of three digits."""


def minor_units(major: float, scale: int) -> int:
    """The minor units of a real amount of major units, rounded half away from zero after the multiplication.

    Raises `BadAmount` for NaN, infinities and what lies outside the range of amounts.

    >>> minor_units(-1.05, 2), minor_units(0.125, 2)
    (-105, 13)
    """
    units = 1.0
    for _ in range(scale):
        units *= 10.0
    minor = round_half_away(major * units)
    if abs(minor) < 2.0**63:
        return int(minor)
    raise BadAmount


def parse(text: str, scale: int, decimal: str) -> int | None:
    """The minor units of an amount as text; None where it is none.

    >>> parse("1.234,50-", 2, ","), parse("+12", 2, ","), parse("1,234.5", 2, "."), parse("1.23", 2, ",")
    (-123450, 1200, 123450, None)
    """
    number = re.fullmatch("([+\u2212-]?)([^+\u2212-]*)([+\u2212-]?)", strip(text))
    if number is None or (number[1] and number[3]):
        return None
    whole, comma, part = number[2].partition(decimal)
    digits = _digits(whole, set(_SEPARATORS) - {decimal})
    if digits is None or (comma and not re.fullmatch("[0-9]+", part)) or part[scale:].strip("0"):
        return None
    minor = int(digits + part[:scale].ljust(scale, "0"))
    return None if minor >= 2**63 else minor if (number[1] or number[3]) in ("", "+") else -minor


def _digits(whole: str, separators: set[str]) -> str | None:
    """The digits of a whole number, which may stand in groups of three behind one kind of separator."""
    for separator in ("", *separators):
        if re.fullmatch(f"[0-9]{{1,3}}(?:{re.escape(separator)}[0-9]{{3}})+" if separator else "[0-9]+", whole):
            return whole.replace(separator, "") if separator else whole
    return None


def money_text(minor: int, scale: int) -> str:
    """An amount of minor units as decimal text, the way it stands in an origin.

    >>> money_text(-105, 2), money_text(7, 0), money_text(5, 3)
    ('-1.05', '7', '0.005')
    """
    sign = "-" if minor < 0 else ""
    digits = str(abs(minor)).rjust(scale + 1, "0")
    return f"{sign}{digits[:-scale]}.{digits[-scale:]}" if scale else f"{sign}{digits}"
