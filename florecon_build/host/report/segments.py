"""Segments of an Arrow array: what is counted and added up for each run of equal keys.

>>> Segments.of(pa.array([7, 7, 9])).sums(pa.array([5, -5, 2])).to_pylist()
[0, 2]
"""

from __future__ import annotations

from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from florecon_build.host.report.arrays import all_true, is_new, true_places

LOW_BITS = 0xFFFF_FFFF
"""The lower half of a 64-bit integer."""


@dataclass(frozen=True, slots=True)
class Segments:
    """Segments of consecutive equal keys: the first place of each, and the segment of every place."""

    first: pa.Array
    segment: pa.Array
    length: int

    @staticmethod
    def of(keys: pa.Array) -> Segments:
        """The segments of these keys."""
        new = is_new(keys)
        return Segments(true_places(new), pc.cumulative_sum(new.cast(pa.int64()), start=-1), len(keys))

    @property
    def are_single(self) -> bool:
        """True where each segment is one place."""
        return len(self.first) == self.length

    def sizes(self) -> pa.Array:
        """The number of places of each segment."""
        return pc.add(pc.subtract(self.last(), self.first), 1)

    def last(self) -> pa.Array:
        """The last place of each segment."""
        ends = pa.concat_arrays([self.first.slice(1), pa.array([self.length], pa.int64())])
        return pc.subtract(ends, 1)

    def counts(self, flags: pa.Array) -> pa.Array:
        """The number of true flags in each segment."""
        return self.sums(flags.cast(pa.int64()))

    def every(self, flags: pa.Array) -> pa.Array:
        """For each segment, whether all its flags are true."""
        return pc.equal(self.first, self.first) if all_true(flags) else pc.equal(self.counts(flags), self.sizes())

    def adds_up_to(self, values: pa.Array, totals: pa.Array) -> pa.Array:
        """For each segment, whether the 128-bit sum of its values is the total."""
        if self.are_single or _may_add_up(values):
            return pc.equal(self.sums(values), totals)
        high = self.sums(pc.shift_right(values, 32))
        low = self.sums(pc.bit_wise_and(values, LOW_BITS))
        high = pc.add(high, pc.shift_right(low, 32))
        low = pc.bit_wise_and(low, LOW_BITS)
        return pc.and_(pc.equal(high, pc.shift_right(totals, 32)), pc.equal(low, pc.bit_wise_and(totals, LOW_BITS)))

    def sums(self, values: pa.Array) -> pa.Array:
        """Sums of values, all of which add up to less than 64 bits, as 2^31 values of 32 bits do."""
        if self.are_single:
            return values
        running = pc.cumulative_sum(values).take(self.last())
        before = pa.concat_arrays([pa.array([0], pa.int64()), running.slice(0, len(running) - 1)])
        return pc.subtract(running, before)


def _may_add_up(values: pa.Array) -> bool:
    """Whether no sum of some of the values can wrap."""
    least, most = pc.min_max(values).as_py().values()
    return least is None or max(-least, most) * len(values) < 1 << 63
