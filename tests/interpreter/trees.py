"""Random strategies over the test columns, and random rows to run them on."""

from __future__ import annotations

from collections.abc import Callable

from hypothesis import strategies as st

from florecon_build.interpreter import Plain
from florecon_build.ir import expressions as e
from florecon_build.ir import nodes as n
from florecon_build.ir.types import BOOLEAN, INTEGER, REAL
from tests.interpreter.build import abs_tol, compare, day_gap, lane, pair, real, rel_max_tol, rel_tol, row, whole

KEYS: list[e.Value] = [
    lane("key"),
    lane("day"),
    lane("ref"),
    pair(lane("key"), lane("day")),
    pair(lane("key"), lane("ref")),
]
ORDERS: list[e.Value] = [
    lane("day"),
    lane("id"),
    e.LotAmount(type=INTEGER, var=e.Var.ITEM),
    pair(lane("day"), lane("id")),
]

keys = st.sampled_from(KEYS)
maybe_keys = st.one_of(st.none(), keys)
orders = st.sampled_from(ORDERS)
numbers = st.sampled_from(ORDERS[:3])
origins = st.sampled_from(["x", "y"])
tols = st.sampled_from([abs_tol(0), abs_tol(1), abs_tol(5), rel_tol(500, 1), rel_max_tol(2_000)])
metric = e.GroupMetric(type=INTEGER, op=e.MetricOp.SIZE)
items = st.builds(
    compare,
    st.sampled_from(e.CompareOp),
    st.sampled_from(
        [lane("day"), e.LotAmount(type=INTEGER, var=e.Var.ITEM), e.LotOriginal(type=INTEGER, var=e.Var.ITEM)]
    ),
    st.integers(-5, 5).map(whole),
)
facts = st.one_of(
    st.builds(compare, st.sampled_from(e.CompareOp), st.sampled_from([metric]), st.integers(1, 4).map(whole)),
    tols.map(lambda tol: e.GroupClean(type=BOOLEAN, tol=tol)),
    items.map(lambda item: e.GroupQuantifier(type=BOOLEAN, op=e.QuantifierOp.ANY, predicate=item)),
)
acceptances = st.one_of(st.none(), facts)
near = compare(e.CompareOp.LE, day_gap(), real(3.0))
costs = st.sampled_from(
    [day_gap(), real(0.0), real(1.5), e.Tier(type=REAL.with_nullable(True), condition=near, cost=day_gap())]
)


@st.composite
def flows(draw: st.DrawFn) -> n.Node:
    """A ``flow`` with a window, keys, both or neither."""
    windowed = draw(st.booleans())
    return n.Flow(
        penalty=draw(st.sampled_from([real(1.0), real(1_000.0)])),
        cost=draw(costs),
        order=draw(numbers) if windowed else None,
        window=whole(draw(st.integers(0, 9))) if windowed else None,
        match_keys=tuple(draw(st.lists(st.one_of(keys, st.just(lane("tokens"))), max_size=2))),
        bucket_cap=draw(st.sampled_from([3, 256])),
        window_cap=draw(st.sampled_from([1, 3, 256])),
    )


@st.composite
def soakers(draw: st.DrawFn) -> n.Node:
    """One of the soakers."""
    key = draw(maybe_keys)
    mode = n.SoakMode.SINGLETON if key is None else n.SoakMode.BUCKET
    origin = draw(origins)
    return draw(
        st.one_of(
            st.just(n.SoakAll(origin=origin, mode=mode, key=key)),
            tols.map(lambda tol: n.SoakSmall(tol=tol, origin=origin, mode=mode, key=key)),
            items.map(lambda item: n.SoakIf(predicate=item, origin=origin, mode=mode, key=key)),
        )
    )


