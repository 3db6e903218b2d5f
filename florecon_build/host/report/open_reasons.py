"""Reasons of open items: a word for every one of them, whether or not the module was asked about it.

In order: the code that a person gave it; what the steps of the strategy said of it, where it was explained; else what
its amount says, compared with the other open items of its currency and account. The last is one pass over the open
rows, where an explanation runs the strategy again for every hundred of them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

import pyarrow as pa
import pyarrow.compute as pc

from florecon_build.host.report.currencies import Currencies, format_minor, with_code
from florecon_build.host.report.summary import Tables, key_of, labelled
from florecon_build.wire import UNMATCHED

BY_AMOUNT = "by its amount"
"""Beginning of a reason that no step gave."""
Where = tuple[str, str]
"""A currency and an account."""


def open_reasons(tables: Tables, units: Currencies, told: Mapping[str, str]) -> dict[str, str]:
    """The reason of every open row, by its id as text.

    Parameters: `told` are the explanations, by id as text; `units` the currencies of the rows.
    """
    opened = labelled(tables.rows.filter(pc.not_equal(tables.rows["residual"], 0)), tables, units)
    columns = (opened[name].to_pylist() for name in (key_of(opened), "unit", "account", "amount", "residual"))
    items = [
        Item(str(name), (unit, account), amount, left)
        for name, unit, account, amount, left in zip(*columns, strict=True)
    ]
    others = _Others.of(items)
    codes = _codes(tables)
    return {one.name: codes.get(one.name) or told.get(one.name) or others.reason(one, tables.scale) for one in items}


@dataclass(frozen=True, slots=True)
class Item:
    """An open row: its id as text, its currency and account, its whole amount and what is left, in minor units."""

    name: str
    where: Where
    amount: int
    left: int


@dataclass(frozen=True, slots=True)
class _Others:
    """The open items by currency and account: how many have an amount, and which is the first; how many a sign."""

    amounts: Counter[tuple[Where, int]] = field(default_factory=Counter[tuple[Where, int]])
    first: dict[tuple[Where, int], str] = field(default_factory=dict[tuple[Where, int], str])
    signs: Counter[tuple[Where, bool]] = field(default_factory=Counter[tuple[Where, bool]])

    @staticmethod
    def of(items: list[Item]) -> _Others:
        found = _Others()
        for one in items:
            found.amounts[one.where, one.left] += 1
            found.first.setdefault((one.where, one.left), one.name)
            found.signs[one.where, one.left > 0] += 1
        return found

    def reason(self, one: Item, scale: int) -> str:
        """A sentence on the items that could be the other side."""
        part = ""
        if one.left != one.amount:
            code = one.where[0]
            left, whole = (with_code(format_minor(value, scale, code), code) for value in (one.left, one.amount))
            part = f"matched in part, {left} of {whole} is left; "
        return f"{BY_AMOUNT}: {part}{self._counterparts(one)}"

    def _counterparts(self, one: Item) -> str:
        code, account = one.where
        named = ", ".join(filter(None, (code, f"account {account}" if account else "")))
        place = f" in {named}" if named else ""
        same, opposite = self.amounts[one.where, -one.left], self.signs[one.where, one.left < 0]
        if same:
            row = self.first[one.where, -one.left]
            who = f"row {row} is open with" if same == 1 else f"{same:,} items, such as row {row}, are open with"
            return f"{who} the opposite amount{place}, and no step matched them"
        if not opposite:
            return f"no item of the opposite sign is open{place}"
        return f"no item is open with the opposite amount{place}; {opposite:,} of the opposite sign"


def _codes(tables: Tables) -> dict[str, str]:
    """What persons gave as the reason of open items that are carried on, by id as text."""
    groups = tables.groups
    mine = groups.filter(pc.and_(pc.equal(groups["origin"], UNMATCHED), pc.is_valid(groups["reason"])))
    if not mine.num_rows:
        return {}
    reasons = dict(zip(mine["group_id"].to_pylist(), mine["reason"].to_pylist(), strict=True))
    held = tables.allocations.filter(
        pc.is_in(tables.allocations["group_id"], value_set=pa.array(list(reasons), pa.int64()))
    )
    ids = map(str, held[key_of(held)].to_pylist())
    return {name: reasons[group] for name, group in zip(ids, held["group_id"].to_pylist(), strict=True)}
