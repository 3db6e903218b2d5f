"""Simulation of a strategy on rows in major units, by the reference interpreter."""

from __future__ import annotations

import datetime
import math
from collections.abc import Iterable, Mapping
from decimal import Decimal
from fractions import Fraction
from typing import Any, SupportsIndex, cast

from florecon_build.interpreter import ModelError, Plain, Workspace
from florecon_build.ir import nodes as n
from florecon_build.ir.python_printer import EPOCH
from florecon_build.ir.types import Kind, Type

Records = Iterable[Mapping[str, Any]]
"""Rows as dicts, with money in major units."""

NEAR = Fraction(1, 1_000_000)


def solved(plugin: n.PluginIr, rows: Records, config: Mapping[str, object]) -> Workspace:
    """A fresh workspace over the rows, solved.

    ``config`` has values for params as the wire carries them: money in minor units, dates as days. Raises
    ``ModelError`` with the codes of the runtime.
    """
    workspace = Workspace(plugin, cast("Mapping[str, Plain]", config))
    workspace.upsert(typed_rows(plugin, rows))
    workspace.solve()
    return workspace


def typed_rows(plugin: n.PluginIr, rows: Records) -> list[dict[str, Plain]]:
    """Rows as the interpreter takes them: money in minor units, dates as days; columns that the plugin lacks are
    dropped.
    """
    types = {column.name: column.type for column in plugin.columns}
    return [{name: cell(value, types[name], name) for name, value in row.items() if name in types} for row in rows]


def cell(value: object, kind: Type, name: str) -> Plain:
    """A cell of major units as the interpreter takes it; what does not fit is passed on for it to refuse."""
    match kind.kind:
        case Kind.MONEY if isinstance(value, int | float | Decimal) and not isinstance(value, bool):
            return minor(value, kind.scale, name)
        case Kind.DATE if isinstance(value, datetime.date):
            day = value.date() if isinstance(value, datetime.datetime) else value
            return (day - EPOCH).days
        case Kind.BOOLEAN if isinstance(value, int) and value in (0, 1):
            return bool(value)
        case Kind.REAL if isinstance(value, Decimal):
            return float(value)
        case Kind.INTEGER if not isinstance(value, bool | str) and hasattr(value, "__index__"):
            return int(cast(SupportsIndex, value))
        case _:
            return cast(Plain, value)


def minor(value: float | Decimal, scale: int, name: str = "") -> int:
    """Major units as whole minor units. A float counts as whole within the bounds of docs/wire.md.

    >>> minor(Decimal("10.50"), 2), minor(0.1 + 0.2, 2)
    (1050, 30)
    """
    if not math.isfinite(value):
        raise ModelError("bad_amount", f"column {name} is {value}, which is no amount")
    exact = Fraction(value) * 10**scale
    whole = round(exact)
    slack = _float_slack(value, scale) if isinstance(value, float) else Fraction(0)
    if abs(exact - whole) > slack:
        raise ModelError("bad_amount", f"column {name} is {value}, not a whole number of minor units at scale {scale}")
    return whole


def _float_slack(value: float, scale: int) -> Fraction:
    """How far from a whole minor unit a float may be, in minor units."""
    ulp = Fraction(math.ulp(value)) * 10**scale
    if 2 * ulp < Fraction(1, 2):
        return max(NEAR, 2 * ulp)
    return max(NEAR, ulp / 2) if ulp <= 1 else NEAR
