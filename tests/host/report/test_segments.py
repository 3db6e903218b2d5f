"""Segments: sums over runs of equal keys are exact, whatever the size of the values."""

from __future__ import annotations

from itertools import groupby

import pyarrow as pa
from hypothesis import example, given, settings
from hypothesis import strategies as st

from florecon_build.host.report.segments import Segments

MOST = (1 << 63) - 1
VALUES = st.sampled_from([MOST, -MOST - 1, 1 << 62, -(1 << 62), (1 << 32) - 1, -1, 0, 1]) | st.integers(-MOST - 1, MOST)


@settings(deadline=None)
@given(st.lists(st.tuples(st.integers(0, 3), VALUES), min_size=1, max_size=12))
@example([(0, MOST), (0, MOST), (0, 2)])
@example([(0, -MOST - 1), (0, -MOST - 1)])
def test_a_sum_is_compared_as_a_whole_and_not_modulo_64_bits(lines: list[tuple[int, int]]) -> None:
    segments = Segments.of(pa.array([key for key, _ in lines], pa.int64()))
    values = pa.array([value for _, value in lines], pa.int64())
    sums = [sum(value for _, value in run) for _, run in groupby(lines, key=lambda line: line[0])]
    wrapped = [(total + MOST + 1) % (1 << 64) - MOST - 1 for total in sums]
    found = segments.adds_up_to(values, pa.array(wrapped, pa.int64()))
    assert found.to_pylist() == [total == low for total, low in zip(sums, wrapped, strict=True)]
    one_off = [low - 1 if low == MOST else low + 1 for low in wrapped]
    assert not any(segments.adds_up_to(values, pa.array(one_off, pa.int64())).to_pylist())
