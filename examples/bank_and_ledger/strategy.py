"""Bank lines against ledger entries: by end-to-end id, within a tolerance, and by reference where there is no id."""

import florecon_build as fb

row = fb.columns(
    row_id=fb.text(id=True),
    book=fb.text(),  # "bank", "ledger" or "adjustment"
    end_to_end_id=fb.text(nullable=True),
    reference=fb.text(nullable=True),
    day=fb.date(),
    currency=fb.text(),
    amount=fb.money(scale=2, display=True),
)
tolerance = fb.param("tolerance", 5, doc="difference of a pair, in cents")
lag = fb.param("lag", 1, doc="days from the ledger to the bank")


def pairs(inner: fb.Strategy) -> fb.Strategy:
    """Pairs of one bank line and one ledger entry, at most `lag` days apart."""
    return fb.accept_if(lambda g: (g.size == 2) & (g.distinct(row.book) == 2) & (g.span(row.day) <= lag), inner)


by_id = pairs(fb.exact_1to1(row.end_to_end_id, order=row.row_id))  # of two equal lines the bank's first
nearly = pairs(fb.agg_net(row.end_to_end_id, tol=tolerance))
by_reference = pairs(fb.exact_1to1(row.reference, order=row.row_id))
no_id = fb.accept_if(lambda g: g.any(row.end_to_end_id.is_null()), by_reference)
steps = fb.seq(fb.labeled("id", by_id), fb.labeled("within tolerance", nearly), fb.labeled("reference", no_id))
strategy = fb.when(
    row.book != "adjustment", fb.partition_by(row.currency, steps)
)  # a note about a pair is no part of it
plugin = fb.Plugin("examples.bank_and_ledger", "1.0.0", rows=row, numeraire=row.amount, strategy=strategy)
