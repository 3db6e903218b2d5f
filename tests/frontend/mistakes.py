"""Invalid expressions, one function each, named by the error; each raises at its own line and is snapshotted."""

from __future__ import annotations

import datetime
from decimal import Decimal
from typing import Any

import florecon_build as fb
from tests.support.random_strategies import ROWS as row

r: Any = fb
"""The library without types, for what pyright would refuse too."""


def truth_and() -> object:
    return (row.units > 1) and (row.units < 5)


def truth_not() -> object:
    return not row.open


def truth_if() -> object:
    return 1 if row.open else 0


def truth_chained() -> object:
    return 1 < row.units < 5


def truth_in() -> object:
    return row.company in ("A", "B")


def loop() -> object:
    return list(row.tokens)


def integer_division() -> object:
    return row.units / 2


def money_division() -> object:
    return row.amount / 2


def money_floor_division() -> object:
    return row.amount // 2


def money_times_money() -> object:
    return row.amount * row.amount


def money_times_real() -> object:
    return row.amount * 1.5


def money_scales() -> object:
    return row.amount + row.exact


def money_against_integer() -> object:
    return row.amount > 100


def money_against_real() -> object:
    return row.amount > 1.5


def money_decimals() -> object:
    return row.amount > Decimal("1.005")


def variable_divisor() -> object:
    return row.units % row.batch.fill(1)


def negative_divisor() -> object:
    return row.units // -2


def real_floor_division() -> object:
    return row.rate // 2


def date_plus_integer() -> object:
    return row.day + 5


def date_minus_date() -> object:
    return row.day - row.due.fill(row.day)


def date_against_integer() -> object:
    return row.day > 20250101


def date_against_text() -> object:
    return row.day > "2025-01-01"


def date_with_time() -> object:
    return row.day > datetime.datetime(2025, 1, 1)


def text_arithmetic() -> object:
    return row.company * 2


def boolean_arithmetic() -> object:
    return row.open + 1


def text_against_integer() -> object:
    return row.company == 5


def logic_on_numbers() -> object:
    return row.open & row.units


def precedence() -> object:
    return row.open & row.units == 1


def list_order() -> object:
    return row.tokens < row.grams


def tuple_order() -> object:
    return row.pair == row.place


def list_against_text() -> object:
    return row.tokens == "INV1"


def compare_with_none() -> object:
    return row.icp == None  # noqa: E711


def nullable_compare() -> object:
    return row.icp == "A"


def nullable_method() -> object:
    return row.memo.upper()


def nullable_arithmetic() -> object:
    return row.batch + 1


def nullable_condition() -> object:
    return fb.when(row.checked, fb.agg_net())


def nullable_order() -> object:
    return fb.exact_1to1(order=row.due)


def never_null_fill() -> object:
    return row.company.fill("none")


def never_null_test() -> object:
    return row.company.is_null()


def first_of_dead_end() -> object:
    return fb.first_of(row.company, row.icp, "none")


def misspelt_lane() -> object:
    return row.compny


def misspelt_method() -> object:
    return row.company.uper()


def method_of_another_type() -> object:
    return row.amount.upper()


def misspelt_argument() -> object:
    return r.agg_net(row.company, tolerance=5)


def too_many_arguments() -> object:
    return r.exact_1to1(row.company, row.day, 5)


def half_a_character() -> object:
    return row.company == "\ud800"
