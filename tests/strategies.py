"""Random well-typed strategies through the public builder: every node, every expression kind, every operator is
reachable.

``random_plugin(rng, rows, depth)`` is a function of the generator's state alone: one seed, one plugin. Costs,
tolerances and budgets stay small, so that what is drawn also runs.
"""

from __future__ import annotations

import random

import florecon_build as fb
from tests.random_nodes import NodeMaker

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
