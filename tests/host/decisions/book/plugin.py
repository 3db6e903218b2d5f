"""Plugin of the tests of books: text ids, several currencies, an amount that is a difference of two columns.

Its flow leaves rows partly matched, and its other amount (``pivot``) has to be carried in proportion.
"""

from __future__ import annotations

import florecon_build as fb

row = fb.columns(
    line=fb.text(id=True),
    currency=fb.text(),
    debit=fb.money(scale=2),
    credit=fb.money(scale=2),
    local=fb.money(scale=2),
    day=fb.date(),
    ref=fb.text(nullable=True),
)
small = fb.param("small", 5, doc="cents up to which an open row is written off")
strategy = fb.partition_by(
    row.currency,
    fb.seq(
        fb.labeled("exact", fb.exact_1to1(order=row.day)),
        fb.labeled("payments", fb.flow(penalty=100, match_keys=[row.ref], cost=1.0)),
        fb.labeled("local", fb.pivot(row.local, fb.agg_net(row.ref, tol=fb.rel_max_tol(100)))),
        fb.labeled("rounding", fb.soak_small(small, origin="rounding")),
    ),
)
plugin = fb.Plugin("acme.book", "1.0.0", rows=row, numeraire=row.debit - row.credit, strategy=strategy)

amount_row = fb.columns(
    line=fb.integer(id=True),
    account=fb.text(),
    currency=fb.text(),
    amount=fb.money(scale=3, display=True),
    day=fb.date(),
)
STEPS = fb.labeled("exact", fb.exact_1to1(key=(amount_row.account, amount_row.currency), order=amount_row.day))


def with_accounts(strategy: fb.Strategy = STEPS) -> fb.Plugin:
    """A plugin with numbers as ids, a declared currency and account, and amounts of three decimals."""
    return fb.Plugin(
        "acme.accounts",
        "1.0.0",
        rows=amount_row,
        numeraire=amount_row.amount,
        strategy=strategy,
        currency=amount_row.currency,
        account=amount_row.account,
    )
