"""Strategies of the Rust snapshots: each covers a part of the language."""

from __future__ import annotations

from collections.abc import Callable

import florecon_build as fb


def intercompany() -> fb.Plugin:
    """The strategy of the authoring page."""
    ledger = fb.columns(
        row_id=fb.integer(id=True),
        company=fb.text(),
        icp=fb.text(),
        objsub=fb.text(),
        currency=fb.text(),
        amount=fb.money(scale=2, display=True),
        gl_date=fb.date(),
        reference=fb.text(nullable=True),
    )
    row = ledger.derive(
        pair=fb.sorted_pair(ledger.company, ledger.icp),
        orient=ledger.company <= ledger.icp,
        tokens=fb.tokens(ledger.reference, min_length=6, with_digit=True),
    )
    slack = fb.param("slack", 100, doc="cents a bucket may be off by")
    strategy = fb.partition_by(
        (row.pair, row.currency),
        fb.seq(
            fb.labeled("net by account", fb.agg_net(row.objsub, tol=fb.rel_tol(bps=10, floor=slack))),
            fb.exact_1to1(order=row.gl_date),
            fb.signal_group(row.tokens, tol=slack),
            fb.flow(
                penalty=1000,
                match_keys=[row.tokens, fb.amount_key()],
                cost=lambda a, b: fb.first_of(
                    fb.tier(a.tokens.overlaps(b.tokens), 1.5 + 0.002 * fb.gap(a.gl_date, b.gl_date)),
                    fb.tier(fb.gap(a.gl_date, b.gl_date) <= 92, 4.5 + 0.02 * fb.gap(a.gl_date, b.gl_date)),
                ),
            ),
        ),
    )
    return fb.Plugin(
        "acme.intercompany",
        "1.0.0",
        rows=row,
        numeraire=row.amount,
        currency=row.currency,
        account=row.objsub,
        strategy=strategy,
    )


def every_node() -> fb.Plugin:
    """Each kind of strategy node once."""
    bank = fb.columns(
        line=fb.text(id=True),
        account=fb.text(),
        book=fb.integer(),
        currency=fb.text(nullable=True),
        day=fb.date(),
        amount=fb.money(scale=2, display=True),
        local=fb.money(scale=0, nullable=True),
        memo=fb.text(nullable=True),
    )
    row = bank.derive(words=fb.tokens(bank.memo, min_length=4), currency_or_eur=bank.currency.fill("EUR"))
    days = fb.param("days", 5, doc="how far apart two bookings may be")
    strict = fb.param("strict", False, doc="only whole matches")
    home = fb.param("home", "EUR", doc="the currency of the books")
    strategy = fb.seq(
        fb.when(row.currency_or_eur == home, fb.labeled("home", fb.exact_1to1((row.account, row.currency), row.day))),
        fb.windowed(row.day, days, fb.fixed_point(fb.signal_group(row.words, tol=fb.rel_max_tol(5)), max_passes=3)),
        fb.signal_group(row.words, accept=lambda g: g.span(row.day) <= days),
        fb.reference_net(row.words, tol=2, cap=64),
        fb.pivot(row.local, fb.running_zero(row.day, tol=2, key=row.account)),
        fb.running_zero(row.day, key=row.account, accept=lambda g: g.min_side == 1),
        fb.agg_net(row.account, accept=lambda g: g.any(row.account == home)),
        fb.accept_if(
            lambda g: (g.size <= 6) & (g.distinct(row.book) >= 2) & (g.span(row.day) <= days),
            fb.subset_net(row.account, tol=5, max_size=4, budget=20_000, accept=lambda g: g.size > 2),
        ),
        fb.partition_by_with(
            row.currency_or_eur,
            {"EUR": fb.agg_net(row.account), "JPY": fb.agg_net((row.account, row.day), tol=fb.abs_tol(1))},
            default=fb.identity(),
        ),
        fb.partition_by_with(
            (row.currency, row.book),
            lambda key: fb.accept_if(
                lambda g: g.any((row.account != home) | (row.account == key[0])), fb.agg_net(row.day, tol=key[1])
            ),
        ),
        fb.coalesce("joined", fb.trim(10, fb.snap(fb.rel_tol(bps=1), fb.whole_only(fb.agg_net(row.memo))))),
        fb.best_of("matched_items", fb.agg_net(row.account), fb.exact_1to1(row.memo)),
        fb.reclaim(fb.exact_1to1(row.account), tol=fb.rel_side_tol(bps=20, floor=days)),
        fb.flow(
            penalty=fb.where(row.book == 1, 900.0, 1100.0),
            order=row.day,
            window=days,
            match_keys=[(row.account, row.currency)],
            cost=lambda a, b: fb.tier(fb.nets(a, b, fb.rel_tol(bps=5)) | ~strict, 1 + fb.gap(a.day, b.day) * 0.1),
            bucket_cap=64,
            window_cap=1_000,
        ),
        fb.soak_small(fb.rel_tol(bps=100), origin="rounding"),
        fb.soak_if(row.lot.amount < 0, origin="credits", mode="bucket", key=(row.account, row.amount, row.day)),
        fb.soak_all("open", mode="bucket", key=row.day),
    )
    return fb.Plugin("acme.every-node", "2.1.0", rows=row, numeraire=row.amount, strategy=strategy)


