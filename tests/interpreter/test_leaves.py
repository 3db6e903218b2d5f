"""Leaves, by example."""

from __future__ import annotations

import pytest

from florecon_build.interpreter.keys import Plain
from florecon_build.ir import expressions as e
from florecon_build.ir import nodes as n
from florecon_build.ir.types import INTEGER
from tests.interpreter.build import (
    abs_tol,
    agg_net,
    compare,
    exact,
    groups,
    lane,
    match,
    pair,
    rel_max_tol,
    rel_tol,
    row,
    shape,
    solved,
    whole,
)


def test_exact_pairs_the_first_by_order_and_leaves_the_surplus() -> None:
    rows = [row(1, 500, day=9), row(2, 500, day=1), row(3, -500, day=5), row(4, 700), row(5, -600)]
    workspace = solved(exact(order=lane("day")), rows)
    assert groups(workspace) == [{2: 500, 3: -500}]
    assert shape(workspace)[1] == (((2, 500), (3, -500)), "exact_1to1", "exact 1:1 pair")


def test_exact_without_an_order_goes_by_id_and_with_a_key_stays_inside_it() -> None:
    rows = [row(3, 5, key="a"), row(1, 5, key="a"), row(2, -5, key="a"), row(4, -5, key="b"), row(5, 5)]
    assert match(exact(key=lane("key")), *rows) == [{1: 5, 2: -5}]
    assert match(exact(), *rows) == [{1: 5, 2: -5}, {3: 5, 4: -5}]


def test_exact_by_a_composite_order() -> None:
    rows = [row(1, 5, day=2), row(2, 5, day=1), row(3, -5)]
    order = pair(lane("day"), lane("id"))
    assert match(exact(order=order), *rows) == [{2: 5, 3: -5}]


def test_agg_net_takes_whole_buckets_only() -> None:
    rows = [row(1, 100, key="a"), row(2, -60, key="a"), row(3, -40, key="a"), row(4, 9, key="b"), row(5, -8, key="b")]
    assert match(agg_net(lane("key")), *rows) == [{1: 100, 2: -60, 3: -40}]
    assert match(agg_net(lane("key"), abs_tol(1)), *rows) == [{1: 100, 2: -60, 3: -40}, {4: 9, 5: -8}]


def test_agg_net_wants_two_items_and_both_signs() -> None:
    rows = [row(1, 1, key="a"), row(2, 1, key="b"), row(3, 1, key="b"), row(4, 5), row(5, -5)]
    workspace = solved(agg_net(lane("key"), abs_tol(9)), rows)
    assert groups(workspace) == []
    stage = workspace.stages()[0]
    assert (stage.null_key, stage.too_small, stage.one_sided, stage.out_of_tolerance) == (2, 1, 1, 0)


@pytest.mark.parametrize(
    ("tol", "matches"),
    [
        (rel_tol(100), False),  # 1% of the smallest leg, 99.00: 0.99
        (rel_max_tol(100), True),  # 1% of the largest, 100.00: 1.00
        (rel_tol(101), False),  # 0.9999 is truncated to 0.99
        (rel_tol(1, floor=100), True),
        (rel_tol(1, floor=99), False),
    ],
)
def test_relative_tolerances_truncate_and_have_a_floor(tol: e.Tolerance, matches: bool) -> None:
    assert bool(match(agg_net(tol=tol), row(1, 10_000), row(2, -9_900))) is matches


def test_signals_go_by_size_then_smallest_id_then_signal_and_skip_what_is_taken() -> None:
    node = n.SignalGroup(signals=lane("tokens"), tol=abs_tol(0), cap=3)
    rows = [
        row(1, 100, ref="AA BB"),
        row(2, -100, ref="BB AA"),
        row(3, 50, ref="AA CC"),
        row(4, -50, ref="CC"),
        row(5, 1, ref="AA"),
    ]
    workspace = solved(node, rows)
    # BB and CC have two carriers each and come before AA; AA keeps row 5 alone
    assert [line.reason for line in workspace.report().groups] == [
        "shared reference BB",
        "shared reference CC",
        None,
    ]


