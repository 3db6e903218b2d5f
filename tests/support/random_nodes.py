"""Random strategy generator: every node."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import florecon_build as fb
from florecon_build.ir import nodes as n
from florecon_build.ir.types import Kind
from tests.support.random_values import DAYS, SIMPLE, WORDS, ValueMaker, Where

PREDICATE = 3
KEY = 1


class NodeMaker(ValueMaker):
    """Draws strategies of at most a number of levels."""

    def strategy(self, depth: int) -> fb.Strategy:
        """A node with everything below it."""
        if depth <= 1:
            return self.leaf_node()
        below = lambda: self.strategy(depth - 1)  # noqa: E731
        options: list[Callable[[], fb.Strategy]] = [
            *[lambda: fb.seq(*(self.strategy(depth - 1) for _ in range(self.rng.randrange(1, 4))))] * 4,
            self.leaf_node,
            lambda: fb.partition_by(self.key(self.row, KEY), below()),
            lambda: fb.partition_by(self.key(self.row, KEY), below()),
            lambda: self.by_table(depth),
            lambda: self.by_key(depth),
            lambda: self.by_key(depth),
            lambda: fb.when(self.value(Kind.BOOLEAN, self.row, PREDICATE), below()),
            lambda: fb.windowed(self.measure(), self.setting(2, least=1), below()),
            lambda: fb.pivot(self.alternative(), below()),
            lambda: fb.fixed_point(below(), max_passes=self.rng.choice([1, 2, 4])),
            lambda: fb.for_n(self.rng.choice([1, 2]), lambda _: self.strategy(depth - 2)),
            lambda: fb.best_of(
                self.rng.choice([one.value for one in n.Score]), *(below() for _ in range(self.rng.choice([2, 2, 3])))
            ),
            lambda: fb.labeled(self.rng.choice(["first", "second: try", "third"]), below()),
            lambda: fb.accept_if(self.group_predicate, below()),
            lambda: fb.accept_if(self.group_predicate, below()),
            lambda: fb.coalesce(self.rng.choice(["joined", "chain"]), below()),
            lambda: fb.trim(self.tolerance(2), below()),
            lambda: fb.snap(self.tolerance(2), below()),
            lambda: fb.whole_only(below()),
            lambda: fb.reclaim(below(), self.tolerance(2)),
        ]
        return self.rng.choice(options)()

    def leaf_node(self) -> fb.Strategy:
        """A node with nothing below it."""
        key = lambda: None if self.rng.random() < 0.6 else self.key(self.row, KEY)  # noqa: E731
        size = lambda: self.rng.choice([2, 3, 4])  # noqa: E731
        budget = lambda: self.rng.choice([1, 50, 2_000])  # noqa: E731
        return self.choose(
            fb.identity,
            lambda: fb.exact_1to1(key(), order=None if self.rng.random() < 0.4 else self.order()),
            lambda: fb.exact_1to1(key(), order=self.order()),
            lambda: fb.agg_net(key(), tol=self.tolerance(2)),
            lambda: fb.agg_net(key(), tol=self.tolerance(2), accept=self.acceptance()),
            lambda: fb.signal_group(
                self.signals(), tol=self.tolerance(2), cap=self.rng.choice([2, 3, 256]), accept=self.acceptance()
            ),
            lambda: fb.reference_net(self.signals(), tol=self.tolerance(2), cap=self.rng.choice([2, 3, 256])),
            lambda: fb.running_zero(self.order(), tol=self.tolerance(2), key=key(), accept=self.acceptance()),
            lambda: fb.subset_net(
                key(), tol=self.tolerance(2), max_size=size(), budget=budget(), accept=self.acceptance()
            ),
            lambda: self.anchored_subset(key()),
            self.flow,
            self.flow,
            self.soak,
        )

    def anchored_subset(self, key: Any) -> fb.Strategy:
        """The best subsets of anchors, under any bounds."""
        bps = self.setting(2)
        tol = self.choose(lambda: self.setting(2), lambda: fb.rel_side_tol(bps), lambda: fb.rel_gross_tol(bps, floor=1))
        return fb.subset_net(
            key,
            tol=tol,
            anchor=self.choose(lambda: self.row.item.amount < 0, lambda: self.row.item.units > 1),
            prefer=self.rng.choice(["closest", "fewest"]),
            max_size=self.rng.choice([None, 2, 4]),
            max_left_out=self.rng.choice([None, None, 0, 2]),
            budget=self.rng.choice([200, 400, 100_000]),
        )

    def signals(self) -> Any:
        """A list of texts, or a text that may be null."""
        return self.choose(
            lambda: self.list(self.row, 1),
            lambda: self.list(self.row, 1),
            lambda: self.nullable(Kind.TEXT, self.row, 1),
        )

    def by_table(self, depth: int) -> fb.Strategy:
        """A strategy per constant key, scalar or tuple."""
        below = lambda: self.strategy(depth - 1)  # noqa: E731
        default = below() if self.rng.random() < 0.5 else None
        scalar = {Kind.TEXT: WORDS, Kind.INTEGER: range(4), Kind.DATE: DAYS, Kind.BOOLEAN: (True, False)}
        kind = self.rng.choice(list(scalar))
        if self.rng.random() < 0.3:
            cases = {("A01", 1): below(), ("B02", 2): below()}
            return fb.partition_by_with((self.row.item.company, self.row.item.units), cases, default=default)
        by = self.value(kind, self.row, KEY) if self.rng.random() < 0.7 else self.nullable(kind, self.row, KEY)
        return fb.partition_by_with(
            by, {key: below() for key in self.rng.sample(list(scalar[kind]), 2)}, default=default
        )

    def by_key(self, depth: int) -> fb.Strategy:
        """A strategy that reads the shard's key."""

        def build(key: Any) -> fb.Strategy:
            with self.shard(key):
                return self.strategy(depth - 1)

        return fb.partition_by_with(self.key(self.row, KEY), build)

    def order(self) -> Any:
        """What items are sorted by, never null and not real."""
        kinds = [kind for kind in SIMPLE if kind is not Kind.REAL]
        return self.choose(
            lambda: self.row.item.day,
            lambda: self.value(self.rng.choice(kinds), self.row, KEY),
            lambda: (self.row.item.day, self.value(self.rng.choice(kinds), self.row, KEY)),
        )

    def measure(self) -> Any:
        """What a window is measured on."""
        kind = self.rng.choice([Kind.DATE, Kind.INTEGER, Kind.MONEY])
        return self.row.item.day if self.rng.random() < 0.5 else self.value(kind, self.row, KEY)

    def alternative(self) -> Any:
        """Another numeraire."""
        rows = self.row.item
        return self.choose(
            lambda: rows.local,
            lambda: rows.exact,
            lambda: rows.amount * 3,
            lambda: fb.minor_units(fb.clamp(rows.amount.to_minor().to_real() * rows.rate / 100, -1e9, 1e9), 2),
        )

    def group_predicate(self, group: fb.Group) -> Any:
        """A condition on a group."""
        return self.value(Kind.BOOLEAN, Where(group=group), PREDICATE)

    def acceptance(self) -> Callable[[fb.Group], Any] | None:
        """Now and then a condition on candidates, which knows no mark."""
        if self.rng.random() < 0.5:
            return None
        return lambda group: self.value(Kind.BOOLEAN, Where(group=group, marked=False), PREDICATE)

    def flow(self) -> fb.Strategy:
        """The arbiter, with keys, a window, or both."""
        keys: list[Any] = [self.key(self.row, KEY, lists=True) for _ in range(self.rng.randrange(3))]
        band = self.rng.random() < 0.5 or not keys
        if self.rng.random() < 0.3:
            keys.append(fb.amount_key())
        penalty = self.rng.choice([4.0, 10, 1_000.0])
        if self.rng.random() < 0.3:
            penalty = fb.clamp(self.value(Kind.REAL, self.row, 2), 0.5, 100.0)
        return fb.flow(
            penalty=penalty,
            match_keys=keys,
            order=self.measure() if band else None,
            window=self.setting(2) if band else None,
            bucket_cap=self.rng.choice([2, 5, 256]),
            window_cap=self.rng.choice([1, 2, 4, 256]),
            cost=self.cost,
            rows=self.rows,
        )

    def cost(self, a: fb.Side, b: fb.Side) -> Any:
        """What a pair costs: small, and now and then null."""
        where = Where(views=(a, b), pair=(a, b))
        price = lambda: fb.clamp(self.value(Kind.REAL, where, 2), -2.0, 30.0)  # noqa: E731
        test = lambda: self.value(Kind.BOOLEAN, where, PREDICATE)  # noqa: E731
        distance = lambda: 1.5 + 0.02 * fb.gap(a.day, b.day)  # noqa: E731
        return self.choose(
            distance,
            price,
            lambda: fb.tier(test(), price()),
            lambda: fb.first_of(fb.tier(test(), distance()), fb.tier(test(), price())),
            lambda: fb.first_of(fb.tier(test(), distance()), price()),
            lambda: fb.tier(test(), self.nullable(Kind.REAL, where, 1)),
        )

    def soak(self) -> fb.Strategy:
        """One of the soakers, in either mode."""
        options: dict[str, Any] = {}
        if self.rng.random() < 0.5:
            options = {"mode": "bucket", "key": self.key(self.row, KEY, real=False)}
        if self.rng.random() < 0.5:
            options["origin"] = self.rng.choice(["left over", "fees"])
        only = replace(self.row)
        return self.choose(
            lambda: fb.soak_all(**options),
            lambda: fb.soak_small(self.tolerance(2), **options),
            lambda: fb.soak_if(self.value(Kind.BOOLEAN, only, PREDICATE), **options),
        )
