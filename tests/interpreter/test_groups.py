"""Combinators on groups, and soakers, by example."""

from __future__ import annotations

import pytest

from florecon_build.ir import expressions as e
from florecon_build.ir import nodes as n
from florecon_build.ir.types import BOOLEAN, INTEGER
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
    rel_tol,
    row,
    seq,
    shape,
    solved,
    whole,
)


def metric(op: e.MetricOp) -> e.Value:
    """A group metric."""
    return e.GroupMetric(type=INTEGER, op=op)


def at_least(value: e.Value, limit: int) -> e.Compare:
    """``value >= limit``."""
    return compare(e.CompareOp.GE, value, whole(limit))


def splitting() -> n.Node:
    """A strategy that gives row 1 a part in several groups: one flow per key of ``key``, nearest key first."""
    return seq(
        *(
            n.When(
                predicate=compare(e.CompareOp.LE, lane("day"), whole(day)),
                inner=flow(cost=real(1.0), window=1_000),
            )
            for day in (1, 2, 3)
        )
    )


SPLIT = [row(1, 100), row(2, -60, day=1), row(3, -30, day=2), row(4, -4, day=3)]


def test_splitting_splits() -> None:
    assert match(splitting(), *SPLIT) == [{1: 4, 4: -4}, {1: 30, 3: -30}, {1: 60, 2: -60}]


def test_labeled_prefixes_the_reason_and_nests() -> None:
    tree = n.Labeled(tag="outer", inner=n.Labeled(tag="inner", inner=exact()))
    workspace = solved(tree, [row(1, 5), row(2, -5), row(3, 1)])
    assert [reason for _, _, reason in shape(workspace)] == ["outer: inner: exact 1:1 pair", None]


def of_legs(op: e.ToleranceOp, bps: int) -> e.Tolerance:
    """A relative tolerance."""
    return e.Tolerance(op=op, amount=whole(bps), floor=None)


@pytest.mark.parametrize(
    ("predicate", "kept"),
    [
        (at_least(metric(e.MetricOp.SIZE), 3), True),
        (at_least(metric(e.MetricOp.NET), 3), False),
        (at_least(metric(e.MetricOp.ABS_NET), 2), True),
        (at_least(metric(e.MetricOp.MAX_ABS), 100), True),
        (at_least(metric(e.MetricOp.MIN_SIDE), 2), False),
        (at_least(metric(e.MetricOp.GROSS), 202), True),
        (at_least(metric(e.MetricOp.POSITIVE), 103), False),
        (at_least(metric(e.MetricOp.NEGATIVE), -100), True),
        (at_least(metric(e.MetricOp.NEGATIVE), -99), False),
        (at_least(metric(e.MetricOp.MIN_ABS), 4), True),
        (at_least(metric(e.MetricOp.ORIGINALS), 203), False),
        (e.GroupUnique(type=BOOLEAN), True),
        (at_least(e.GroupFold(type=INTEGER, op=e.FoldOp.SUM, operand=lane("day")), 11), False),
        (at_least(e.GroupFold(type=INTEGER, op=e.FoldOp.MIN, operand=lane("day")), 1), False),
        (at_least(e.GroupFold(type=INTEGER, op=e.FoldOp.MAX, operand=lane("day")), 7), True),
        (e.GroupClean(type=BOOLEAN, tol=of_legs(e.ToleranceOp.REL_SIDE, 197)), True),
        (e.GroupClean(type=BOOLEAN, tol=of_legs(e.ToleranceOp.REL_SIDE, 196)), False),
        (e.GroupClean(type=BOOLEAN, tol=of_legs(e.ToleranceOp.REL_GROSS, 100)), True),
        (e.GroupClean(type=BOOLEAN, tol=of_legs(e.ToleranceOp.REL_GROSS, 99)), False),
        (e.GroupClean(type=BOOLEAN, tol=abs_tol(1)), False),
        (e.GroupClean(type=BOOLEAN, tol=rel_tol(5_000)), True),
        (at_least(e.GroupSpan(type=INTEGER, operand=lane("day")), 7), True),
        (at_least(e.GroupDistinct(type=INTEGER, operand=lane("key")), 2), False),
        (at_least(e.GroupDistinct(type=INTEGER, operand=lane("day")), 3), True),
    ],
)
def test_accept_if_reads_the_group(predicate: e.Value, kept: bool) -> None:
    rows = [row(1, 98, key="a", day=0), row(2, -100, day=3), row(3, 4, key="a", day=7)]
    tree = n.AcceptIf(predicate=predicate, inner=agg_net(tol=abs_tol(2)))
    assert bool(match(tree, *rows)) is kept


