"""Number formats in text: `-1234.5` always; `1,234.50-` and `(1,234.50)` as an option.

>>> amounts(pa.array(["1,234.50-", "(0.05)", "7"]), 2, "point").to_pylist()
[Decimal('-1234.50'), Decimal('-0.05'), Decimal('7.00')]
>>> amounts(pa.array(["1.234,50"]), 2, "comma").to_pylist()
[Decimal('1234.50')]
"""

from __future__ import annotations

from typing import Literal

import pyarrow as pa
import pyarrow.compute as pc

from florecon_build.host.errors import AmountOverflow, BadAmount, WrongType
from florecon_build.host.frames.cell_errors import Refusal, cast, first_true, show

TextAmounts = Literal["point", "comma"]
GAPS = " '\u2019\u00a0\u202f"  # what sets thousands apart besides the other decimal mark
PLAIN_NUMBER = r"^[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)$"
PLAIN_INTEGER = r"^[+-]?[0-9]+$"
REAL_NUMBER = r"^[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?$"
ISO_DATE = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$"
MAX_DIGITS = 38


def written_amount(style: TextAmounts) -> str:
    """The pattern of an amount as people write it, with `style` as the decimal mark."""
    mark, group = (r"\.", ",") if style == "point" else (",", r"\.")
    whole = rf"(?:[0-9]{{1,3}}(?:{group}[0-9]{{3}})+|[0-9]{{1,3}}(?:[{GAPS}][0-9]{{3}})+|[0-9]+)"
    body = rf"(?:{whole}(?:{mark}[0-9]*)?|{mark}[0-9]+)"
    return rf"^\s*(?:[+-]?\s?{body}|{body}\s?-|\({body}\))\s*$"


def amounts(array: pa.Array, scale: int, style: TextAmounts | None) -> pa.Array:
    """Text to decimals with exactly `scale` places.

    Parameters: `style` is the decimal mark of written amounts, None for plain numbers only.
    Refuses the first text that is no number (`WrongType`), has more places (`BadAmount`) or more digits
    (`AmountOverflow`) than fit.
    """
    if style is None:
        numbers = pc.utf8_trim_whitespace(array)
        hint = "is no plain number; text_amounts='point' or 'comma' also reads amounts such as (1,234.50)"
        _require(numbers, PLAIN_NUMBER, array, hint)
    else:
        _require(array, written_amount(style), array, f"is no amount (the decimal mark is a {style})")
        numbers = _normalised(array, style)
    return decimals(numbers, scale, array)


def decimals(numbers: pa.Array, scale: int, shown: pa.Array) -> pa.Array:
    """Plain number texts to decimals; `shown` is what a message quotes."""
    places = pc.utf8_length(pc.replace_substring_regex(numbers, r"^[^.]*(?:\.([0-9]*?)0*)?$", r"\1"))
    at = first_true(pc.greater(places, scale))
    if at is not None:
        raise Refusal(BadAmount, at, f"{show(shown, at)} has more than {scale} decimal places")
    digits = pc.utf8_length(pc.replace_substring_regex(numbers, r"^[+-]?0*([0-9]*).*$", r"\1"))
    at = first_true(pc.greater(digits, MAX_DIGITS - scale))
    if at is not None:
        raise Refusal(AmountOverflow, at, f"{show(shown, at)} is too large for an amount")
    return cast(numbers, pa.decimal128(MAX_DIGITS, scale), BadAmount, "{value} is no amount")


def integers(array: pa.Array) -> pa.Array:
    """Text to 64-bit integers."""
    trimmed = pc.utf8_trim_whitespace(array)
    _require(trimmed, PLAIN_INTEGER, array, "is no whole number")
    bare = pc.replace_substring_regex(trimmed, r"^\+", "")
    return cast(bare, pa.int64(), WrongType, "{value} does not fit into 64 bits")


def reals(array: pa.Array) -> pa.Array:
    """Text to 64-bit floats."""
    trimmed = pc.utf8_trim_whitespace(array)
    _require(trimmed, REAL_NUMBER, array, "is no number")
    bare = pc.replace_substring_regex(trimmed, r"^\+", "")
    return cast(bare, pa.float64(), WrongType, "{value} is no number")


def dates(array: pa.Array) -> pa.Array:
    """ISO dates (`2024-03-31`) to days."""
    trimmed = pc.utf8_trim_whitespace(array)
    _require(trimmed, ISO_DATE, array, "is no date of the form YYYY-MM-DD")
    return cast(trimmed, pa.date32(), WrongType, "{value} is no day of the calendar")


def booleans(array: pa.Array) -> pa.Array:
    """`true`, `false`, `1`, `0`, in any case."""
    lower = pc.utf8_lower(pc.utf8_trim_whitespace(array))
    _require(lower, r"^(?:true|false|1|0)$", array, "is neither true nor false")
    return pc.match_substring_regex(lower, "^(?:true|1)$")


def _normalised(array: pa.Array, style: TextAmounts) -> pa.Array:
    negative = pc.match_substring_regex(array, r"^\s*[(-]|-\s*$")
    kept = pc.replace_substring_regex(array, r"[^0-9.]" if style == "point" else r"[^0-9,]", "")
    plain = pc.replace_substring(kept, ",", ".")
    return pc.binary_join_element_wise(pc.if_else(negative, "-", ""), plain, "")


def _require(text: pa.Array, pattern: str, shown: pa.Array, otherwise: str) -> None:
    at = first_true(pc.invert(pc.match_substring_regex(text, pattern)))
    if at is not None:
        raise Refusal(WrongType, at, f"{show(shown, at)} {otherwise}")
