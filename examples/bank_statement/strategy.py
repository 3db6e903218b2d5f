"""A bank statement against the general ledger of one account.

Both sides have the same sign, so that book entries are negated and matching lines net to zero. Stages: cancelled
entries; cheque numbers; equal amounts with the most similar names and the closest dates; one bank line with several
entries of one party; pairs with a known kind of difference.
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
    """Name of the other party: the bank text without channel and number, the book text before the dash."""
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
    """Similarity of two names: 1 for equal or truncated names, less for every wrong letter."""
    return fb.max_of(fb.prefix_similarity(a.party, b.party), fb.jaro_winkler(a.party, b.party))


def days(a: fb.Side, b: fb.Side) -> fb.IntegerExpr:
    """Days between book entry and bank line; a bank line before its entry counts three times."""
    early = fb.where(a.in_bank, a.day < b.day, b.day < a.day)
    return fb.gap(a.day, b.day) * fb.where(early, 3, 1)


def across(a: fb.Side, b: fb.Side) -> fb.BooleanExpr:
    """One bank line and one book entry."""
    return a.in_bank != b.in_bank


def by_name(a: fb.Side, b: fb.Side, least: float) -> fb.RealExpr:
    """Cost of two names with at least this similarity; null, which forbids the pair, for others."""
    return fb.tier(alike(a, b) >= least, name_weight * (1 - alike(a, b)) + 0.05 * days(a, b))


def by_amount(a: fb.Side, b: fb.Side) -> fb.RealExpr:
    """Equal amounts within twenty days: by name if the bank line has one, else by date."""
    possible = across(a, b) & fb.nets(a, b, 0) & (fb.gap(a.day, b.day) <= 20)
    return fb.tier(possible, fb.where(a.named & b.named, by_name(a, b, 0.8), 4 + 0.05 * days(a, b)))


def one_party(least: float) -> fb.Strategy:
    """Equal names with any amounts: a bank line can settle several entries, or a part of one."""
    return fb.flow(
        penalty=50,
        order=row.day,
        window=12,
        cost=lambda a, b: fb.tier(across(a, b) & a.named & b.named, by_name(a, b, least)),
    )


def one_bank_line(stage: fb.Strategy) -> fb.Strategy:
    return fb.accept_if(lambda g: g.count(row.in_bank) == 1, stage)


def explained(a: fb.Side, b: fb.Side) -> fb.BooleanExpr:
    """Amounts that differ by a fee or by two transposed digits, which is always a multiple of nine."""
    difference = fb.abs(a.lot.amount + b.lot.amount)
    return (difference <= fee) | (difference % 9 == 0)


def apart(least: float) -> fb.Strategy:
    """A bank line and a book entry of one party with different amounts; the rest of the larger joins their group."""
    pairs = fb.flow(
        penalty=50,
        order=row.day,
        window=12,
        cost=lambda a, b: fb.tier(across(a, b) & a.named & b.named & explained(a, b), by_name(a, b, least)),
    )
    rest = fb.soak_if(row.lot.amount != row.lot.original, origin="difference")
    return fb.coalesce("amount_mismatch", fb.seq(fb.accept_if(lambda g: g.size == 2, pairs), rest))


strategy = fb.seq(
    fb.labeled("voided in the books", fb.when(~row.in_bank, fb.exact_1to1(key=row.voidable, order=row.day))),
    fb.labeled("cheque number", fb.exact_1to1(key=row.check, order=row.day)),
    fb.when(
        row.check.is_null(),
        fb.seq(
            fb.labeled("amount and name", fb.flow(penalty=50, match_keys=[fb.amount_key()], cost=by_amount)),
            fb.labeled("batch", one_bank_line(fb.subset_net((row.party.left(10), row.amount > 0), tol=0, max_size=7))),
            fb.labeled("batch by flow", fb.fixed_point(one_bank_line(fb.whole_only(one_party(0.8))), max_passes=3)),
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