def test_quantifiers() -> None:
    late = at_least(lane("day"), 5)
    rows = [row(1, 5, day=3), row(2, -5, day=7)]

    def keeps(op: e.QuantifierOp) -> bool:
        found = e.GroupQuantifier(type=BOOLEAN, op=op, predicate=late)
        predicate = compare(e.CompareOp.EQ, found, whole(1)) if op is e.QuantifierOp.COUNT else found
        return bool(match(n.AcceptIf(predicate=predicate, inner=exact()), *rows))

    assert [keeps(op) for op in e.QuantifierOp] == [True, False, True]


def test_what_is_not_accepted_is_free_for_the_next_step() -> None:
    never = compare(e.CompareOp.LT, metric(e.MetricOp.SIZE), whole(0))
    assert match(seq(n.AcceptIf(predicate=never, inner=exact()), agg_net()), row(1, 5), row(2, -5)) == [{1: 5, 2: -5}]


def test_coalesce_joins_what_shares_a_row() -> None:
    rows = [*SPLIT, row(8, 3, key="x"), row(9, -3, key="x")]
    tree = n.Coalesce(origin="cluster", inner=seq(exact(key=lane("key")), splitting()))
    workspace = solved(tree, rows)
    assert groups(workspace) == [{1: 94, 2: -60, 3: -30, 4: -4}, {8: 3, 9: -3}]
    assert [(origin, reason) for _, origin, reason in shape(workspace)] == [
        ("unmatched", None),
        ("cluster", "coalesced"),
        ("exact_1to1", "exact 1:1 pair"),
    ]
    assert workspace.report().groups[1].node == 0


def test_trim_cuts_small_edges_and_dissolves_what_is_left_alone() -> None:
    # 4% of row 1; row 4's own 4 are all of row 4
    assert match(n.Trim(tol=rel_tol(400), inner=splitting()), *SPLIT) == [{1: 30, 3: -30}, {1: 60, 2: -60}]
    # a group of three keeps its two large members
    rows = [row(1, 100), row(2, -1), row(3, -99)]
    assert match(n.Trim(tol=abs_tol(1), inner=agg_net()), *rows) == [{1: 100, 3: -99}]


def test_snap_folds_small_edges_onto_the_largest_other() -> None:
    # row 1's part of 4 goes to its 60; row 4, alone by then, is dissolved
    assert match(n.Snap(tol=rel_tol(400), inner=splitting()), *SPLIT) == [{1: 30, 3: -30}, {1: 64, 2: -60}]


def test_snap_counts_the_residual_as_an_edge() -> None:
    rows = [row(1, 500), *SPLIT[1:]]
    workspace = solved(n.Snap(tol=rel_tol(100), inner=splitting()), rows)
    assert groups(workspace) == [{1: 30, 3: -30}, {1: 60, 2: -60}]
    assert next(line.residual for line in workspace.rows()) == 500 - 90


def test_snap_leaves_an_edge_that_is_the_only_one() -> None:
    assert match(n.Snap(tol=abs_tol(9), inner=exact()), row(1, 5), row(2, -5)) == [{1: 5, 2: -5}]


def test_whole_only_dissolves_groups_with_a_partial_member() -> None:
    assert match(n.WholeOnly(inner=splitting()), *SPLIT) == []
    rows = [row(1, 94), *SPLIT[1:]]
    assert len(match(n.WholeOnly(inner=splitting()), *rows)) == 3


def test_reclaim_joins_what_shares_a_row_and_shows_the_difference() -> None:
    # row 1 is in three groups, of 94 of its 100
    workspace = solved(n.Reclaim(tol=abs_tol(6), inner=splitting()), SPLIT)
    assert groups(workspace) == [{1: 100, 2: -60, 3: -30, 4: -4}]
    assert shape(workspace)[0][1:] == ("reclaim", "reclaimed")
    assert match(n.Reclaim(tol=abs_tol(5), inner=splitting()), *SPLIT) == []


def test_reclaim_leaves_origin_and_reason_of_a_group_that_shares_nothing() -> None:
    inner = n.Labeled(tag="near", inner=flow(cost=real(1.0), window=9))
    workspace = solved(n.Reclaim(tol=abs_tol(2), inner=inner), [row(1, 100), row(2, -98)])
    assert shape(workspace) == [(((1, 100), (2, -98)), "flow", "near: min-cost flow")]


