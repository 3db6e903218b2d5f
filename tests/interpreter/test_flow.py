"""``flow``: by example, against exhaustive search, and against an independent solver."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ortools.graph.python.min_cost_flow import SimpleMinCostFlow

from florecon_build.interpreter import ModelError, min_cost_flow
from florecon_build.interpreter.min_cost_flow import Arc, Problem
from florecon_build.ir import expressions as e
from florecon_build.ir.types import BOOLEAN, REAL
from tests.interpreter.build import (
    abs_tol,
    compare,
    day_gap,
    flow,
    groups,
    lane,
    match,
    pair,
    real,
    row,
    solved,
)


def test_the_nearest_are_matched_and_lots_are_split() -> None:
    rows = [row(1, 100, day=0), row(2, -60, day=1), row(3, -60, day=2), row(4, 50, day=90), row(5, -50, day=91)]
    assert match(flow(), *rows) == [{1: 100, 2: -60, 3: -40}, {4: 50, 5: -50}]


def test_a_pair_dearer_than_leaving_both_is_not_matched() -> None:
    rows = [row(1, 5, day=0), row(2, -5, day=3)]
    assert match(flow(penalty=real(2.0)), *rows) == [{1: 5, 2: -5}]
    assert match(flow(penalty=real(1.4)), *rows) == []
    # at equal cost, penalty arcs weigh nothing and win
    assert match(flow(penalty=real(1.5)), *rows) == []


def test_a_null_cost_forbids_the_pair() -> None:
    near = compare(e.CompareOp.LE, day_gap(), real(1.0))
    cost = e.Tier(type=REAL.with_nullable(True), condition=near, cost=real(1.0))
    assert match(flow(cost=cost), row(1, 5), row(2, -5, day=2), row(3, -5, day=1)) == [{1: 5, 3: -5}]


def test_nets_is_a_tier_over_current_amounts() -> None:
    nets = e.Nets(type=BOOLEAN, tol=abs_tol(2))
    cost = e.Tier(type=REAL.with_nullable(True), condition=nets, cost=real(1.0))
    assert match(flow(cost=cost), row(1, 50), row(2, -49), row(3, -20)) == [{1: 49, 2: -49}]


def test_window_and_keys_add_up_and_keys_of_two_entries_never_meet() -> None:
    rows = [
        row(1, 5, key="k", day=0),
        row(2, -5, ref="k1", key="other", day=500),
        row(3, 6, ref="XX YY", day=0),
        row(4, -6, ref="YY ZZ", day=90),
        row(5, 7, day=30),
        row(6, -7, day=31),
    ]
    by_key = [lane("key"), lane("tokens")]
    assert match(flow(match=by_key), *rows) == [{3: 6, 4: -6}]
    assert match(flow(match=by_key, window=2), *rows) == [{3: 6, 4: -6}, {5: 7, 6: -7}]


def test_a_key_of_too_many_is_skipped_and_counted() -> None:
    rows = [row(1, 5, key="a"), row(2, -5, key="a"), row(3, -5, key="a"), row(4, 6, key="b"), row(5, -6, key="b")]
    workspace = solved(flow(match=[lane("key")], cap=2), rows)
    assert groups(workspace) == [{4: 6, 5: -6}]
    assert workspace.stages()[0].over_cap == 1


def test_unique_says_whether_there_was_a_choice() -> None:
    free = solved(flow(), [row(1, 5), row(2, -5), row(3, -5)])
    assert [line.unique for line in free.report().groups if line.origin == "flow"] == [False]
    forced = solved(flow(), [row(1, 5), row(2, -5, day=1), row(3, -5, day=2)])
    assert [line.unique for line in forced.report().groups if line.origin == "flow"] == [True]


@pytest.mark.parametrize(
    ("cost", "penalty"),
    [
        (real(float("nan")), real(1.0)),
        (real(float("inf")), real(1.0)),
        (real(-1.1e12), real(1.0)),
        (real(1.0), real(-1.0)),
        (real(1.0), real(float("inf"))),
    ],
)
def test_bad_costs_are_refused(cost: e.Value, penalty: e.Value) -> None:
    with pytest.raises(ModelError) as refused:
        match(flow(cost=cost, penalty=penalty), row(1, 5), row(2, -5))
    assert (refused.value.code, refused.value.id) == ("bad_cost", 1)


def test_a_negative_window_is_refused_at_once() -> None:
    with pytest.raises(ModelError) as refused:
        match(flow(window=-1))
    assert refused.value.code == "bad_config"


def test_a_crowded_window_is_cut_to_the_nearest() -> None:
    sources = [row(at, 5, day=at) for at in range(1, 4)]
    sinks = [row(at, -5, day=at - 10) for at in range(11, 15)]

    def pairs(cap: int) -> list[dict[int | str, int]]:
        return match(flow(window=9, window_cap=cap), *sources, *sinks)

    assert pairs(4) == pairs(3) == [{1: 5, 11: -5}, {2: 5, 12: -5}, {3: 5, 13: -5}]
    assert pairs(1) == [{1: 5, 11: -5}, {2: 5, 12: -5}, {3: 5, 13: -5}]


def test_one_side_alone_is_never_too_many() -> None:
    rows = [row(1, 50), *(row(at, -5) for at in range(2, 12))]
    assert [len(members) for members in match(flow(window=0, window_cap=1), *rows)] == [11]


def test_composite_match_keys() -> None:
    rows = [row(1, 5, key="a", day=1), row(2, -5, key="a", day=2), row(3, -5, key="a", day=1)]
    assert match(flow(match=[pair(lane("key"), lane("day"))]), *rows) == [{1: 5, 3: -5}]


# The optimum itself.

small = st.integers(1, 3)


@st.composite
def problems(draw: st.DrawFn, most: int = 3, amounts: st.SearchStrategy[int] = small, dear: int = 4) -> Problem:
    """A small problem with many ties."""
    supply = draw(st.lists(amounts, min_size=1, max_size=most))
    demand = draw(st.lists(amounts, min_size=1, max_size=most))
    costs = st.integers(-1, dear)
    pairs = [(a, b) for a in range(len(supply)) for b in range(len(demand))]
    kept = [at for at in pairs if draw(st.booleans())] or pairs
    return Problem(
        supply=supply,
        demand=demand,
        source_penalty=[draw(st.integers(0, dear)) for _ in supply],
        sink_penalty=[draw(st.integers(0, dear)) for _ in demand],
        source_key=list(range(10, 10 + len(supply))),
        sink_key=list(range(20, 20 + len(demand))),
        arcs=[Arc(a, b, draw(costs)) for a, b in kept],
    )


def all_flows(problem: Problem) -> Iterator[list[int]]:
    """Every flow there is."""

    def extend(at: int, supply: list[int], demand: list[int]) -> Iterator[list[int]]:
        if at == len(problem.arcs):
            yield []
            return
        arc = problem.arcs[at]
        for amount in range(min(supply[arc.source], demand[arc.sink]) + 1):
            left, room = list(supply), list(demand)
            left[arc.source] -= amount
            room[arc.sink] -= amount
            for rest in extend(at + 1, left, room):
                yield [amount, *rest]

    yield from extend(0, list(problem.supply), list(problem.demand))


def cost_of(problem: Problem, flows: list[int]) -> int:
    """The objective."""
    left, room = list(problem.supply), list(problem.demand)
    total = 0
    for arc, amount in zip(problem.arcs, flows, strict=True):
        total += amount * arc.cost
        left[arc.source] -= amount
        room[arc.sink] -= amount
    assert min([*left, *room, *flows]) >= 0
    total += sum(amount * penalty for amount, penalty in zip(left, problem.source_penalty, strict=True))
    return total + sum(amount * penalty for amount, penalty in zip(room, problem.sink_penalty, strict=True))


def rank(problem: Problem, flows: list[int]) -> tuple[int, ...]:
    """The criteria of the canonical rule, in this order."""
    keys = [(problem.source_key[arc.source], problem.sink_key[arc.sink]) for arc in problem.arcs]
    weights = (
        sum(
            min_cost_flow.tie_weight(source, sink, turn) * amount
            for (source, sink), amount in zip(keys, flows, strict=True)
        )
        for turn in (1, 2, 3)
    )
    return cost_of(problem, flows), *weights, *(-amount for amount in flows)


@given(problems())
@settings(max_examples=150, deadline=None)
def test_the_canonical_optimum_is_the_best_of_all_flows(problem: Problem) -> None:
    every = list(all_flows(problem))
    best = min(every, key=lambda flows: rank(problem, flows))
    least = cost_of(problem, best)
    found, choice = min_cost_flow.solve(problem)
    assert found == best
    differing = [flows for flows in every if cost_of(problem, flows) == least]
    assert choice == {
        node
        for flows in differing
        for arc, one, other in zip(problem.arcs, flows, best, strict=True)
        if one != other
        for node in (arc.source, len(problem.supply) + arc.sink)
    }


@pytest.mark.parametrize("bits", [0, 1])
def test_weights_that_tie_leave_it_to_the_order_of_arcs(bits: int, monkeypatch: pytest.MonkeyPatch) -> None:
    def coarse(source: int, sink: int, turn: int) -> int:
        return (source + sink + turn) % 2 if bits else 7

    monkeypatch.setattr(min_cost_flow, "tie_weight", coarse)

    @given(problems())
    @settings(max_examples=100, deadline=None)
    def check(problem: Problem) -> None:
        assert min_cost_flow.solve(problem)[0] == min(all_flows(problem), key=lambda flows: rank(problem, flows))

    check()


@given(problems(most=14, amounts=st.integers(1, 10**9), dear=10**6))
@settings(max_examples=150, deadline=None)
def test_an_independent_solver_finds_the_same_objective(problem: Problem) -> None:
    network = SimpleMinCostFlow()
    sources, sinks = len(problem.supply), len(problem.demand)
    end = sources + sinks
    for arc in problem.arcs:
        network.add_arc_with_capacity_and_unit_cost(arc.source, sources + arc.sink, 10**12, arc.cost)
    for source, (amount, penalty) in enumerate(zip(problem.supply, problem.source_penalty, strict=True)):
        network.add_arc_with_capacity_and_unit_cost(source, end, amount, penalty)
        network.set_node_supply(source, amount)
    for sink, (amount, penalty) in enumerate(zip(problem.demand, problem.sink_penalty, strict=True)):
        network.add_arc_with_capacity_and_unit_cost(end, sources + sink, amount, penalty)
        network.set_node_supply(sources + sink, -amount)
    network.set_node_supply(end, sum(problem.demand) - sum(problem.supply))
    status = network.solve()
    assert status == network.OPTIMAL
    assert cost_of(problem, min_cost_flow.solve(problem)[0]) == network.optimal_cost()


def test_amounts_and_costs_at_the_edge() -> None:
    edge = 2**63 - 1
    most = 10**18
    problem = Problem([edge, edge], [edge], [most, 0], [most], [1, 2], [3], [Arc(0, 0, -most), Arc(1, 0, -most)])
    assert min_cost_flow.solve(problem) == ([edge, 0], set())


def test_tie_weights_are_those_of_the_runtime() -> None:
    # SplitMix64 from state 0 begins with this number
    assert min_cost_flow.mix(0) == 0xE220A8397B1DCDAF
    assert min_cost_flow.tie_weight(1, 2, 1) < 2**40