def test_a_signal_bucket_over_its_cap_is_refused_by_what_is_still_free() -> None:
    rows = [row(at, amount, ref="XX YY" if at < 3 else "XX") for at, amount in enumerate([5, -5, 7, -7, 9], 1)]
    node = n.SignalGroup(signals=lane("tokens"), tol=abs_tol(9), cap=3)
    # YY takes rows 1 and 2; of the five that carry XX three are free
    assert match(node, *rows) == [{1: 5, 2: -5}, {3: 7, 4: -7, 5: 9}]
    tight = n.SignalGroup(signals=lane("tokens"), tol=abs_tol(9), cap=2)
    workspace = solved(tight, rows)
    assert groups(workspace) == [{1: 5, 2: -5}]
    assert workspace.stages()[0].over_cap == 1


def test_a_scalar_signal() -> None:
    node = n.SignalGroup(signals=pair(lane("key"), lane("day")), tol=abs_tol(0), cap=9)
    rows = [row(1, 5, key="a", day=19_782), row(2, -5, key="a", day=19_782), row(3, 5), row(4, -5)]
    assert shape(solved(node, rows))[0][2] == "shared reference a/2024-02-29"


def test_running_zero_closes_segments_and_leaves_the_tail() -> None:
    amounts = [100, -60, -40, 30, -30, 5, 5]
    node = n.RunningZero(order=lane("day"), tol=abs_tol(0), key=None)
    rows = [row(9 - at, amount, day=at) for at, amount in enumerate(amounts)]
    assert match(node, *rows) == [{5: -30, 6: 30}, {7: -40, 8: -60, 9: 100}]


def test_running_zero_needs_both_signs_even_where_small_amounts_are_slack() -> None:
    node = n.RunningZero(order=lane("day"), tol=abs_tol(10), key=lane("key"))
    rows = [row(at, amount, key="k", day=at) for at, amount in enumerate([3, 4, -2, 8, 1])]
    assert match(node, *rows) == [{0: 3, 1: 4, 2: -2}]


def subset(max_size: int = 8, budget: int = 10_000, tol: int = 0) -> n.SubsetNet:
    """``subset_net`` without a key."""
    return n.SubsetNet(key=None, tol=abs_tol(tol), max_size=max_size, budget=budget)


def subset_marks(node: n.SubsetNet, amounts: list[int]) -> list[bool]:
    """The marks of the groups that are formed of rows with these amounts."""
    formed = solved(node, [row(at, amount) for at, amount in enumerate(amounts)]).report().groups
    return [one.unique is True for one in formed if one.origin == "subset_net"]


def test_subset_takes_small_sizes_first_then_low_ids() -> None:
    rows = [row(1, 30), row(2, 20), row(3, -50), row(4, 50), row(5, 7)]
    # the pair 3, 4 comes before the triple 1, 2, 3
    assert match(subset(), *rows) == [{3: -50, 4: 50}]
    assert match(subset(), *rows[:3], rows[4]) == [{1: 30, 2: 20, 3: -50}]
    assert match(subset(max_size=2), *rows[:3]) == []


@pytest.mark.parametrize(
    ("amounts", "marks"),
    [
        ([5, -5, 3, -3], [True, True]),
        ([5, 5, -5, -5], [False, True]),  # of the second pair nothing else is left
        ([2, 3, -5, 1, 4], [False]),
        ([2, 3, -5, 4, 7], [True]),
        ([5, 4, 1, -5], [True]),  # a larger subset is no rival
        ([1, 2, -3, -2, 4], [True]),
    ],
)
def test_subset_is_unique_where_no_other_of_its_size_shares_a_member(amounts: list[int], marks: list[bool]) -> None:
    assert subset_marks(subset(), amounts) == marks


def test_subset_is_not_unique_when_its_rivals_need_too_many_steps() -> None:
    amounts = [2, 3, -5, 70, 80, 90, -120]
    marks = [subset_marks(subset(budget=budget, max_size=3, tol=1), amounts) for budget in range(1, 40)]
    assert marks == sorted(marks)
    assert [False] in marks
    assert marks[0] == []
    assert marks[-1] == [True]


