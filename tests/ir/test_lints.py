"""Lints: each with a strategy that triggers it and one that does not."""

from __future__ import annotations

import json

import pytest
from syrupy.assertion import SnapshotAssertion

import florecon_build as fb
from tests.support.random_strategies import SCHEMA as row


def plugin(strategy: fb.Strategy, rows: fb.DynamicRows = row) -> fb.Plugin:
    return fb.Plugin("acme.checked", "1.0.0", rows=rows, numeraire=rows.amount, strategy=strategy)


def codes(strategy: fb.Strategy, rows: fb.DynamicRows = row) -> list[str]:
    return [problem.code for problem in plugin(strategy, rows).check()]


CENTS = fb.amount_key()

TRIGGER: dict[str, tuple[str, fb.Strategy]] = {
    "after soak_all": ("dead_step", fb.seq(fb.soak_all(), fb.agg_net())),
    "after a labeled soak_all": ("dead_step", fb.seq(fb.labeled("rest", fb.soak_all()), fb.agg_net())),
    "after a soak in every shard": ("dead_step", fb.seq(fb.partition_by(row.company, fb.soak_all()), fb.agg_net())),
    "after a soak in every case": (
        "dead_step",
        fb.seq(fb.partition_by_with(row.company, {"A": fb.soak_all()}, default=fb.soak_all()), fb.agg_net()),
    ),
    "nothing to complete": ("no_groups", fb.reclaim(fb.seq(fb.identity(), fb.labeled("x", fb.identity())), tol=1)),
    "in an inner seq": ("dead_step", fb.seq(fb.seq(fb.soak_all(), fb.agg_net()))),
    "same key twice": ("constant_key", fb.partition_by(row.company, fb.partition_by(row.company, fb.agg_net()))),
    "part of the key": (
        "constant_key",
        fb.partition_by((row.company, row.units), fb.labeled("x", fb.partition_by(row.units, fb.agg_net()))),
    ),
    "made of the key": (
        "constant_key",
        fb.partition_by(row.company, fb.partition_by_with(row.company.upper(), {"A": fb.agg_net()})),
    ),
    "a constant": ("constant_key", fb.partition_by(fb.param("which", "x"), fb.agg_net())),
    "no candidates": ("no_candidates", fb.flow(penalty=10, cost=1.0)),
    "a wide tolerance": (
        "wide_tolerance",
        fb.flow(
            penalty=3,
            match_keys=[CENTS],
            rows=row,
            cost=lambda a, b: fb.tier(fb.gap(a.day, b.day) <= 92, 4.5 + 0.02 * fb.gap(a.day, b.day)),
        ),
    ),
    "a wide window": (
        "wide_tolerance",
        fb.flow(penalty=3, order=row.day, window=60, cost=lambda a, b: 0.5 + 0.1 * fb.gap(a.day, b.day)),
    ),
    "a hopeless cost": ("wide_tolerance", fb.flow(penalty=3, match_keys=[CENTS], cost=7.0)),
    "a label twice": ("label_twice", fb.seq(fb.labeled("x", fb.agg_net()), fb.labeled("x", fb.exact_1to1()))),
}

PASS: dict[str, fb.Strategy] = {
    "before soak_all": fb.seq(fb.agg_net(), fb.soak_all()),
    "after a nullable bucket": fb.seq(fb.soak_all(mode="bucket", key=row.icp), fb.agg_net()),
    "after a soak in shards of a nullable key": fb.seq(fb.partition_by(row.icp, fb.soak_all()), fb.agg_net()),
    "after a soak in one case": fb.seq(fb.partition_by_with(row.company, {"A": fb.soak_all()}), fb.agg_net()),
    "after a soak of some": fb.seq(fb.when(row.open, fb.soak_all()), fb.agg_net()),
    "after a soak in another numeraire": fb.seq(fb.pivot(row.local, fb.soak_all()), fb.agg_net()),
    "another key": fb.partition_by(row.company, fb.partition_by(row.account, fb.agg_net())),
    "a finer key": fb.partition_by(row.company, fb.partition_by((row.company, row.account), fb.agg_net())),
    "a finer text": fb.partition_by(row.company.left(1), fb.partition_by(row.company, fb.agg_net())),
    "siblings": fb.seq(fb.partition_by(row.company, fb.agg_net()), fb.partition_by(row.company, fb.exact_1to1())),
    "keys": fb.flow(penalty=10, match_keys=[CENTS], cost=1.0),
    "a sensible tolerance": fb.flow(
        penalty=10,
        match_keys=[CENTS],
        rows=row,
        cost=lambda a, b: fb.tier(fb.gap(a.day, b.day) <= 92, 4.5 + 0.02 * fb.gap(a.day, b.day)),
    ),
    "a sensible window": fb.flow(
        penalty=3, order=row.day, window=30, cost=lambda a, b: 0.5 + 0.1 * fb.gap(a.day, b.day)
    ),
    "a cost that varies": fb.flow(
        penalty=1, match_keys=[CENTS], rows=row, cost=lambda a, b: 0.1 * fb.gap(a.day, b.day)
    ),
    "two labels": fb.seq(fb.labeled("x", fb.agg_net()), fb.labeled("y", fb.exact_1to1())),
}


