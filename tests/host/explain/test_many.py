"""Explanations of many rows at once are those of the rows one by one, for random strategies of every kind of node."""

from __future__ import annotations

import random
from typing import Any

import pytest

import florecon_build as fb
from florecon_build.host import BadCommand, Unsupported, Workspace
from florecon_build.host.errors import FloreconError
from tests.support.random_ledgers import SHAPES, ledger
from tests.support.random_strategies import ROWS, random_plugin

SEEDS = range(40)
SIZE = 14


def steps_of(data: dict[str, Any], row: int) -> list[dict[str, Any]]:
    """The steps of a row without `without`, which a row explained alone lacks."""
    return [step for step in data["steps"] if step["id"] == row]


def opened(seed: int) -> Workspace | None:
    """A workspace of a random strategy over random rows; None where one of the two is refused."""
    rng = random.Random(seed)
    plugin = random_plugin(rng, ROWS, 4)
    rows = ledger(plugin.data.columns, rng, rng.choice(list(SHAPES)), SIZE)
    workspace = fb.Workspace(plugin)
    try:
        workspace.upsert(rows)
        workspace.solve()
    except FloreconError:
        return None
    return workspace


def test_many_at_once_are_as_one_by_one() -> None:
    seen: set[tuple[str, str]] = set()
    for seed in SEEDS:
        workspace = opened(seed)
        if workspace is None:
            continue
        ids = workspace.report().rows["id"].to_pylist()
        together = workspace.explain(*ids, apart=True)
        for row in ids:
            alone = workspace.explain(row)
            assert steps_of(together.data, row) == alone.data["steps"], (seed, row)
            assert [each for each in together.data["rows"] if each["id"] == row] == alone.data["rows"], (seed, row)
            assert [step.text for step in together.steps if step.facts["id"] == row] == [
                step.text for step in alone.steps
            ]
            seen |= {(step.kind, step.event) for step in alone.steps}
        if len(ids) > 1:
            two = workspace.explain(*ids[:2], apart=True)
            assert two.meetings == ()
            assert two.data["steps"] == [step for step in together.data["steps"] if step["id"] in ids[:2]]
    kinds = {kind for kind, _ in seen}
    assert {"exact_1to1", "agg_net", "signal_group", "running_zero", "subset_net", "flow", "windowed", "pivot"} <= kinds
    assert len(seen) > 40


def test_too_many_rows_are_refused() -> None:
    row = fb.columns(line=fb.integer(id=True), amount=fb.integer())
    plugin = fb.Plugin("test.many", "1.0.0", rows=row, numeraire=row.amount, strategy=fb.exact_1to1())
    workspace = fb.Workspace(plugin)
    workspace.upsert([{"line": line, "amount": line + 1} for line in range(101)])
    workspace.solve()
    assert len(workspace.explain(*range(101), apart=True).data["rows"]) == 101
    with pytest.raises(BadCommand, match="name from 1 to 100"):
        workspace.explain(*range(101))
    with pytest.raises(BadCommand, match="name from 1 to 10000"):
        workspace.explain(*[1] * 10_001, apart=True)
    assert issubclass(Unsupported, FloreconError)
