"""Random typed strategies through the public API: every node, expression kind and operator is reachable.

``random_plugin(rng, rows, depth)`` is a function of the generator's state alone: one seed, one plugin. Costs,
tolerances and budgets stay small, so that what is drawn also runs.
"""

from __future__ import annotations

import random
from typing import Any

import florecon_build as fb
from tests.support.random_nodes import NodeMaker

SCHEMA = fb.columns(
    row_id=fb.integer(id=True),
    company=fb.text(),
    icp=fb.text(nullable=True),
    account=fb.text(),
    memo=fb.text(nullable=True),
    amount=fb.money(scale=2, display=True),
    local=fb.money(scale=2, nullable=True),
    exact=fb.money(scale=3),
    units=fb.integer(),
    batch=fb.integer(nullable=True),
    rate=fb.real(),
    weight=fb.real(nullable=True),
    day=fb.date(),
    due=fb.date(nullable=True),
    open=fb.boolean(),
    checked=fb.boolean(nullable=True),
)
"""The columns of the wire: every type, with and without nulls."""

ROWS = SCHEMA.derive(
    pair=fb.sorted_pair(SCHEMA.company, SCHEMA.icp),
    place=(SCHEMA.company, SCHEMA.units),
    tokens=fb.tokens(SCHEMA.memo, min_length=3),
    grams=fb.ngrams(SCHEMA.account, size=2),
    orient=SCHEMA.company <= SCHEMA.account,
    name=SCHEMA.memo.fill("").normalize(),
    month=SCHEMA.day.month_end,
    cents=SCHEMA.amount.to_minor(),
)
"""The columns and derived lanes, among them tuples and lists of keys."""


def random_plugin(rng: random.Random, rows: fb.DynamicRows = ROWS, depth: int = 4) -> fb.Plugin:
    """A plugin over ``rows`` with a strategy of at most ``depth`` levels of nodes, and a few more random lanes.

    >>> random_plugin(random.Random(7), ROWS, 3).fingerprint == random_plugin(random.Random(7), ROWS, 3).fingerprint
    True
    """
    row = rows.derive(**NodeMaker(rng, rows).lanes())
    strategy = NodeMaker(rng, row).strategy(depth)
    numeraire = rng.choice(
        [row.amount, row.amount, row.amount, row.cents, -row.amount, fb.where(row.open, row.amount, 0)]
    )
    return fb.Plugin("test.random", "1.0.0", rows=row, numeraire=numeraire, strategy=strategy)


def closure_strategies(row: fb.Rows) -> list[fb.Strategy]:
    """Strategies whose expressions are all closures as text: costs, predicates, keys, orders, penalties."""
    slack = fb.param("slack", 5, doc="minor units")

    def of(text: str) -> Any:
        return fb.rust(text, rows=row, slack=slack)

    ladder = """|a, b| {
        let days = a.day.abs_diff(b.day);
        if a.tokens.overlaps(b.tokens) {
            Some(1.5 + 0.01 * days)
        } else if days <= 31 && nets(a, b, rel_tol(250, slack)) {
            Some(4 + a.name.dice(b.name))
        } else {
            None
        }
    }"""
    hostile = r"""|row| match row.memo.unwrap_or("\u{22}; } // \"{x}\" */").trim() {
        "INV10023" | "\"; pwned!(); \"" => row.units.rem_euclid(3),
        "\u{df}\0\r\n{}" => -1,
        _ => if row.open { 0 } else { row.units.clamp(-5, 5) },
    }"""
    return [
        fb.flow(penalty=of("|r| if r.open { 30 } else { 9.5 }"), match_keys=[of("|r| r.tokens")], cost=of(ladder)),
        fb.seq(
            fb.agg_net(of(hostile), tol=of("|| slack * 2")),
            fb.accept_if(
                of("|g| g.size > 2 && g.span(|r| r.day) <= 31 || g.any(|r| r.memo.is_none())"),
                fb.running_zero(of("|r| (r.day.month_end(), r.company)"), tol=slack),
            ),
        ),
        fb.partition_by(
            of("|r| (r.company.to_uppercase().left(1), r.day.year())"),
            fb.exact_1to1(of("|r| r.memo.or(r.icp)"), order=of("|r| r.day")),
        ),
        fb.when(
            of('|r| match r.account { "A01" | "b02" => true, _ => r.units.div_euclid(3) > 0 }'),
            fb.subset_net(of("|r| r.company.normalize().right(2)"), tol=of("|| slack.max(3)"), max_size=3),
        ),
        fb.soak_if(of("|r| r.lot.amount.abs() < r.units.abs_diff(7) * slack"), mode="bucket", key=of("|r| r.company")),
    ]
