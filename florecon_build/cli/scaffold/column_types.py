"""Type inference for a column of text cells."""

from __future__ import annotations

import datetime
import re
from collections.abc import Sequence
from dataclasses import dataclass

from florecon_build.host.frames import TextAmounts

PLAIN_NUMBER = r"^[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)$"
PLAIN_INTEGER = r"^[+-]?[0-9]+$"
ISO_DATE = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$"
MAX_SCALE = 6
"""Largest number of decimals of a money column; more decimals make a real column."""
_DATES = {
    "31.03.2026": re.compile(r"\d{1,2}\.\d{1,2}\.\d{4}"),
    "31/03/2026": re.compile(r"\d{1,2}/\d{1,2}/\d{4}"),
    "20260331": re.compile(r"(?:19|20)\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])"),
}
_DEFAULT_SCALE = 2
_MAX_INTEGER = 18


@dataclass(frozen=True, slots=True)
class ColumnType:
    """Inferred type of a column; ``date_format`` is an example of the format of dates that are not ISO 8601."""

    kind: str
    nullable: bool = False
    scale: int = 0
    unique: bool = False
    both_signs: bool = False
    date_format: str = ""

    def __str__(self) -> str:
        return f"money with {self.scale} decimals" if self.kind == "money" else self.kind


def infer_type(cells: Sequence[str], style: TextAmounts | None) -> ColumnType:
    """The narrowest type of all cells.

    >>> infer_type(["1", "22"], None).kind, infer_type(["1.50", "-2"], None).scale
    ('integer', 2)
    >>> infer_type(["2026-03-31"], None).kind
    'date'
    >>> infer_type(["1.234,50", ""], "comma")
    ColumnType(kind='money', nullable=True, scale=2, unique=False, both_signs=False, date_format='')
    """
    filled = [cell.strip() for cell in cells if cell != ""]
    nullable = len(filled) < len(cells)
    unique = not nullable and len(set(filled)) == len(filled) > 0
    if not filled:
        return ColumnType("text", nullable=True)
    if _all(r"(?i)true|false", filled):
        return ColumnType("boolean", nullable)
    if _all(PLAIN_INTEGER, filled) and not any(re.match(r"[+-]?0\d", cell) for cell in filled):
        if max(map(len, filled)) > _MAX_INTEGER:
            return ColumnType("text", nullable, unique=unique)
        return ColumnType("integer", nullable, unique=unique, both_signs=_both_signs(filled))
    if _all(ISO_DATE, filled) and all(map(_is_day, filled)):
        return ColumnType("date", nullable)
    pattern, point = (written_amount(style), "." if style == "point" else ",") if style else (PLAIN_NUMBER, ".")
    if _all(pattern, filled) and any(cell.strip("+-0123456789") for cell in filled):
        scale = max(len(re.sub(r"\D", "", cell.rpartition(point)[2])) if point in cell else 0 for cell in filled)
        if scale <= MAX_SCALE:
            return ColumnType("money", nullable, scale or _DEFAULT_SCALE, both_signs=_both_signs(filled))
        return ColumnType("real", nullable)
    date_format = next((name for name, form in _DATES.items() if all(map(form.fullmatch, filled))), "")
    return ColumnType("text", nullable, unique=unique, date_format=date_format)


def written_amount(style: TextAmounts) -> str:
    """The pattern of an amount as people write it, with `style` as the decimal mark."""
    mark, group = (r"\.", ",") if style == "point" else (",", r"\.")
    whole = rf"(?:[0-9]{{1,3}}(?:{group}[0-9]{{3}})+|[0-9]{{1,3}}(?:[ '][0-9]{{3}})+|[0-9]+)"
    body = rf"(?:{whole}(?:{mark}[0-9]*)?|{mark}[0-9]+)"
    return rf"^\s*(?:[+-]?\s?{body}|{body}\s?-|\({body}\))\s*$"


def _all(pattern: str, cells: Sequence[str]) -> bool:
    compiled = re.compile(pattern)
    return all(compiled.fullmatch(cell) for cell in cells)


def _both_signs(cells: Sequence[str]) -> bool:
    negative = sum("-" in cell or "(" in cell for cell in cells)
    return 0 < negative < len(cells)


def _is_day(text: str) -> bool:
    try:
        datetime.date.fromisoformat(text)
    except ValueError:
        return False
    return True
