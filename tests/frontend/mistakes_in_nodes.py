"""Invalid nodes, declarations and plugins, one function each; each raises at its own line."""

from __future__ import annotations

import datetime
from typing import Any

import florecon_build as fb
from tests.support.random_strategies import ROWS as row
from tests.support.random_strategies import SCHEMA as ledger

r: Any = fb
"""The library without types, for what pyright would refuse too."""


def real_tolerance() -> object:
    return r.agg_net(tol=1.5)


def negative_tolerance() -> object:
    return fb.agg_net(tol=-1)


def money_tolerance() -> object:
    return r.agg_net(tol=fb.minor(5, 2))


def row_tolerance() -> object:
    return fb.agg_net(tol=row.units)


def list_key() -> object:
    return fb.agg_net(row.tokens)


def list_in_tuple_key() -> object:
    return fb.flow(penalty=1, match_keys=[(row.company, row.tokens)], cost=1.0)


def python_list_key() -> object:
    return r.partition_by([row.company, row.units], fb.agg_net())


def none_key() -> object:
    return r.partition_by(None, fb.agg_net())


def real_order() -> object:
    return fb.exact_1to1(order=row.rate)


def text_window() -> object:
    return fb.windowed(row.company, 5, fb.agg_net())


def zero_width() -> object:
    return fb.windowed(row.day, 0, fb.agg_net())


def integer_signals() -> object:
    return fb.signal_group(row.units)


def float_cap() -> object:
    return r.signal_group(row.tokens, cap=2.5)


def not_a_strategy() -> object:
    return r.labeled("x", row.company)


def list_of_steps() -> object:
    return r.seq([fb.agg_net(), fb.exact_1to1()])


def uncalled_node() -> object:
    return r.seq(fb.agg_net, fb.exact_1to1())


def no_steps() -> object:
    return fb.seq()


def empty_label() -> object:
    return fb.labeled("  ", fb.agg_net())


def predicate_as_function() -> object:
    predicate: Any = lambda item: item.open  # noqa: E731  # pyright: ignore
    return r.when(predicate, fb.agg_net())


def predicate_of_numbers() -> object:
    return fb.when(row.units, fb.agg_net())


def pair_in_a_row() -> object:
    kept: list[Any] = []
    fb.flow(penalty=1, match_keys=[row.company], cost=lambda a, b: (kept.append(a), fb.gap(a.day, b.day))[1])
    return fb.when(kept[0].open, fb.agg_net())


def row_in_a_pair() -> object:
    return fb.flow(penalty=1, match_keys=[row.company], cost=lambda a, b: fb.gap(row.day, datetime.date(2025, 1, 1)))


def row_beside_a_pair() -> object:
    return fb.flow(penalty=1, match_keys=[row.company], cost=lambda a, b: fb.gap(a.day, row.day))


def row_in_a_group() -> object:
    return fb.accept_if(lambda g: row.open, fb.agg_net())


def row_beside_a_group() -> object:
    return fb.accept_if(lambda g: (g.size == 2) & row.open, fb.agg_net())


def row_in_a_candidate() -> object:
    return fb.agg_net(row.company, accept=lambda g: row.open)


def references_that_are_numbers() -> object:
    return fb.reference_net(row.units)


def cap_of_one() -> object:
    return fb.reference_net(row.tokens, cap=1)


def completed_nothing() -> object:
    return r.reclaim(row.units, tol=1)


def negative_difference() -> object:
    return fb.reclaim(fb.agg_net(), tol=-1)


def unknown_score() -> object:
    return fb.best_of("matched", fb.exact_1to1(), fb.agg_net())


def score_left_out() -> object:
    return r.best_of(fb.exact_1to1(), fb.agg_net())


def best_of_one() -> object:
    return fb.best_of("matched_items", fb.exact_1to1())


def condition_on_an_anchored_subset() -> object:
    return fb.subset_net(row.company, anchor=row.amount < 0, accept=lambda g: g.size > 2)


def mark_of_a_candidate() -> object:
    return fb.signal_group(row.company, accept=lambda g: (g.size == 2) | g.unique)


def number_as_a_condition() -> object:
    condition: Any = fb.param("mistaken_size", 2)
    return fb.running_zero(row.day, accept=condition)


def anchor_of_every_row() -> object:
    everything: Any = True
    return fb.subset_net(row.account, anchor=everything)


def less_than_nothing_left_out() -> object:
    return fb.subset_net(row.account, anchor=row.amount < 0, max_left_out=-1)


def unknown_preference() -> object:
    return fb.subset_net(row.account, anchor=row.amount < 0, prefer="smallest")


def tolerance_of_a_leg_with_an_anchor() -> object:
    return fb.subset_net(row.account, tol=fb.rel_tol(bps=100), anchor=row.amount < 0)


def left_out_without_an_anchor() -> object:
    return fb.subset_net(row.account, max_left_out=2)


def group_in_a_group() -> object:
    return fb.accept_if(lambda g: g.any(g.size == 2), fb.agg_net())


def group_span_of_text() -> object:
    return fb.accept_if(lambda g: g.span(row.company) < 3, fb.agg_net())


def misspelt_lane_in_a_pair() -> object:
    own = fb.columns(row_id=fb.integer(id=True), day=fb.date(), amount=fb.money())
    return fb.flow(penalty=1, match_keys=[own.day], cost=lambda a, b: fb.gap(a.dya, b.day))


def money_cost() -> object:
    return fb.flow(penalty=1, match_keys=[row.company], cost=lambda a, b: a.amount)


def nullable_integer_cost() -> object:
    return fb.flow(penalty=1, match_keys=[row.company], cost=lambda a, b: a.batch)


