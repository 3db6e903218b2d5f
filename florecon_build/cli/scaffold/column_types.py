"""Type inference for a column of text cells."""

from __future__ import annotations

import datetime
import re
from collections.abc import Sequence
from dataclasses import dataclass

from florecon_build.host.frames import TextAmounts
from florecon_build.host.frames.number_text import ISO_DATE, PLAIN_INTEGER, PLAIN_NUMBER, written_amount

MAX_SCALE = 6
"""More decimals than this are no amounts of money."""
_DATES = {
    "31.03.2026": re.compile(r"\d{1,2}\.\d{1,2}\.\d{4}"),
    "31/03/2026": re.compile(r"\d{1,2}/\d{1,2}/\d{4}"),
    "20260331": re.compile(r"(?:19|20)\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])"),
}
_DEFAULT_SCALE = 2
_MAX_INTEGER = 18


@dataclass(frozen=True, slots=True)
class Guess:
    """A kind of column, as the builder names it; ``written`` is how dates stand there that are not ISO."""

    kind: str
    nullable: bool = False
    scale: int = 0
    unique: bool = False
    both_signs: bool = False
    written: str = ""

    def __str__(self) -> str:
        return f"money with {self.scale} decimals" if self.kind == "money" else self.kind


def guess(cells: Sequence[str], style: TextAmounts | None) -> Guess:
    """The narrowest kind that every cell is.

    >>> guess(["1", "22"], None).kind, guess(["1.50", "-2"], None).scale, guess(["2026-03-31"], None).kind
    ('integer', 2, 'date')
    >>> guess(["1.234,50", ""], "comma")
    Guess(kind='money', nullable=True, scale=2, unique=False, both_signs=False, written='')
    """
    filled = [cell.strip() for cell in cells if cell != ""]
    nullable = len(filled) < len(cells)
    unique = not nullable and len(set(filled)) == len(filled) > 0
    if not filled:
        return Guess("text", nullable=True)
    if _all(r"(?i)true|false", filled):
        return Guess("boolean", nullable)
    if _all(PLAIN_INTEGER, filled) and not any(re.match(r"[+-]?0\d", cell) for cell in filled):
        if max(map(len, filled)) > _MAX_INTEGER:
            return Guess("text", nullable, unique=unique)
        return Guess("integer", nullable, unique=unique, both_signs=_both_signs(filled))
    if _all(ISO_DATE, filled) and all(map(_is_day, filled)):
        return Guess("date", nullable)
    pattern, point = (written_amount(style), "." if style == "point" else ",") if style else (PLAIN_NUMBER, ".")
    if _all(pattern, filled) and any(cell.strip("+-0123456789") for cell in filled):
        scale = max(len(re.sub(r"\D", "", cell.rpartition(point)[2])) if point in cell else 0 for cell in filled)
        if scale <= MAX_SCALE:
            return Guess("money", nullable, scale or _DEFAULT_SCALE, both_signs=_both_signs(filled))
        return Guess("real", nullable)
    written = next((name for name, form in _DATES.items() if all(map(form.fullmatch, filled))), "")
    return Guess("text", nullable, unique=unique, written=written)


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