@pytest.mark.parametrize("name", TRIGGER)
def test_a_check_triggers(name: str, snapshot: SnapshotAssertion) -> None:
    code, strategy = TRIGGER[name]
    found = plugin(strategy).check()
    assert [problem.code for problem in found] == [code]
    assert all(problem.span and problem.path and problem.fix for problem in found)
    assert "\n".join(f"{problem.severity.value}: {problem.path}: {problem.message}" for problem in found) == snapshot


@pytest.mark.parametrize("name", PASS)
def test_a_check_passes(name: str) -> None:
    assert codes(PASS[name]) == []


def test_a_constant_condition_is_dead() -> None:
    assert "dead_step" in codes(fb.when(False, fb.agg_net()))  # pyright: ignore[reportArgumentType]
    assert "dead_step" not in codes(fb.when(row.open, fb.agg_net()))


def test_unused_lanes_are_named() -> None:
    derived = row.derive(
        used=row.company.upper(), through=row.account.lower(), spare=row.account.strip(), chained=row.units + 1
    )
    finer = derived.derive(key=derived.through + "x", twice=derived.chained * 2)
    found = plugin(fb.agg_net((finer.used, finer.key)), finer).check()
    assert [problem.message for problem in found if problem.code == "unused_lane"] == [
        "lane `spare` is never read",
        "lane `chained` is never read",
        "lane `twice` is never read",
    ]


def test_a_param_of_an_ir_that_nothing_reads_is_named() -> None:
    ir = json.loads(plugin(fb.agg_net(tol=fb.param("used_slack", 1))).ir())
    params = ir["plugin"]["params"]
    params.append({**params[0], "name": "spare_slack"})
    found = fb.Plugin.from_ir(ir).check()
    assert [(problem.code, problem.message) for problem in found] == [
        ("unused_param", "param `spare_slack` is never read")
    ]


def test_a_variable_of_the_caller_is_no_part_of_the_checks() -> None:
    spare_slack = fb.param("spare_slack", 1)
    assert plugin(fb.agg_net(tol=1)).check() == ()
    assert [param.name for param in plugin(fb.agg_net(tol=spare_slack)).data.params] == ["spare_slack"]


def test_errors_stop_a_build_and_warnings_do_not() -> None:
    with pytest.raises(fb.StrategyError, match="no item can reach this step"):
        plugin(fb.seq(fb.soak_all(), fb.agg_net())).rust()
    warned = plugin(fb.seq(fb.labeled("x", fb.agg_net()), fb.labeled("x", fb.exact_1to1())))
    assert [problem.severity for problem in warned.require() if problem.code == "label_twice"] == [fb.Severity.WARNING]


def test_checks_work_on_a_tree_from_json() -> None:
    again = fb.Plugin.from_ir(plugin(fb.seq(fb.soak_all(), fb.agg_net())).ir())
    assert [problem.code for problem in again.check()] == ["dead_step"]


CHOICE = fb.best_of("matched_value", fb.exact_1to1(), fb.agg_net())


@pytest.mark.parametrize(
    ("strategy", "is_refused"),
    [
        (CHOICE, True),
        (fb.labeled("x", fb.partition_by(row.units, CHOICE)), True),
        (fb.when(row.company != "EUR", CHOICE), True),
        (fb.partition_by(row.company, fb.labeled("x", CHOICE)), False),
        (fb.partition_by_with((row.units, row.company), lambda _: CHOICE), False),
        (fb.when((row.units > 1) & (row.company == "EUR"), CHOICE), False),
        (fb.pivot(row.units, CHOICE), False),
        (fb.best_of("matched_items", fb.exact_1to1(), fb.agg_net()), False),
    ],
)
def test_matched_values_of_several_currencies_are_not_added_up(strategy: fb.Strategy, is_refused: bool) -> None:
    made = fb.Plugin("a", "1.0.0", rows=row, numeraire=row.amount, strategy=strategy, currency=row.company)
    assert [problem.code for problem in made.check()] == ["several_currencies"] * is_refused
    without = fb.Plugin("a", "1.0.0", rows=row, numeraire=row.amount, strategy=strategy)
    assert [problem.code for problem in without.check()] == []
