"""The subset search with an anchor, in the engine module, compared with CP-SAT of OR-tools."""

from __future__ import annotations

import random
from decimal import Decimal
from typing import Any

import pytest

import florecon_build as fb

pytestmark = pytest.mark.slow

cp_model: Any = pytest.importorskip(
    "ortools.sat.python.cp_model", reason="OR-tools is not installed: there is no peer to agree with"
)
ROWS = fb.columns(row_id=fb.integer(id=True), kind=fb.text(), amount=fb.money(scale=2))
SLACK = 40


def best_by_cp_sat(amounts: list[int], target: int, most_left: int | None) -> tuple[int, int] | None:
    """The smallest difference within the slack, and the least number of items taken or left out."""
    model = cp_model.CpModel()
    taken = [model.NewBoolVar(f"item {at}") for at in range(len(amounts))]
    difference = model.NewIntVar(0, SLACK, "difference")
    total = sum(amount * item for amount, item in zip(amounts, taken, strict=True))
    model.Add(total - target <= difference)
    model.Add(target - total <= difference)
    model.Add(sum(taken) >= max(1, len(amounts) - most_left) if most_left is not None else sum(taken) >= 1)
    items = sum(taken) if most_left is None else len(amounts) - sum(taken)
    model.Minimize(difference * (len(amounts) + 1) + items)
    solver = cp_model.CpSolver()
    solver.parameters.num_workers = 1
    solver.parameters.random_seed = 1
    status = solver.Solve(model)
    assert status in {cp_model.OPTIMAL, cp_model.INFEASIBLE}
    if status == cp_model.INFEASIBLE:
        return None
    distance, number = divmod(round(solver.ObjectiveValue()), len(amounts) + 1)
    return distance, number


@pytest.mark.parametrize("most_left", [None, 6])
def test_levels_are_equal_on_instances_of_up_to_sixty_items(most_left: int | None) -> None:
    rng = random.Random(9)
    strategy = fb.subset_net(anchor=ROWS.kind == "payment", tol=SLACK, max_left_out=most_left)
    plugin = fb.Plugin("test.peers", "1.0.0", rows=ROWS, numeraire=ROWS.amount, strategy=strategy)
    met: set[bool] = set()
    for _ in range(12):
        count, spread = rng.randrange(12, 60), rng.choice([400, 30_000])
        amounts = [rng.randrange(1, spread) * rng.choice([1, 7]) for _ in range(count)]
        size = count - rng.randrange(1, 7) if most_left is not None else rng.randrange(1, count)
        target = sum(rng.sample(amounts, size)) + rng.randrange(-SLACK, SLACK)
        lines: list[dict[str, object]] = [
            *({"row_id": at, "kind": "invoice", "amount": amount} for at, amount in enumerate(amounts)),
            {"row_id": count, "kind": "payment", "amount": -target},
        ]
        expected = best_by_cp_sat(amounts, target, most_left)
        assert found(plugin, lines, count, most_left) == expected
        met.add(expected is not None)
    assert True in met


def found(
    plugin: fb.Plugin, lines: list[dict[str, object]], count: int, most_left: int | None
) -> tuple[int, int] | None:
    """The same of the engine."""
    with plugin.workspace() as workspace:
        workspace.upsert([{**line, "amount": Decimal(str(line["amount"])).scaleb(-2)} for line in lines])
        workspace.solve()
        groups = [one for one in workspace.report().groups.to_pylist() if one["origin"] == "subset_net"]
    if not groups:
        return None
    (one,) = groups
    items = one["size"] - 1
    return abs(one["net"]), items if most_left is None else count - items
