"""Numbers, dates and business days of the oracle: character by character, day by day."""

from __future__ import annotations

import datetime
from itertools import groupby

from tests.oracle import text

EPOCH = datetime.date(1970, 1, 1)
BETWEEN = ".,' \u00a0\u202f\u2019"


def is_number(digits: str) -> bool:
    """Whether a text is ASCII digits, at least one."""
    return digits != "" and set(digits) <= set("0123456789")


def integer(source: str) -> int | None:
    """The integer that a text is."""
    whole = text.strip(source)
    digits = whole[1:] if whole[:1] in ("+", "-") else whole
    found = int(whole) if is_number(digits) else 2**63
    return found if -(2**63) <= found < 2**63 else None


def date(source: str, format: str) -> int | None:
    """The date that a text is."""
    rest, said = text.strip(source), dict[str, int]()
    place = 0
    while place < len(format):
        char, place = format[place], place + 1
        if char == "%":
            char, place = format[place], place + 1
            if char != "%":
                most = {"Y": 4}.get(char, 2)
                digits = next((rest[:n] for n in range(most, 0, -1) if is_number(rest[:n]) and len(rest) >= n), "")
                if digits == "" or (char in "yY" and len(digits) < most):
                    return None
                said[char], rest = int(digits), rest[len(digits) :]
                continue
        if rest[:1] != char:
            return None
        rest = rest[1:]
    year = said["Y"] if "Y" in said else said["y"] + (1900 if said["y"] > 68 else 2000)
    try:
        return None if rest else (datetime.date(year, said["m"], said["d"]) - EPOCH).days
    except ValueError:
        return None


def money(source: str, scale: int, decimal: str) -> int | None:
    """The minor units that a text is."""
    whole, sign = text.strip(source), "+"
    if whole[:1] in tuple("+-\u2212"):
        sign, whole = whole[0], whole[1:]
    elif whole[-1:] in tuple("+-\u2212"):
        sign, whole = whole[-1], whole[:-1]
    whole, dot, part = whole.partition(decimal)
    runs = ["".join(run) for _, run in groupby(whole, key=lambda char: char in BETWEEN)]
    groups, gaps = runs[::2], runs[1::2]
    fits = bool(groups) and all(map(is_number, groups)) and len(set(gaps)) < 2 and all(len(gap) == 1 for gap in gaps)
    fits = fits and len(groups) > len(gaps)
    fits = fits and (not gaps or (len(groups[0]) < 4 and all(len(group) == 3 for group in groups[1:])))
    if not fits or (dot and not is_number(part)) or set(part[scale:]) - {"0"}:
        return None
    minor = int("".join(groups) + (part + "0" * scale)[:scale])
    return None if minor > 2**63 - 1 else minor if sign == "+" else -minor


def business_day(days: int, holidays: str, weekend: str) -> int:
    """Days counted one by one from 1970, or a whole number of weeks at once where it is far."""
    closed = {int(day) for day in weekend.split()}
    away = {(datetime.date.fromisoformat(day) - EPOCH).days for day in holidays.split()}
    near, weeks = days, 0
    if abs(days) > 100_000:
        weeks = int(days / 7)
        near = days - 7 * weeks
    open_days = [day for day in (range(near + 1) if near >= 0 else range(near + 1, 0)) if (day + 3) % 7 not in closed]
    count = len(open_days) if near >= 0 else -len(open_days)
    return count + weeks * (7 - len(closed)) - len([day for day in away if day <= days])


def tokens(source: str | None, min_length: int, with_digit: bool, keep: str) -> tuple[str, ...]:
    """Distinct words that may have signs inside, sorted."""
    upper = text.upper(source or "")
    runs = "".join(char if text.is_word(char) or char in keep else "\n" for char in upper).split("\n")
    found = {run.strip(keep) for run in runs} - {""}
    return tuple(sorted(word for word in found if len(word) >= min_length and (text.digits(word) or not with_digit)))