def test_the_slack_of_reclaim_is_that_of_whole_rows() -> None:
    rows = [row(1, 1_000), row(2, -985)]
    inner = flow(cost=real(1.0), window=9)
    for bps, formed in ((149, 0), (150, 1)):
        tol = e.Tolerance(op=e.ToleranceOp.REL_SIDE, amount=whole(bps), floor=whole(0))
        assert len(match(n.Reclaim(tol=tol, inner=inner), *rows)) == formed


def best(score: n.Score, *strategies: n.Node) -> n.Node:
    """The best of some strategies."""
    return n.BestOf(score=score, strategies=strategies)


def test_the_best_of_several_is_kept_and_alone_counted() -> None:
    rows = [row(1, 50, key="a"), row(2, -50, key="a"), row(3, 9, key="a"), row(4, -8, key="a"), row(5, -1, key="a")]
    pairs, whole_key = exact(), agg_net(key=lane("key"))
    everything = [{1: 50, 2: -50, 3: 9, 4: -8, 5: -1}]
    for score in n.Score:
        workspace = solved(best(score, pairs, whole_key), rows)
        assert groups(workspace) == everything
        choice, first, second = workspace.stages()
        assert (choice.items_in, choice.groups, choice.items_matched) == (5, 1, 5)
        assert (first.items_in, first.groups, first.too_small) == (0, 0, 0)
        assert (second.items_in, second.groups) == (5, 1)
    assert match(best(n.Score.MATCHED_ITEMS, pairs, pairs), *rows[:2]) == [{1: 50, 2: -50}]


def test_the_scores_differ_and_the_first_of_equals_is_kept() -> None:
    rows = [row(1, 500), row(2, -500), row(3, 1), row(4, -1), row(5, 2), row(6, -2)]
    size = e.Unary(type=INTEGER, op=e.UnaryOp.ABS, operand=e.LotAmount(type=INTEGER, var=e.Var.ITEM))
    large = n.When(predicate=at_least(size, 9), inner=exact())
    few = compare(e.CompareOp.LT, size, whole(9))
    small, together = n.When(predicate=few, inner=exact()), n.When(predicate=few, inner=agg_net())
    assert match(best(n.Score.MATCHED_VALUE, small, large), *rows) == [{1: 500, 2: -500}]
    assert match(best(n.Score.MATCHED_ITEMS, large, small), *rows) == [{3: 1, 4: -1}, {5: 2, 6: -2}]
    assert match(best(n.Score.FEWEST_GROUPS, large, small, together), *rows) == [{3: 1, 4: -1, 5: 2, 6: -2}]
    assert match(best(n.Score.MATCHED_ITEMS, small, together), *rows) == [{3: 1, 4: -1}, {5: 2, 6: -2}]
    # a strategy that matches nothing has the fewest groups, and is not the best
    assert len(match(best(n.Score.FEWEST_GROUPS, n.Identity(), small), *rows)) == 2


def test_soakers_classify_by_row_or_by_key() -> None:
    rows = [row(1, 5, key="a", day=19_782), row(2, 7, key="a", day=19_782), row(3, 1)]
    single = n.SoakAll(origin="open", mode=n.SoakMode.SINGLETON, key=None)
    assert shape(solved(single, rows))[0] == (((1, 5),), "open", "classified")
    key = pair(lane("key"), lane("day"), lane("amount"))
    bucket = n.SoakAll(origin="open", mode=n.SoakMode.BUCKET, key=key)
    assert [origin for _, origin, _ in shape(solved(bucket, rows))] == [
        "open:a/2024-02-29/0.05",
        "open:a/2024-02-29/0.07",
        "unmatched",
    ]
    small = n.SoakSmall(tol=abs_tol(5), origin="dust", mode=n.SoakMode.BUCKET, key=lane("key"))
    assert groups(solved(small, rows)) == [{1: 5}]
    chosen = n.SoakIf(predicate=at_least(lane("amount"), 2), origin="big", mode=n.SoakMode.BUCKET, key=lane("key"))
    assert shape(solved(chosen, rows))[0] == (((1, 5), (2, 7)), "big:a", "classified")


def test_soak_small_measures_against_the_original() -> None:
    rows = [row(1, 1_000), row(2, -995), row(3, 5)]
    small = n.SoakSmall(tol=rel_tol(50), origin="dust", mode=n.SoakMode.SINGLETON, key=None)
    # 5 of 1000 are within half a percent of the row; 5 of 5 are not
    assert match(seq(flow(), small), *rows) == [{1: 5}, {1: 995, 2: -995}]
