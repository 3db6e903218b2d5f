"""Ingest: a row as the host ships it becomes lanes and an amount."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import assert_never

from florecon_build.interpreter.bag import Lot
from florecon_build.interpreter.context import about
from florecon_build.interpreter.environment import Scope
from florecon_build.interpreter.errors import ModelError
from florecon_build.interpreter.evaluate import evaluate, integer
from florecon_build.interpreter.keys import Plain, RowId
from florecon_build.interpreter.numbers import I64_MAX, I64_MIN, amount
from florecon_build.ir.expressions import Var
from florecon_build.ir.nodes import Column, PluginIr
from florecon_build.ir.types import Kind, Type
from florecon_build.wire import ErrorCode


@dataclass(frozen=True, slots=True)
class Row:
    """A row in the workspace: columns and derived lanes by name, and its amount in the numeraire."""

    id: RowId
    lanes: Mapping[str, Plain]
    amount: int


def read(plugin: PluginIr, given: Mapping[str, Plain], reached: Collection[str]) -> Row:
    """A row from its column values: money in minor units, dates as days since 1970-01-01.

    Every column is checked; of the derived lanes those in ``reached`` are computed.

    Raises `ModelError`: ``missing_column``, ``wrong_type``, ``null_value``, ``bad_amount`` for a value that no column
    may carry, ``amount_overflow`` for money, a lane or an amount that leaves 64 bits.
    """
    shown = _shown_id(plugin, given)
    lanes: dict[str, Plain] = {column.name: _column(column, given, shown) for column in plugin.columns}
    id = lanes[_id_column(plugin).name]
    assert isinstance(id, int | str), "ids are integers or texts"
    scope = Scope({Var.ITEM: Lot(id, lanes, 0, 0)})
    with about(id):
        for lane in plugin.lanes:
            if lane.name in reached:
                lanes[lane.name] = evaluate(lane.value, scope)
        return Row(id, lanes, amount(integer(plugin.numeraire, scope)))


def _id_column(plugin: PluginIr) -> Column:
    return next(column for column in plugin.columns if column.id)


def _shown_id(plugin: PluginIr, given: Mapping[str, Plain]) -> RowId | None:
    """The id by which an error names the row; None where the id itself is missing or refused."""
    column = _id_column(plugin)
    id = given.get(column.name)
    return id if isinstance(id, int | str) and refusal(id, column.type) is None else None


def _column(column: Column, given: Mapping[str, Plain], id: RowId | None) -> Plain:
    whose = "" if id is None else f"row {id}: "
    if column.name not in given:
        raise ModelError("missing_column", f"{whose}column {column.name} is missing", id)
    value = given[column.name]
    if value is None:
        if column.type.nullable:
            return None
        raise ModelError("null_value", f"{whose}column {column.name} is null but not nullable", id)
    code = refusal(value, column.type)
    if code is not None:
        raise ModelError(code, f"{whose}column {column.name} is {value!r}, which is no {column.type}", id)
    return float(value) if column.type.kind is Kind.REAL and isinstance(value, int) else value


def refusal(value: Plain, type: Type) -> ErrorCode | None:
    """The error code for a value that its type does not admit, or None.

    >>> from florecon_build.ir.types import DATE, REAL
    >>> refusal(float("nan"), REAL), refusal("x", REAL), refusal(2**31, DATE), refusal(1, REAL)
    ('bad_amount', 'wrong_type', 'bad_amount', None)
    """
    whole = value if isinstance(value, int) and not isinstance(value, bool) else None
    match type.kind:
        case Kind.INTEGER:
            return None if whole is not None and I64_MIN <= whole <= I64_MAX else "wrong_type"
        case Kind.MONEY:
            return "wrong_type" if whole is None else None if abs(whole) <= I64_MAX else "amount_overflow"
        case Kind.DATE:
            return "wrong_type" if whole is None else None if -(2**31) <= whole < 2**31 else "bad_amount"
        case Kind.REAL:
            number = value if isinstance(value, float) else whole
            return "wrong_type" if number is None else None if math.isfinite(number) else "bad_amount"
        case Kind.TEXT:
            return None if isinstance(value, str) else "wrong_type"
        case Kind.BOOLEAN:
            return None if isinstance(value, bool) else "wrong_type"
        case Kind.LIST | Kind.TUPLE:
            return "wrong_type"
        case _:
            assert_never(type.kind)
