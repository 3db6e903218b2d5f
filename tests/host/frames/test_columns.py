"""Column conversion: exact values, and errors by cell."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest

from florecon_build.host import AmountOverflow, BadAmount, Field, NullValue, SchemaError, WrongType
from florecon_build.host.description import FieldKind
from florecon_build.host.frames.cell_errors import Refusal
from florecon_build.host.frames.columns import Reading, convert
from florecon_build.host.frames.columns import written_amounts as amounts

BASE: dict[FieldKind, str] = {
    "integer": "i64",
    "real": "f64",
    "text": "utf8",
    "money": "f64",
    "date": "i64",
    "boolean": "i64",
}
D = Decimal


def field(kind: FieldKind, nullable: bool = False) -> Field:
    return Field(name="x", base=BASE[kind], kind=kind, scale=2 if kind == "money" else 0, nullable=nullable)


def taken(kind: FieldKind, values: list[Any], type: pa.DataType | None = None, **how: Any) -> list[Any]:
    return convert(pa.array(values, type), field(kind), Reading(**how)).to_pylist()


def refused(kind: FieldKind, values: list[Any], type: pa.DataType | None = None, **how: Any) -> tuple[Any, int | None]:
    with pytest.raises(Refusal) as caught:
        convert(pa.array(values, type), field(kind), Reading(**how))
    return caught.value.kind, caught.value.at


@pytest.mark.parametrize(
    ("kind", "values", "type", "wanted"),
    [
        ("integer", [1, -2], pa.int8(), [1, -2]),
        ("integer", [1, 2], pa.uint64(), [1, 2]),
        ("integer", [1.0, -2.0], pa.float64(), [1, -2]),
        ("integer", [D("3.00")], None, [3]),
        ("real", [1, 2], None, [1.0, 2.0]),
        ("real", [0.5], pa.float32(), [0.5]),
        ("real", [D("0.1")], None, [0.1]),
        ("text", ["a"], pa.large_string(), ["a"]),
        ("text", ["a"], pa.string_view(), ["a"]),
        ("text", ["a"], pa.dictionary(pa.int32(), pa.string()), ["a"]),
        ("money", [D("1.5"), D("-0.05")], None, [D("1.50"), D("-0.05")]),
        ("money", [D("1.500")], pa.decimal128(10, 3), [D("1.50")]),
        ("money", [D("1.5")], pa.decimal256(50, 1), [D("1.50")]),
        ("money", [D("1.5")], pa.decimal32(5, 1), [D("1.50")]),
        ("money", [12, -3], None, [D("12.00"), D("-3.00")]),
        ("money", [0.1, 2.25], None, [0.1, 2.25]),
        ("date", [date(2024, 2, 29)], None, [date(2024, 2, 29)]),
        ("date", [datetime(2024, 2, 29)], None, [date(2024, 2, 29)]),
        ("date", [datetime(1969, 12, 31)], None, [date(1969, 12, 31)]),
        ("date", ["2024-02-29"], None, [date(2024, 2, 29)]),
        ("date", [date(2024, 2, 29)], pa.date64(), [date(2024, 2, 29)]),
        ("date", [-1, 0], None, [-1, 0]),
        ("boolean", [True, False], None, [True, False]),
        ("boolean", [1, 0], None, [True, False]),
    ],
)
def test_what_is_kept(kind: FieldKind, values: list[Any], type: pa.DataType | None, wanted: list[Any]) -> None:
    assert taken(kind, values, type) == wanted


@pytest.mark.parametrize(
    ("kind", "values", "type", "error", "at"),
    [
        ("integer", [1.0, 1.5], None, WrongType, 1),
        ("integer", [1.0, float("nan")], None, WrongType, 1),
        ("integer", [0, 2**63], pa.uint64(), WrongType, 1),
        ("integer", [2.0**60], None, WrongType, 0),
        ("integer", [D("1.0"), D("1.5")], None, WrongType, 1),
        ("integer", ["1"], None, WrongType, None),
        ("integer", [True], None, WrongType, None),
        ("real", [1.0, float("inf")], None, BadAmount, 1),
        ("real", [float("nan")], None, BadAmount, 0),
        ("real", [0, 2**60 + 1], None, WrongType, 1),
        ("real", [D("0.1"), D("1.00000000000000000001")], None, BadAmount, 1),
        ("real", ["1"], None, WrongType, None),
        ("text", [1], None, WrongType, None),
        ("text", [b"x"], None, WrongType, None),
        ("money", [D("1.00"), D("1.255")], None, BadAmount, 1),
        ("money", [1.0, float("nan")], None, BadAmount, 1),
        ("money", [float("-inf")], None, BadAmount, 0),
        ("money", [1, 2**63], pa.uint64(), AmountOverflow, 1),
        ("money", [D(1), D("9" * 37)], None, AmountOverflow, 1),
        ("money", [D("9" * 50)], None, AmountOverflow, 0),
        ("money", ["1.50"], None, WrongType, None),
        ("money", [True], None, WrongType, None),
        ("date", [datetime(2024, 1, 1), datetime(2024, 1, 1, 12)], None, WrongType, 1),
        ("date", [datetime(1969, 12, 31, 23, 59)], None, WrongType, 0),
        ("date", ["2024-02-28", "2024-02-30"], None, WrongType, 1),
        ("date", ["31.12.2024"], None, WrongType, 0),
        ("date", [1.5], None, WrongType, None),
        ("boolean", [0, 1, 2], None, WrongType, 2),
        ("boolean", ["true"], None, WrongType, None),
    ],
)
def test_what_is_refused(
    kind: FieldKind, values: list[Any], type: pa.DataType | None, error: type[SchemaError], at: int | None
) -> None:
    assert refused(kind, values, type) == (error, at)


@pytest.mark.parametrize("kind", list(BASE))
def test_nulls(kind: FieldKind) -> None:
    assert refused(kind, [None, None]) == (NullValue, 0)
    for rich in (True, False):
        array = convert(pa.nulls(2), field(kind, nullable=True), Reading(rich=rich))
        assert array.null_count == 2
        assert not pa.types.is_null(array.type)


def test_a_null_among_values_is_named() -> None:
    assert refused("integer", [1, None, 3]) == (NullValue, 1)
    nullable = convert(pa.array([1.5, None]), field("money", nullable=True), Reading())
    assert nullable.to_pylist() == [1.5, None]


def test_a_timestamp_counts_in_its_own_zone() -> None:
    midnight = datetime(2024, 6, 30, 22, tzinfo=UTC)
    assert taken("date", [midnight], pa.timestamp("us", "Europe/Berlin")) == [date(2024, 7, 1)]
    assert refused("date", [midnight], pa.timestamp("us", "UTC")) == (WrongType, 0)


@pytest.mark.parametrize(
    ("kind", "values", "wanted"),
    [
        ("money", [D("1.10")], [1.1]),
        ("money", [3], [3.0]),
        ("date", [date(1970, 1, 11)], [10]),
        ("boolean", [True, False], [1, 0]),
        ("text", ["a"], ["a"]),
    ],
)
def test_a_module_that_knows_only_base_types_gets_those(kind: FieldKind, values: list[Any], wanted: list[Any]) -> None:
    array = convert(pa.array(values), field(kind), Reading(rich=False))
    assert array.to_pylist() == wanted
    assert array.type == {"i64": pa.int64(), "f64": pa.float64(), "utf8": pa.string()}[BASE[kind]]


def test_a_decimal_that_a_float_cannot_hold_is_refused_there() -> None:
    assert refused("money", [D("1.10"), D("90071992547409931.01")], rich=False) == (BadAmount, 1)


# Amounts as people write them

POINT = {
    "1,234.50": "1234.50",
    "1,234.50-": "-1234.50",
    "(1,234.50)": "-1234.50",
    "-1,234,567.5": "-1234567.50",
    "1 234.50 -": "-1234.50",
    "1'234.50": "1234.50",
    "1\u00a0234\u00a0567.00": "1234567.00",
    "12": "12.00",
    "+.5": "0.50",
    " (7) ": "-7.00",
    "0.000": "0.00",
}
COMMA = {"1.234,50": "1234.50", "(1.234,5)": "-1234.50", "1 234,50-": "-1234.50", ",05": "0.05"}
NOT_POINT = [
    "",
    "-",
    "1,23.50",
    "1,2345",
    "1.234,50",
    "--1",
    "(1)-",
    "-(1)",
    "(1",
    "1)",
    "1 2",
    "EUR 5",
    "1e3",
    "1.2.3",
    "\u0661",
]


@pytest.mark.parametrize("text", POINT)
def test_amounts_with_a_point(text: str) -> None:
    assert amounts(pa.array([text]), 2, "point").to_pylist() == [D(POINT[text])]


@pytest.mark.parametrize("text", COMMA)
def test_amounts_with_a_comma(text: str) -> None:
    assert amounts(pa.array([text]), 2, "comma").to_pylist() == [D(COMMA[text])]


@pytest.mark.parametrize("text", NOT_POINT)
def test_what_is_no_amount(text: str) -> None:
    with pytest.raises(Refusal) as caught:
        amounts(pa.array(["1.00", text]), 2, "point")
    assert (caught.value.kind, caught.value.at) == (WrongType, 1)


def test_an_amount_with_too_many_places() -> None:
    with pytest.raises(Refusal, match=r"'\(1\.005\)' has more than 2 decimal places"):
        amounts(pa.array(["(1.005)"]), 2, "point")


def test_nulls_among_written_amounts() -> None:
    assert amounts(pa.array(["1.00", None]), 2, "point").to_pylist() == [D("1.00"), None]