def test_subset_searches_on_in_what_is_left() -> None:
    rows = [row(1, 5), row(2, 5), row(3, -5), row(4, -5), row(5, 3), row(6, 4), row(7, -7)]
    assert match(subset(), *rows) == [{1: 5, 3: -5}, {2: 5, 4: -5}, {5: 3, 6: 4, 7: -7}]


def test_a_bucket_out_of_budget_stays_whole() -> None:
    rows = [row(1, 5), row(2, -5), row(3, 30), row(4, 20), row(5, 49), row(6, -98)]
    enough = next(budget for budget in range(100) if groups(solved(subset(budget=budget, tol=1), rows)))
    assert match(subset(budget=enough, tol=1), *rows) == [{1: 5, 2: -5}, {3: 30, 4: 20, 5: 49, 6: -98}]
    workspace = solved(subset(budget=enough - 1, tol=1), rows)
    assert groups(workspace) == []
    assert workspace.stages()[0].out_of_budget == 1


def marks(node: n.Node, *rows: dict[str, Plain]) -> list[bool | None]:
    """Whether the groups that a node forms are unique, in report order."""
    return [line.unique for line in solved(node, rows).report().groups if line.origin != "unmatched"]


def test_a_pair_is_unique_where_nothing_else_has_its_amount() -> None:
    rows = [row(1, 200, day=1), row(2, 200, day=2), row(3, -200, day=3), row(4, 75), row(5, -75)]
    assert marks(exact(order=lane("day")), *rows) == [False, True]


@pytest.mark.parametrize(
    ("signals", "amounts", "unique"),
    [
        (("AA BB", "AA BB"), (5, -5), [True]),
        (("AA BB", "AA", "BB"), (5, -5, -5), [False]),
        (("AA BB", "AA", "BB"), (5, -5, -4), [True]),
        (("AA CC", "AA", "CC", "CC"), (5, -5, 3, -8), [False]),
    ],
)
def test_a_signal_group_has_a_rival_where_another_whole_bucket_would_be_accepted(
    signals: tuple[str, ...], amounts: tuple[int, ...], unique: list[bool]
) -> None:
    node = n.SignalGroup(signals=lane("tokens"), tol=abs_tol(0), cap=3)
    lines = [row(at, amount, ref=own) for at, (amount, own) in enumerate(zip(amounts, signals, strict=True), 1)]
    assert marks(node, *lines) == unique


def connected(*lines: tuple[int, str], cap: int = 9, tol: int = 0) -> list[dict[int | str, int]]:
    """The groups of rows with these amounts and references."""
    node = n.ReferenceNet(signals=lane("tokens"), tol=abs_tol(tol), cap=cap)
    return match(node, *(row(at, amount, ref=ref) for at, (amount, ref) in enumerate(lines, 1)))


def test_references_connect_through_other_rows() -> None:
    lines = [(80, "AA"), (50, "BB"), (-10, "BB CC"), (-120, "CC AA"), (7, "DD"), (-7, "EE"), (3, ""), (-3, "")]
    assert connected(*lines) == [{1: 80, 2: 50, 3: -10, 4: -120}]


def test_a_component_is_one_group_or_none() -> None:
    # the first two net, and would be a group of `signal_group`
    lines = [(5, "AA"), (-5, "AA"), (4, "AA BB")]
    assert connected(*lines) == []
    assert connected(*lines, tol=4) == [{1: 5, 2: -5, 3: 4}]


def test_a_common_reference_connects_nothing_and_a_large_component_is_refused() -> None:
    lines = [(5, "AA XX"), (-5, "AA XX"), (4, "BB XX"), (-4, "BB XX")]
    assert connected(*lines, cap=3) == [{1: 5, 2: -5}, {3: 4, 4: -4}]
    chain = [(5, "AA"), (-5, "AA BB"), (4, "BB CC"), (-4, "CC")]
    assert connected(*chain, cap=4) == [{1: 5, 2: -5, 3: 4, 4: -4}]
    assert connected(*chain, cap=3) == []
    node = n.ReferenceNet(signals=lane("tokens"), tol=abs_tol(0), cap=3)
    stage = solved(node, [row(at, amount, ref=ref) for at, (amount, ref) in enumerate(lines, 1)]).stages()[0]
    assert (stage.groups, stage.over_cap, stage.too_small) == (2, 1, 0)
    stage = solved(node, [row(at, amount, ref=ref) for at, (amount, ref) in enumerate(chain, 1)]).stages()[0]
    assert (stage.groups, stage.over_cap, stage.too_small) == (0, 1, 0)


