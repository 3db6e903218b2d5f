"""``subset_net`` with an anchor: by example, and its search against the enumeration of all subsets."""

from __future__ import annotations

import random
from itertools import combinations

import pytest

import florecon_build as fb
from florecon_build.interpreter import Workspace
from florecon_build.interpreter.best_subset import Best, Task, best, best_by_halves, best_by_sums, is_empty, steps

ROWS = fb.columns(row_id=fb.integer(id=True), kind=fb.text(), amount=fb.money(scale=2))
HUNDRED = 100_000_000


def solved(invoices: list[int], payments: list[int], **settings: object) -> Workspace:
    """Invoices with the ids from 1 on and payments with those from 1001 on, solved."""
    strategy = fb.subset_net(anchor=ROWS.kind == "payment", **settings)  # type: ignore[arg-type]  # settings by name
    workspace = Workspace(fb.Plugin("t.t", "1.0.0", rows=ROWS, numeraire=ROWS.amount, strategy=strategy).data)
    workspace.upsert(
        [
            *({"row_id": at, "kind": "invoice", "amount": amount} for at, amount in enumerate(invoices, 1)),
            *({"row_id": at, "kind": "payment", "amount": -amount} for at, amount in enumerate(payments, 1001)),
        ]
    )
    workspace.solve()
    return workspace


def groups(workspace: Workspace) -> list[tuple[list[int | str], bool | None]]:
    """The ids of each group, and its mark."""
    report = workspace.report()
    return [
        ([line.id for line in report.allocations if line.group_id == one.group_id], one.unique)
        for one in report.groups
        if one.origin == "subset_net"
    ]


@pytest.mark.parametrize(
    ("invoices", "payments", "settings", "expected"),
    [
        # a difference of 0.50 before one of 9.00, whatever the number of invoices
        ([60_400, 40_500, 60_000, 40_050], [100_000], {"tol": 1_000}, [([3, 4, 1001], True)]),
        ([10_000, 20_000, 15_000, 15_000], [30_000], {}, [([1, 2, 1001], False)]),
        ([500, 300, 200], [500], {}, [([1, 1001], True)]),
        ([500, 300, 200], [500], {"max_left_out": 2}, [([2, 3, 1001], True)]),
        ([500, 300, 200], [500], {"max_left_out": 0}, []),
        ([500, 301, 200], [501], {"tol": 1, "prefer": "fewest"}, [([1, 1001], True)]),
        ([500, 301, 200], [501], {"tol": 1}, [([2, 3, 1001], True)]),
        ([300, 301, 200], [501], {"max_size": 2}, []),
        # the payment that is nearer goes first
        ([10_050], [10_000, 10_050], {"tol": 100}, [([1, 1002], True)]),
        ([100], [100, 100], {}, [([1, 1001], False)]),
        ([100, 100], [100, 100], {}, [([1, 1001], False), ([2, 1002], True)]),
        # the rival of the first payment's group is not the best that the second one has first
        ([100, 100, 100, 250, 150], [100, 100], {"max_size": 2}, [([1, 1001], False), ([2, 1002], False)]),
        ([29_100, 9_700], [40_000], {"tol": fb.rel_side_tol(300)}, [([1, 2, 1001], True)]),
    ],
)
def test_the_best_group_is_formed_first(
    invoices: list[int],
    payments: list[int],
    settings: dict[str, object],
    expected: list[tuple[list[int], bool]],
) -> None:
    assert groups(solved(invoices, payments, **settings)) == expected


def test_an_anchor_beyond_the_budget_is_passed_over() -> None:
    invoices, payments = [101, 203, 407], [304, 101]
    assert len(groups(solved(invoices, payments))) == 1
    tired = solved(invoices, payments, budget=1)
    assert groups(tired) == []
    assert tired.stages()[0].out_of_budget == 1
    assert tired.stages()[0].out_of_tolerance == 0


def test_a_payment_of_34_of_36_invoices() -> None:
    rng = random.Random(7)
    invoices = [rng.randrange(24_000, 300_000) for _ in range(36)]
    paid = sum(invoices) - invoices[6] - invoices[18]
    found = groups(solved(invoices, [paid], max_left_out=2))
    assert found == [([at for at in range(1, 37) if at not in {7, 19}] + [1001], True)]


def test_the_search_is_the_enumeration_of_all_subsets() -> None:
    rng = random.Random(1)
    for _ in range(1_500):
        count, spread, unit = rng.randrange(1, 9), rng.choice([4, 20, 300]), rng.choice([1, 1, 5])
        amounts = [rng.randint(1, spread) * unit for _ in range(count)]
        target, slack = rng.randint(1, sum(amounts) + 3), rng.choice([0, 0, 1, 3, 50])
        low, high = max(1, target - slack), min(target + slack, sum(amounts))
        fewest, most = rng.choice([1, 1, max(1, count - 2)]), rng.choice([count, count, min(count, 3)])
        task = Task(amounts, target, low, high, fewest, most, rng.random() < 0.3, rng.random() < 0.5)
        found = [
            (task.level(size, total), places)
            for size in range(fewest, most + 1)
            for places in combinations(range(count), size)
            if low <= (total := sum(amounts[place] for place in places)) <= high
        ]
        level, first = min(found, default=(None, None))
        expected = None
        if level is not None and first is not None:
            expected = Best(level, first, sum(one == level for one, _ in found) == 1)
        assert best(task) == expected
        if not is_empty(task):
            assert best_by_sums(task) == best_by_halves(task) == expected


def test_the_size_of_a_search_follows_from_the_input() -> None:
    def size(amounts: list[int], target: int, fewest: int = 1) -> int:
        return steps(Task(amounts, target, target, min(target, sum(amounts)), fewest, len(amounts), False, fewest > 1))

    different = [2**40 + 3**at for at in range(20)]
    assert size(different, sum(different[:10])) == 32 * 2 * 2**10
    # of equal amounts only the number counts
    assert size([10_000] * 1_000, 500 * 10_000) == 32 * (1_001 + 1)
    # of what is left out there are few sums
    assert size(list(range(1_000, 1_210)), sum(range(1_000, 1_210)) - 3_000, 207) == 3 * 3_001 * 274 // 64
    assert size([1, 2], 5) == 0
    assert size([1] * 70_000, 5) > HUNDRED