def texts_and_choices() -> fb.Plugin:
    """Text functions, nulls, tables and choices of several lines."""
    columns = fb.columns(
        row_id=fb.integer(id=True),
        payer=fb.text(),
        payee=fb.text(nullable=True),
        memo=fb.text(nullable=True),
        kind=fb.text(),
        units=fb.integer(),
        rate=fb.real(),
        due=fb.date(nullable=True),
        day=fb.date(),
        amount=fb.money(scale=2, display=True),
    )
    name = columns.payee.fill("").normalize()
    row = columns.derive(
        name=name,
        code=fb.concat(columns.payer.upper().left(4), "-", columns.kind.strip().right(2)),
        cleaned=columns.memo.fill("none").replace("INV", "").digits(),
        invoice=columns.memo.fill("").split("-", 1),
        payable=fb.first_of(columns.due, columns.day).month_end,
        weight=fb.lookup(columns.kind, {"invoice": 1.0, "credit": -1.0, "fee": 0.25}, 0.0),
        is_fee=fb.lookup(columns.kind, {"fee": True, "charge": True}, False),
        sign=fb.where(columns.kind == "credit", -1, fb.where(columns.kind == "invoice", 1, 0)),
        foreign=fb.minor_units(columns.units.to_real() * columns.rate, 2),
        grams=fb.ngrams(columns.memo, 3),
        numbers=fb.extract_all(columns.memo, r"\bINV[-/][0-9/]+"),
        words=fb.tokens(columns.memo, min_length=4, keep="-/"),
        account=columns.payer.strip_left("0").to_integer(),
        value_day=columns.memo.fill("").extract(r"\d\d[.]\d\d[.]\d{4}").fill("").to_date("%d.%m.%Y"),
        fee=columns.memo.fill("").extract("fee ([0-9.,]+)").fill("").to_money(2),
        workday=fb.business_day(columns.day, "2025-12-25 2025-12-26 2026-01-01"),
        trace=columns.kind.extract(r"\btrace: (\w+)$").fill("none"),
    )
    strategy = fb.seq(
        fb.when(
            (row.amount > fb.minor(1000, 2)) & row.name.contains(row.payer) & (row.units * row.sign > 2 - row.units),
            fb.exact_1to1((row.name, row.invoice, row.weight)),
        ),
        fb.flow(
            penalty=10.0,
            match_keys=[row.grams, row.code, row.numbers, row.trace, row.words, row.account, row.value_day],
            cost=lambda a, b: fb.where(
                a.is_fee == b.is_fee,
                3 - fb.dice(a.name, b.name) - fb.jaro_winkler(a.payer, b.payer) * a.rate / 2,
                None,
            ),
        ),
        fb.agg_net((row.payable.year, row.payable.month, row.cleaned), tol=fb.max_of(5, fb.param("cents", 3) * 2)),
        fb.windowed(row.workday, 3, fb.exact_1to1(row.fee)),
        fb.when((row.foreign != row.amount) & row.kind.matches("^(?:fx|currency)"), fb.soak_all("currency")),
    )
    return fb.Plugin("acme.texts", "0.1.0", rows=row, numeraire=row.amount, strategy=strategy)


