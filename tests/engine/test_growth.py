"""Growth of executed instructions: at most n log n on degenerate ledgers."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.degenerate import FAMILIES, LEAVES, degenerate, growth, work
from benchmarks.work import Counter

pytestmark = pytest.mark.cargo

SIZES = (5_000, 20_000)  # more rows than any cap, so that both sizes are cut by them
MOST = 1.2  # n log n is 1.11 between them, what is quadratic 2


@pytest.fixture(scope="module")
def counter(tmp_path_factory: pytest.TempPathFactory) -> Counter:
    """All leaves in one module."""
    built = degenerate.build(tmp_path_factory.mktemp("degenerate"), profile="quick")
    return Counter(Path(built.wasm).read_bytes())


@pytest.mark.parametrize("leaf", LEAVES)
@pytest.mark.parametrize("family", FAMILIES)
def test_no_leaf_grows_worse_than_n_log_n(counter: Counter, family: str, leaf: str) -> None:
    counts = work(counter, family, leaf, SIZES)
    assert growth(SIZES, counts) < MOST, counts


def test_instructions_are_counted_the_same_each_time(counter: Counter) -> None:
    assert work(counter, "one window", "flow", (5_000,)) == work(counter, "one window", "flow", (5_000,))
