"""Typing rules of the frontend: types, nullability, implied conversions, scope and source locations."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from decimal import Decimal

import pytest

import florecon_build as fb
from florecon_build.ir import expressions as e
from florecon_build.ir.scope import Reads, Scope, reads, scope_of
from florecon_build.ir.types import BOOLEAN, DATE, INTEGER, REAL, TEXT, TEXT_LIST, Kind, Type, money, tuple_of
from tests.support.random_strategies import ROWS as row

TYPES: list[tuple[Callable[[], fb.Expr], Type]] = [
    (lambda: row.units + 1, INTEGER),
    (lambda: 1 + row.units, INTEGER),
    (lambda: row.units + 1.5, REAL),
    (lambda: row.units * row.rate, REAL),
    (lambda: row.units.to_real() / 3, REAL),
    (lambda: row.units / 2.0, REAL),
    (lambda: 6 / row.rate, REAL),
    (lambda: row.units // 3, INTEGER),
    (lambda: row.units % 3, INTEGER),
    (lambda: row.amount + row.amount, money(2)),
    (lambda: row.amount - 0, money(2)),
    (lambda: row.amount + Decimal("1.05"), money(2)),
    (lambda: 3 * row.amount, money(2)),
    (lambda: row.units * row.amount, money(2)),
    (lambda: -row.amount, money(2)),
    (lambda: abs(row.amount), money(2)),
    (lambda: fb.abs(row.rate), REAL),
    (lambda: fb.sign(row.amount), INTEGER),
    (row.amount.to_minor, INTEGER),
    (lambda: fb.minor_units(row.rate, 3), money(3)),
    (lambda: fb.min_of(row.units, 3, row.units), INTEGER),
    (lambda: fb.max_of(row.rate, row.units), REAL),
    (lambda: fb.max_of(row.day, datetime.date(2025, 1, 1)), DATE),
    (lambda: fb.clamp(row.units, 0, 5), INTEGER),
    (lambda: fb.gap(row.day, datetime.date(2025, 1, 1)), INTEGER),
    (lambda: row.day.year, INTEGER),
    (lambda: row.day.month_end, DATE),
    (lambda: row.units == 1.5, BOOLEAN),
    (lambda: row.amount > 0, BOOLEAN),
    (lambda: row.company < "B", BOOLEAN),
    (lambda: row.open != row.orient, BOOLEAN),
    (lambda: (row.units > 1) & row.open | ~row.orient, BOOLEAN),
    (row.memo.is_null, BOOLEAN),
    (lambda: row.memo.fill(""), TEXT),
    (lambda: fb.fill(row.batch, 0), INTEGER),
    (lambda: fb.is_null((row.company, row.icp)), BOOLEAN),
    (lambda: fb.coalesce(row.memo, row.icp), TEXT.with_nullable(True)),
    (lambda: fb.first_of(row.memo, row.icp, row.company), TEXT),
    (lambda: fb.where(row.open, row.amount, 0), money(2)),
    (lambda: fb.where(row.open, 1, 2.5), REAL),
    (lambda: fb.where(row.open, row.company, None), TEXT.with_nullable(True)),
    (lambda: fb.where(row.open, row.batch, 1), INTEGER.with_nullable(True)),
    (lambda: fb.tier(row.open, 1.5), REAL.with_nullable(True)),
    (lambda: fb.first_of(fb.tier(row.open, 1), fb.tier(row.orient, 2.5)), REAL.with_nullable(True)),
    (lambda: row.company.split("/", 0), TEXT.with_nullable(True)),
    (lambda: row.company + "/" + row.account, TEXT),
    (lambda: fb.concat("x", row.company), TEXT),
    (lambda: fb.prefix(row.company, 4), TEXT),
    (lambda: fb.tokens(row.memo), TEXT_LIST),
    (lambda: row.tokens.size, INTEGER),
    (lambda: row.tokens.contains("X"), BOOLEAN),
    (lambda: row.tokens.overlaps(row.grams), BOOLEAN),
    (lambda: fb.dice(row.company, "x"), REAL),
    (lambda: fb.sorted_pair(row.company, row.account), tuple_of(TEXT, TEXT)),
    (lambda: fb.sorted_pair(row.company, row.icp), tuple_of(TEXT, TEXT).with_nullable(True)),
    (lambda: fb.lookup(row.company, {"A": 1, "B": 2}, 0), INTEGER),
    (lambda: fb.lookup(row.icp, {"A": 1, "B": 2.5}, None), REAL.with_nullable(True)),
    (lambda: fb.lookup(row.day, {datetime.date(2025, 1, 1): fb.minor(5, 2)}, fb.minor(0, 2)), money(2)),
    (lambda: row.lot.amount, INTEGER),
    (lambda: fb.amount_key(), INTEGER),  # noqa: PLW0108
]


@pytest.mark.parametrize(("build", "kind"), TYPES, ids=[str(index) for index in range(len(TYPES))])
def test_result_types(build: Callable[[], fb.Expr], kind: Type) -> None:
    expr = build()
    assert expr.type == kind
    if kind.kind is not Kind.TUPLE:
        families = {
            Kind.INTEGER: fb.IntegerExpr,
            Kind.REAL: fb.RealExpr,
            Kind.MONEY: fb.MoneyExpr,
            Kind.TEXT: fb.TextExpr,
        }
        families |= {Kind.DATE: fb.DateExpr, Kind.BOOLEAN: fb.BooleanExpr, Kind.LIST: fb.ListExpr}
        assert type(expr) is families[kind.kind]


def test_constant_is_converted_to_real() -> None:
    assert (row.rate + 1).ir == e.Arith(
        type=REAL,
        op=e.ArithOp.ADD,
        left=e.Lane(type=REAL, var=e.Var.ITEM, name="rate"),
        right=e.Lit(type=REAL, value=1.0),
    )


def test_nullable_tier_becomes_a_conditional() -> None:
    inner = fb.first_of(fb.tier(row.open, 1.5), fb.tier(row.orient, 2.5))
    assert isinstance(fb.tier(row.open, inner).ir, e.Where)


def test_dates_are_days_and_money_is_in_minor_units() -> None:
    assert (row.day == datetime.date(1970, 1, 11)).ir.right.value == 10
    assert (row.amount == Decimal("10.5")).ir.right == fb.minor(1050, 2).ir


def test_scope_is_the_set_of_variables_read() -> None:
    slack = fb.param("slack", 5)
    assert reads((row.units + slack).ir) == {Reads.LANE, Reads.PARAM}
    assert scope_of(reads(slack.ir)) is Scope.SETTING
    assert scope_of(reads(row.lot.amount.ir)) is Scope.ITEM
    group = fb.Group()
    assert reads(group.any(row.units > slack).ir) == {Reads.GROUP, Reads.PARAM}
    assert scope_of(reads(group.clean(slack).ir)) is Scope.GROUP


def test_key_of_one_part_is_that_part() -> None:
    assert fb.agg_net((row.company,)).ir == fb.agg_net(row.company).ir


def test_expression_has_its_source_line() -> None:
    expr = row.units + 1
    assert expr.ir.span is not None
    assert (expr.ir.span.file, expr.ir.left.span.line) == ("tests/frontend/test_rules.py", expr.ir.span.line)


def test_for_n_expands_to_a_seq() -> None:
    built = fb.for_n(2, lambda index: fb.windowed(row.day, index + 1, fb.exact_1to1()))
    by_hand = fb.seq(fb.windowed(row.day, 1, fb.exact_1to1()), fb.windowed(row.day, 2, fb.exact_1to1()))
    assert built.ir == by_hand.ir


def test_shard_keys_are_numbered_from_the_top() -> None:
    inner = fb.partition_by_with(row.company, lambda k: fb.when(row.account == k, fb.agg_net()))
    outer = fb.partition_by_with(row.units, lambda k: fb.seq(inner, inner, fb.agg_net(tol=fb.abs(k))))
    plugin = fb.Plugin("acme.x", "1.0.0", rows=row, numeraire=row.amount, strategy=outer)
    again = fb.Plugin("acme.x", "1.0.0", rows=row, numeraire=row.amount, strategy=outer)
    assert plugin.ir().count('"binder": 0') == 2
    assert plugin.fingerprint == again.fingerprint


def test_column_names_that_are_keywords_are_reached_by_item() -> None:
    rows = fb.columns(**{"row_id": fb.integer(id=True), "from": fb.text(), "amount": fb.money()})
    assert rows["from"].upper().type == TEXT
