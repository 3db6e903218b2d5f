"""Constant settings of text functions and of calendars: what is refused, and the canonical form of a calendar."""

from __future__ import annotations

import datetime
from typing import Any

import pytest

import florecon_build as fb
from tests.support.random_strategies import ROWS as row

company: Any = row.company

REFUSED = {
    "format without a year": (lambda: company.to_date("%d/%m"), "bad_format"),
    "format with two days": (lambda: company.to_date("%d/%d/%m/%Y"), "bad_format"),
    "format with two years": (lambda: company.to_date("%d/%m/%Y/%y"), "bad_format"),
    "name of a month": (lambda: company.to_date("%d %b %Y"), "bad_format"),
    "percent at the end": (lambda: company.to_date("%d/%m/%Y%"), "bad_format"),
    "empty format": (lambda: company.to_date(""), "bad_setting"),
    "format that is no text": (lambda: company.to_date(7), "bad_setting"),
    "decimal sign": (lambda: company.to_money(2, ";"), "bad_format"),
    "scale": (lambda: company.to_money(19), "bad_setting"),
    "no characters": (lambda: company.strip_left(""), "bad_setting"),
    "word character kept": (lambda: fb.tokens(row.memo, keep="-a"), "bad_setting"),
    "space kept": (lambda: fb.tokens(row.memo, keep=" "), "bad_setting"),
    "nullable text": (row.memo.to_integer, "nullable"),
    "group": (lambda: company.extract("(a)b", 2), "bad_setting"),
    "no date": (lambda: fb.business_day(row.day, "25.12.2025"), "bad_setting"),
    "no list": (lambda: fb.business_day(row.day, 7), "bad_setting"),  # pyright: ignore[reportArgumentType]
    "weekday": (lambda: fb.business_day(row.day, weekend=(6, 7)), "bad_setting"),
    "only weekends": (lambda: fb.business_day(row.day, weekend=range(7)), "bad_setting"),
    "no day": (lambda: fb.business_day(company), "type_mismatch"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_refused_setting_has_a_fix(name: str) -> None:
    build, code = REFUSED[name]
    with pytest.raises(fb.StrategyError) as caught:
        build()
    assert (caught.value.code, caught.value.file) == (code, "tests/frontend/test_text_settings.py")
    assert caught.value.fix


def test_calendars_of_the_same_days_are_one() -> None:
    dates = [
        datetime.date(2026, 1, 1),
        datetime.date(2025, 12, 25),
        datetime.date(2025, 12, 28),
    ]  # the last is a Sunday
    listed = fb.business_day(row.day, dates)
    assert listed.ir == fb.business_day(row.day, "2025-12-25 2026-01-01 2025-12-25", weekend=[6, 5]).ir
    assert listed.ir == fb.business_day(row.day, iter(dates), weekend="5 6").ir


def test_tokens_without_signs_are_as_before() -> None:
    assert fb.tokens(row.memo, keep="").ir == fb.tokens(row.memo).ir
