"""Random strategies over small bags, through the oracle and through the interpreter."""

from __future__ import annotations

import itertools
import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import florecon_build as fb
from florecon_build.interpreter import ModelError, Workspace
from florecon_build.ir.nodes import PluginIr
from florecon_build.ir.types import TEXT, Kind
from tests.oracle.oracle import Answer, answer, lanes_in
from tests.oracle.strategy import COUNTERS
from tests.support.random_ledgers import SHAPES, ledger
from tests.support.random_strategies import ROWS, random_plugin

BAGS = 4
AMOUNTS = ((1, 1, 2, 3), (500, 500, 500), (100, 250, 350, 101), (1, 5, 49, 50, 4_999, 5_000))
"""Sizes that add up, tie and miss by little."""

GUARDS: list[Callable[[fb.Group], Any]] = [
    lambda g: (g.min_side == 1) | (g.span(ROWS.day) > 2),
    lambda g: g.distinct(ROWS.company) == 1,
    lambda g: g.any(ROWS.open) & ~g.all(ROWS.units > 0),
    lambda g: g.clean(fb.rel_tol(100)) | (g.count(ROWS.open) > 1),
]
"""Conditions on a group."""


@dataclass(frozen=True)
class Case:
    """A strategy, bags of rows, and values for params."""

    plugin: PluginIr
    bags: list[list[dict[str, Any]]]
    config: dict[str, Any]


def case(seed: int) -> Case:
    """A strategy of up to four levels and bags of up to seven rows, as a function of the seed."""
    rng = random.Random(seed)
    plugin = (plain_plugin(rng) if rng.random() < 0.6 else random_plugin(rng, ROWS, rng.randrange(1, 5))).data
    if rng.random() < 0.3 and "row_id" not in lanes_read(plugin):
        plugin = with_text_ids(plugin)
    return Case(plugin, [bag(plugin, rng) for _ in range(BAGS)], config_of(plugin, rng))


def is_equal(one: Case) -> bool:
    """Whether both give the same answer for every bag; an exception of a mutant counts as another answer."""
    try:
        return all(
            interpreted(one.plugin, rows, one.config) == answer(one.plugin, rows, one.config) for rows in one.bags
        )
    except (AssertionError, LookupError, TypeError, ValueError):
        return False


def plain_plugin(rng: random.Random) -> fb.Plugin:
    """A strategy of simple keys, costs and tolerances, whose nodes have something to do more often than random ones."""
    strategy = plain(rng, rng.randrange(1, 5))
    return fb.Plugin("test.plain", "1.0.0", rows=ROWS, numeraire=ROWS.amount, strategy=strategy)


