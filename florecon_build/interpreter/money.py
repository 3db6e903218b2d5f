"""Money: whole minor units."""

from __future__ import annotations

from florecon_build.interpreter.errors import BadAmount
from florecon_build.interpreter.numbers import round_half_away


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


def money_text(minor: int, scale: int) -> str:
    """An amount of minor units as decimal text, the way it stands in an origin.

    >>> money_text(-105, 2), money_text(7, 0), money_text(5, 3)
    ('-1.05', '7', '0.005')
    """
    sign = "-" if minor < 0 else ""
    digits = str(abs(minor)).rjust(scale + 1, "0")
    return f"{sign}{digits[:-scale]}.{digits[-scale:]}" if scale else f"{sign}{digits}"
