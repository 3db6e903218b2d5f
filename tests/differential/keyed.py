"""Suite of every keyed node over texts with colliding hashes and over text ids."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import florecon_build as fb
from tests.differential.suite import Suite, compile_suite, shared_params

FNV_PAIRS = (
    ("F4N5MDDF4JHIN", "M9KZHHO3L8SOD"),
    ("M1SXI9UUJ2X9V", "KXOGE8ANDS4ND"),
    ("HOMIEA4FGH6OP", "BJ9F16ZMIIFPF"),
    ("FZX91HOONJ88V", "S4212AKVAJ81X"),
)
"""Texts of one FNV-1a hash of 64 bits: short vectors of the lattice of the prime's powers, spelt in letters."""
FX64_PAIR = ("A\u05fcj$[h^\u07aem\u403a_p", "I\u057eb&ZyG\u05aco\uc0bbNi")
"""Texts of one Fx hash of 64 bits: its mixer is symmetric, and their halves trade places."""
FX32_PAIRS = (("INVAQEFX", "INVBEIFX"), ("INVAIWWX", "INVDUFJX"), ("INVEGPWX", "INVFQWJX"))
"""Texts of one Fx hash of 32 bits, which is what wasm computes: found by birthday."""
PAIRS = (*FNV_PAIRS, FX64_PAIR, *FX32_PAIRS)

COLUMNS = fb.columns(
    row_id=fb.text(id=True),
    key=fb.text(nullable=True),
    other=fb.text(),
    day=fb.date(),
    units=fb.integer(),
    amount=fb.money(scale=2, display=True),
    alt=fb.money(scale=2, nullable=True),
)
ROW = COLUMNS.derive(
    words=fb.tokens(COLUMNS.key, min_length=1),
    steep=COLUMNS.units * COLUMNS.units,
    idle=COLUMNS.alt.fill(0).to_minor() * 1_000_000,
)
"""``idle`` is read by nothing. ``steep`` is mentioned where it cannot matter, so it must be computed all the same."""
SLACK = fb.param("slack", 2, doc="cents")


def _nearest(keys: list[Any], **window: Any) -> fb.Strategy:
    """A flow in which every pair costs the same, so that only the rule about ids decides."""
    return fb.flow(penalty=10, match_keys=keys, cost=lambda a, b: fb.where(a.units == b.units, 1.0, 1.5), **window)


STRATEGIES: dict[str, Callable[[], fb.Strategy]] = {
    "exact_1to1": lambda: fb.exact_1to1(ROW.key, order=ROW.day),
    "exact_1to1 tuple": lambda: fb.exact_1to1((ROW.key, ROW.other)),
    "agg_net": lambda: fb.agg_net(ROW.key, tol=SLACK),
    "agg_net tuple": lambda: fb.agg_net((ROW.other, ROW.key), tol=fb.rel_tol(bps=100, floor=1)),
    "agg_net pair": lambda: fb.agg_net(fb.sorted_pair(ROW.key, ROW.other)),
    "signal_group": lambda: fb.signal_group(ROW.key, tol=SLACK),
    "signal_group words": lambda: fb.signal_group(ROW.words, tol=SLACK),
    "reference_net": lambda: fb.reference_net(ROW.key, tol=SLACK),
    "reference_net words": lambda: fb.reference_net(ROW.words, tol=SLACK, cap=12),
    "running_zero": lambda: fb.running_zero(ROW.day, key=ROW.key),
    "subset_net": lambda: fb.subset_net(ROW.key, tol=SLACK, max_size=4, budget=500),
    "subset_net accept": lambda: fb.subset_net(
        ROW.key, tol=SLACK, max_size=3, budget=500, accept=lambda g: g.distinct(ROW.other) >= 2
    ),
    "subset_net anchor": lambda: fb.subset_net(ROW.key, tol=SLACK, anchor=ROW.amount < 0, max_left_out=3),
    "flow": lambda: _nearest([ROW.key]),
    "flow words": lambda: _nearest([ROW.words, ROW.other]),
    "flow window": lambda: _nearest([], order=ROW.day, window=2),
    "partition_by": lambda: fb.partition_by(ROW.key, fb.seq(fb.exact_1to1(order=ROW.day), fb.agg_net(tol=SLACK))),
    "partition_by_with table": lambda: fb.partition_by_with(
        ROW.key,
        {one: fb.labeled(one[:4], fb.agg_net(tol=3)) for one, _ in FNV_PAIRS},
        default=fb.labeled("default", fb.exact_1to1()),
    ),
    "partition_by_with key": lambda: fb.partition_by_with(
        ROW.key, lambda key: fb.accept_if(lambda g: g.all(ROW.key.fill("") == key), fb.agg_net(ROW.other, tol=SLACK))
    ),
    "distinct": lambda: fb.accept_if(lambda g: g.distinct(ROW.key) >= 2, fb.agg_net(ROW.other, tol=SLACK)),
    "lookup": lambda: fb.agg_net(fb.lookup(ROW.key, {one: one[:2] for one, _ in FNV_PAIRS}, "other")),
    "soak": lambda: fb.soak_all("left", mode="bucket", key=ROW.key),
    "dropped lane": lambda: fb.agg_net((ROW.other, fb.lookup(ROW.steep, {1: 5}, 5)), tol=SLACK),
    "best_of": lambda: fb.partition_by(
        ROW.other,
        fb.best_of("fewest_groups", fb.exact_1to1(ROW.key), _nearest([ROW.key]), fb.agg_net(ROW.key, tol=SLACK)),
    ),
    "reclaim": lambda: fb.reclaim(_nearest([ROW.key]), tol=fb.rel_side_tol(bps=3_000, floor=SLACK)),
    "cascade": lambda: fb.seq(
        fb.labeled("whole", fb.whole_only(fb.coalesce("joined", fb.trim(1, _nearest([ROW.key]))))),
        fb.windowed(ROW.day, 3, fb.fixed_point(fb.signal_group(ROW.words, tol=1), max_passes=2)),
        fb.pivot(ROW.alt, fb.snap(1, fb.agg_net(ROW.key, tol=2))),
        fb.when(ROW.amount > 0, fb.soak_small(SLACK, origin="small")),
    ),
    "parts": lambda: fb.seq(_nearest([ROW.key]), _nearest([ROW.other])),
}
"""What the keys do in each node, by name; a strategy's place is its index in the module."""
NAMES = tuple(STRATEGIES)


@cache
def keyed_suite() -> Suite:
    """The module, compiled once a process."""
    plugins = (
        fb.Plugin(f"test.k{index}", "1.0.0", rows=ROW, numeraire=ROW.amount, strategy=make()).data
        for index, make in enumerate(STRATEGIES.values())
    )
    return compile_suite(shared_params(list(plugins)))
