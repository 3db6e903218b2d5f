"""Strategy: card sales of a chain of shops and the settlements of its acquirer.

Sales are positive; settlements are negative and before the acquirer's fee. Most settlements have the authorisation code
of their sale. Some terminals are settled with one total per day, after the fee; voids cancel a sale in the till; with a
tip the settlement exceeds the sale.
"""

from __future__ import annotations

import florecon_build as fb

lines = fb.columns(
    row_id=fb.text(id=True),
    book=fb.text(),  # "till" or "acquirer"
    terminal=fb.text(),
    day=fb.date(),  # of the sale; the acquirer's business day
    currency=fb.text(),
    amount=fb.money(scale=2, display=True),
    auth=fb.text(nullable=True),  # the authorisation code
    receipt=fb.text(nullable=True),  # the till's number; a void repeats it
)

row = lines.derive(
    at_till=lines.book == "till",
    code=fb.where(lines.auth.is_null(), None, lines.auth.fill("").strip().upper()),
)

fee = fb.param("fee", 190, doc="basis points that the acquirer may keep of a daily total")
tip = fb.param("tip", 2_500, doc="cents that a guest may add to a sale")


def across(a: fb.Side, b: fb.Side) -> fb.BooleanExpr:
    """One line of the till and one of the acquirer."""
    return a.at_till != b.at_till


def near(a: fb.Side, b: fb.Side) -> fb.RealExpr:
    """Equal amounts of one terminal within three days, for a settlement without a code."""
    days = fb.gap(a.day, b.day)
    return fb.tier(across(a, b) & fb.nets(a, b, 0) & (days <= 3), 1 + 0.5 * days)


def both_books(stage: fb.Strategy) -> fb.Strategy:
    """Accepts only groups with lines of both the till and the acquirer."""
    return fb.accept_if(lambda g: g.distinct(row.book) == 2, stage)


strategy = fb.partition_by(
    (row.terminal, row.currency),
    fb.seq(
        fb.labeled("voided at the till", fb.when(row.at_till, fb.exact_1to1(key=row.receipt, order=row.day))),
        fb.labeled("authorisation", both_books(fb.exact_1to1(key=row.code, order=row.day))),
        fb.labeled("authorisation and tip", both_books(fb.agg_net(row.code, tol=tip))),
        fb.labeled("amount", fb.flow(penalty=100, match_keys=[fb.amount_key()], cost=near)),
        fb.labeled("daily total less fee", both_books(fb.agg_net(row.day, tol=fb.rel_max_tol(bps=fee, floor=0)))),
    ),
)

card_settlement = fb.Plugin(
    "examples.card_settlement",
    "1.0.0",
    rows=row,
    numeraire=row.amount,
    currency=row.currency,
    strategy=strategy,
)
