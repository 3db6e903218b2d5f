"""Strategy: customer invoices and payments.

Rows are matched within one customer: first rows with one invoice number that net to zero, then equal amounts with the
closest dates overall; small differences are written off.
"""

from __future__ import annotations

import florecon_build as fb

ledger = fb.columns(  # what you ship, in this order; florecon.toml maps other headers
    row_id=fb.integer(id=True),
    customer=fb.text(),
    day=fb.date(),
    amount=fb.money(scale=2, display=True),  # an invoice is positive, a payment negative
    memo=fb.text(nullable=True),
)

row = ledger.derive(  # computed once a row
    invoices=fb.tokens(ledger.memo, min_length=6, with_digit=True),
)

slack = fb.param("slack", 0, doc="cents that rows of one invoice may be off by")  # tunable without a rebuild
write_off = fb.param("write_off", 50, doc="cents up to which an open rest is written off")


def days(a: fb.Side, b: fb.Side) -> fb.IntegerExpr:
    """Days between two rows."""
    return fb.gap(a.day, b.day)


strategy = fb.partition_by(
    row.customer,
    fb.seq(
        fb.labeled("same invoice", fb.signal_group(row.invoices, tol=slack)),
        fb.labeled(
            "same amount",
            fb.flow(
                penalty=100,
                match_keys=[fb.amount_key()],
                cost=lambda a, b: fb.tier(fb.nets(a, b, 0) & (days(a, b) <= 45), 1 + 0.1 * days(a, b)),
            ),
        ),
        fb.labeled(
            "paid in part", fb.flow(penalty=100, match_keys=[row.invoices], cost=lambda a, b: 1 + 0.1 * days(a, b))
        ),
        fb.labeled("small difference", fb.soak_small(write_off, origin="write_off")),
    ),
)

plugin = fb.Plugin("examples.starter", "1.0.0", rows=row, numeraire=row.amount, strategy=strategy)
