"""Strategy: intercompany receivables and payables, matched by company pair and currency.

Every deal is in two ledgers: positive at the creditor, negative at the debtor. Lines are matched within a pair of
companies and a currency. Strong evidence is used first (a netting cycle that closes, one invoice number with equal
amounts, a shared reference that nets to zero); the remaining lines are matched by minimum-cost flow, and small
differences are written off.
"""

from __future__ import annotations

import florecon_build as fb

ledger = fb.columns(
    row_id=fb.integer(id=True),
    company=fb.text(),
    icp=fb.text(),  # the counterparty, as the company has it
    objsub=fb.text(),  # the account
    currency=fb.text(),
    amount=fb.money(scale=2, display=True),
    gl_date=fb.date(),
    reference=fb.text(nullable=True),  # what somebody typed
)

# One spelling for INV-1000001, INV 1000001 and inv#1000001.
plain = ledger.reference.fill("").upper().replace("-", "").replace("#", "")
typed = ledger.derive(memo=plain.replace("INV ", "INV").replace("PO ", "PO").replace("SETTLE ", "SETTLE"))

row = typed.derive(
    pair=fb.sorted_pair(typed.company, typed.icp),
    month=typed.gl_date.month_end,
    references=fb.tokens(typed.memo, min_length=8, with_digit=True),
    invoice=fb.where(typed.memo.contains("INV"), typed.memo.split("INV", 1).fill("").split(" ", 0), None),
)

slack = fb.param("slack", 100, doc="cents that a netting cycle may be off by")
fee = fb.param("fee", 5000, doc="cents that a bank or an exchange rate may take from a payment")
bagatelle = fb.param("bagatelle", 500, doc="cents up to which an open line is written off")


def by_reference(a: fb.Side, b: fb.Side) -> fb.RealExpr:
    """Lines with one reference number, closer dates preferred. Two lines of one ledger are never matched."""
    told_twice = a.references.overlaps(b.references) & (a.company != b.company)
    return fb.tier(told_twice, 1 + 0.002 * fb.gap(a.gl_date, b.gl_date))


def by_amount(a: fb.Side, b: fb.Side) -> fb.RealExpr:
    """Equal amounts within three weeks: weaker evidence with a cost per day, and not for small amounts."""
    days = fb.gap(a.gl_date, b.gl_date)
    same = fb.nets(a, b, 0) & (a.company != b.company) & (a.lot.amount > bagatelle)
    return fb.tier(same & (days <= 20), 4.5 + 0.05 * days)


def both_sides(stage: fb.Strategy) -> fb.Strategy:
    """Accepts only groups with lines of both companies."""
    return fb.accept_if(lambda g: g.distinct(row.company) == 2, stage)


strategy = fb.partition_by(
    (row.pair, row.currency),
    fb.seq(
        fb.labeled(
            "netting cycle",
            fb.when(row.objsub == "1810.900", both_sides(fb.agg_net(row.month, tol=slack))),
        ),
        fb.labeled("invoice and amount", both_sides(fb.exact_1to1(key=row.invoice, order=row.gl_date))),
        fb.labeled("reference nets", both_sides(fb.signal_group(row.references, tol=0))),
        fb.labeled(
            "fee or exchange",
            both_sides(fb.signal_group(row.references, tol=fb.rel_max_tol(bps=40, floor=fee))),
        ),
        fb.labeled(
            "flow",
            fb.coalesce(
                "settlement",
                fb.seq(
                    fb.flow(penalty=1000, match_keys=[row.references], cost=by_reference),
                    fb.flow(penalty=1000, match_keys=[fb.amount_key()], cost=by_amount),
                ),
            ),
        ),
        fb.labeled("write-off", fb.soak_small(bagatelle, origin="write_off")),
    ),
)

intercompany = fb.Plugin(
    "examples.intercompany",
    "1.0.0",
    rows=row,
    numeraire=row.amount,
    currency=row.currency,
    strategy=strategy,
)
