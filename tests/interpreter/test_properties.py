"""Properties that hold for every strategy on every bag."""

from __future__ import annotations

import random
from collections import Counter
from typing import get_args

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from florecon_build.interpreter import ModelError, Plain, Workspace
from florecon_build.interpreter.bag import Lot, Outcome
from florecon_build.interpreter.execute import run
from florecon_build.interpreter.stages import flatten, number, stage
from florecon_build.ir import nodes as n
from tests.interpreter.build import abs_tol, plugin, shape, solved
from tests.interpreter.trees import COMBINATORS, LEAVES, leaves, ledgers, trees

pytestmark = pytest.mark.slow

Ledger = list[dict[str, Plain]]
thorough = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def outcome_of(node: n.Node, rows: Ledger) -> tuple[list[Lot], Outcome]:
    """The bag of some rows, and what a strategy makes of it."""
    workspace = Workspace(plugin(n.Identity()))
    workspace.upsert(rows)
    amounts = {line.id: line.amount for line in workspace.rows()}
    lanes = {given["id"]: {**given, "tokens": tuple(sorted(str(given["ref"] or "").upper().split()))} for given in rows}
    bag = [Lot(id, lanes[id], amount, amount) for id, amount in amounts.items() if amount]
    step = number(node)
    return bag, run(step, bag, {}, [stage(below) for below in flatten(step)])


def check(node: n.Node, rows: Ledger) -> None:
    """Conservation per id, and the form of groups and residual."""
    bag, outcome = outcome_of(node, rows)
    whole = {lot.id: lot for lot in bag}
    left = {lot.id: lot.amount for lot in bag}
    for group in outcome.groups:
        ids = [lot.id for lot in group.members]
        assert ids
        assert ids == sorted(set(ids))
        for lot in group.members:
            assert lot.amount
            assert (lot.amount > 0) == (whole[lot.id].amount > 0)
            assert lot.original == whole[lot.id].original
            left[lot.id] -= lot.amount
    residual = {lot.id: lot.amount for lot in outcome.residual}
    assert residual == {id: amount for id, amount in left.items() if amount}
    assert list(residual) == sorted(residual)
    keys = [group.report_key() for group in outcome.groups]
    assert keys == sorted(keys)


def test_every_node_kind_is_drawn() -> None:
    assert {*LEAVES, *COMBINATORS} == set(get_args(n.Node))


@pytest.mark.parametrize("kind", list(LEAVES), ids=lambda kind: kind.__name__)
def test_each_leaf_conserves(kind: type[n.Node]) -> None:
    @given(LEAVES[kind], ledgers())
    @thorough
    def conserves(node: n.Node, rows: Ledger) -> None:
        check(node, rows)

    conserves()


@pytest.mark.parametrize("kind", list(COMBINATORS), ids=lambda kind: kind.__name__)
def test_each_combinator_conserves(kind: type[n.Node]) -> None:
    inner = st.one_of(leaves, st.lists(leaves, min_size=2, max_size=3).map(lambda steps: n.Seq(steps=tuple(steps))))

    @given(COMBINATORS[kind](inner), ledgers())
    @thorough
    def conserves(node: n.Node, rows: Ledger) -> None:
        check(node, rows)

    conserves()


@given(st.lists(leaves, min_size=1, max_size=3), st.integers(0, 60), ledgers(most=10))
@thorough
def test_reclaim_splits_no_row_and_shows_the_difference(steps: list[n.Node], slack: int, rows: Ledger) -> None:
    bag, outcome = outcome_of(n.Reclaim(tol=abs_tol(slack), inner=n.Seq(steps=tuple(steps))), rows)
    groups = [[(lot.id, lot.amount) for lot in one.members] for one in outcome.groups]
    residual = [(lot.id, lot.amount) for lot in outcome.residual]
    assert sorted([*(lot for members in groups for lot in members), *residual]) == [(lot.id, lot.amount) for lot in bag]
    assert all(abs(sum(amount for _, amount in members)) <= slack for members in groups)


@given(trees, ledgers())
@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_random_trees_conserve(node: n.Node, rows: Ledger) -> None:
    check(node, rows)


def try_solved(node: n.Node, rows: Ledger) -> Workspace:
    """A solved workspace; examples with a net that is no amount are passed over."""
    try:
        return solved(node, rows)
    except ModelError as error:
        assume(error.code != "amount_overflow")
        raise


@given(trees, ledgers(), st.randoms(use_true_random=False))
@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_the_report_depends_on_the_rows_alone(node: n.Node, rows: Ledger, rng: random.Random) -> None:
    cold = try_solved(node, rows)
    shuffled = rng.sample(rows, len(rows))
    cut = rng.randrange(len(rows) + 1)
    warm = Workspace(plugin(node))
    for batch in ([{**one, "amount": 1, "key": "b"} for one in shuffled[cut:]], shuffled[:cut], shuffled[cut:]):
        warm.upsert(batch)
        try:
            warm.solve()
        except ModelError:
            assume(False)
    assert shape(warm) == shape(cold)
    assert warm.stages() == cold.stages()
    assert [line.amount for line in warm.rows()] == [line.amount for line in cold.rows()]


@given(trees, ledgers(), st.data())
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_every_verb_keeps_every_row_whole(node: n.Node, rows: Ledger, data: st.DataObject) -> None:
    workspace = try_solved(node, rows)
    ids = [line.id for line in workspace.rows()]
    for _ in range(data.draw(st.integers(1, 8))):
        groups = [line.group_id for line in workspace.report().groups]
        before = workspace.report()
        if not groups or not ids:
            return
        group, id, other = (data.draw(st.sampled_from(of)) for of in (groups, ids, ids))
        amount = data.draw(st.integers(-3, 3))
        act = data.draw(
            st.sampled_from(
                [
                    lambda group=group: workspace.pin(group),
                    lambda group=group: workspace.unpin(group),
                    lambda group=group: workspace.dissolve(group),
                    lambda group=group, id=id: workspace.detach(group, [id]),
                    lambda id=id, other=other, amount=amount: workspace.merge([(id, amount), (other, -amount)]),
                    lambda id=id: workspace.pin_singletons([id]),
                    lambda id=id: workspace.remove([id]),
                    lambda amount=amount: workspace.upsert([{**rows[0], "amount": amount}]),
                    workspace.solve,
                ]
            )
        )
        try:
            act()
        except ModelError:
            assert workspace.report() == before
        ids = [line.id for line in workspace.rows()]
        verify(workspace)


def verify(workspace: Workspace) -> None:
    """Allocations add up to the rows; each row has at most one unmatched proposed singleton; nets add up."""
    report = workspace.report()
    held: Counter[object] = Counter()
    nets: Counter[int] = Counter()
    for allocation in report.allocations:
        held[allocation.id] += allocation.amount
        nets[allocation.group_id] += allocation.amount
    assert dict(held) == {line.id: line.amount for line in workspace.rows()}
    assert dict(nets) == {line.group_id: line.net for line in report.groups}
    loose = [line.first_id for line in report.groups if line.origin == "unmatched" and not line.pinned]
    assert len(loose) == len(set(loose))
