"""Rivals of ambiguous groups and the nearest subsets of open rows, against the enumeration of all on small bags."""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterable, Iterator
from typing import Any

import pytest

import florecon_build as fb
from florecon_build.host import Workspace

BAGS = 100
LINES = fb.columns(row_id=fb.integer(id=True), day=fb.integer(), paid=fb.boolean(), amount=fb.money(scale=0))

Amounts = dict[int, int]


def opened(strategy: fb.Strategy, rows: Iterable[tuple[int, bool, int]]) -> Workspace:
    """A solved workspace over days, marks of payments and amounts; ids from 1."""
    workspace = fb.Workspace(fb.Plugin("acme.others", "1.0.0", rows=LINES, numeraire=LINES.amount, strategy=strategy))
    table = [
        {"row_id": id, "day": day, "paid": paid, "amount": amount} for id, (day, paid, amount) in enumerate(rows, 1)
    ]
    workspace.upsert(table)
    workspace.solve()
    return workspace


def groups(workspace: Workspace) -> list[tuple[Amounts, bool | None]]:
    """The members of each group of the solver with their amounts, and its mark."""
    report = workspace.report()
    members: dict[int, Amounts] = {}
    for part in report.allocations.to_pylist():
        members.setdefault(part["group_id"], {})[part["id"]] = part["amount"]
    return [
        (members[one["group_id"]], one["unique"]) for one in report.groups.to_pylist() if one["origin"] != "unmatched"
    ]


class Told:
    """What the events of a kind say of each row of a workspace."""

    def __init__(self, workspace: Workspace) -> None:
        ids = workspace.report().rows["id"].to_pylist()
        self.steps = workspace.explain(*ids, apart=True).data["steps"]

    def __call__(self, row: int, event: str) -> list[dict[str, Any]]:
        return [step for step in self.steps if step["id"] == row and step["event"] == event]


def amounts_of(fact: dict[str, Any]) -> Amounts:
    """The members that an event lists."""
    return {lot["id"]: lot["amount"] for lot in fact["members"]}


def optimal_flows(rows: list[tuple[int, bool, int]], penalty: int) -> list[dict[tuple[int, int], int]]:
    """All flows of least cost, by source and sink, where a pair costs the days between its rows."""
    sources = [id for id, (_, _, amount) in enumerate(rows, 1) if amount > 0]
    sinks = [id for id, (_, _, amount) in enumerate(rows, 1) if amount < 0]
    left = {id: abs(amount) for id, (_, _, amount) in enumerate(rows, 1)}
    pairs = [(a, b, abs(rows[a - 1][0] - rows[b - 1][0])) for a in sources for b in sinks]
    pairs = [(a, b, cost) for a, b, cost in pairs if cost <= 2 * penalty]
    found: dict[int, list[dict[tuple[int, int], int]]] = {}
    for flows in itertools.product(*(range(min(left[a], left[b]) + 1) for a, b, _ in pairs)):
        rest = dict(left)
        for (a, b, _), flow in zip(pairs, flows, strict=True):
            rest[a] -= flow
            rest[b] -= flow
        if min(rest.values()) >= 0:
            cost = sum(flow * cost for (_, _, cost), flow in zip(pairs, flows, strict=True))
            carried = {(a, b): flow for (a, b, _), flow in zip(pairs, flows, strict=True) if flow}
            found.setdefault(cost + penalty * sum(rest.values()), []).append(carried)
    return found[min(found)]


def components(flow: dict[tuple[int, int], int]) -> list[Amounts]:
    """The groups of a flow."""
    found: list[Amounts] = []
    for (a, b), amount in flow.items():
        joined: Amounts = {a: amount, b: -amount}
        for other in [one for one in found if one.keys() & {a, b}]:
            found.remove(other)
            joined = {id: joined.get(id, 0) + other.get(id, 0) for id in {*joined, *other}}
        found.append(joined)
    return found


def at(flow: dict[tuple[int, int], int], members: Amounts) -> dict[tuple[int, int], int]:
    """What the pairs with a member carry."""
    return {pair: amount for pair, amount in flow.items() if members.keys() & set(pair)}


