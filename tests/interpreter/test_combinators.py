"""Combinators on the bag, by example."""

from __future__ import annotations

import pytest

from florecon_build.interpreter import ModelError
from florecon_build.ir import expressions as e
from florecon_build.ir import nodes as n
from florecon_build.ir.types import INTEGER
from tests.interpreter.build import (
    abs_tol,
    agg_net,
    compare,
    exact,
    flow,
    groups,
    lane,
    match,
    pair,
    real,
    row,
    seq,
    shape,
    solved,
    whole,
)


def test_seq_hands_the_residual_on_and_identity_leaves_it() -> None:
    rows = [row(1, 5), row(2, -5), row(3, 3), row(4, -4)]
    assert match(seq(exact(), n.Identity(), agg_net(tol=abs_tol(1))), *rows) == [{1: 5, 2: -5}, {3: 3, 4: -4}]


def test_partition_by_keeps_keys_apart_and_lets_null_pass() -> None:
    rows = [row(1, 5, key="a"), row(2, -5, key="b"), row(3, -5, key="a"), row(4, 6), row(5, -6)]
    workspace = solved(n.PartitionBy(key=lane("key"), inner=exact()), rows)
    assert groups(workspace) == [{1: 5, 3: -5}]
    assert workspace.stages()[0].null_key == 2


def test_a_tuple_key_is_null_when_a_part_is() -> None:
    rows = [row(1, 5, key="a"), row(2, -5, key="a"), row(3, 6), row(4, -6)]
    assert match(n.PartitionBy(key=pair(lane("key"), lane("day")), inner=exact()), *rows) == [{1: 5, 2: -5}]


def test_partition_by_table_runs_each_key_by_itself() -> None:
    table = n.PartitionByTable(key=lane("key"), cases=(("a", agg_net(tol=abs_tol(2))),), default=exact())
    rows = [row(1, 5, key="a"), row(2, -3, key="a"), row(3, 5, key="b"), row(4, -5, key="c"), row(5, -5, key="b")]
    assert match(table, *rows) == [{1: 5, 2: -3}, {3: 5, 5: -5}]


def test_a_strategy_can_read_the_key_of_its_shard() -> None:
    key = pair(lane("key"), lane("day"))
    slack = e.ShardKey(type=INTEGER, binder=0, part=1)
    node = n.PartitionByWith(key=key, binder=0, inner=agg_net(tol=abs_tol(slack)))
    rows = [
        row(1, 5, key="a", day=2),
        row(2, -3, key="a", day=2),
        row(3, 5, key="a", day=1),
        row(4, -3, key="a", day=1),
    ]
    assert match(node, *rows) == [{1: 5, 2: -3}]
    with pytest.raises(ModelError) as refused:
        match(node, row(1, 5, key="a", day=-1))
    assert refused.value.code == "bad_config"


def test_when_sends_some_and_passes_the_others() -> None:
    large = compare(e.CompareOp.GE, e.LotAmount(type=INTEGER, var=e.Var.ITEM), whole(-5))
    node = seq(n.When(predicate=large, inner=exact()), agg_net())
    assert match(node, row(1, 5), row(2, -5), row(3, 7), row(4, -7)) == [{1: 5, 2: -5}, {3: 7, 4: -7}]


def test_windowed_carries_what_is_near_and_drops_what_is_far() -> None:
    node = n.Windowed(order=lane("day"), width=whole(5), inner=exact())
    # bands start at 0, 5 and 20; row 1 is carried into the second, row 3 is too old for the third
    rows = [
        row(1, 5, day=0),
        row(2, -5, day=5),
        row(3, 7, day=6),
        row(4, -7, day=20),
        row(5, 9, day=4),
        row(6, -9, day=9),
    ]
    assert match(node, *rows) == [{1: 5, 2: -5}, {5: 9, 6: -9}]


def test_windowed_starts_a_band_at_the_next_item_not_yet_entered() -> None:
    node = n.Windowed(order=lane("day"), width=whole(3), inner=agg_net())
    # {0, 2} do not net; then 3 starts a band and both are carried
    assert match(node, row(1, 5, day=0), row(2, 1, day=2), row(3, -6, day=3)) == [{1: 5, 2: 1, 3: -6}]


def test_fixed_point_stops_by_itself_or_at_its_limit() -> None:
    tol = abs_tol(0)
    inner = n.SubsetNet(key=None, tol=tol, max_size=2, budget=1_000)
    rows = [row(1, 5), row(2, -5), row(3, 7), row(4, -7)]
    workspace = solved(n.FixedPoint(inner=inner, max_passes=9), rows)
    assert groups(workspace) == [{1: 5, 2: -5}, {3: 7, 4: -7}]
    # the first pass took everything: no second one on an empty bag is counted
    assert workspace.stages()[1].items_in == 4
    left = solved(n.FixedPoint(inner=inner, max_passes=9), [*rows, row(5, 1)])
    assert left.stages()[1].items_in == 5 + 1
    assert groups(solved(n.FixedPoint(inner=inner, max_passes=0), rows)) == []


def test_pivot_matches_in_the_other_numeraire_and_translates_back() -> None:
    rows = [row(1, 1_000, alt=300), row(2, -900, alt=-300), row(3, 5, alt=None), row(4, 6, alt=0)]
    workspace = solved(n.Pivot(amount=lane("alt"), inner=agg_net()), rows)
    assert groups(workspace) == [{1: 1_000, 2: -900}]


def test_pivot_gives_the_remainder_to_the_last_part() -> None:
    # 100 outside are 3 inside; the three sinks take one each, the parts are 33, 33 and the rest
    rows = [row(1, 100, alt=3), *(row(at, -1, alt=-1, day=at) for at in (2, 3, 4))]
    splits = n.Pivot(amount=lane("alt"), inner=seq(*(flow(window=at) for at in (2, 3, 4))))
    assert match(splits, *rows) == [{1: 33, 2: -1}, {1: 33, 3: -1}, {1: 34, 4: -1}]


def test_pivot_returns_a_share_that_rounds_to_nothing() -> None:
    # one unit inside is a hundredth of a unit outside
    rows = [row(1, 1, alt=100), row(2, -500, alt=-1)]
    assert match(n.Pivot(amount=lane("alt"), inner=flow()), *rows) == []


def test_pivot_scales_by_what_is_unmatched() -> None:
    first = exact()
    node = seq(flow(penalty=real(5.0), match=[lane("key")]), n.Pivot(amount=lane("alt"), inner=agg_net()), first)
    # 60 of 100 are matched by key; the other 40 are 20 of alt's 50
    rows = [row(1, 100, alt=50, key="k"), row(2, -60, alt=0, key="k"), row(3, -9, alt=-20)]
    assert match(node, *rows) == [{1: 40, 3: -9}, {1: 60, 2: -60}]


def test_pivot_refuses_an_amount_that_is_none() -> None:
    edge = whole(-(2**63), lane("alt").type)
    with pytest.raises(ModelError) as refused:
        match(n.Pivot(amount=edge, inner=exact()), row(1, 5))
    assert (refused.value.code, refused.value.id) == ("amount_overflow", 1)


def test_one_node_object_in_two_places_counts_twice() -> None:
    step = exact()
    workspace = solved(seq(step, step), [row(1, 5), row(2, -5), row(3, 1)])
    assert [stage.items_in for stage in workspace.stages()] == [3, 3, 1]
    assert [stage.kind for stage in workspace.stages()] == ["seq", "exact_1to1", "exact_1to1"]
    assert shape(workspace)[0][1] == "exact_1to1"
