"""Amounts as people and banks write them, exactly or refused with a reason."""

from __future__ import annotations

from decimal import Decimal

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from florecon_build.sources.amounts import Evidence, Mark, evidence, parse, parse_parts

pytestmark = pytest.mark.slow

TAKEN = {
    "1234.5": "1234.50",
    "1,234.50": "1234.50",
    "1,234.50-": "-1234.50",
    "(1,234.50)": "-1234.50",
    "$(12.34)": "-12.34",
    "($12.34)": "-12.34",
    "$-5.00": "-5.00",
    "-$5.00": "-5.00",
    " -110.7 EUR": "-110.70",
    "EUR 12.00": "12.00",
    "CHF 1\u2019200.50": "1200.50",
    "1 234.50": "1234.50",
    "1\u202f234.50": "1234.50",
    "\u22125.00": "-5.00",
    "12,34,567.00": "1234567.00",
    "400.00 Cr": "400.00",
    "400.00 DR": "-400.00",
    "400.00 S": "-400.00",
    "400.00 H": "400.00",
    "+7": "7.00",
    ".5": "0.50",
    "5.": "5.00",
    "5.0000": "5.00",
}
REFUSED = {
    "--5": "more than one sign",
    "-5 DR": "more than one sign",
    "-(5)": "more than one sign",
    "(5": "parentheses that do not pair",
    "1.2.3": "no amount",
    "1,23": "decimal comma",
    "1.234,50": "decimal comma",
    "1.005": "more than 2 decimal places",
    "1.23E+11": "no amount",
    "abc": "no amount",
    "-": "no amount",
    "EUR 5 USD": "two currencies",
    "1,2345.00": "no amount",
    "9" * 40: "too large",
}


@pytest.mark.parametrize(("text", "value"), TAKEN.items())
def test_forms_that_are_taken(text: str, value: str) -> None:
    read = parse(pa.array([text]), ".", scale=2)
    assert (read.values.to_pylist(), read.refused) == ([Decimal(value)], {})


@pytest.mark.parametrize(("text", "reason"), REFUSED.items())
def test_forms_that_are_refused(text: str, reason: str) -> None:
    read = parse(pa.array(["1", text]), ".", scale=2)
    assert read.values.to_pylist() == [Decimal("1.00"), None]
    assert reason in read.refused[1]


def test_empty_is_null_and_never_zero() -> None:
    read = parse(pa.array(["", None, "  "]), ".", scale=2)
    assert (read.values.to_pylist(), read.refused) == ([None, None, None], {})


def test_currency_beside_the_number_is_told() -> None:
    texts = pa.array(["5 \u20ac", "EUR 5", "5", "$5"])
    assert parse(texts, ".", scale=2).currency.to_pylist() == ["\u20ac", "EUR", None, "$"]


@pytest.mark.parametrize(
    ("texts", "mark"),
    [
        (["3.000"], None),
        (["3.000", "1.5"], "."),
        (["3.000", "4.711,98"], ","),
        (["1,234.50"], "."),
        (["1,50"], ","),
        (["3", "4"], "."),
        (["3.50", "4,50"], None),
        (["1.234.567"], ","),
    ],
)
def test_decimal_mark_follows_from_the_column_or_is_not_decided(texts: list[str], mark: Mark | None) -> None:
    assert evidence(pa.array(texts)).mark() == mark


def written(value: Decimal, mark: Mark, group: str, sign: str) -> str:
    text = f"{abs(value):,.2f}".replace(",", "G").replace(".", mark).replace("G", group)
    if value >= 0:
        return text
    return {"before": f"-{text}", "behind": f"{text}-", "parentheses": f"({text})", "debit": f"{text} DR"}[sign]


AMOUNTS = st.decimals(-(10**12), 10**12, places=2, allow_nan=False)
SIGNS = st.sampled_from(["before", "behind", "parentheses", "debit"])


@given(
    AMOUNTS, st.sampled_from([(".", ","), (".", " "), (".", "'"), (".", ""), (",", "."), (",", " "), (",", "")]), SIGNS
)
def test_what_is_written_is_read(value: Decimal, style: tuple[Mark, str], sign: str) -> None:
    mark, group = style
    read = parse(pa.array([written(value, mark, group, sign)]), mark, scale=2)
    assert read.values.to_pylist() == [value]
    assert evidence(pa.array([written(value, mark, group, sign)])).mark() == mark


TEXTS = st.one_of(
    st.none(),
    st.text("0123456789.,-+eE ()", max_size=8),
    st.decimals(-1_000_000, 1_000_000, places=2).map(str),
    st.decimals(-1_000_000, 1_000_000, places=3).map(lambda value: f"{value:,}"),
)


@given(st.lists(TEXTS, max_size=8), st.sampled_from([".", ","]))
@settings(max_examples=150, deadline=None)
def test_casting_plain_numbers_is_reading_their_parts(texts: list[str | None], mark: Mark) -> None:
    column = pa.array(texts, pa.string())
    fast, slow = parse(column, mark, scale=2), parse_parts(column, mark, scale=2)
    assert fast.values == slow.values
    assert fast.currency == slow.currency
    assert fast.refused == slow.refused


@given(st.lists(TEXTS, max_size=8))
@settings(max_examples=150, deadline=None)
def test_one_proof_of_a_mark_is_as_good_as_all(texts: list[str | None]) -> None:
    column = pa.array(texts, pa.string())
    parts = [evidence(pa.array([text], pa.string())) for text in texts]
    whole = Evidence()
    for part in parts:
        whole |= part
    assert (evidence(column).mark(), evidence(column).conflict) == (whole.mark(), whole.conflict)