def test_the_rival_of_a_flow_group_is_a_group_of_another_optimum() -> None:
    seen = {"rival": 0, "unique": 0}
    for seed in range(2 * BAGS):
        rng = random.Random(seed)
        sides = rng.choice([(1, 2), (2, 1), (2, 2), (3, 2), (2, 3)])
        rows = [
            (rng.randrange(5), False, sign * rng.choice([1, 1, 2]))
            for sign, count in zip((1, -1), sides, strict=True)
            for _ in range(count)
        ]
        rng.shuffle(rows)
        strategy = fb.flow(penalty=1, order=LINES.day, window=9, cost=lambda a, b: 1.0 * fb.gap(a.day, b.day))
        workspace = opened(strategy, rows)
        told, flows, formed = Told(workspace), optimal_flows(rows, 1), groups(workspace)
        canonical = next(flow for flow in flows if all(one in components(flow) for one, _ in formed))
        for members, unique in formed:
            others = [flow for flow in flows if at(flow, members) != at(canonical, members)]
            assert unique is (not others), seed
            possible = [one for flow in others for one in components(flow)]
            for row in members:
                rivals = [amounts_of(one) for one in told(row, "rival")]
                assert len(rivals) == (not unique), (seed, row)
                assert all(rival in possible and rival.keys() & members.keys() for rival in rivals), (seed, row, rivals)
                seen["rival"] += len(rivals)
            seen["unique"] += unique is True
    assert min(seen.values()) > BAGS, seen


def anchored_bag(rng: random.Random) -> list[tuple[int, bool, int]]:
    """Invoices of few amounts, and payments."""
    top = rng.choice([4, 9])
    invoices = [(0, False, rng.randint(1, top)) for _ in range(rng.randint(1, 6))]
    payments = [(0, True, -rng.randint(1, 2 * top)) for _ in range(rng.randint(1, 3))]
    rows = invoices + payments + [(0, True, rng.randint(1, 5))] * rng.randint(0, 1)
    rng.shuffle(rows)
    return rows


def candidates(rows: Amounts, paid: set[int], most: int) -> Iterator[Amounts]:
    """All groups of one payment and other rows of the other sign, of at most so many members."""
    for anchor in paid & rows.keys():
        items = [id for id in rows if id not in paid and rows[id] * rows[anchor] < 0]
        for count in range(1, min(len(items), most - 1) + 1):
            for some in itertools.combinations(items, count):
                yield {id: rows[id] for id in sorted((anchor, *some))}


@pytest.mark.parametrize("prefer", ["closest", "fewest"])
def test_the_rival_of_an_anchored_subset_is_as_good_and_the_nearest_is_nearest(prefer: Any) -> None:
    seen = {"rival": 0, "nearest": 0, "none_left": 0, "unique": 0}
    for seed in range(BAGS):
        rng = random.Random(seed)
        rows = anchored_bag(rng)
        tol, most = rng.choice([0, 0, 1]), rng.choice([3, 9])
        strategy = fb.subset_net(anchor=LINES.paid, tol=tol, max_size=most, prefer=prefer)
        workspace = opened(strategy, rows)
        told = Told(workspace)
        left = {id: amount for id, (_, _, amount) in enumerate(rows, 1)}
        paid = {id for id, (_, paid, _) in enumerate(rows, 1) if paid}

        def level(members: Amounts) -> tuple[int, int]:
            """Of the smaller the earlier."""
            one = (abs(sum(members.values())), len(members))
            return one if prefer == "closest" else (one[1], one[0])  # called in this turn

        formed = sorted(groups(workspace), key=lambda one: (level(one[0]), min(one[0].keys() & paid)))
        for members, unique in formed:
            others = [one for one in candidates(left, paid, most) if level(one) == level(members) and one != members]
            others = [one for one in others if one.keys() & members.keys()]
            assert unique is (not others), seed
            for row in members:
                rivals = [amounts_of(one) for one in told(row, "rival")]
                assert len(rivals) == (not unique), (seed, row)
                assert all(rival in others for rival in rivals), (seed, rivals, others)
                seen["rival"] += len(rivals)
            seen["unique"] += unique is True
            left = {id: amount for id, amount in left.items() if id not in members}
        for row in left if len(rows) > 1 else ():
            if told(row, "one_sided"):
                continue
            near = [abs(sum(one.values())) for one in candidates(left, paid, most) if row in one]
            said = [abs(sum(amounts_of(one).values())) for one in told(row, "nearest")]
            assert said == ([min(near)] if near else []), (seed, row)
            assert len(told(row, "none_left")) == (not near), (seed, row)
            assert not near or min(near) > tol
            seen["nearest"] += bool(near)
            seen["none_left"] += not near
    assert min(seen.values()) > BAGS // 4, seen


