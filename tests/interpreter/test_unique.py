"""Marks of unique groups against the enumeration of every group that a leaf could have formed, on small bags."""

from __future__ import annotations

import itertools
import random
from collections.abc import Callable, Iterable, Iterator

import pytest

from florecon_build.interpreter import Workspace
from florecon_build.interpreter.errors import ModelError
from florecon_build.interpreter.keys import Plain
from florecon_build.ir import nodes as n
from tests.interpreter.build import abs_tol, exact, flow, lane, row, seq, solved
from tests.support.random_ledgers import SHAPES, ledger
from tests.support.random_strategies import ROWS, random_plugin

pytestmark = pytest.mark.slow

Row = dict[str, Plain]
Ids = frozenset[int]
BAGS = 1_500
TOL = 1


def bag(rng: random.Random) -> list[Row]:
    """Up to seven rows with many equal amounts, keys and references; none of amount zero."""
    return [
        row(
            id,
            rng.choice([-3, -2, -1, 1, 2, 3]),
            key=rng.choice(["a", "a", "b", None]),
            day=rng.randrange(4),
            ref=rng.choice([None, "AA", "BB", "AA BB", "BB CC", "AA BB CC"]),
        )
        for id in range(1, rng.randrange(3, 8))
    ]


def subsets(rows: list[Row]) -> Iterator[list[Row]]:
    """Every choice of at least two rows that has both signs."""
    for size in range(2, len(rows) + 1):
        for some in itertools.combinations(rows, size):
            if min(amounts(some)) < 0 < max(amounts(some)):
                yield list(some)


def amounts(rows: Iterable[Row]) -> list[int]:
    """The amounts of some rows."""
    return [amount for one in rows if isinstance(amount := one["amount"], int)]


def nets(rows: Iterable[Row]) -> bool:
    """Whether the rows net within the tolerance of the leaves."""
    return abs(sum(amounts(rows))) <= TOL


def is_pair(some: list[Row], rows: list[Row]) -> bool:
    """One positive and one negative of one key and one absolute amount."""
    return len(some) == 2 and sum(amounts(some)) == 0 and some[0]["key"] == some[1]["key"] is not None


def is_bucket(some: list[Row], rows: list[Row]) -> bool:
    """All rows of one key."""
    key = some[0]["key"]
    return key is not None and nets(some) and some == [one for one in rows if one["key"] == key]


def is_shared(some: list[Row], rows: list[Row]) -> bool:
    """All rows that carry some signal, at most four."""
    return (
        len(some) <= 4
        and nets(some)
        and any(some == [one for one in rows if signal in signals(one)] for signal in ("AA", "BB", "CC"))
    )


def signals(one: Row) -> list[str]:
    """The references of a row."""
    return str(one["ref"] or "").split()


def is_component(some: list[Row], rows: list[Row]) -> bool:
    """Rows that signals of at most four rows connect with each other, and with no other row."""
    common = {signal for signal in ("AA", "BB", "CC") if sum(signal in signals(one) for one in rows) > 4}
    reached, waiting = [some[0]], [some[0]]
    while waiting:
        own = {signal for signal in signals(waiting.pop()) if signal not in common}
        more = [one for one in rows if one not in reached and own & set(signals(one))]
        reached += more
        waiting += more
    return 2 <= len(some) <= 4 and nets(some) and ids_of(reached) == ids_of(some)


def is_segment(some: list[Row], rows: list[Row]) -> bool:
    """Rows in order of one key, from the end of an earlier segment to the first balance within the tolerance."""
    key = some[0]["key"]
    ordered = sorted((one for one in rows if one["key"] == key is not None), key=lambda one: (one["day"], one["id"]))
    open_rows: list[Row] = []
    for one in ordered:
        open_rows.append(one)
        if min(amounts(open_rows)) < 0 < max(amounts(open_rows)) and nets(open_rows):
            if sorted(open_rows, key=lambda one: str(one["id"])) == some:
                return True
            open_rows = []
    return False


LEAVES: dict[str, tuple[n.Node, Callable[[list[Row], list[Row]], bool]]] = {
    "exact_1to1": (exact(key=lane("key"), order=lane("day")), is_pair),
    "agg_net": (n.AggNet(key=lane("key"), tol=abs_tol(TOL)), is_bucket),
    "signal_group": (n.SignalGroup(signals=lane("tokens"), tol=abs_tol(TOL), cap=4), is_shared),
    "reference_net": (n.ReferenceNet(signals=lane("tokens"), tol=abs_tol(TOL), cap=4), is_component),
    "running_zero": (n.RunningZero(order=lane("day"), tol=abs_tol(TOL), key=lane("key")), is_segment),
}


def ids_of(rows: Iterable[Row]) -> Ids:
    """The ids of some rows."""
    return frozenset(id for one in rows if isinstance(id := one["id"], int))


def formed(node: n.Node, rows: list[Row]) -> dict[Ids, bool | None]:
    """The groups of the interpreter with their marks."""
    workspace = solved(node, rows)
    members: dict[int, set[int]] = {}
    report = workspace.report()
    for part in report.allocations:
        members.setdefault(part.group_id, set()).add(int(part.id))
    return {frozenset(members[one.group_id]): one.unique for one in report.groups if one.origin != "unmatched"}


@pytest.mark.parametrize("name", LEAVES)
def test_marks_are_those_of_the_enumeration(name: str) -> None:
    node, could_be = LEAVES[name]
    marks: list[bool | None] = []
    for seed in range(BAGS):
        rows = bag(random.Random(seed))
        possible = [ids_of(some) for some in subsets(rows) if could_be(some, rows)]
        for members, unique in formed(node, rows).items():
            rivals = [other for other in possible if other != members and other & members]
            assert unique is (not rivals), f"seed {seed}: {members} against {rivals}"
            marks.append(unique)
    assert len(marks) > 300
    assert (False in marks) is (name in {"exact_1to1", "signal_group"})


@pytest.mark.parametrize(("more", "unique"), [(0, True), (1, False)])
def test_a_joined_group_is_unique_where_each_of_its_parts_was(more: int, unique: bool) -> None:
    """The rest of row 1, which is 10, has one row to go to, or two of which each would do."""
    rows = [row(1, 60, day=1), row(2, -50, day=1), row(3, -10, day=9)]
    rows += [row(4, -10, day=9)] * more
    first, then = flow(window=1), flow(window=9)
    joined = n.Coalesce(origin="settlement", inner=seq(first, then))
    assert formed(joined, rows) == {ids_of(rows[:3]): unique}


def test_every_group_of_the_solver_has_a_mark() -> None:
    """Whatever nodes it went through: only a group that a person made has none."""
    marked: set[str] = set()
    for seed in range(300):
        rng = random.Random(seed)
        plugin = random_plugin(rng, ROWS, 4).data
        workspace = Workspace(plugin)
        try:
            workspace.upsert(ledger(plugin.columns, rng, rng.choice(list(SHAPES)), 14))
            workspace.solve()
        except ModelError:
            continue
        for one in workspace.report().groups:
            assert (one.unique is None) is (one.node is None), (seed, one)
            marked |= {one.origin} if one.unique is not None else set()
    assert {"exact_1to1", "agg_net", "signal_group", "running_zero", "subset_net", "flow"} <= marked, marked