SMALL = compare(e.CompareOp.LE, e.GroupMetric(type=INTEGER, op=e.MetricOp.SIZE), whole(2))
LARGE = compare(e.CompareOp.GT, e.GroupMetric(type=INTEGER, op=e.MetricOp.SIZE), whole(2))


def test_a_bucket_that_is_not_accepted_stays_open_and_is_counted() -> None:
    rows = [row(1, 5, key="a"), row(2, -5, key="a"), row(3, 5, key="b"), row(4, -3, key="b"), row(5, -2, key="b")]
    workspace = solved(n.AggNet(key=lane("key"), tol=abs_tol(0), accept=SMALL), rows)
    assert groups(workspace) == [{1: 5, 2: -5}]
    assert workspace.stages()[0].out_of_tolerance == 1


def test_the_next_signal_is_tried_where_one_is_not_accepted() -> None:
    rows = [row(1, 5, ref="AA BB"), row(2, -5, ref="AA BB"), row(3, 1, ref="BB"), row(4, -1, ref="BB")]
    node = n.SignalGroup(signals=lane("tokens"), tol=abs_tol(0), cap=9, accept=LARGE)
    assert match(node, *rows) == [{1: 5, 2: -5, 3: 1, 4: -1}]


def test_a_segment_that_is_not_accepted_goes_on_to_the_next_zero() -> None:
    rows = [row(1, 5), row(2, -5), row(3, 7), row(4, -7), row(5, 1), row(6, -1)]
    node = n.RunningZero(order=lane("id"), tol=abs_tol(0), key=None, accept=LARGE)
    assert match(node, *rows) == [{1: 5, 2: -5, 3: 7, 4: -7}]


def test_the_next_subset_is_tried_where_one_is_not_accepted() -> None:
    rows = [row(1, 5), row(2, -5), row(3, 7), row(4, -4), row(5, -3)]
    node = n.SubsetNet(key=None, tol=abs_tol(0), max_size=5, budget=1_000, accept=LARGE)
    assert match(node, *rows) == [{3: 7, 4: -4, 5: -3}]
    small = n.SubsetNet(key=None, tol=abs_tol(0), max_size=5, budget=1_000, accept=SMALL)
    assert match(small, *rows) == [{1: 5, 2: -5}]


def test_a_refused_subset_is_a_step() -> None:
    # ten pairs of one row with another, all refused
    rows = [row(1, 5), *(row(at, -5) for at in range(2, 12))]
    for budget, given_up in ((10, 1), (11, 0)):
        node = n.SubsetNet(key=None, tol=abs_tol(0), max_size=2, budget=budget, accept=LARGE)
        stage = solved(node, rows).stages()[0]
        assert (stage.groups, stage.out_of_budget, stage.out_of_tolerance) == (0, given_up, 1 - given_up)


def test_a_subset_that_would_not_be_accepted_is_no_rival() -> None:
    rows = [row(1, 5, key="a"), row(2, -5, key="a"), row(3, -5, key="b")]
    alike = compare(e.CompareOp.EQ, e.GroupDistinct(type=INTEGER, operand=lane("key")), whole(1))
    for accept, unique in ((None, False), (alike, True)):
        node = n.SubsetNet(key=None, tol=abs_tol(0), max_size=2, budget=100, accept=accept)
        assert marks(node, *rows) == [unique]


def test_a_bucket_that_would_not_be_accepted_is_no_rival() -> None:
    lines = [row(1, 5, ref="AA BB"), row(2, -5, ref="AA"), row(3, -4, ref="BB"), row(4, -1, ref="BB")]
    for accept, unique in ((None, False), (SMALL, True)):
        node = n.SignalGroup(signals=lane("tokens"), tol=abs_tol(0), cap=9, accept=accept)
        assert marks(node, *lines) == [unique]