def left_out(members: Amounts, left: Amounts, paid: set[int]) -> int:
    """How many open items opposite to its anchor a group leaves out."""
    [anchor] = members.keys() & paid
    opposite = [id for id in left if id not in paid and left[id] * left[anchor] < 0]
    return len(opposite) - (len(members) - 1)


def test_the_nearest_group_leaves_out_no_more_than_allowed() -> None:
    near = 0
    for seed in range(BAGS):
        rng = random.Random(seed)
        rows = anchored_bag(rng)
        out = rng.randint(0, 2)
        workspace = opened(fb.subset_net(anchor=LINES.paid, max_left_out=out), rows)
        told = Told(workspace)
        taken = {id for members, _ in groups(workspace) for id in members}
        left = {id: amount for id, (_, _, amount) in enumerate(rows, 1) if id not in taken}
        paid = {id for id, (_, paid, _) in enumerate(rows, 1) if paid}

        for row in left:
            if not told(row, "one_sided"):
                allowed = [one for one in candidates(left, paid, 99) if row in one and left_out(one, left, paid) <= out]
                said = [abs(sum(amounts_of(one).values())) for one in told(row, "nearest")]
                assert said == ([min(abs(sum(one.values())) for one in allowed)] if allowed else []), (seed, row)
                near += bool(said)
    assert near > BAGS // 2


def test_the_nearest_subset_is_nearest() -> None:
    near = 0
    for seed in range(BAGS):
        rng = random.Random(seed)
        rows = [(0, False, rng.choice([-1, 1]) * rng.randint(1, 60)) for _ in range(rng.randint(2, 8))]
        tol, most = rng.choice([0, 2]), rng.choice([2, 3, 8])
        workspace = opened(fb.subset_net(tol=tol, max_size=most), rows)
        told = Told(workspace)
        taken = {id for members, _ in groups(workspace) for id in members}
        left = {id: amount for id, (_, _, amount) in enumerate(rows, 1) if id not in taken}
        for row, own in left.items():
            if told(row, "one_sided"):
                continue
            others = [id for id in left if id != row]
            nets = [
                abs(own + sum(left[id] for id in some))
                for count in range(1, most)
                for some in itertools.combinations(others, count)
                if min(own, *(left[id] for id in some)) < 0 < max(own, *(left[id] for id in some))
            ]
            said = [abs(sum(amounts_of(one).values())) for one in told(row, "nearest")]
            assert said == ([min(nets)] if nets else []), (seed, row)
            assert len(told(row, "none_left")) == (not nets), (seed, row)
            near += bool(said)
    assert near > 2 * BAGS


def test_what_is_said_of_the_nearest() -> None:
    lines = [(0, False, 5_000), (0, False, 4_100), (0, True, -9_150)]
    near = "the nearest was off by 50: row 1 (5,000), row 2 (4,100), row 3 (-9,150)"
    for strategy in (fb.subset_net(), fb.subset_net(anchor=LINES.paid)):
        workspace = opened(strategy, lines)
        assert {step.text for id in (1, 2, 3) for step in workspace.explain(id).steps if step.event == "nearest"} == {
            near
        }
    rng = random.Random(3)
    many = [(0, False, rng.randrange(1, 10**12)) for _ in range(40)]
    workspace = opened(fb.subset_net(max_size=7, budget=10_000_000), [*many, (0, True, -3 * 10**12)])
    [said] = [step.text for step in workspace.explain(41).steps if step.event == "nearest_unknown"]
    assert said == "how near it comes to a match was not searched to the end: there are too many ways"
    one = opened(fb.subset_net(), [(0, False, 5), (0, False, -5), (0, False, 7)])
    assert [step.text for step in one.explain(3).steps][-1] == "nothing is left that it could be matched with"
