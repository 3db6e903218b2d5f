"""Conversion of one column to its declared type, exact or rejected at its first invalid cell.

Conversions that change a value are refused: a fraction in an integer column, a time of day in a date column, digits
beyond an amount's minor unit. Conversions that change the representation only are carried out.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.types as pt

from florecon_build.host.description import Field
from florecon_build.host.errors import AmountOverflow, BadAmount, NullValue, WrongType
from florecon_build.host.frames.cell_errors import Refusal, cast, first_true, show
from florecon_build.sources.amounts import Mark, parse

TextAmounts = Literal["point", "comma"]
MARKS: dict[TextAmounts, Mark] = {"point": ".", "comma": ","}
"""The decimal mark of each way to write amounts as text."""

EXACT_FLOAT = 1 << 53
MAX_DIGITS = 38
ISO_DAY = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """Options for reading cells.

    `text_amounts`: the decimal mark of amounts such as `(1,234.50)`; None refuses amounts as text. `rich`: the module
    takes decimals, dates and booleans; otherwise they are shipped as the base types.
    """

    text_amounts: TextAmounts | None = None
    rich: bool = True


def convert(array: pa.Array, field: Field, reading: Reading) -> pa.Array:
    """The declared form of a column.

    Raises `Refusal` for the first cell that cannot be taken.
    """
    array = _plain(array, field)
    if array.null_count and not field.nullable:
        raise Refusal(NullValue, first_true(pc.is_null(array)), "the cell is empty, and the column is not nullable")
    if pt.is_null(array.type):
        return pa.nulls(len(array), _wire_type(field, reading))
    match field.kind:
        case "integer":
            return _integer(array)
        case "real":
            return _real(array)
        case "text":
            return _text(array, reading)
        case "money":
            return _money(array, field, reading)
        case "date":
            return _date(array, reading)
        case "boolean":
            return _boolean(array, reading)


def _plain(array: pa.Array, field: Field) -> pa.Array:
    """Unwraps extension types, and dictionaries except those of text in a text column; widens half floats."""
    if isinstance(array, pa.ExtensionArray):
        array = array.storage
    if pt.is_dictionary(array.type) and not (field.kind == "text" and is_text(array.type.value_type)):
        array = array.dictionary_decode()
    return array.cast(pa.float32()) if str(array.type) == "halffloat" else array


def is_text(kind: pa.DataType) -> bool:
    """True for any of Arrow's text types."""
    return pt.is_string(kind) or pt.is_large_string(kind) or pt.is_string_view(kind)


def _wire_type(field: Field, reading: Reading) -> pa.DataType:
    base = {"i64": pa.int64(), "f64": pa.float64(), "utf8": pa.string()}[field.base]
    if not reading.rich:
        return base
    rich = {"money": pa.decimal128(MAX_DIGITS, field.scale), "date": pa.date32(), "boolean": pa.bool_()}
    return rich.get(field.kind, base)


def _wrong(array: pa.Array, wanted: str, hint: str = "") -> Refusal:
    return Refusal(WrongType, None, f"the column is {array.type}, and {wanted} is declared{hint}")


def _as_text(array: pa.Array) -> pa.Array:
    return array.cast(pa.string()) if not pt.is_string(array.type) else array


def _whole(array: pa.Array) -> pa.Array | None:
    """Any kind of number to 64-bit integers if every value is whole; None for what is no number."""
    kind = array.type
    if pt.is_integer(kind):
        return cast(array, pa.int64(), WrongType, "{value} does not fit into 64 bits with a sign")
    if pt.is_floating(kind):
        at = first_true(pc.invert(pc.less_equal(pc.abs(array), float(EXACT_FLOAT))))
        if at is not None:
            raise Refusal(WrongType, at, f"{show(array, at)} is no exact whole number (the column is {kind})")
        return cast(array, pa.int64(), WrongType, "{value} is no whole number")
    if pt.is_decimal(kind):
        return cast(array, pa.int64(), WrongType, "{value} is no whole number of 64 bits")
    return None


def _integer(array: pa.Array) -> pa.Array:
    whole = _whole(array)
    if whole is None:
        raise _wrong(array, "a whole number")
    return whole


def _finite(array: pa.Array) -> pa.Array:
    at = first_true(pc.invert(pc.is_finite(array)))
    if at is not None:
        raise Refusal(BadAmount, at, f"{show(array, at)} is no number")
    return array


def _real(array: pa.Array) -> pa.Array:
    kind = array.type
    if pt.is_floating(kind):
        return _finite(array.cast(pa.float64()))
    if pt.is_decimal(kind):
        return _decimal_to_float(array)
    if pt.is_integer(kind):
        return _integer_to_float(array)
    raise _wrong(array, "a real number")


def _integer_to_float(array: pa.Array) -> pa.Array:
    """Whole numbers to floats, exactly."""
    whole = cast(array, pa.int64(), AmountOverflow, "{value} does not fit into 64 bits")
    outside = pc.or_(pc.greater(whole, EXACT_FLOAT), pc.less(whole, -EXACT_FLOAT))
    at = first_true(outside)
    if at is not None:
        raise Refusal(WrongType, at, f"{show(array, at)} has no exact real number")
    return whole.cast(pa.float64())