def plain(rng: random.Random, depth: int) -> fb.Strategy:
    """A node of at most ``depth`` levels."""

    def tol() -> Any:
        return rng.choice([0, 1, 3, fb.rel_tol(200, floor=1), fb.rel_max_tol(2_500)])

    def key() -> Any:
        return rng.choice([None, None, ROWS.company, ROWS.icp, (ROWS.company, ROWS.open), ROWS.batch])

    def order() -> Any:
        return rng.choice([ROWS.day, ROWS.units, (ROWS.account, ROWS.day)])

    def accept() -> Any:
        return rng.choice([None, None, *GUARDS])

    leaves: list[Callable[[], fb.Strategy]] = [
        lambda: fb.exact_1to1(key(), order=order()),
        lambda: fb.agg_net(key(), tol=tol(), accept=accept()),
        lambda: fb.signal_group(
            rng.choice([ROWS.tokens, ROWS.grams, ROWS.icp]), tol=tol(), cap=rng.choice([2, 4]), accept=accept()
        ),
        *[
            lambda: fb.reference_net(
                rng.choice([ROWS.tokens, ROWS.grams, ROWS.icp]), tol=tol(), cap=rng.choice([2, 3, 9])
            )
        ]
        * 2,
        lambda: fb.running_zero(order(), tol=tol(), key=key(), accept=accept()),
        *[
            lambda: fb.subset_net(
                key(),
                tol=tol(),
                max_size=rng.choice([2, 3, 7]),
                budget=rng.choice([3, 12, 40, 900]),
                accept=accept(),
            )
        ]
        * 2,
        lambda: fb.subset_net(
            key(),
            tol=rng.choice([0, 1, 3, fb.rel_side_tol(900, floor=1), fb.rel_gross_tol(400)]),
            anchor=rng.choice([ROWS.amount < 0, ROWS.units > 0]),
            prefer=rng.choice(["closest", "closest", "fewest"]),
            max_size=rng.choice([None, None, 3]),
            max_left_out=rng.choice([None, None, 0, 1]),
            budget=rng.choice([200, 400, 10_000]),
        ),
        *[lambda: plain_flow(rng)] * 4,
        lambda: fb.soak_small(rng.choice([2, fb.rel_tol(9_000)])),
        lambda: fb.soak_all(mode="bucket", key=rng.choice([ROWS.due, (ROWS.local, ROWS.open), ROWS.company])),
        lambda: fb.soak_if(ROWS.units > 0),
    ]
    if depth <= 1:
        return rng.choice(leaves)()

    def below() -> Any:
        return plain(rng, depth - 1)

    def some() -> Any:
        return [below() for _ in range(rng.choice([2, 2, 3]))]

    def pair() -> Any:
        return fb.seq(plain_flow(rng), plain_flow(rng), *some()[1:])

    wraps: list[Callable[[], fb.Strategy]] = [
        *[lambda: fb.seq(*some())] * 3,
        lambda: fb.partition_by(rng.choice([ROWS.company, ROWS.icp]), below()),
        lambda: fb.partition_by_with(ROWS.units, lambda k: fb.seq(fb.agg_net(tol=k), below())),
        lambda: fb.partition_by_with(ROWS.company, {"A01": below(), "B02": below()}, default=below()),
        lambda: fb.when(ROWS.units > 0, below()),
        lambda: fb.windowed(rng.choice([ROWS.day, ROWS.units]), rng.choice([1, 2, 5]), below()),
        *[lambda: fb.pivot(rng.choice([ROWS.local, ROWS.exact, ROWS.amount * 3, ROWS.amount.to_minor() // 3]), pair())]
        * 2,
        lambda: fb.fixed_point(below(), max_passes=3),
        *[lambda: fb.best_of(rng.choice(["matched_value", "matched_items", "fewest_groups"]), *some())] * 3,
        lambda: fb.labeled("tag", below()),
        lambda: fb.accept_if(rng.choice(GUARDS), below()),
        lambda: fb.coalesce("chain", rng.choice([pair, below])()),
        lambda: fb.trim(rng.choice([1, 60, fb.rel_tol(5_000)]), rng.choice([pair, below])()),
        *[lambda: fb.snap(rng.choice([1, 60, fb.rel_tol(5_000)]), pair())] * 2,
        *[
            lambda: fb.reclaim(
                rng.choice([pair, pair, below])(), rng.choice([1, 60, fb.rel_side_tol(4_000), fb.rel_tol(5_000)])
            )
        ]
        * 2,
        lambda: fb.whole_only(rng.choice([pair, below])()),
    ]
    return rng.choice(wraps)()


def plain_flow(rng: random.Random) -> fb.Strategy:
    """A flow with many ties."""
    by_key = rng.random() < 0.5
    costs: list[float | Callable[[Any, Any], Any]] = [
        1.0,
        lambda a, b: 1.0 * fb.gap(a.day, b.day),
        lambda a, b: fb.tier(a.company == b.company, 0.5 + fb.gap(a.units, b.units)),
        lambda a, b: fb.where(fb.nets(a, b, 1), -2.0, 3.0),
    ]
    cost: Any = rng.choice(costs)
    return fb.flow(
        penalty=rng.choice([0.5, 1, 9, 100]),
        match_keys=[rng.choice([ROWS.company, ROWS.tokens, fb.amount_key()])] if by_key else [],
        order=None if by_key else ROWS.day,
        window=None if by_key else rng.choice([0, 1, 3, 40]),
        window_cap=rng.choice([1, 2, 256]),
        bucket_cap=rng.choice([3, 256]),
        cost=cost,
        rows=ROWS,
    )


def lanes_read(plugin: PluginIr) -> set[str]:
    """The names of all lanes that any expression of the plugin reads."""
    return lanes_in((plugin.strategy, plugin.numeraire, *(lane.value for lane in plugin.lanes)))


def config_of(plugin: PluginIr, rng: random.Random) -> dict[str, Any]:
    """Now and then other values for params, some of them refused."""
    numbers = [param.name for param in plugin.params if param.type.kind is Kind.INTEGER]
    return {name: rng.choice([-1, 0, 2, 40, 1_000, 2**62]) for name in numbers if rng.random() < 0.15}


def with_text_ids(plugin: PluginIr) -> PluginIr:
    """The plugin over rows whose ids are texts."""
    columns = (replace(column, type=TEXT) if column.id else column for column in plugin.columns)
    return replace(plugin, columns=tuple(columns))


def bag(plugin: PluginIr, rng: random.Random) -> list[dict[str, Any]]:
    """Rows of any shape; two in three bags are of rows that have much in common."""
    rows = [dict(row) for row in ledger(plugin.columns, rng, rng.choice(SHAPES), rng.choice([0, 2, 4, 5, 6, 7, 7, 7]))]
    if rng.random() < 0.33:
        return rows
    shared, sizes = rng.choice(rows or [{}]), rng.choice(AMOUNTS)
    for row in rows:
        row.update({name: value for name, value in shared.items() if name != "row_id" and rng.random() < 0.7})
        for name in ("amount", "local", "exact"):
            if row[name] is not None and rng.random() < 0.9:
                row[name] = rng.choice([-1, 1]) * rng.choice(sizes)
    for row, other in itertools.pairwise(rows):
        if rng.random() < 0.4:
            row["amount"] = opposite(other["amount"])
    return rows


def opposite(amount: Any) -> int:
    """The amount with the other sign."""
    return -amount


def interpreted(plugin: PluginIr, rows: Sequence[Mapping[str, Any]], config: Mapping[str, Any] | None = None) -> Answer:
    """The answer of the interpreter."""
    try:
        workspace = Workspace(plugin, config)
        workspace.upsert(rows)
        workspace.solve()
    except ModelError as error:
        return Answer(error.code)
    report = workspace.report()
    members: dict[int, list[tuple[int | str, int]]] = {}
    for part in report.allocations:
        members.setdefault(part.group_id, []).append((part.id, part.amount))
    return Answer(
        None,
        tuple((one.origin, one.reason, one.node, one.unique, tuple(members[one.group_id])) for one in report.groups),
        tuple(tuple(int(getattr(stage, name)) for name in COUNTERS) for stage in workspace.stages()),
    )
