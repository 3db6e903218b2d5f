"""Tree printer and semantic difference of plugins."""

from __future__ import annotations

import json
import random

import pytest
from syrupy.assertion import SnapshotAssertion

import florecon_build as fb
from tests.support.random_strategies import ROWS as row
from tests.support.random_strategies import random_plugin


def plugin(*steps: fb.Strategy, version: str = "1.0.0") -> fb.Plugin:
    strategy = fb.partition_by(row.company, fb.seq(*steps))
    return fb.Plugin("acme.tree", version, rows=row, numeraire=row.amount, strategy=strategy)


def every_node() -> fb.Plugin:
    slack = fb.param("tree_slack", 5, doc="minor units")
    return plugin(
        fb.labeled("same day", fb.exact_1to1(row.account, order=row.day)),
        fb.when(row.open & (row.units > 1), fb.agg_net(row.account, tol=fb.rel_tol(10, floor=slack))),
        fb.windowed(row.day, 31, fb.signal_group(row.tokens, tol=slack, cap=16, accept=lambda g: g.size < slack)),
        fb.pivot(row.local, fb.running_zero(row.day, tol=fb.rel_max_tol(5))),
        fb.partition_by_with((row.account, row.units), {("A", 1): fb.identity()}, default=fb.subset_net(row.open)),
        fb.partition_by_with(row.units, lambda k: fb.trim(k, fb.snap(1, fb.whole_only(fb.agg_net(tol=fb.abs(k)))))),
        fb.fixed_point(fb.coalesce("chain", fb.accept_if(lambda g: g.size > 2, fb.agg_net())), max_passes=3),
        fb.flow(penalty=9, match_keys=[row.tokens, fb.amount_key()], cost=lambda a, b: 0.5 * fb.gap(a.day, b.day)),
        fb.soak_small(slack, origin="write-off", mode="bucket", key=(row.account, row.day)),
        fb.soak_if(~row.memo.is_null()),
        fb.soak_all(),
    )


def test_the_tree_is_readable(snapshot: SnapshotAssertion) -> None:
    text = "\n".join(line.rpartition("  tests/")[0] or line for line in every_node().tree().splitlines())
    assert text == snapshot


def test_the_tree_shows_where_each_node_was_written() -> None:
    nodes = every_node().tree().split("strategy\n")[1].splitlines()
    assert all("tests/ir/test_tree_and_diff.py:" in line for line in nodes)


BASE = (
    fb.agg_net(row.account, tol=5),
    fb.exact_1to1(order=row.day),
    fb.signal_group(row.tokens),
    fb.soak_all(),
)
NET, EXACT, SIGNAL, SOAK = BASE
CASES: dict[str, fb.Plugin] = {
    "nothing": plugin(*BASE),
    "a tolerance": plugin(fb.agg_net(row.account, tol=7), EXACT, SIGNAL, SOAK),
    "a new step": plugin(NET, EXACT, fb.running_zero(row.day), SIGNAL, SOAK),
    "a step less": plugin(NET, SIGNAL, SOAK),
    "a wrapper": plugin(NET, fb.labeled("same day", EXACT), SIGNAL, SOAK),
    "two wrappers": plugin(fb.when(row.open, fb.labeled("net", NET)), EXACT, SIGNAL, SOAK),
    "a swap": plugin(EXACT, NET, SIGNAL, SOAK),
    "a move and a change": plugin(EXACT, SIGNAL, fb.agg_net(row.account, tol=6), SOAK),
    "a move inwards": plugin(EXACT, fb.when(row.open, fb.seq(fb.identity(), SIGNAL, NET)), SOAK),
    "a condition on candidates": plugin(
        fb.agg_net(row.account, tol=5, accept=lambda g: g.size > 2), EXACT, SIGNAL, SOAK
    ),
    "another leaf": plugin(NET, EXACT, fb.running_zero(row.day), SOAK),
    "a version": plugin(*BASE, version="1.1.0"),
    "a param": plugin(fb.agg_net(row.account, tol=fb.param("diff_slack", 5)), EXACT, SIGNAL, SOAK),
    "an outer key": fb.Plugin(
        "acme.tree",
        "1.0.0",
        rows=row,
        numeraire=-row.amount,
        strategy=fb.partition_by_with(row.units, lambda k: fb.partition_by(row.company, fb.seq(*BASE))),
    ),
    "lanes": fb.Plugin(
        "acme.tree",
        "1.0.0",
        rows=row.derive(extra=row.units + 1),
        numeraire=row.amount,
        strategy=fb.partition_by(row.company, fb.seq(*BASE)),
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_a_difference_in_words(name: str, snapshot: SnapshotAssertion) -> None:
    found = fb.diff(CASES["nothing"], CASES[name])
    text = "\n".join(str(change).partition("  [")[0] for change in found)
    assert text == snapshot
    assert bool(found) is (name != "nothing")


@pytest.mark.parametrize("name", CASES)
def test_a_difference_and_its_opposite_are_of_one_size(name: str) -> None:
    there, back = fb.diff(CASES["nothing"], CASES[name]), fb.diff(CASES[name], CASES["nothing"])
    kinds = {"added": "removed", "removed": "added"}
    assert sorted(kinds.get(change.kind, change.kind) for change in there) == sorted(change.kind for change in back)


def test_a_difference_as_data() -> None:
    (change,) = fb.diff(CASES["nothing"], CASES["a tolerance"]).as_data()
    assert json.loads(json.dumps(change))["setting"] == "tol"
    assert (change["kind"], change["before"], change["after"]) == ("changed", "5", "7")
    assert change["path"] == "partition_by > seq[0] > agg_net"


def test_formatting_is_no_difference() -> None:
    again = plugin(
        NET,

        EXACT, SIGNAL,
        # a comment
        SOAK,
    )  # fmt: skip
    assert not fb.diff(CASES["nothing"], again)
    assert str(fb.diff(CASES["nothing"], again)) == "no difference"


def test_inserting_a_shard_above_does_not_touch_what_is_below() -> None:
    inner = fb.partition_by_with(row.account, lambda k: fb.when(row.company == k, fb.agg_net()))
    outer = fb.partition_by_with(row.units, lambda k: inner)
    found = fb.diff(plugin(inner), plugin(outer))
    assert [(change.kind, change.what) for change in found] == [("added", "node")]


@pytest.mark.slow
def test_a_difference_is_empty_exactly_when_the_fingerprints_agree() -> None:
    drawn = [random_plugin(random.Random(seed), row, 1 + seed % 5) for seed in range(25)]
    for before in drawn:
        for after in drawn:
            assert bool(fb.diff(before, after)) is (before.fingerprint != after.fingerprint)