LEAVES: dict[type[n.Node], st.SearchStrategy[n.Node]] = {
    n.Identity: st.just(n.Identity()),
    n.Exact1to1: st.builds(n.Exact1to1, key=maybe_keys, order=st.one_of(st.none(), orders)),
    n.AggNet: st.builds(n.AggNet, key=maybe_keys, tol=tols, accept=acceptances),
    n.SignalGroup: st.builds(
        n.SignalGroup,
        signals=st.one_of(st.just(lane("tokens")), keys),
        tol=tols,
        cap=st.sampled_from([2, 4, 256]),
        accept=acceptances,
    ),
    n.ReferenceNet: st.builds(
        n.ReferenceNet, signals=st.one_of(st.just(lane("tokens")), keys), tol=tols, cap=st.sampled_from([2, 4, 256])
    ),
    n.RunningZero: st.builds(n.RunningZero, order=orders, tol=tols, key=maybe_keys, accept=acceptances),
    n.SubsetNet: st.builds(
        n.SubsetNet,
        key=maybe_keys,
        tol=tols,
        max_size=st.integers(2, 4),
        budget=st.sampled_from([3, 2_000]),
        accept=acceptances,
    ),
    n.AnchoredSubset: st.builds(
        n.AnchoredSubset,
        key=maybe_keys,
        anchor=items,
        tol=tols.filter(lambda tol: tol.op not in {e.ToleranceOp.REL, e.ToleranceOp.REL_MAX}),
        prefer=st.sampled_from(n.Preference),
        max_size=st.sampled_from([None, 3]),
        max_left_out=st.sampled_from([None, 0, 2]),
        budget=st.sampled_from([200, 100_000]),
    ),
    n.Flow: flows(),
    n.SoakAll: soakers(),
    n.SoakSmall: soakers(),
    n.SoakIf: soakers(),
}


def _by_table(one: n.Node, two: n.Node, default: n.Node) -> n.Node:
    return n.PartitionByTable(key=lane("key"), cases=(("a", one), ("b", two)), default=default)


def _by_day(below: n.Node) -> n.Node:
    """The day is the slack of a bucket."""
    first = n.AggNet(key=None, tol=abs_tol(e.ShardKey(type=INTEGER, binder=7)))
    return n.PartitionByWith(key=lane("day"), binder=7, inner=n.Seq(steps=(first, below)))


Nodes = st.SearchStrategy[n.Node]
COMBINATORS: dict[type[n.Node], Callable[[Nodes], Nodes]] = {
    n.Seq: lambda inner: st.lists(inner, max_size=3).map(lambda steps: n.Seq(steps=tuple(steps))),
    n.PartitionBy: lambda inner: st.builds(n.PartitionBy, key=keys, inner=inner),
    n.PartitionByTable: lambda inner: st.builds(_by_table, inner, inner, inner),
    n.PartitionByWith: lambda inner: st.builds(_by_day, inner),
    n.When: lambda inner: st.builds(n.When, predicate=items, inner=inner),
    n.Windowed: lambda inner: st.builds(n.Windowed, order=numbers, width=st.integers(1, 9).map(whole), inner=inner),
    n.Pivot: lambda inner: st.builds(n.Pivot, amount=st.just(lane("alt")), inner=inner),
    n.FixedPoint: lambda inner: st.builds(n.FixedPoint, inner=inner, max_passes=st.integers(0, 3)),
    n.BestOf: lambda inner: st.builds(
        n.BestOf,
        score=st.sampled_from(n.Score),
        strategies=st.lists(inner, min_size=2, max_size=3).map(tuple),
    ),
    n.Labeled: lambda inner: st.builds(n.Labeled, tag=origins, inner=inner),
    n.AcceptIf: lambda inner: st.builds(n.AcceptIf, predicate=facts, inner=inner),
    n.Coalesce: lambda inner: st.builds(n.Coalesce, origin=origins, inner=inner),
    n.Trim: lambda inner: st.builds(n.Trim, tol=tols, inner=inner),
    n.Snap: lambda inner: st.builds(n.Snap, tol=tols, inner=inner),
    n.Reclaim: lambda inner: st.builds(n.Reclaim, tol=tols, inner=inner),
    n.WholeOnly: lambda inner: st.builds(n.WholeOnly, inner=inner),
}

leaves: Nodes = st.one_of(*LEAVES.values())
trees: Nodes = st.recursive(
    leaves,
    lambda inner: st.one_of(*(combinator(inner) for combinator in COMBINATORS.values())),
    max_leaves=6,
)
"""Any strategy."""

amounts = st.one_of(st.integers(-6, 6), st.sampled_from([-100, 100, 50, -50, 99, 2**62, -(2**62), 2**63 - 1]))


@st.composite
def ledgers(draw: st.DrawFn, most: int = 14) -> list[dict[str, Plain]]:
    """Rows with many equal keys and amounts; days are not negative, so that they can be tolerances."""
    ids = draw(st.lists(st.integers(-50, 50), unique=True, max_size=most))
    return [
        row(
            id,
            draw(amounts),
            key=draw(st.sampled_from([None, "a", "b"])),
            day=draw(st.integers(0, 12)),
            ref=draw(st.sampled_from([None, "AA", "aa bb", "BB CC", ""])),
            alt=draw(st.one_of(st.none(), st.integers(-9, 9))),
        )
        for id in ids
    ]
