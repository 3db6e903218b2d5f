"""A bank statement against the general ledger of one account.

Both sides carry the same sign, so the books are turned round: what agrees nets to zero. Cancelled entries leave the
books first, then cheque numbers speak, then equal amounts are matched where the names are most alike and the days
closest, then one bank line with several entries of one party, and last the pairs whose amounts differ for a reason.
"""

from __future__ import annotations

import florecon_build as fb

lines = fb.columns(
    row_id=fb.text(id=True),
    book=fb.text(),  # "bank" or "gl"
    day=fb.date(),
    description=fb.text(),
    ref=fb.text(nullable=True),  # the document in the books
    amount=fb.money(scale=2, display=True),
)

CHANNELS = ("ACH CREDIT ", "ACH DEBIT ", "POS DEBIT ", "E-PAYMENT ", "AUTO-PAY ", "WIRE TRF IN ", "WIRE TRF OUT ")
"""What banks print before the name of the other party. A line that starts otherwise names nobody."""

CHECKS = ("CHECK", "CHEQUE", "CHK")

told = lines.derive(
    in_bank=lines.book == "bank",
    said=lines.description.upper(),
    document=lines.ref.fill("").upper().replace("-V", ""),  # a voided document keeps its number: CHK-4828-V
)


def other_party() -> fb.TextExpr:
    """The name alone: the bank's line without channel and number, the books' text before the dash."""
    name = fb.where(told.in_bank, told.said, told.said.split("- ", 0).fill(""))
    for noise in (*CHANNELS, *"0123456789"):
        name = name.replace(noise, "")
    return name.replace("&", "AND").alnum()


def starts(text: fb.TextExpr, words: tuple[str, ...]) -> fb.BooleanExpr:
    first, *others = (text.startswith(word) for word in words)
    for other in others:
        first = first | other
    return first


numbered = told.derive(numbered_in=fb.where(told.in_bank, told.said, told.document))  # where a cheque's number stands
row = numbered.derive(
    party=other_party(),
    named=~told.in_bank | starts(told.said, CHANNELS),  # the books always say who
    voidable=fb.where(told.document == "", None, told.document),
    check=fb.where(starts(numbered.numbered_in, CHECKS), numbered.numbered_in.digits(), None),
)

fee = fb.param("fee", 10_000, doc="cents that a wire may cost")
name_weight = fb.param("name_weight", 10.0, doc="cost of two names that share nothing")


def alike(a: fb.Side, b: fb.Side) -> fb.RealExpr:
    """1 for one name, or one name cut short; less with every letter that is wrong."""
    return fb.max_of(fb.prefix_similarity(a.party, b.party), fb.jaro_winkler(a.party, b.party))


def days(a: fb.Side, b: fb.Side) -> fb.IntegerExpr:
    """Days between entry and bank; a bank line before its entry is unusual and counts three times."""
    early = fb.where(a.in_bank, a.day < b.day, b.day < a.day)
    return fb.gap(a.day, b.day) * fb.where(early, 3, 1)


def across(a: fb.Side, b: fb.Side) -> fb.BooleanExpr:
    """One line of the bank, one of the books."""
    return a.in_bank != b.in_bank


def by_amount(a: fb.Side, b: fb.Side) -> fb.RealExpr:
    """Equal amounts within twenty days: by name where the bank gives one, else by the calendar."""
    possible = across(a, b) & fb.nets(a, b, 0) & (fb.gap(a.day, b.day) <= 20)
    both_named = a.named & b.named
    return fb.first_of(
        fb.tier(possible & ~both_named, 4 + 0.05 * days(a, b)),
        fb.tier(possible & (alike(a, b) >= 0.8) & both_named, name_weight * (1 - alike(a, b)) + 0.05 * days(a, b)),
    )


def by_name(least: float) -> fb.Strategy:
    """Names at least so alike, whatever the amounts: a line of the bank may take several entries, or part of one."""

    def cost(a: fb.Side, b: fb.Side) -> fb.RealExpr:
        possible = across(a, b) & a.named & b.named & (alike(a, b) >= least)
        return fb.tier(possible, name_weight * (1 - alike(a, b)) + 0.05 * days(a, b))

    return fb.flow(penalty=50, order=row.day, window=12, cost=cost)


def one_bank_line(stage: fb.Strategy) -> fb.Strategy:
    return fb.accept_if(lambda g: g.count(row.in_bank) == 1, stage)


def apart(least: float) -> fb.Strategy:
    """One bank line and one entry of one party whose amounts differ: what is left of the larger joins the pair again.

    The difference must explain itself: a fee, or two digits exchanged, which always leaves a multiple of nine.
    """
    pairs = fb.accept_if(lambda g: g.size == 2, by_name(least))
    rest = fb.soak_if(row.lot.amount != row.lot.original, origin="difference")
    return fb.accept_if(
        lambda g: (g.abs_net <= fee) | (g.abs_net % 9 == 0),
        fb.coalesce("amount_mismatch", fb.seq(pairs, rest)),
    )


strategy = fb.seq(
    fb.labeled("voided in the books", fb.when(~row.in_bank, fb.exact_1to1(key=row.voidable, order=row.day))),
    fb.labeled("cheque number", fb.exact_1to1(key=row.check, order=row.day)),
    fb.when(
        row.check.is_null(),
        fb.seq(
            fb.labeled("amount and name", fb.flow(penalty=50, match_keys=[fb.amount_key()], cost=by_amount)),
            fb.labeled("batch", one_bank_line(fb.subset_net(row.party.left(8), tol=0, max_size=7))),
            fb.labeled("batch by flow", fb.fixed_point(one_bank_line(fb.whole_only(by_name(0.8))), max_passes=3)),
            fb.labeled("amounts differ", fb.seq(apart(0.97), apart(0.8))),
        ),
    ),
)

bank_statement = fb.Plugin(
    "examples.bank_statement",
    "1.0.0",
    rows=row,
    numeraire=fb.where(row.in_bank, row.amount, -row.amount),
    strategy=strategy,
)
