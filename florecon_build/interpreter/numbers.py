"""Numbers: checked 64-bit integers and IEEE reals."""

from __future__ import annotations

import math
from typing import TypeVar

from florecon_build.interpreter.errors import Overflow

_Number = TypeVar("_Number", int, float)

I64_MAX = 2**63 - 1
I64_MIN = -(2**63)


def checked(value: int) -> int:
    """``value``, or `Overflow` where it is not a 64-bit integer.

    >>> checked(2**63 - 1) == I64_MAX
    True
    """
    if I64_MIN <= value <= I64_MAX:
        return value
    raise Overflow


def amount(value: int) -> int:
    """``value``, or `Overflow` where it is not an amount: an amount can be negated, so the smallest integer is none."""
    if -I64_MAX <= value <= I64_MAX:
        return value
    raise Overflow


def divide(left: float, right: float) -> float:
    """IEEE division, where dividing by zero is an infinity or NaN.

    >>> divide(1.0, 0.0), divide(-1.0, 0.0), divide(1.0, -0.0), divide(3.0, 2.0)
    (inf, -inf, -inf, 1.5)
    """
    if right != 0.0:
        return left / right
    if left == 0.0 or math.isnan(left):
        return math.nan
    return math.copysign(math.inf, left) * math.copysign(1.0, right)


def least(left: _Number, right: _Number) -> _Number:
    """``right`` where it is less, else ``left``: a NaN on the right is ignored, one on the left stays."""
    return right if right < left else left


def greatest(left: _Number, right: _Number) -> _Number:
    """``right`` where it is greater, else ``left``."""
    return right if right > left else left


def sign(value: float) -> int:
    """-1, 0 or 1; 0 for NaN."""
    return int(value > 0) - int(value < 0)


def round_half_away(value: float) -> float:
    """The nearest whole number, halves away from zero. The subtraction is exact, so nothing is rounded twice.

    >>> round_half_away(2.5), round_half_away(-2.5), round_half_away(0.49999999999999994)
    (3.0, -3.0, 0.0)
    """
    if not math.isfinite(value):
        return value
    whole = math.copysign(float(math.trunc(value)), value)
    return whole + math.copysign(1.0, value) if abs(value - whole) >= 0.5 else whole
