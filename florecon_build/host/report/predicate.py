"""Predicates over the table of groups, written as expressions.

>>> table = pa.table({"net": [0, 5, 0], "size": [2, 2, 3], "origin": ["flow", "flow", "agg_net"]})
>>> select(table, lambda g: (g.net == 0) & (g.size == 2)).to_pylist()
[True, False, False]
>>> select(table, lambda g: g.clean(5) & ~g.origin.startswith("agg")).to_pylist()
[True, True, False]

Python's `and`, `or`, `not` and chained comparison cannot be overloaded; they raise, with the fix.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from florecon_build.host.errors import BadCommand
from florecon_build.wire import PINNED

Predicate = Callable[["Groups"], "Column | bool"]


class Column:
    """One value per group. A comparison gives a column of booleans, in which null counts as false."""

    __hash__ = None  # type: ignore[assignment]  # == builds a column, so equality of objects has no meaning

    def __init__(self, values: Any) -> None:
        self.values = values

    def __bool__(self) -> bool:
        raise BadCommand("a condition over groups is no single truth: write & | ~ for and, or, not, with parentheses")

    def _with(self, function: str, other: object) -> Column:
        right = other.values if isinstance(other, Column) else other
        return Column(_apply(function, self.values, right))

    def __eq__(self, other: object) -> Column:  # type: ignore[override]
        return self._with("equal", other)

    def __ne__(self, other: object) -> Column:  # type: ignore[override]
        return self._with("not_equal", other)

    def __lt__(self, other: object) -> Column:
        return self._with("less", other)

    def __le__(self, other: object) -> Column:
        return self._with("less_equal", other)

    def __gt__(self, other: object) -> Column:
        return self._with("greater", other)

    def __ge__(self, other: object) -> Column:
        return self._with("greater_equal", other)

    def __add__(self, other: object) -> Column:
        return self._with("add_checked", other)

    def __sub__(self, other: object) -> Column:
        return self._with("subtract_checked", other)

    def __mul__(self, other: object) -> Column:
        return self._with("multiply_checked", other)

    __radd__ = __add__
    __rmul__ = __mul__

    def __rsub__(self, other: object) -> Column:
        return Column(_apply("subtract_checked", other, self.values))

    def __neg__(self) -> Column:
        return Column(_apply("negate_checked", self.values))

    def __abs__(self) -> Column:
        return Column(_apply("abs_checked", self.values))

    def __and__(self, other: object) -> Column:
        return self._with("and_kleene", other)

    def __or__(self, other: object) -> Column:
        return self._with("or_kleene", other)

    def __xor__(self, other: object) -> Column:
        return self._with("xor", other)

    __rand__ = __and__
    __ror__ = __or__
    __rxor__ = __xor__

    def __invert__(self) -> Column:
        return Column(_apply("invert", self.values))

    def is_in(self, options: Iterable[object]) -> Column:
        """True where the value is one of `options`."""
        return Column(pc.is_in(self.values, value_set=pa.array(list(options), self.values.type)))

    def is_null(self) -> Column:
        """True where there is no value."""
        return Column(pc.is_null(self.values))

    def startswith(self, prefix: str) -> Column:
        """True where the text begins with `prefix`."""
        return Column(pc.starts_with(self.values, pattern=prefix))

    def contains(self, part: str) -> Column:
        """True where the text has `part` in it."""
        return Column(pc.match_substring(self.values, pattern=part))


class Groups:
    """The table of groups as columns: `g.net`, `g.size`, `g.origin`, `g.reason`, `g.status`, `g.max_abs`, `g.min_side`,
    `g.unique`, `g.node`, `g.group_id`, `g.first_id`; amounts in minor units.
    """

    def __init__(self, table: pa.Table) -> None:
        self._table = table

    def __getattr__(self, name: str) -> Column:
        names: list[str] = self._table.column_names
        if name.startswith("_") or name not in names:
            close = difflib.get_close_matches(name, names, n=1)
            hint = f"; did you mean g.{close[0]}?" if close else ""
            raise BadCommand(f"groups have no {name!r}{hint} (known are {', '.join(names)})")
        return Column(self._table.column(name))

    @property
    def abs_net(self) -> Column:
        """The size of the net, without its sign."""
        return abs(Column(self._table.column("net")))

    @property
    def pinned(self) -> Column:
        """True for a pinned group."""
        return Column(self._table.column("status")) == PINNED

    def clean(self, tol: int = 0) -> Column:
        """True where the net is within `tol` minor units of zero."""
        return self.abs_net <= tol


def select(table: pa.Table, predicate: Predicate) -> pa.Array:
    """A mask of the groups that satisfy the predicate: one boolean per group, never null.

    Errors: `BadCommand` for a predicate that gives no truths, or names a column that is not there.
    """
    answer = _answer(predicate, table)
    if isinstance(answer, bool):
        return pa.array([answer] * table.num_rows, pa.bool_())
    values = answer.values if isinstance(answer, Column) else None
    if values is None or values.type != pa.bool_():
        kind = values.type if values is not None else type(answer).__name__
        raise BadCommand(f"a predicate over groups answers with conditions such as g.net == 0, this one with {kind}")
    values = values.combine_chunks() if isinstance(values, pa.ChunkedArray) else values
    return pc.fill_null(values, False)


def _answer(predicate: Predicate, table: pa.Table) -> object:
    """Calls the predicate, whose result is not trusted to have the declared type."""
    return predicate(Groups(table))


def _apply(function: str, *operands: object) -> Any:
    try:
        return pc.call_function(function, [_operand(each) for each in operands])
    except (pa.ArrowException, TypeError) as error:
        reason = " ".join(str(error).split())
        raise BadCommand(f"a predicate over groups cannot be evaluated: {reason}") from error


def _operand(value: object) -> Any:
    return value if isinstance(value, (pa.Array, pa.ChunkedArray)) else pa.scalar(value)