def _decimal_to_float(array: pa.Array) -> pa.Array:
    """Decimals to floats that print as the same decimals; by way of text, which rounds where a cast is off."""
    floats = array.cast(pa.string()).cast(pa.float64())
    back = cast(floats.cast(pa.string()), array.type, BadAmount, "{value} has more digits than a real number holds")
    at = first_true(pc.not_equal(back, array))
    if at is not None:
        raise Refusal(BadAmount, at, f"{show(array, at)} has more digits than a real number holds")
    return floats


def _text(array: pa.Array, reading: Reading) -> pa.Array:
    kind = array.type
    if pt.is_dictionary(kind):
        return array if reading.rich else _as_text(array.dictionary_decode())
    if not is_text(kind):
        raise _wrong(array, "text", "; cast it yourself, so that it is written as you mean it")
    return array if reading.rich else _as_text(array)


def _money(array: pa.Array, field: Field, reading: Reading) -> pa.Array:
    kind = array.type
    if pt.is_floating(kind):
        return _finite(array.cast(pa.float64()))
    if pt.is_integer(kind):
        whole = cast(array, pa.int64(), AmountOverflow, "{value} does not fit into 64 bits")
        exact = whole.cast(pa.decimal128(MAX_DIGITS, field.scale))
    elif pt.is_decimal(kind):
        exact = _rescaled(array, field.scale)
    elif is_text(kind) and reading.text_amounts:
        exact = written_amounts(_as_text(array), field.scale, reading.text_amounts)
    else:
        hint = "; text_amounts='point' or 'comma' reads amounts from text" if is_text(kind) else ""
        raise _wrong(array, f"money with {field.scale} decimal places", hint)
    return exact if reading.rich else _decimal_to_float(exact)


def written_amounts(texts: pa.Array, scale: int, style: TextAmounts) -> pa.Array:
    """Amounts as people write them, as decimals with `scale` places.

    Refuses the first text that is no amount, or names a currency, which the column of amounts has no room for.
    """
    read = parse(texts, MARKS[style], scale=scale)
    refused = dict(read.refused)
    for at in pc.indices_nonzero(read.currency.is_valid()).to_pylist():
        refused.setdefault(at, "names a currency; amounts of several would be added up")
    for at in pc.indices_nonzero(pc.and_(read.values.is_null(), texts.is_valid())).to_pylist():
        refused.setdefault(at, f"is no amount with a decimal {style}")
    if refused:
        at = min(refused)
        too_large = refused[at] == "is too large for an amount"
        kind = BadAmount if "decimal places" in refused[at] else AmountOverflow if too_large else WrongType
        raise Refusal(kind, at, f"{show(texts, at)} {refused[at]}")
    return read.values


def _iso_days(texts: pa.Array) -> pa.Array:
    """ISO days (`2024-03-31`) to dates."""
    trimmed = pc.utf8_trim_whitespace(texts)
    at = first_true(pc.invert(pc.match_substring_regex(trimmed, ISO_DAY)))
    if at is not None:
        raise Refusal(WrongType, at, f"{show(texts, at)} is no date of the form YYYY-MM-DD")
    return cast(trimmed, pa.date32(), WrongType, "{value} is no day of the calendar")


def _rescaled(array: pa.Array, scale: int) -> pa.Array:
    """Decimals with exactly `scale` places."""
    places = array.type.scale
    if places > scale:
        reason = f"{{value}} is no whole number of minor units ({scale} decimal places)"
        width = 76 if pt.is_decimal256(array.type) else MAX_DIGITS
        array = cast(array, pa.decimal256(width, scale), BadAmount, reason)
    return cast(array, pa.decimal128(MAX_DIGITS, scale), AmountOverflow, "{value} is too large for an amount")


def _date(array: pa.Array, reading: Reading) -> pa.Array:
    kind = array.type
    if is_text(kind):
        days = _iso_days(_as_text(array))
    elif pt.is_timestamp(kind):
        days = _midnights(array)
    elif pt.is_date64(kind):
        days = _midnights(array.cast(pa.timestamp("ms")))
    elif pt.is_date32(kind):
        days = array
    elif pt.is_integer(kind):
        return cast(array, pa.int64(), WrongType, "{value} is no count of days since 1970-01-01")
    else:
        raise _wrong(array, "a date")
    return days if reading.rich else days.cast(pa.int32()).cast(pa.int64())


def _midnights(array: pa.Array) -> pa.Array:
    """Timestamps at midnight (of their own zone) to days; a time of day is refused, not cut off."""
    local = pc.local_timestamp(array) if array.type.tz else array
    days = local.cast(pa.date32(), safe=False)
    at = first_true(pc.not_equal(days.cast(local.type), local))
    if at is not None:
        raise Refusal(WrongType, at, f"{show(array, at)} has a time of day; a date is declared")
    return days


def _boolean(array: pa.Array, reading: Reading) -> pa.Array:
    kind = array.type
    if pt.is_boolean(kind):
        flags = array
    elif pt.is_integer(kind):
        at = first_true(pc.invert(pc.is_in(array, value_set=pa.array([0, 1, None], kind))))
        if at is not None:
            raise Refusal(WrongType, at, f"{show(array, at)} is neither 0 nor 1")
        flags = array.cast(pa.bool_())
    else:
        raise _wrong(array, "true or false")
    return flags if reading.rich else flags.cast(pa.int64())
