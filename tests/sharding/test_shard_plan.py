"""Shard plans: text, obstacles, and the property that components solved one by one are the whole."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, cast

import pytest

import florecon_build as fb
from examples.cash_application.strategy import cash_application
from examples.intercompany.strategy import intercompany
from florecon_build.host.explain.explanation import Step
from florecon_build.interpreter import Plain
from florecon_build.ir.expressions import Constant
from florecon_build.ir.nodes import PluginIr
from florecon_build.sharding import Connection, Link, components
from tests.differential.compare import table
from tests.sharding.divided import Row, divided, outcome, parts, solved, whole
from tests.support.random_ledgers import SHAPES, ledger
from tests.support.random_strategies import ROWS, random_plugin

LEDGER = fb.columns(
    row_id=fb.integer(id=True),
    account=fb.text(nullable=True),
    memo=fb.text(),
    day=fb.date(),
    other=fb.money(scale=2, nullable=True),
    amount=fb.money(scale=2),
)
MEMO = fb.tokens(LEDGER.memo, min_length=1)


def plugin(strategy: fb.Strategy) -> fb.Plugin:
    return fb.Plugin("test.division", "1.0.0", rows=LEDGER, numeraire=LEDGER.amount, strategy=strategy)


def flow(**how: object) -> fb.Strategy:
    return fb.flow(penalty=10, cost=lambda a, b: fb.gap(a.day, b.day) * 1.0, **how)  # type: ignore[arg-type]


def row(number: int, amount: int, account: str | None = "A", **more: Plain) -> Row:
    return {"row_id": number, "amount": amount, "account": account, "memo": "", "day": 0, "other": 1, **more}


def drawn(seed: int) -> tuple[PluginIr, list[Row]]:
    rng = random.Random(seed)
    made = random_plugin(rng, ROWS, 1 + seed % 5).data
    rows = ledger(made.columns, rng, SHAPES[seed % len(SHAPES)], rng.choice([6, 12, 24]))
    return made, [dict(row) for row in rows]


def sizes(strategy: fb.Strategy, rows: list[Row]) -> list[int]:
    return sorted(map(len, parts(plugin(strategy).data, rows)))


@pytest.mark.slow
def test_components_solved_one_by_one_are_the_whole() -> None:
    """Groups, amounts, uniqueness, open rows and stage counters; an error of one is an error of the other."""
    several = 0
    for seed in range(160):
        made, rows = drawn(seed)
        expected = outcome(whole, made, rows)
        assert outcome(divided, made, rows) == expected, seed
        several += expected is not None and len(parts(made, rows)) > 1
    assert several > 80  # a plan that joins everything would pass too


@pytest.mark.slow
def test_rows_of_components_are_explained_as_in_the_whole() -> None:
    """Where a row stands and what each step said of it, and what kept two rows of a component apart."""
    compared = 0
    for seed in range(60):
        rng = random.Random(seed)
        made = random_plugin(rng, ROWS, 1 + seed % 5)
        rows: list[Row] = [dict(row) for row in ledger(made.data.columns, rng, SHAPES[seed % len(SHAPES)], 12)]
        if outcome(whole, made.data, rows) is None:
            continue
        found = [part for part in parts(made.data, rows) if len(part) > 1]
        with fb.Workspace(made) as one, fb.Workspace(made) as other:
            one.upsert(table(made.data.columns, cast("list[dict[str, Constant]]", rows)))
            one.solve()
            for part in found:
                ids = [row[str(one.about.id_name)] for row in part]
                pair = rng.sample(ids, 2)
                other.upsert(table(made.data.columns, cast("list[dict[str, Constant]]", part)))
                other.solve()
                assert sayings(other, ids) == sayings(one, ids), seed
                assert sayings(other, pair) == sayings(one, pair), seed
                other.remove(cast("list[int]", ids))
                compared += len(found) > 1
    assert compared > 20


def sayings(workspace: fb.Workspace, ids: Sequence[Any]) -> tuple[object, ...]:
    """The explanation of rows, each for itself, or of two as a pair, without what is counted or numbered in a
    workspace: the ids of groups, and how many items a bag or a partition has.
    """
    explanation = workspace.explain(*ids, apart=len(ids) != 2)
    standing = [
        {**row, "places": sorted(str({**place, "group_id": 0}) for place in row["places"])}
        for row in explanation.data["rows"]
    ]
    steps = sorted(explanation.steps, key=lambda step: int(step.row))  # partitions come in the order of their rows
    return standing, [(step.node, step.row, step.event, _uncounted(step)) for step in steps]


def _uncounted(step: Step) -> str:
    if step.event == "entered":
        return step.text.partition(", one of ")[0]
    return "" if step.event == "bucket" and step.kind.startswith("partition_by") else step.text


@pytest.mark.slow
@pytest.mark.parametrize("link", list(Link))
def test_no_kind_of_connection_can_be_left_out(link: Link, monkeypatch: pytest.MonkeyPatch) -> None:
    def without(found: tuple[Connection, ...], *rest: object) -> list[list[int]]:
        return components([one for one in found if one.link is not link], *rest)  # type: ignore[arg-type]

    monkeypatch.setattr("tests.sharding.divided.components", without)
    assert any(outcome(divided, *drawn(seed)) != outcome(whole, *drawn(seed)) for seed in range(60))


def test_a_partition_divides_and_a_null_key_is_alone() -> None:
    rows = [row(1, 5), row(2, -5), row(3, 7, "B"), row(4, -7, None), row(5, 7, None)]
    assert sizes(fb.partition_by(LEDGER.account, fb.agg_net()), rows) == [1, 1, 1, 2]
    assert sizes(fb.agg_net(), rows) == [5]


def test_whole_lots_divide_by_amount_and_parts_do_not() -> None:
    rows = [row(1, 5, day=0), row(2, -5, day=99), row(3, 7, day=200), row(4, -7, day=300)]
    assert sizes(fb.exact_1to1(), rows) == [2, 2]
    assert sizes(fb.seq(flow(match_keys=[LEDGER.account]), fb.exact_1to1(LEDGER.day)), rows) == [4]
    after = fb.seq(flow(match_keys=[LEDGER.day]), fb.exact_1to1())
    assert sizes(after, rows) == [4]
    [_, pair] = plugin(after).shard_plan().connections
    assert (pair.link, pair.place.id) == (Link.ALL, 2)
    keyed = plugin(fb.seq(flow(match_keys=[LEDGER.day]), fb.agg_net(fb.amount_key()))).shard_plan()
    assert "reads what is left of a lot" in str(keyed)


def test_signals_and_windows() -> None:
    rows = [row(1, 5, memo="X Y"), row(2, -5, memo="Y"), row(3, 7, memo="Z", day=1), row(4, -7, memo="", day=2)]
    assert sizes(fb.signal_group(MEMO), rows) == [1, 1, 2]
    assert sizes(fb.reference_net(MEMO), [*rows, row(5, 1, memo="X W"), row(6, 1, memo="W")]) == [1, 1, 4]
    days = [row(number, 1, day=day) for number, day in enumerate([0, 3, 6, 10, 14])]
    assert sizes(fb.windowed(LEDGER.day, 3, fb.exact_1to1()), days) == [1, 1, 3]
    assert sizes(flow(order=LEDGER.day, window=4), days) == [5]


def test_a_choice_of_strategies_is_made_for_all_rows_of_a_node() -> None:
    rows = [row(1, 5, account="A"), row(2, -5, account="A"), row(3, 7, account="B"), row(4, -7, account="B")]
    choice = fb.best_of("matched_items", fb.exact_1to1(), fb.agg_net(LEDGER.account))
    assert sizes(choice, rows) == [4]
    assert sizes(fb.partition_by(LEDGER.account, choice), rows) == [2, 2]
    assert "chooses one strategy" in str(plugin(choice).shard_plan())


def test_a_signal_above_the_cap_connects() -> None:
    """The cap counts free members: in parts of a few rows each the signal would be within it."""
    rows = [row(number, -5 if number % 2 else 5, memo="K" if number else "K J") for number in range(6)]
    made = plugin(fb.signal_group(MEMO, cap=4)).data
    assert [len(part) for part in parts(made, rows)] == [6]
    assert len(whole(made, rows).groups) == 6  # nothing matched
    halves = [whole(made, rows[:2]), whole(made, rows[2:])]
    assert sum(len(half.groups) for half in halves) == 2  # both would match
    taken = [*rows, row(9, 0), row(10, -5, memo="J"), row(11, 0)]
    assert outcome(divided, made, taken) == outcome(whole, made, taken)


def test_conditions_keep_rows_out() -> None:
    rows = [row(1, 5), row(2, -5), row(3, 7, other=None), row(4, -7, other=0)]
    assert sizes(fb.when(LEDGER.amount > 0, fb.agg_net()), rows) == [1, 1, 2]
    assert sizes(fb.pivot(LEDGER.other, fb.agg_net()), rows) == [1, 1, 2]
    by_table = fb.partition_by_with(LEDGER.memo, {"a": fb.agg_net(), "b": fb.agg_net(LEDGER.day)})
    named = [row(number, 1, memo=memo, day=number) for number, memo in enumerate("aabbc")]
    assert sizes(by_table, named) == [1, 1, 1, 2]


def test_passes_are_counted_for_all_rows_together() -> None:
    inner = fb.exact_1to1(LEDGER.account)
    rows = [row(1, 5), row(2, -5), row(3, 7, "B"), row(4, -9, "B")]
    assert sizes(fb.fixed_point(inner, 3), rows) == [4]
    assert sizes(fb.fixed_point(inner, 1), rows) == [1, 1, 2]
    assert sizes(fb.partition_by(LEDGER.account, fb.fixed_point(inner, 3)), rows) == [2, 2]
    obstacle = plugin(fb.fixed_point(inner, 3)).shard_plan().obstacles[0]
    assert "passes" in obstacle.lost
    assert "partition_by" in obstacle.fix


def test_keys_of_the_shard() -> None:
    """A key that reads the shard's own key is one of the row."""
    strategy = fb.partition_by_with(
        (LEDGER.account, LEDGER.day), lambda k: fb.when(LEDGER.memo == k[0], fb.agg_net(LEDGER.other))
    )
    rows = [row(1, 5, memo="A"), row(2, -5, memo="A"), row(3, 7, memo="B"), row(4, -7, "B", memo="A")]
    assert sizes(strategy, rows) == [1, 1, 2]
    assert outcome(divided, plugin(strategy).data, rows) == outcome(whole, plugin(strategy).data, rows)


def test_a_node_that_stands_in_two_places_has_two_numbers() -> None:
    once = fb.exact_1to1(LEDGER.account)
    assert [one.place.id for one in plugin(fb.seq(once, once)).shard_plan().connections] == [1, 2]


def test_plans_of_the_examples() -> None:
    text = str(intercompany.shard_plan())
    assert "divides by row.pair, row.currency: " in text
    assert "signal_group at examples/intercompany/strategy.py" in text
    assert "what prevents division" not in text
    text = str(cash_application.shard_plan())
    assert "divides by components" in text
    assert "equal keys row.number" in text


def test_a_plan_without_connections() -> None:
    plan = plugin(fb.soak_all()).shard_plan()
    assert plan.divides
    assert "divides by row" in str(plan)
    assert sizes(fb.soak_all(), [row(1, 5), row(2, 5)]) == [1, 1]


def test_counters_are_added_up() -> None:
    """The comparison itself sees a counter that differs."""
    made = plugin(fb.exact_1to1(LEDGER.account)).data
    one = whole(made, [row(1, 5), row(2, -5)])
    assert replace(one, stages=[]) != one
    assert solved([]).groups == []
