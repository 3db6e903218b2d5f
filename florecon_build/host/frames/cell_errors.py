"""Errors of invalid cells, and the search for the first one in an array."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from florecon_build.host.errors import SchemaError

ARROW_REFUSALS = (pa.ArrowInvalid, pa.ArrowTypeError, pa.ArrowNotImplementedError, OverflowError, TypeError, ValueError)


class Refusal(Exception):
    """A conversion that failed: the error to raise, the position in the array (None: all of it) and the reason."""

    def __init__(self, kind: type[SchemaError], at: int | None, reason: str) -> None:
        super().__init__(reason)
        self.kind = kind
        self.at = at
        self.reason = reason


def first_true(mask: Any) -> int | None:
    """The position of the first true in a boolean array (null is not true); None if there is none.

    >>> first_true(pa.array([None, False, True]))
    2
    """
    at: int = pc.index(mask, pa.scalar(True)).as_py()
    return None if at < 0 else at


def first_failing(size: int, attempt: Callable[[int], object]) -> int | None:
    """The smallest `i` for which `attempt(i + 1)`, on the first `i + 1` values, fails; None if the whole succeeds.

    >>> first_failing(4, lambda n: pa.array([1, 2, "x", 4][:n], pa.int64()))
    2
    """

    def fails(count: int) -> bool:
        try:
            attempt(count)
        except ARROW_REFUSALS:
            return True
        return False

    if not fails(size):
        return None
    good, bad = 0, size
    while bad - good > 1:
        middle = (good + bad) // 2
        good, bad = (good, middle) if fails(middle) else (middle, bad)
    return bad - 1


def cast(array: pa.Array, to: pa.DataType, kind: type[SchemaError], reason: str) -> pa.Array:
    """Casts without loss, or refuses the first value that cannot be: `reason` has `{value}` for it."""
    if array.type == to:
        return array
    try:
        return array.cast(to)
    except ARROW_REFUSALS:
        at = first_failing(len(array), lambda count: array.slice(0, count).cast(to))
        raise Refusal(kind, at, reason.format(value=show(array, at))) from None


def show(array: pa.Array, at: int | None) -> str:
    """A value for a message, shortened."""
    if at is None:
        return "a value"
    try:
        value = array[at].as_py()
    except (ArithmeticError, ValueError):  # of a decimal or a day that Python has not
        return f"a value of type {array.type}"
    text = repr(value) if isinstance(value, str) else str(value)
    return text if len(text) <= 60 else text[:57] + "..."