def cost_without_return() -> object:
    def cost(a: fb.Side, b: fb.Side) -> Any:
        fb.gap(a.day, b.day)

    return fb.flow(penalty=1, match_keys=[row.company], cost=cost)


def negative_penalty() -> object:
    return fb.flow(penalty=-1, match_keys=[row.company], cost=1.0)


def half_a_window() -> object:
    return fb.flow(penalty=1, order=row.day, cost=1.0)


def keys_without_a_list() -> object:
    return r.flow(penalty=1, match_keys=row.tokens, cost=1.0)


def nets_of_rows() -> object:
    return r.nets(row, row)


def param_in_a_lane() -> object:
    return ledger.derive(late=ledger.day > fb.param("cutoff_day", datetime.date(2025, 1, 1)))


def lot_in_a_lane() -> object:
    return ledger.derive(rest=ledger.lot.amount)


def lane_twice() -> object:
    return ledger.derive(company=ledger.account)


def reserved_lane() -> object:
    return ledger.derive(lot=ledger.account)


def column_without_a_type() -> object:
    return r.columns(row_id=fb.integer(id=True), amount=2)


def no_row_id() -> object:
    return fb.columns(amount=fb.money())


def two_displays() -> object:
    return fb.columns(row_id=fb.integer(id=True), a=fb.money(display=True), b=fb.money(display=True))


def nullable_id() -> object:
    return fb.columns(row_id=fb.text(id=True, nullable=True))


def money_scale() -> object:
    return fb.money(scale=30)


def param_without_a_name() -> object:
    return fb.param("my slack", 5)


def param_of_an_expression() -> object:
    return r.param("slack", row.units)


def bucket_without_a_key() -> object:
    return fb.soak_all(mode="bucket")


def singleton_with_a_key() -> object:
    return fb.soak_all(key=row.company)


def unknown_mode() -> object:
    return fb.soak_all(mode="buckets", key=row.company)


def bucket_of_reals() -> object:
    return fb.soak_all(mode="bucket", key=row.rate)


def empty_lookup() -> object:
    return fb.lookup(row.company, {}, None)


def lookup_key_type() -> object:
    return fb.lookup(row.company, {1: 2}, None)


def lookup_of_expressions() -> object:
    return fb.lookup(row.company, {"A": row.units}, 0)


def lookup_mixed_values() -> object:
    return fb.lookup(row.company, {"A": 1, "B": "x"}, 0)


def table_key_type() -> object:
    return fb.partition_by_with(row.units, {"A": fb.agg_net()})


def table_key_shape() -> object:
    return fb.partition_by_with((row.company, row.units), {"A": fb.agg_net()})


def table_of_reals() -> object:
    return fb.partition_by_with(row.rate, {1.5: fb.agg_net()})


def function_with_default() -> object:
    build: Any = lambda k: fb.agg_net()  # noqa: E731  # pyright: ignore
    return r.partition_by_with(row.company, build, default=fb.identity())


def where_types() -> object:
    return fb.where(row.open, 1, "x")


def where_nothing() -> object:
    return fb.where(row.open, None, None)


def tier_of_text() -> object:
    return fb.tier(row.open, row.company)


def gap_of_money() -> object:
    return r.gap(row.amount, row.amount)


def slice_by_expression() -> object:
    return row.company.left(row.units)


def split_by_nothing() -> object:
    return row.company.split("", 0)


def sign_of_real() -> object:
    return r.sign(row.rate)


def part_of_a_lane() -> object:
    return row.pair[0]


def infinite_constant() -> object:
    return row.rate + float("inf")


def huge_constant() -> object:
    return row.units + 2**70


def object_constant() -> object:
    return row.units + object()


def long_fixed_point() -> object:
    return fb.fixed_point(fb.agg_net(), max_passes=0)


def endless_sum() -> object:
    total = row.units
    for _ in range(500):
        total = total + 1
    return total


def doubling() -> object:
    total = row.units
    for _ in range(30):
        total = total + total
    return total


def endless_seq() -> object:
    steps = fb.agg_net()
    for _ in range(100):
        steps = fb.seq(steps, fb.exact_1to1())
    return steps


def for_no_steps() -> object:
    return fb.for_n(0, lambda i: fb.agg_net())


def plugin_id() -> object:
    return fb.Plugin("my plugin", "1.0.0", rows=row, numeraire=row.amount, strategy=fb.agg_net())


def plugin_version() -> object:
    return fb.Plugin("acme.x", "1", rows=row, numeraire=row.amount, strategy=fb.agg_net())


def plugin_numeraire() -> object:
    return fb.Plugin("acme.x", "1.0.0", rows=row, numeraire=row.local, strategy=fb.agg_net())


def plugin_of_other_rows() -> object:
    other = fb.columns(row_id=fb.integer(id=True), branch=fb.text(), amount=fb.money())
    return fb.Plugin("acme.x", "1.0.0", rows=row, numeraire=row.amount, strategy=fb.seq(fb.agg_net(other.branch)))


def plugin_before_derive() -> object:
    strategy = fb.partition_by(row.pair, fb.agg_net())
    return fb.Plugin("acme.x", "1.0.0", rows=ledger, numeraire=ledger.amount, strategy=strategy)


def plugin_params_twice() -> object:
    steps = (fb.agg_net(tol=fb.param("off", 1)), fb.agg_net(tol=fb.param("off", 2)))
    return fb.Plugin("acme.x", "1.0.0", rows=row, numeraire=row.amount, strategy=fb.seq(*steps))


def leaked_shard_key() -> object:
    kept: list[Any] = []
    first = fb.partition_by_with(row.units, lambda k: (kept.append(k), fb.agg_net())[1])
    steps = fb.seq(first, fb.agg_net(tol=kept[0]))
    return fb.Plugin("acme.x", "1.0.0", rows=row, numeraire=row.amount, strategy=steps)
