"""Strategy: remittance advice first, then equal amounts with similar names, then payment terms and part payments."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import florecon_build as fb

lots = fb.columns(
    row_id=fb.text(id=True),
    kind=fb.text(),  # "invoice", "advised" (a line of a payment's advice) or "unadvised" (the rest of a payment)
    document=fb.text(),
    party=fb.text(),
    day=fb.date(),  # due, or paid
    said=fb.text(),  # what an advised part is for, in the payer's words
    amount=fb.money(scale=2, display=True),
)

told = lots.derive(
    is_invoice=lots.kind == "invoice",
    name=lots.party.normalize(),
    words=fb.where(lots.kind == "invoice", lots.document, lots.said).upper(),
)
row = told.derive(
    # "INV-00086", "INV-86" and "Invoice #86" are one number; an order's number names no invoice
    number=fb.where(
        told.words.startswith("INV") & (told.words.digits() != ""),
        fb.concat("00000", told.words.digits()).right(5),
        None,
    ),
    initial=told.name.left(1),  # all that "SEL" and "Sapphire Electronics Ltd" have in common
    branch=told.name.digits(),  # "Division 31" is not "Division 91", however alike
    age=fb.gap(told.day, date(2000, 1, 1)),
)

alike = fb.param("alike", 0.85, doc="how alike two names must be, 0 to 1, to be one party")


def likeness(a: fb.Side, b: fb.Side) -> fb.RealExpr:
    return fb.max_of(fb.jaro_winkler(a.name, b.name), fb.prefix_similarity(a.name, b.name))


def paid(a: fb.Side, b: fb.Side) -> fb.BooleanExpr:
    """An invoice and a payment."""
    return a.is_invoice != b.is_invoice


def one_branch(a: fb.Side, b: fb.Side) -> fb.BooleanExpr:
    """The branch in the payer's name equals the invoiced one; a truncated name has none."""
    return (a.branch == b.branch) | (fb.where(a.is_invoice, b.branch, a.branch) == "")


def untouched(a: fb.Side, b: fb.Side) -> fb.BooleanExpr:
    """Lots that are not partly matched: the rest of a partly applied lot is a dispute or a credit, and stays open."""
    return (a.lot.amount == a.lot.original) & (b.lot.amount == b.lot.original)


def share(a: fb.Side, b: fb.Side) -> fb.RealExpr:
    """The smaller amount as a fraction of the larger one."""
    one, other = fb.abs(a.lot.amount), fb.abs(b.lot.amount)
    return fb.min_of(one, other).to_real() / fb.max_of(one, other).to_real()


def advice(a: fb.Side, b: fb.Side) -> fb.RealExpr:
    """A quoted number is accepted if the amount or the initial of the name agrees; earlier payments have priority."""
    agrees = (likeness(a, b) >= alike) | (a.initial == b.initial) | (share(a, b) == 1)
    return fb.tier(paid(a, b) & agrees, 0.01 * fb.where(a.is_invoice, b.age, a.age))


def amount(a: fb.Side, b: fb.Side) -> fb.RealExpr:
    """Whole invoices: by name, then by date."""
    possible = paid(a, b) & one_branch(a, b) & untouched(a, b) & fb.nets(a, b, 0) & (a.initial == b.initial)
    return fb.tier(possible, 20 * (1 - likeness(a, b)) + 0.05 * fb.gap(a.day, b.day))


def terms(a: fb.Side, b: fb.Side) -> fb.RealExpr:
    """Nearly whole invoices: early-payment discount or deduction."""
    possible = paid(a, b) & one_branch(a, b) & untouched(a, b) & (a.initial == b.initial) & (share(a, b) >= 0.85)
    return fb.tier(possible, 20 * (1 - likeness(a, b)) + 0.05 * fb.gap(a.day, b.day) + 50 * (1 - share(a, b)))


def part(a: fb.Side, b: fb.Side) -> fb.RealExpr:
    """A part of an invoice, with a similar name."""
    possible = paid(a, b) & one_branch(a, b) & untouched(a, b) & (likeness(a, b) >= alike)
    return fb.tier(possible, 20 * (1 - likeness(a, b)) + 0.05 * fb.gap(a.day, b.day) + 10 * (1 - share(a, b)))


def one_to_one(cost: Callable[[fb.Side, fb.Side], fb.RealExpr]) -> fb.Strategy:
    return fb.accept_if(lambda g: g.size == 2, fb.flow(penalty=100, match_keys=[row.initial], cost=cost))


strategy = fb.seq(
    fb.labeled("advice", fb.flow(penalty=1000, match_keys=[row.number], cost=advice)),
    fb.labeled("amount", fb.flow(penalty=100, match_keys=[(row.initial, fb.amount_key())], cost=amount)),
    fb.labeled("terms", one_to_one(terms)),
    fb.labeled("part", one_to_one(part)),
)

cash_application = fb.Plugin("examples.cash_application", "1.0.0", rows=row, numeraire=row.amount, strategy=strategy)