def text_columns() -> fb.Plugin:
    """Chains of text functions, and every way in which a row reads what they made."""
    records = fb.columns(
        row_id=fb.integer(id=True),
        account=fb.text(),
        memo=fb.text(nullable=True),
        amount=fb.money(scale=2, display=True),
    )
    plain = records.memo.fill("nothing").upper().replace("-", "").replace("a text that is wider than its line", "")
    row = records.derive(plain=plain, records=records.account.strip().lower())
    row = row.derive(
        head=row.plain.left(4),
        words=fb.tokens(row.plain, min_length=6, with_digit=True),
        grams=fb.ngrams(row.memo.fill("").strip().normalize(), 3),
        number=row.account.strip_left("0").digits().to_integer(),
        invoice=row.plain.split("INV", 1).fill("").split(" ", 0).fill(row.plain),
        pair=fb.sorted_pair(row.plain, row.account),
        is_paid=row.plain.contains("PAID") | row.plain.startswith("FEE") | row.plain.endswith(row.account),
        order=(row.plain < "M") | (row.plain == "") | (row.plain == row.account) | (row.account <= row.plain),
        kind=fb.lookup(row.plain, {"FEE": 1, "TAX": 2}, 0),
        chosen=fb.where(row.plain != "X", row.plain, fb.first_of(row.memo, row.records)),
        both=fb.concat(row.plain, row.account.right(2), row.memo.fill("nothing").alnum().right(3)),
        likeness=fb.dice(row.plain, row.records),
        trace=row.plain.extract("(\\w+)$"),
    )
    strategy = fb.seq(
        fb.when(row.is_paid & row.order, fb.exact_1to1((row.head, row.invoice, row.kind, row.number))),
        fb.agg_net((row.pair, row.chosen, row.both, row.likeness, row.trace)),
        fb.signal_group(row.words, tol=0),
        fb.signal_group(row.grams, tol=0),
    )
    return fb.Plugin("acme.text-columns", "1.0.0", rows=row, numeraire=row.amount, strategy=strategy)


def awkward_names() -> fb.Plugin:
    """Columns, params, labels and constants that no Rust identifier or literal could be as they are."""
    columns = fb.columns(
        row_id=fb.integer(id=True),
        type=fb.text(),
        match=fb.text(),
        self=fb.text(nullable=True),
        größe=fb.integer(),
        GLDate=fb.date(),
        seq=fb.text(),
        item=fb.integer(),
        amount=fb.money(scale=0, display=True),
    )
    crate = fb.param("crate", "{x}", doc='a "quoted" \\ doc')
    flow = fb.param("flow", 3)
    strategy = fb.labeled(
        'the "{big}" ones\n\\',
        fb.seq(
            fb.exact_1to1((columns.type, columns.match, columns.self), order=columns.GLDate),
            fb.when((columns.seq == crate) | (columns.seq == 'a"b{c}\n日本'), fb.agg_net(columns.größe, tol=flow)),
            fb.soak_all("rest / \u202e", mode="bucket", key=(columns.item, columns.seq)),
        ),
    )
    return fb.Plugin("acme.match", "1.0.0-rc.1", rows=columns, numeraire=columns.amount, strategy=strategy)


def smallest() -> fb.Plugin:
    """As little as a plugin can say."""
    columns = fb.columns(row_id=fb.integer(id=True), amount=fb.money(scale=2))
    return fb.Plugin("acme.smallest", "1.0.0", rows=columns, numeraire=columns.amount, strategy=fb.exact_1to1())


STRATEGIES: dict[str, Callable[[], fb.Plugin]] = {
    made.__name__: made for made in (intercompany, every_node, texts_and_choices, text_columns, awkward_names, smallest)
}
