"""Orders against captures, then payouts and refunds against what the captures that they name leave for the seller."""

import florecon_build as fb

lines = fb.columns(
    row_id=fb.text(id=True),
    book=fb.text(),  # "order", "capture", "payout" or "refund"
    leg=fb.text(),  # "order", "payout" or "fee"
    orders=fb.text(),  # order ids, separated by |
    seller_id=fb.text(),
    status=fb.text(),
    day=fb.date(),
    currency=fb.text(),
    amount=fb.money(scale=2, display=True),
)
row = lines.derive(numbers=fb.tokens(lines.orders.replace("-", ""), min_length=6, with_digit=True))
tolerance = fb.param("tolerance", 5, doc="difference of order and capture, in cents")
payout_fee = fb.param("payout_fee", 99, doc="fee of a payout, in cents")


def named(a: fb.Side, b: fb.Side) -> fb.RealExpr:
    """A capture and what names its order, of one seller."""
    return fb.tier((a.seller_id == b.seller_id) & (a.book != b.book), 1.0)


def paid(book: str) -> fb.Strategy:
    flow = fb.flow(penalty=1000, match_keys=[row.numbers], cost=named)
    return fb.when((row.book == "capture") | (row.book == book), fb.coalesce(book, flow))


captured = fb.labeled("capture", fb.exact_1to1(row.orders, order=row.day))
nearly = fb.labeled("within tolerance", fb.agg_net(row.orders, tol=tolerance))
order_leg = fb.when(row.status != "failed", fb.seq(captured, nearly))
fees = fb.soak_if((row.book == "capture") & (row.lot.amount <= payout_fee + tolerance), origin="payout fee")
payout_leg = fb.seq(paid("payout"), fees, paid("refund"))
legs = {"order": order_leg, "payout": payout_leg}
strategy = fb.partition_by(row.currency, fb.partition_by_with(row.leg, legs, default=fb.soak_all("gateway fee")))
plugin = fb.Plugin("examples.marketplace_payouts", "1.0.0", rows=row, numeraire=row.amount, strategy=strategy)
