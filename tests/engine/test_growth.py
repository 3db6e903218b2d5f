"""Growth of executed instructions: at most n log n on degenerate ledgers."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.degenerate import FAMILIES, LEAVES, WINDOW_CAPS, cap_leaf, degenerate, growth, ledger, work
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


@pytest.mark.parametrize("rows", [300, 2_000], ids=["below the cap", "above the cap"])
@pytest.mark.parametrize("family", FAMILIES)
def test_a_cap_of_a_window_takes_no_more_instructions_than_none(counter: Counter, family: str, rows: int) -> None:
    capped, uncapped = (counter.of_solve(ledger(family, cap_leaf(cap), rows)) for cap in WINDOW_CAPS)
    assert capped < 1.001 * uncapped  # where memory lies changes a few


def test_instructions_are_counted_the_same_each_time(counter: Counter) -> None:
    assert work(counter, "one window", "flow", (5_000,)) == work(counter, "one window", "flow", (5_000,))
