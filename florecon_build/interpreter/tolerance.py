"""Tolerances with known numbers: the slack of a bucket."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import assert_never

from florecon_build.interpreter.errors import BadConfig
from florecon_build.ir.expressions import ToleranceOp


@dataclass(frozen=True, slots=True)
class Slack:
    """A tolerance whose numbers are known: minor units for ``abs_tol``, else basis points and a floor."""

    op: ToleranceOp
    amount: int
    floor: int = 0

    def __post_init__(self) -> None:
        if self.amount < 0 or self.floor < 0:
            raise BadConfig

    def over(self, legs: Iterable[int]) -> int:
        """The slack that these legs allow, in minor units, exact and truncated.

        >>> Slack(ToleranceOp.REL, 10, 2).over([-50_000, 0, 49_970])
        49
        """
        legs = [leg for leg in legs if leg]
        sizes = [abs(leg) for leg in legs]
        positive = sum(leg for leg in legs if leg > 0)
        side = max(positive, sum(sizes) - positive)
        return self.within(min(sizes, default=0), max(sizes, default=0), side, sum(sizes))

    def most(self, largest: int, count: int) -> int:
        """The largest slack that ``count`` legs of at most ``largest`` can have."""
        return self.within(largest, largest, largest * count, largest * count)

    def within(self, smallest: int, largest: int, side: int, gross: int) -> int:
        """The slack for a smallest and a largest non-zero magnitude, a larger side and a sum of magnitudes."""
        match self.op:
            case ToleranceOp.ABS:
                return self.amount
            case ToleranceOp.REL:
                return max(self.floor, smallest * self.amount // 10_000)
            case ToleranceOp.REL_MAX:
                return max(self.floor, largest * self.amount // 10_000)
            case ToleranceOp.REL_SIDE:
                return max(self.floor, side * self.amount // 10_000)
            case ToleranceOp.REL_GROSS:
                return max(self.floor, gross * self.amount // 10_000)
            case _:
                assert_never(self.op)
