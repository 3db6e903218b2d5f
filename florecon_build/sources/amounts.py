"""Amounts written as text, as banks, ledgers and spreadsheets write them, to exact decimals.

Taken are signs before and behind (`-` and its Unicode forms), parentheses, `CR`/`DR` and `H`/`S` (Haben, Soll) behind,
currency signs and codes before and behind, and thousands set apart by the other mark, an apostrophe or a space. The
decimal mark is declared or follows from the column; a column whose texts allow both readings is refused.

>>> texts = pa.array(["1,234.50-", "(0.05)", "$ 7", "400.00 Cr", None])
>>> read = parse(texts, ".", scale=2)
>>> read.values.to_pylist()
[Decimal('-1234.50'), Decimal('-0.05'), Decimal('7.00'), Decimal('400.00'), None]
>>> evidence(pa.array(["3.000", "4.711,98 €"])).mark()
','
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Literal

import pyarrow as pa
import pyarrow.compute as pc

from florecon_build.sources.currencies import CODES, SIGNS

Mark = Literal[".", ","]

MAX_DIGITS = 38
MINUS_SIGNS = "\u2212\u2010\u2011\u2012\u2013\u2014\ufe63\uff0d"
SPACES = "\u00a0\u2007\u2009\u202f\t"
APOSTROPHES = "'\u2019\u02bc"
_CURRENCY = rf"{'|'.join(map(re.escape, SIGNS))}|\p{{Sc}}|{'|'.join(sorted(CODES))}"
_TEXT = (
    r"^(?P<sign>[-+]?) ?(?P<open>\(?) ?(?P<before>" + _CURRENCY + r")? ?(?P<inner_open>\(?) ?(?P<inner_sign>[-+]?) ?"
    r"(?P<number>[0-9.,](?:[0-9., ']*[0-9.,])?) ?(?P<inner_behind>[-+]?) ?(?P<inner_close>\)?) ?"
    r"(?P<after>" + _CURRENCY + r")? ?(?P<close>\)?) ?(?P<behind>[-+]?) ?(?P<side>(?i:cr|dr|h|s)\.?)?$"
)
_PLAIN: dict[Mark, str] = {".": r"^-?[0-9]+(?:\.[0-9]+)?$", ",": r"^-?[0-9]+(?:,[0-9]+)?$"}
_SIGNS = ("sign", "inner_sign", "behind", "inner_behind")
_DEBIT = "^(?i:dr|s)"


@dataclass(frozen=True, slots=True)
class Amounts:
    """The amounts of a column.

    ``values`` are decimals, null where a text is empty; ``currency`` the sign or code beside the number, null where
    there is none; ``refused`` the positions of texts that are no amount, with the reason.
    """

    values: pa.Array
    currency: pa.Array
    refused: dict[int, str]


@dataclass(frozen=True, slots=True)
class Evidence:
    """What the texts of a column say about the decimal mark: how many can only be read with a point, and how many only
    with a comma; ``undecided`` is the first text that has a mark and could be both, ``point_only`` and ``comma_only``
    the first texts of their kinds.
    """

    point_only: str | None = None
    comma_only: str | None = None
    undecided: str | None = None

    def __or__(self, other: Evidence) -> Evidence:
        return Evidence(
            self.point_only if self.point_only is not None else other.point_only,
            self.comma_only if self.comma_only is not None else other.comma_only,
            self.undecided if self.undecided is not None else other.undecided,
        )

    def mark(self) -> Mark | None:
        """The decimal mark that the texts prove; ``.`` where no text has a mark; None where they prove none or both."""
        if self.point_only is not None and self.comma_only is not None:
            return None
        if self.comma_only is not None:
            return ","
        return "." if self.point_only is not None or self.undecided is None else None

    @property
    def conflict(self) -> bool:
        """Whether one text has a decimal point and another a decimal comma."""
        return self.point_only is not None and self.comma_only is not None


def evidence(texts: pa.Array) -> Evidence:
    """What texts say about their decimal mark; a text that is no amount says nothing.

    Where only one of the two marks occurs, one text that proves it is enough.
    """
    points, commas = _holds(texts, "."), _holds(texts, ",")
    if not points or not commas:
        mark = "." if points else ","
        places = pc.subtract(pc.subtract(pc.binary_length(texts), pc.find_substring(texts, mark)), 1)
        proof = texts.filter(pc.and_(pc.greater_equal(pc.find_substring(texts, mark), 0), pc.not_equal(places, 3)))
        found = _evidence(proof.slice(0, 1))
        if found.mark() == mark and (found.point_only or found.comma_only):
            return found
    return _evidence(texts)


def _evidence(texts: pa.Array) -> Evidence:
    number = _parts(_normalised(texts)).field("number")
    point, comma = _is_number(number, "."), _is_number(number, ",")
    marked = pc.match_substring_regex(number, "[.,]")
    return Evidence(
        _first(texts, pc.and_(pc.and_(point, pc.invert(comma)), marked)),
        _first(texts, pc.and_(pc.and_(comma, pc.invert(point)), marked)),
        _first(texts, pc.and_(pc.and_(comma, point), marked)),
    )


def parse(texts: pa.Array, mark: Mark, *, scale: int) -> Amounts:
    """Texts to decimals with ``scale`` places.

    Parameters: `texts` of type string; `mark` is the decimal mark. Nothing is rounded: a text with more places than
    ``scale`` is refused, unless they are zeros. Plain numbers are cast together; what is written otherwise is read by
    its parts.
    """
    values = _cast(texts, mark, scale)
    if values is not None:
        return Amounts(values, pa.nulls(len(texts), pa.string()), {})
    plain = pc.fill_null(pc.match_substring_regex(texts, _PLAIN[mark]), True)
    odd = pc.indices_nonzero(pc.invert(plain))
    if 2 * len(odd) > len(texts):
        return parse_parts(texts, mark, scale=scale)
    values = _cast(pc.if_else(plain, texts, None), mark, scale)
    if values is None:  # too many places or digits
        return parse_parts(texts, mark, scale=scale)
    found = parse_parts(texts.take(odd), mark, scale=scale)
    mask = pc.invert(plain)
    currency = pc.replace_with_mask(pa.nulls(len(texts), pa.string()), mask, found.currency)
    refused = {odd[at].as_py(): reason for at, reason in found.refused.items()}
    return Amounts(pc.replace_with_mask(values, mask, found.values), currency, refused)


def _cast(texts: pa.Array, mark: Mark, scale: int) -> pa.Array | None:
    """Numbers of digits, one mark and a sign before them, as decimals; None where one is written otherwise."""
    if _holds(texts, "e") or _holds(texts, "E"):  # an exponent is no amount
        return None
    if mark == ",":
        if _holds(texts, "."):
            return None
        texts = pc.replace_substring(texts, ",", ".")
    try:
        return texts.cast(pa.decimal128(MAX_DIGITS, scale))
    except pa.ArrowException:
        return None


def _holds(texts: pa.Array, letter: str) -> bool:
    return bool(pc.any(pc.match_substring(texts, letter)).as_py())


def parse_parts(texts: pa.Array, mark: Mark, *, scale: int) -> Amounts:
    """Texts to decimals by the parts that they are written with; what ``parse`` means, and its slow way."""
    clean = _normalised(texts)
    parts = _parts(clean)
    get: Any = parts.field
    empty = pc.fill_null(pc.equal(clean, ""), True)
    refused: dict[int, str] = {}

    def refuse(mask: Any, reason: str) -> None:
        found = pc.indices_nonzero(pc.and_(pc.fill_null(mask, False), pc.invert(empty)))
        for at in found.to_pylist():
            refused.setdefault(at, reason)

    refuse(parts.is_null(), "is no amount")
    other = "comma" if mark == "." else "point"
    word = "point" if mark == "." else "comma"
    valid = _is_number(get("number"), mark)
    refuse(
        pc.and_(pc.invert(valid), _is_number(get("number"), "," if mark == "." else ".")),
        f"has a decimal {other}, and the decimal mark is a {word}",
    )
    refuse(pc.invert(valid), f"is no amount with a decimal {word}")
    opened = pc.add(_filled(get("open")), _filled(get("inner_open")))
    closed = pc.add(_filled(get("close")), _filled(get("inner_close")))
    refuse(pc.or_(pc.not_equal(opened, closed), pc.greater(opened, 1)), "has parentheses that do not pair")
    sign = pc.binary_join_element_wise(*(get(name) for name in _SIGNS), "")
    marks = pc.add(pc.add(pc.utf8_length(sign), opened), _filled(get("side")))
    refuse(pc.greater(marks, 1), "has more than one sign")
    refuse(pc.equal(pc.add(_filled(get("before")), _filled(get("after"))), 2), "has two currencies")
    plain = pc.replace_substring_regex(get("number"), "[^0-9.]" if mark == "." else "[^0-9,]", "")
    plain = pc.replace_substring(plain, ",", ".")
    places = pc.utf8_length(pc.replace_substring_regex(plain, r"^[^.]*(?:\.([0-9]*?)0*)?$", r"\1"))
    refuse(pc.greater(places, scale), f"has more than {scale} decimal places")
    digits = pc.utf8_length(pc.replace_substring_regex(plain, r"^0*([0-9]*).*$", r"\1"))
    refuse(pc.greater(digits, MAX_DIGITS - scale), "is too large for an amount")
    if refused:
        good = pa.array([at not in refused for at in range(len(texts))])
        plain = pc.if_else(good, plain, None)
    plain = pc.if_else(empty, None, plain)
    values = pc.replace_substring_regex(plain, r"\.$", "").cast(pa.decimal128(MAX_DIGITS, scale))
    debit = pc.match_substring_regex(pc.fill_null(get("side"), ""), _DEBIT)
    negative = pc.fill_null(pc.or_(pc.or_(pc.equal(sign, "-"), debit), pc.greater(opened, 0)), False)
    signed = pc.if_else(negative, pc.negate(values), values).cast(values.type)
    code = pc.coalesce(_or_null(get("before")), _or_null(get("after")))
    return Amounts(_flat(signed), _flat(pc.if_else(empty, None, code)), refused)


def _normalised(texts: pa.Array) -> pa.Array:
    """One kind of space, minus and apostrophe; no space around."""
    clean = pc.replace_substring_regex(texts, f"[{SPACES}]", " ")
    clean = pc.replace_substring_regex(clean, f"[{MINUS_SIGNS}]", "-")
    clean = pc.replace_substring_regex(clean, f"[{APOSTROPHES}]", "'")
    return pc.replace_substring_regex(pc.utf8_trim_whitespace(clean), " +", " ")


def _parts(clean: pa.Array) -> pa.StructArray:
    return _flat(pc.extract_regex(clean, _TEXT))


def _is_number(number: Any, mark: Mark) -> Any:
    """Whether a text of digits and marks is a number with this decimal mark, its thousands set apart evenly."""
    point, group = (r"\.", ",") if mark == "." else (",", r"\.")
    kinds = "|".join(rf"[1-9][0-9]{{0,2}}(?:{sep}[0-9]{{3}})+" for sep in (group, " ", "'"))
    lakh = rf"[1-9][0-9]?(?:{group}[0-9]{{2}})+{group}[0-9]{{3}}"
    whole = f"(?:{kinds}|{lakh}|[0-9]+)"
    return pc.match_substring_regex(number, rf"^(?:{whole}(?:{point}[0-9]*)?|{point}[0-9]+)$")


def _filled(part: Any) -> Any:
    """1 where a part is there, else 0."""
    return pc.fill_null(pc.greater(pc.utf8_length(part), 0), False).cast(pa.int8())


def _or_null(part: Any) -> Any:
    return pc.if_else(pc.equal(part, ""), None, part)


def _first(texts: pa.Array, mask: Any) -> str | None:
    at: int = pc.index(mask, pa.scalar(True)).as_py()
    return None if at < 0 else texts[at].as_py()


def _flat(array: Any) -> Any:
    return array.combine_chunks() if isinstance(array, pa.ChunkedArray) else array
